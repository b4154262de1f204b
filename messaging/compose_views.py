"""お客様へのメッセージ / Qoo10へお問い合わせ: the composer, and the shop's saved texts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from claims import access
from claims.models import Order
from claims.statuses import Kind
from claims.transitions import Refused
from messaging import conversation, personal_data
from messaging import saved_texts as placeholders
from messaging.forms import InquiryForm, MessageForm, SavedTextForm
from messaging.models import Category, SavedText
from qsm.accounts.models import Member
from qsm.accounts.requests import PortalRequest

BUYER, QOO10 = "buyer", "qoo10"
ABOUT = {
    Kind.CANCEL: Category.CANCEL,
    Kind.RETURN: Category.RETURN,
    Kind.EXCHANGE: Category.RETURN,
    Kind.NON_RECEIPT: Category.NON_RECEIPT,
}


@require_http_methods(["GET", "HEAD", "POST"])
def compose(request: PortalRequest, shop: str) -> HttpResponse:
    """Write to the buyer of an order, or to Qoo10; what was found personal is asked about once more (SPEC 5)."""
    now = timezone.now()
    member = get_object_or_404(access.memberships(request.user), shop__code=shop)
    order = _order(request, member)
    channel = QOO10 if request.GET.get("channel") == QOO10 or order is None else BUYER
    form_class = InquiryForm if channel == QOO10 else MessageForm
    if request.method != "POST":
        initial = _initial(request, member, order, channel, now)
        return _show(request, member, order, channel, form_class(initial=initial))
    access.as_seller(member)
    form = form_class(request.POST)
    if not form.is_valid():
        return _show(request, member, order, channel, form, status=422)
    text = f"{form.cleaned_data['title']}\n{form.cleaned_data['body']}"
    if personal_data.card_numbers(text, order):
        form.add_error("body", personal_data.card_refusal().text)
        return _show(request, member, order, channel, form, status=422)
    found = personal_data.find(text, order)
    if found and "confirmed" not in request.POST:
        return _show(request, member, order, channel, form, found=found)
    try:
        if channel == BUYER and order:
            conversation.write_to_buyer(order, **form.cleaned_data, by=member, now=now)
            messages.success(request, _("お客様にメッセージを送信しました。"))
            claim = order.claims.order_by("-requested_at", "-pk").first()
            return redirect(claim) if claim else redirect("inbox", shop)
        inquiry = conversation.ask_qoo10(member.shop, order=order, **form.cleaned_data, by=member, now=now)
    except Refused as refused:
        form.add_error(None, [reason.text for reason in refused.reasons])
        return _show(request, member, order, channel, form, status=422)
    messages.success(request, _("Qoo10へお問い合わせを送信しました。"))
    return redirect("inquiry", shop, inquiry.pk)


@require_http_methods(["GET", "HEAD", "POST"])
def saved_texts(request: PortalRequest, shop: str) -> HttpResponse:
    """よく使う: the shop's saved texts, and a new one."""
    member = get_object_or_404(access.memberships(request.user), shop__code=shop)
    form = SavedTextForm(request.POST or None, instance=SavedText(shop=member.shop))
    if request.method == "POST":
        access.as_seller(member)
        if form.is_valid():
            form.save()
            messages.success(request, _("保存しました。"))
            return redirect("saved_texts", shop)
    return _show_saved(request, member, form)


@require_http_methods(["GET", "HEAD", "POST"])
def saved_text(request: PortalRequest, shop: str, pk: int) -> HttpResponse:
    """One saved text: change it, or delete it."""
    member = get_object_or_404(access.memberships(request.user), shop__code=shop)
    text = get_object_or_404(SavedText, shop=member.shop, pk=pk)
    form = SavedTextForm(request.POST or None, instance=text)
    if request.method == "POST":
        access.as_seller(member)
        if "delete" in request.POST:
            text.delete()
            messages.success(request, _("削除しました。"))
            return redirect("saved_texts", shop)
        if form.is_valid():
            form.save()
            messages.success(request, _("保存しました。"))
            return redirect("saved_texts", shop)
    return _show_saved(request, member, form, text)


def _order(request: PortalRequest, member: Member) -> Order | None:
    number = request.GET.get("order", "")
    return get_object_or_404(Order, shop=member.shop, number=number) if number else None


def _initial(
    request: PortalRequest, member: Member, order: Order | None, channel: str, now: datetime
) -> dict[str, Any]:
    """What stands in the form at first: the guide's title, a chosen saved text, the advance notice."""
    claim = order.claims.order_by("-requested_at", "-pk").first() if order else None
    kind = Kind(claim.kind) if claim else None
    category = ABOUT[kind] if kind else Category.OTHER
    if request.GET.get("category") in Category.values and channel == QOO10:
        category = Category(request.GET["category"])
    title = ""
    if order and category == Category.CLAIM_WITHDRAWAL:
        title = _("%s クレーム撤回のお問い合わせ") % order.number
    elif order:
        about = kind.label if kind else _("注文")
        title = _("%(order)sより%(about)s関連のお問い合わせ") % {"order": order.number, "about": about}
    initial = {"category": category, "title": title, "body": ""}
    pk = request.GET.get("saved", "")
    saved = (
        SavedText.objects.filter(shop=member.shop, pk=pk).first() if pk.isdecimal() and len(pk) < 18 else None
    )
    if saved:
        initial |= {
            "category": saved.category,
            "title": placeholders.fill(saved.title, order, now=now) or title,
            "body": placeholders.fill(saved.body, order, now=now),
        }
    elif request.GET.get("about") == "repeat" and order:
        initial["body"] = placeholders.fill(str(_REPEAT_NOTICE), order, now=now)
    return initial


# The guide, section 4: 撤回の再要請をする場合は事前に顧客へ案内をし…
_REPEAT_NOTICE = (
    "{購入者名} 様\n\n{ショップ名}です。注文番号 {注文番号}（{商品名}）の件でご連絡いたします。\n"
    "先日お願いした申請の取り下げについて、あらためてお願いをお送りする予定です。\n"
    "ご不明な点やご希望がございましたら、このメッセージにご返信ください。"
)


def _show(
    request: PortalRequest,
    member: Member,
    order: Order | None,
    channel: str,
    form: MessageForm,
    *,
    found: list[personal_data.Finding] | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "shop": member.shop,
        "place": "inbox",
        "may_change": access.may_change(member),
        "order": order,
        "channel": channel,
        "form": form,
        "found": found,
        "saved_texts": member.shop.saved_texts.all(),
        "query": request.GET.urlencode(),
    }
    return render(request, "messaging/compose.html", context, status=status)


def _show_saved(
    request: PortalRequest, member: Member, form: SavedTextForm, text: SavedText | None = None
) -> HttpResponse:
    context = {
        "shop": member.shop,
        "place": "inbox",
        "may_change": access.may_change(member),
        "form": form,
        "text": text,
        "texts": member.shop.saved_texts.all(),
        "placeholders": placeholders.PLACEHOLDERS,
    }
    return render(request, "messaging/saved_texts.html", context, status=422 if form.errors else 200)
