"""The buyer's messages in MyQoo10: he reads and writes about an order of his."""

from __future__ import annotations

from uuid import UUID, uuid4

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.db.models import Count, Max, Q
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from claims import access, files
from claims.models import Order
from claims.transitions import Refused
from claims.uploads import Uploads
from messaging import conversation, personal_data, resending
from messaging.forms import MessageForm
from messaging.models import BODY_MAX, Category, Inquiry, Message
from qsm.accounts.models import Buyer
from qsm.accounts.requests import PortalRequest

PER_PAGE = 30


@require_safe
def my_inbox(request: PortalRequest) -> HttpResponse:
    """受信箱 of the buyer: the orders about which something was written, the newest first."""
    buyer = get_object_or_404(Buyer, user=request.user)
    unread = Q(messages__sender=Message.Sender.SHOP, messages__seen_at=None)
    written = Order.objects.filter(buyer=buyer, messages__isnull=False).select_related("shop")
    written = written.annotate(last_at=Max("messages__sent_at"), unread=Count("messages", filter=unread))
    page = Paginator(written.order_by("-last_at", "-pk"), PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "messaging/my_inbox.html", {"page": page})


@require_http_methods(["GET", "HEAD", "POST"])
def my_messages(request: PortalRequest, number: str) -> HttpResponse:
    """The messages of one order, and a new one to the shop; what is personal is asked about once more."""
    now = timezone.now()
    orders = Order.objects.select_related("shop", "buyer")
    order = get_object_or_404(orders, number=number, buyer__user=request.user)
    if request.method != "POST":
        page = conversation.thread(order, request.GET.get("page"))
        response = _show(request, order, MessageForm(initial=_initial(order)), key=uuid4(), page=page)
        if request.method == "GET":  # opened by him, and not by a look ahead (HEAD)
            conversation.mark_seen(list(page), now=now)
        return response
    form = MessageForm(request.POST)
    valid, key = form.is_valid(), form.cleaned_data["send_key"] or uuid4()
    sent = conversation.sent_with(Message, key, request.user)
    if isinstance(sent, Message) and valid and resending.says(sent, form.words):
        return _already(request, sent)
    by = access.as_buyer(order.buyer, signed_in=True)
    uploads = Uploads(request, shop=order.shop, order=order, by=by, now=now)
    if {"attach", "drop"} & set(request.POST):
        typed = MessageForm(initial=request.POST.dict())
        return _show(request, order, typed, key=key, uploads=uploads, status=422 if uploads.errors else 200)
    if not valid or uploads.errors:
        return _show(request, order, form, key=key, uploads=uploads, status=422)
    if sent:
        return _used(request, order, form, uploads, sent)
    text = f"{form.words['title']}\n{form.words['body']}"
    try:
        if personal_data.card_numbers(text, order):
            raise Refused([personal_data.card_refusal()])
        found = personal_data.find(text, order)
        if found and request.POST.get("confirmed") != personal_data.fingerprint(text):
            return _show(request, order, form, key=key, uploads=uploads, found=found)
        message = conversation.write_to_shop(
            order, **form.words, by=order.buyer, now=now, files=uploads.attachments, key=key
        )
    except conversation.AlreadySent as already:
        again = already.sent
        if (
            again.author != request.user
            or not isinstance(again, Message)
            or not resending.says(again, form.words)
        ):
            return _used(request, order, form, uploads, again)
        files.discard(uploads.fresh)  # a double click brought them twice
        return _already(request, again)
    except Refused as refused:
        form.add_error("body", [reason.text for reason in refused.reasons])
        return _show(request, order, form, key=key, uploads=uploads, status=422)
    messages.success(request, _("ショップにメッセージを送信しました。"))
    return _thread(message)


def _thread(message: Message) -> HttpResponseRedirect:
    address = reverse("my_messages", args=[message.order.number])
    return HttpResponseRedirect(f"{address}#message-{message.pk}")


def _already(request: PortalRequest, sent: Message) -> HttpResponse:
    """A double click, or a second tab: the way to what was sent."""
    messages.success(request, resending.already_sent(sent))
    return _thread(sent)


def _used(
    request: PortalRequest, order: Order, form: MessageForm, uploads: Uploads, sent: Message | Inquiry
) -> HttpResponse:
    """Another text than the one that this form has sent: it is kept, and may go as a second message."""
    form.add_error(None, resending.sent_otherwise(sent))
    return _show(request, order, form, key=uuid4(), uploads=uploads, status=409)


def _show(
    request: PortalRequest,
    order: Order,
    form: MessageForm,
    *,
    key: UUID,
    uploads: Uploads | None = None,
    found: list[personal_data.Finding] | None = None,
    page: Page[Message] | None = None,
    status: int = 200,
) -> HttpResponse:
    shown = personal_data.fingerprint(f"{form.words['title']}\n{form.words['body']}") if found else ""
    context = {
        "order": order,
        "form": form,
        "found": found,
        "shown": shown,
        "send_key": key,
        "uploads": uploads if uploads is not None else Uploads.holding([]),
        "attach_url": reverse("my_messages", args=[order.number]),
        "body_max": BODY_MAX,
        "page": page or conversation.thread(order),
    }
    if request.htmx and not request.htmx.history_restore_request and request.htmx.target == "uploads":
        return render(request, "claims/_uploads.html", context, status=status)
    return render(request, "messaging/my_messages.html", context, status=status)


def _initial(order: Order) -> dict[str, str]:
    return {"category": Category.OTHER, "title": _("注文番号 %s について") % order.number}
