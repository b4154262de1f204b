"""The messages of one order, a page of them at a time; under 取引情報 as a part."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from claims import access
from claims.models import Order
from messaging import conversation
from qsm.accounts.requests import PortalRequest


@require_safe
def thread(request: PortalRequest, shop: str, number: str) -> HttpResponse:
    """What shop and buyer wrote to each other about one order, newest first (SPEC 4.6)."""
    member = get_object_or_404(access.memberships(request.user), shop__code=shop)
    orders = Order.objects.select_related("shop", "buyer")
    order = get_object_or_404(orders, shop=member.shop, number=number)
    context = {
        "shop": member.shop,
        "place": "inbox",
        "order": order,
        "thread_page": conversation.thread(order, request.GET.get("page")),
        "claim": order.claims.order_by("-requested_at", "-pk").first(),
    }
    htmx = request.htmx
    if htmx and not htmx.history_restore_request and htmx.target == "thread":
        return render(request, "messaging/_thread.html", context | {"turned": True})
    return render(request, "messaging/thread.html", context)
