"""お客様へのメッセージ / Qoo10へお問い合わせ: the composer, and what it keeps while one writes."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from claims import access, files
from claims.models import Order
from claims.transitions import Refused
from claims.uploads import Uploads
from messaging import conversation, drafts, personal_data, resending
from messaging import saved_texts as placeholders
from messaging.composer import REPEAT, Composer, saved_text, start, with_saved_text
from messaging.forms import DraftForm, IdField, InquiryForm, KeyField, MessageForm
from messaging.models import BODY_MAX, Category, Channel, Draft, Inquiry, Message
from qsm.accounts.requests import PortalRequest

FORMS: dict[str, type[MessageForm]] = {Channel.BUYER: MessageForm, Channel.QOO10: InquiryForm}
SHOWN = 5  # messages below the composer; the thread has them all


@require_http_methods(["GET", "HEAD", "POST"])
def compose(request: PortalRequest, shop: str) -> HttpResponse:
    """Write to the buyer of an order, or to Qoo10; what was found personal is asked about once more (SPEC 5)."""
    composer = _composer(request, shop)
    if request.method != "POST":
        return _open(request, composer)
    by = access.as_seller(composer.member)
    form = FORMS[composer.channel](request.POST)
    valid, key = form.is_valid(), form.cleaned_data["send_key"] or uuid4()
    model = Message if composer.channel == Channel.BUYER else Inquiry
    sent = conversation.sent_with(model, key, request.user)
    if sent and valid and resending.says(sent, form.words):
        return _already(request, composer, sent)
    uploads = _uploads(request, composer, by)
    if not valid or uploads.errors:
        return _show(request, composer, form, key=key, uploads=uploads, status=422)
    if sent:
        return _used(request, composer, form, uploads, sent)
    text = f"{form.words['title']}\n{form.words['body']}"
    if personal_data.card_numbers(text, composer.order):
        form.add_error("body", personal_data.card_refusal().text)
        return _show(request, composer, form, key=key, uploads=uploads, status=422)
    found = personal_data.find(text, composer.order)
    if found and request.POST.get("confirmed") != personal_data.fingerprint(text):
        return _show(request, composer, form, key=key, uploads=uploads, found=found)
    try:
        return _send(request, composer, form, uploads, key)
    except conversation.AlreadySent as already:
        if already.sent.author != request.user or not resending.says(already.sent, form.words):
            return _used(request, composer, form, uploads, already.sent)
        files.discard(uploads.fresh)  # a double click brought them twice
        return _already(request, composer, already.sent)
    except Refused as refused:
        form.add_error(None, [reason.text for reason in refused.reasons])
        return _show(request, composer, form, key=key, uploads=uploads, status=422)


@require_http_methods(["GET", "HEAD", "POST"])
def draft(request: PortalRequest, shop: str) -> HttpResponse:
    """Keep what is being written and its files, add a saved text, or throw it all away."""
    composer = _composer(request, shop)
    if request.method != "POST":  # a sign-in or a reload leads here
        return redirect(composer.address())
    by = access.as_seller(composer.member)
    form = DraftForm(request.POST)
    valid, key = form.is_valid(), form.cleaned_data["send_key"] or uuid4()
    if "discard" in request.POST:
        for one in drafts.of(composer.member, composer.order, composer.channel).filter(send_key=key):
            drafts.discard(one)
        messages.success(request, _("下書きを破棄しました。"))
        return redirect(composer.address())
    uploads, words = _uploads(request, composer, by), form.words
    problems = [str(problem) for errors in form.errors.values() for problem in errors] if not valid else []
    if valid and "use" in request.POST:
        words, unusable = with_saved_text(composer, words, request.POST.get("saved", ""))
        problems += [unusable] if unusable else []
    if personal_data.card_numbers(f"{words['title']}\n{words['body']}", composer.order):
        problems.append(_("カード番号と思われる数字が含まれているため、下書きを保存していません。"))
    kept = None if problems else _keep(composer, form, key, words, uploads)
    if request.htmx:
        return _saved(request, composer, form, key, uploads, kept, problems)
    for problem in uploads.errors:
        messages.error(request, problem)
    if problems:
        for problem in problems:
            messages.error(request, problem)
        typed = FORMS[composer.channel](initial=request.POST.dict())
        return _show(request, composer, typed, key=key, uploads=uploads, status=422)
    if kept and kept.send_key != key:
        messages.warning(
            request, _("別の画面で変更されていたため、別の下書きとして保存しました。両方残っています。")
        )
    elif kept and not {"use", "attach", "drop"} & set(request.POST):
        messages.success(request, _("下書きを保存しました。"))
    return redirect(composer.address(draft=str(kept.pk)) if kept else composer.address())


def _composer(request: PortalRequest, shop: str) -> Composer:
    now = timezone.now()
    member = get_object_or_404(access.memberships(request.user), shop__code=shop)
    number, back = request.GET.get("order", ""), request.GET.get("back", "").partition("#")[0]
    orders = Order.objects.select_related("shop", "buyer")
    order = get_object_or_404(orders, shop=member.shop, number=number) if number else None
    to_qoo10 = order is None or request.GET.get("channel") == Channel.QOO10
    # A path of this shop's own names no other host and no script.
    inside = back.startswith(f"/shops/{member.shop.code}/")
    return Composer(member, order, Channel.QOO10 if to_qoo10 else Channel.BUYER, back if inside else "", now)


def _uploads(request: PortalRequest, composer: Composer, by: access.Actor) -> Uploads:
    return Uploads(
        request,
        shop=composer.member.shop,
        order=composer.order,
        by=by,
        now=composer.now,
        for_buyer=composer.channel == Channel.BUYER,
    )


def _send(
    request: PortalRequest, composer: Composer, form: MessageForm, uploads: Uploads, key: UUID
) -> HttpResponse:
    order, member, now = composer.order, composer.member, composer.now
    if composer.channel == Channel.QOO10 or order is None:
        inquiry = conversation.ask_qoo10(
            member.shop, order=order, **form.words, by=member, now=now, files=uploads.attachments, key=key
        )
        messages.success(request, _("Qoo10へお問い合わせを送信しました。"))
        return redirect("inquiry", member.shop.code, inquiry.pk)
    read_to = form.cleaned_data["read_to"]
    message = conversation.write_to_buyer(
        order, **form.words, by=member, now=now, files=uploads.attachments, key=key, read_to=read_to
    )
    messages.success(request, _("お客様にメッセージを送信しました。"))
    if read_to is not None and conversation.unanswered_after(order, read_to):
        text = _("作成中にお客様から新しいメッセージが届いています（未回答）。ご確認ください。")
        messages.warning(request, text)
    return _back(composer, message)


def _back(composer: Composer, message: Message) -> HttpResponseRedirect:
    """Where the writer came from: the pane or the inbox, at the message."""
    claim = message.order.claims.order_by("-requested_at", "-pk").first()
    pane = claim.get_absolute_url() if claim else ""
    thread = reverse("thread", args=[composer.member.shop.code, message.order.number])
    return HttpResponseRedirect(f"{composer.back or pane or thread}#message-{message.pk}")


def _already(request: PortalRequest, composer: Composer, sent: Message | Inquiry) -> HttpResponse:
    """A double click, or a second tab: the way to what was sent."""
    messages.success(request, resending.already_sent(sent))
    if isinstance(sent, Inquiry):
        return redirect("inquiry", composer.member.shop.code, sent.pk)
    return _back(composer, sent)


def _used(
    request: PortalRequest, composer: Composer, form: MessageForm, uploads: Uploads, sent: Message | Inquiry
) -> HttpResponse:
    """Another text than the one that this form has sent: it is kept, and may go as a second message."""
    form.add_error(None, resending.sent_otherwise(sent))
    return _show(request, composer, form, key=uuid4(), uploads=uploads, status=409)


def _keep(
    composer: Composer, form: DraftForm, key: UUID, words: dict[str, Any], uploads: Uploads
) -> Draft | None:
    member, order, channel, now = composer.member, composer.order, composer.channel, composer.now
    untouched = words["title"] == start(composer)["title"] and not words["body"]
    return drafts.save(
        member,
        order,
        channel,
        key=key,
        screen=form.cleaned_data["screen"] or uuid4(),
        read=form.cleaned_data["read"],
        category=words["category"] or Category.OTHER,
        title="" if untouched else words["title"],
        body=words["body"],
        files=uploads.attachments,
        now=now,
    )


def _saved(
    request: PortalRequest,
    composer: Composer,
    form: DraftForm,
    key: UUID,
    uploads: Uploads,
    kept: Draft | None,
    problems: list[str],
) -> HttpResponse:
    """To htmx: what became of the draft, and its files where they are what was changed."""
    context = _context(composer, key=key, uploads=uploads, draft=kept) | {
        "part": True,
        "draft_problems": problems,
        "forked": kept is not None and kept.send_key != key,
        "screen_key": form.cleaned_data["screen"],
        "read_key": form.cleaned_data["read"],
    }
    if request.htmx.target == "uploads":
        status = 422 if problems or uploads.errors else 200
        return render(request, "messaging/_uploads.html", context, status=status)
    return render(request, "messaging/_draft.html", context, status=422 if problems else 200)


def _open(request: PortalRequest, composer: Composer) -> HttpResponse:
    """The composer as it opens: with the draft, or filled in as the guide says."""
    form, category = FORMS[composer.channel], request.GET.get("category", "")
    kept = list(drafts.of(composer.member, composer.order, composer.channel).prefetch_related("files"))
    chosen = next((one for one in kept if str(one.pk) == request.GET.get("draft")), kept[0] if kept else None)
    initial = start(composer, category)
    if chosen:
        uploads = Uploads.holding([file for file in chosen.files.all() if file.sent_at is None])
        wished = category if category in Category.values else chosen.category
        initial = {"category": wished, "title": chosen.title or initial["title"], "body": chosen.body}
        key = chosen.send_key
        return _show(
            request, composer, form(initial=initial), key=key, uploads=uploads, draft=chosen, others=kept
        )
    if saved := saved_text(composer, request.GET.get("about", "") or request.GET.get("saved", "")):
        initial |= saved | {"title": saved["title"] or initial["title"]}
    return _show(request, composer, form(initial=initial), key=uuid4(), uploads=Uploads.holding([]))


def _context(
    composer: Composer, *, key: UUID, uploads: Uploads, draft: Draft | None = None
) -> dict[str, Any]:
    """What the composer and its parts need: the keys that the page carries, and the files of the form."""
    return {
        "shop": composer.member.shop,
        "order": composer.order,
        "channel": composer.channel,
        "query": composer.query,
        "send_key": draft.send_key if draft else key,
        "screen_key": uuid4(),
        "read_key": draft.saved_by if draft else "",
        "draft": draft,
        "uploads": uploads,
        "attach_url": f"{reverse('draft', args=[composer.member.shop.code])}?{composer.query}",
    }


def _show(
    request: PortalRequest,
    composer: Composer,
    form: MessageForm,
    *,
    key: UUID,
    uploads: Uploads,
    draft: Draft | None = None,
    others: list[Draft] | None = None,
    found: list[personal_data.Finding] | None = None,
    status: int = 200,
) -> HttpResponse:
    order, shop = composer.order, composer.member.shop
    context = _context(composer, key=key, uploads=uploads, draft=draft)
    if form.is_bound or status != 200:  # the same page again: what it has read stays as it was
        screen, read = (KeyField().clean(request.POST.get(name)) for name in ("screen", "read"))
        context |= {"screen_key": screen or context["screen_key"], "read_key": read or ""}
    recent = conversation.thread(order).object_list[:SHOWN] if order else []
    texts = shop.saved_texts.all()
    context |= {
        "place": "inbox",
        "may_change": access.may_change(composer.member),
        "form": form,
        "found": found,
        "shown": personal_data.fingerprint(f"{form.words['title']}\n{form.words['body']}") if found else "",
        "others": [one for one in others or [] if one != draft],
        "recent": recent,
        "read_to": recent[0].pk if recent else 0,
        "arrived": _arrived(request, composer),
        "saved_texts": [
            text for text in texts if order or not placeholders.has_placeholders(text.title + text.body)
        ],
        "wants_repeat": request.GET.get("about") == REPEAT and draft is not None,
        "guide_url": settings.SELLER_GUIDE_URL,
        "body_max": BODY_MAX,
        "back": composer.back,
    }
    return render(request, "messaging/compose.html", context, status=status)


def _arrived(request: PortalRequest, composer: Composer) -> int:
    """How many messages came while this page stood open; they stand below it now."""
    read_to = IdField().clean(request.POST.get("read_to"))
    if composer.order is None or read_to is None or composer.channel != Channel.BUYER:
        return 0
    return conversation.unanswered_after(composer.order, read_to)
