"""WHAT is said: the verbs that write messages and inquiries (SPEC 5)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID, uuid4

from django.core.paginator import Page, Paginator
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from claims import access
from claims import files as kept_files
from claims.eligibility import Blocker
from claims.models import Attachment, Order
from claims.transitions import Refused
from messaging import drafts, notices, personal_data
from messaging.models import (
    Category,
    Inquiry,
    Message,
    MessageQuerySet,
    Notice,
    State,
)
from qsm.accounts.models import Buyer, Member, Shop, User

THREAD_PAGE = 30
M = TypeVar("M", Message, Inquiry)


class AlreadySent(Exception):
    """The form was sent before: `sent` is the message or inquiry that it sent then."""

    def __init__(self, sent: Message | Inquiry) -> None:
        super().__init__(sent)
        self.sent = sent


@transaction.atomic
def write_to_buyer(
    order: Order,
    *,
    category: Category,
    title: str,
    body: str,
    by: Member,
    now: datetime,
    files: Sequence[Attachment] = (),
    key: UUID | None = None,
    read_to: int | None = None,
) -> Message:
    """The shop writes to the buyer of `order`; what he had asked before is 回答済 with it (SPEC 5: States).

    `key` is the send key of the form: its draft goes. `read_to` is the id of the newest message that the
    writer had seen: what the buyer wrote after it stays 未回答. Raises PermissionDenied for a read-only
    member, AlreadySent, and Refused where a card number stands in the text or a file is gone.
    """
    access.as_seller(by)
    _refuse_card_numbers(f"{title}\n{body}", order)
    key = key or uuid4()
    drafts.lock(by)
    order = Order.objects.select_for_update().get(pk=order.pk)
    message = _once(
        Message,
        key,
        order=order,
        sender=Message.Sender.SHOP,
        author=by.user,
        state=State.ANSWERED,
        category=category,
        title=title,
        body=body,
        sent_at=now,
    )
    waiting = Message.objects.waiting().filter(order=order)
    if read_to is not None:
        waiting = waiting.filter(pk__lte=read_to)
    waiting.update(state=State.ANSWERED)
    message.files.set(_send(files, now))
    drafts.sent(key, by)
    notices.post_message(message)
    return message


@transaction.atomic
def write_to_shop(
    order: Order,
    *,
    category: Category,
    title: str,
    body: str,
    by: Buyer,
    now: datetime,
    files: Sequence[Attachment] = (),
    key: UUID | None = None,
) -> Message:
    """The buyer of `order` writes to the shop: 未回答 until it answers.

    Raises AlreadySent, and Refused where a card number stands in the text or a file is gone.
    """
    _refuse_card_numbers(f"{title}\n{body}", order)
    order = Order.objects.select_for_update().get(pk=order.pk)
    message = _once(
        Message,
        key or uuid4(),
        order=order,
        sender=Message.Sender.BUYER,
        author=by.user,
        category=category,
        title=title,
        body=body,
        sent_at=now,
    )
    message.files.set(_send(files, now))
    notices.post_message(message)
    return message


def thread(order: Order, page: Any = 1) -> Page[Message]:
    """One page of the messages of `order`, newest first; a page that is none is the nearest."""
    messages = order.messages.select_related("order__buyer", "order__shop").prefetch_related(
        "files", "translations"
    )
    return Paginator(messages, THREAD_PAGE).get_page(page)


def unanswered_after(order: Order, read_to: int) -> int:
    """How many unanswered messages of the buyer came after the message with the id `read_to`."""
    return Message.objects.unanswered().filter(order=order, pk__gt=read_to).count()


@transaction.atomic
def mark_seen(messages: Sequence[Message], *, now: datetime) -> None:
    """The buyer has opened these: the shop reads 購入者が確認済, and their Qポスト is read with them."""
    ids = [
        message.pk
        for message in messages
        if message.sender == Message.Sender.SHOP and message.seen_at is None
    ]
    if ids:
        Message.objects.filter(pk__in=ids, seen_at__isnull=True).update(seen_at=now)
        Notice.objects.filter(message__in=ids, buyer__isnull=False, read_at__isnull=True).update(read_at=now)


def sent_with(model: type[Message] | type[Inquiry], key: UUID, user: User) -> Message | Inquiry | None:
    """What `user` has sent with this send key, None for nothing."""
    return model.objects.filter(send_key=key, author=user).first()


def take_up(messages: MessageQuerySet, *, by: Member) -> list[int]:
    """Mark 未回答 ones 処理中, by hand (SPEC 5). Returns the ids of those; raises PermissionDenied."""
    access.as_seller(by)
    return _mark(messages.of_shop(by.shop).unanswered(), state=State.IN_PROGRESS)


def close(messages: MessageQuerySet, *, by: Member) -> list[int]:
    """Mark waiting ones 回答済 without an answer: 回答不要 (SPEC 5). Returns their ids; raises PermissionDenied."""
    access.as_seller(by)
    waiting = messages.of_shop(by.shop).waiting()
    return _mark(waiting, state=State.ANSWERED, needs_no_answer=True)


@transaction.atomic
def ask_qoo10(
    shop: Shop,
    *,
    order: Order | None,
    category: Category,
    title: str,
    body: str,
    by: Member,
    now: datetime,
    files: Sequence[Attachment] = (),
    key: UUID | None = None,
) -> Inquiry:
    """Qoo10へのお問い合わせ: the shop asks the marketplace, perhaps about one order of its own.

    `key` is the send key of the form: its draft goes. Raises PermissionDenied for a read-only member,
    AlreadySent, and Refused where a card number stands in the text or a file is gone.
    """
    access.as_seller(by)
    _refuse_card_numbers(f"{title}\n{body}", order)
    key = key or uuid4()
    drafts.lock(by)
    words = {"category": category, "title": title, "body": body}
    inquiry = _once(Inquiry, key, shop=shop, order=order, author=by.user, sent_at=now, **words)
    inquiry.files.set(_send(files, now))
    drafts.sent(key, by)
    return inquiry


@transaction.atomic
def answer_inquiry(inquiry: Inquiry, *, answer: str, by: User, now: datetime) -> None:
    """An operator answers; the shop is told. Raises Refused when it was answered already or says nothing."""
    if not answer.strip():
        raise Refused([Blocker("answer_missing", _("回答を入力してください。"))])
    changed = Inquiry.objects.filter(pk=inquiry.pk).exclude(state=State.ANSWERED)
    done = changed.update(state=State.ANSWERED, answer=answer.strip(), answered_at=now, answered_by=by)
    if not done:
        raise Refused([Blocker("answered", _("このお問い合わせには回答済みです。"))])
    inquiry.refresh_from_db()
    notices.post_inquiry_answer(inquiry)


@transaction.atomic
def _mark(messages: MessageQuerySet, **changes: Any) -> list[int]:
    """Change those that are still so once their orders are locked, as an answer locks them too."""
    list(Order.objects.filter(pk__in=messages.values("order")).order_by("pk").select_for_update())
    ids = list(messages.order_by("pk").select_for_update().values_list("pk", flat=True))
    Message.objects.filter(pk__in=ids).update(**changes)
    return ids


def _once(model: type[M], key: UUID, **fields: Any) -> M:
    """Write the row that this send key stands for; whoever comes second with it raises AlreadySent."""
    try:
        with transaction.atomic():
            return model.objects.create(send_key=key, **fields)
    except IntegrityError:
        sent = model.objects.filter(send_key=key).first()
        if sent is None:
            raise
        raise AlreadySent(sent) from None


def _send(files: Sequence[Attachment], now: datetime) -> list[Attachment]:
    """The files, sent; Refused where one was sent or thrown away since the form was drawn."""
    unsent = Attachment.objects.filter(pk__in=[file.pk for file in files], sent_at__isnull=True)
    locked = list(unsent.select_for_update().order_by("pk"))
    if len(locked) < len(files):
        raise Refused([Blocker("file_gone", kept_files.gone())])
    for file in locked:
        file.send(now)
    return locked


def _refuse_card_numbers(text: str, order: Order | None) -> None:
    if personal_data.card_numbers(text, order):
        raise Refused([personal_data.card_refusal()])
