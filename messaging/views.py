"""お問い合わせ管理: what buyers and the marketplace say to the shop."""

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from claims import access
from messaging.models import Message, Notice
from qsm.accounts.models import Member
from qsm.accounts.requests import PortalRequest

PER_PAGE = 50


@require_safe
def inbox(request: PortalRequest, shop: str) -> HttpResponse:
    """お問い合わせ管理 in two tabs: お客様関連メッセージ, and コールセンター・Qoo10のメッセージ."""
    member = get_object_or_404(access.memberships(request.user), shop__code=shop)
    tab = "qoo10" if request.GET.get("tab") == "qoo10" else "buyers"
    order = request.GET.get("order", "")
    rows = _notices(member, order) if tab == "qoo10" else _messages(member, order)
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "shop": member.shop,
        "member": member,
        "tab": tab,
        "order": order,
        "page": page,
        "place": "inbox",
    }
    return render(request, "messaging/inbox.html", context | {"now": timezone.now()})


def _messages(member: Member, order: str) -> QuerySet[Message]:
    found = Message.objects.filter(order__shop=member.shop).select_related("order__buyer")
    return found.filter(order__number=order) if order else found


def _notices(member: Member, order: str) -> QuerySet[Notice]:
    related = ("event__withdrawal", "event__claim__order__buyer__user", "event__claim__shop")
    found = Notice.objects.filter(shop=member.shop).select_related(*related)
    return found.filter(event__claim__order__number=order) if order else found
