"""The buyer's messages in MyQoo10: he reads and writes about an order of his."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from claims.models import Order
from claims.transitions import Refused
from messaging import conversation, personal_data
from messaging.forms import MessageForm
from messaging.models import Category, Message
from qsm.accounts.requests import PortalRequest


@require_http_methods(["GET", "HEAD", "POST"])
def my_messages(request: PortalRequest, number: str) -> HttpResponse:
    """The messages of one order, and a new one to the shop; what is personal is asked about once more."""
    now = timezone.now()
    order = get_object_or_404(
        Order.objects.select_related("shop", "buyer"), number=number, buyer__user=request.user
    )
    found: list[personal_data.Finding] = []
    form = MessageForm(request.POST or None, initial=_initial(order))
    if request.method == "POST" and form.is_valid():
        text = f"{form.cleaned_data['title']}\n{form.cleaned_data['body']}"
        found = [] if "confirmed" in request.POST else personal_data.find(text, order)
        try:
            if personal_data.card_numbers(text, order):
                raise Refused([personal_data.card_refusal()])
            if not found:
                conversation.write_to_shop(order, **form.cleaned_data, by=order.buyer, now=now)
                messages.success(request, _("ショップにメッセージを送信しました。"))
                return redirect("my_messages", number)
        except Refused as refused:
            found = []
            form.add_error("body", [reason.text for reason in refused.reasons])
    thread = list(order.messages.all()[:100])
    if request.method == "GET":  # opened by him, and not by a look ahead (HEAD)
        order.messages.filter(sender=Message.Sender.SHOP, seen_at__isnull=True).update(seen_at=now)
    context = {"order": order, "thread": thread, "form": form, "found": found}
    return render(request, "messaging/my_messages.html", context, status=422 if form.errors else 200)


def _initial(order: Order) -> dict[str, str]:
    return {"category": Category.OTHER, "title": _("注文番号 %s について") % order.number}
