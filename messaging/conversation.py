"""WHAT is said: the verbs that write messages and inquiries (SPEC 5)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from claims import access
from claims.eligibility import Blocker
from claims.models import Order
from claims.transitions import Refused
from messaging import notices, personal_data
from messaging.models import (
    Category,
    Inquiry,
    Message,
    MessageQuerySet,
    State,
)
from qsm.accounts.models import Buyer, Member, Shop, User


@transaction.atomic
def write_to_buyer(
    order: Order, *, category: Category, title: str, body: str, by: Member, now: datetime
) -> Message:
    """The shop writes to the buyer of `order`; what he had asked before is 回答済 with it (SPEC 5: States).

    Raises PermissionDenied for a read-only member, Refused where a card number stands in the text.
    """
    access.as_seller(by)
    _refuse_card_numbers(f"{title}\n{body}", order)
    order = Order.objects.select_for_update().get(pk=order.pk)
    waiting = Message.objects.waiting().filter(order=order)
    waiting.update(state=State.ANSWERED)
    message = Message.objects.create(
        order=order,
        sender=Message.Sender.SHOP,
        author=by.user,
        state=State.ANSWERED,
        category=category,
        title=title,
        body=body,
        sent_at=now,
    )
    notices.post_message(message)
    return message


@transaction.atomic
def write_to_shop(
    order: Order, *, category: Category, title: str, body: str, by: Buyer, now: datetime
) -> Message:
    """The buyer of `order` writes to the shop: 未回答 until it answers.

    Raises Refused where a card number stands in the text.
    """
    _refuse_card_numbers(f"{title}\n{body}", order)
    order = Order.objects.select_for_update().get(pk=order.pk)
    message = Message.objects.create(
        order=order,
        sender=Message.Sender.BUYER,
        author=by.user,
        category=category,
        title=title,
        body=body,
        sent_at=now,
    )
    notices.post_message(message)
    return message


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
) -> Inquiry:
    """Qoo10へのお問い合わせ: the shop asks the marketplace, perhaps about one order of its own.

    Raises PermissionDenied for a read-only member, Refused where a card number stands in the text.
    """
    access.as_seller(by)
    _refuse_card_numbers(f"{title}\n{body}", order)
    return Inquiry.objects.create(
        shop=shop, order=order, author=by.user, category=category, title=title, body=body, sent_at=now
    )


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


def _refuse_card_numbers(text: str, order: Order | None) -> None:
    if personal_data.card_numbers(text, order):
        raise Refused([personal_data.card_refusal()])
