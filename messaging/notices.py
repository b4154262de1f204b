"""Who is told of what: one notice per cause and reader, written with the change it tells of (SPEC 5)."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, prefetch_related_objects
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from claims import deadlines, money
from claims.eligibility import day
from claims.models import Claim, ClaimEvent, Order, Outcome, Withdrawal
from claims.moves import ActorKind
from claims.statuses import Kind, Status, label
from messaging import mail_choices
from messaging.models import Announcement, Inquiry, Message, Notice, Topic
from messaging.words import TO_BUYER, TO_SHOP, WORDS, Words
from qsm.accounts.models import Buyer, Member, Shop

REMINDERS_BATCH = 200
SUBJECT_MAX = 200


def sides_told(event: ClaimEvent) -> list[str]:
    """Whom `event` is told: each side that did not do it; automatic ones tell both (SPEC 5)."""
    sides = {ActorKind.BUYER: [TO_SHOP], ActorKind.SELLER: [TO_BUYER]}.get(
        ActorKind(event.actor_kind), [TO_BUYER, TO_SHOP]
    )
    return [side for side in sides if (event.action, side) in WORDS]


def post(sender: Any, events: list[ClaimEvent], **kwargs: Any) -> None:
    """Write the notices of `events` in the transaction that wrote the events, and wake the sender after it."""
    members = _mailed_members({event.claim.shop_id for event in events})
    prefetch_related_objects([event.claim.order.buyer for event in events], "mail_opt_outs")
    notices = []
    for event in events:
        cause: dict[str, Any] = {
            "event": event,
            "topic": Topic(event.action),
            "created_at": event.recorded_at,
        }
        for side in sides_told(event):
            if side == TO_BUYER:
                notices.append(_to_buyer(event.claim.order.buyer, key=str(event.pk), **cause))
            else:
                notices += _to_shop(event.claim.shop_id, members, key=str(event.pk), **cause)
    _write(notices)


def post_message(message: Message) -> None:
    """Tell the side that `message` was written to, in the transaction that wrote it."""
    cause: dict[str, Any] = {"message": message, "topic": Topic.MESSAGE, "created_at": message.sent_at}
    key, order = f"message:{message.pk}", message.order
    if message.sender == Message.Sender.SHOP:
        _write([_to_buyer(order.buyer, key=key, **cause)])
    else:
        _write(_to_shop(order.shop_id, _mailed_members({order.shop_id}), key=key, **cause))


def post_inquiry_answer(inquiry: Inquiry) -> None:
    """Tell the shop that Qoo10 has answered, in the transaction that wrote the answer."""
    cause: dict[str, Any] = {
        "inquiry": inquiry,
        "topic": Topic.INQUIRY_ANSWERED,
        "created_at": inquiry.answered_at,
    }
    members = _mailed_members({inquiry.shop_id})
    _write(_to_shop(inquiry.shop_id, members, key=f"inquiry:{inquiry.pk}", **cause))


def post_announcement(announcement: Announcement) -> None:
    """Tell one shop, or every shop, what Qoo10 announces."""
    cause: dict[str, Any] = {
        "announcement": announcement,
        "topic": Topic.ANNOUNCEMENT,
        "created_at": announcement.sent_at,
    }
    shops = {announcement.shop_id} if announcement.shop_id else set(Shop.objects.values_list("pk", flat=True))
    members = _mailed_members(shops)
    key = f"announcement:{announcement.pk}"
    _write([notice for shop in shops for notice in _to_shop(shop, members, key=f"{key}:{shop}", **cause)])


def post_reminders(*, now: datetime) -> int:
    """Remind buyers of unanswered requests, on day 4 and on the last day, from the morning on (SPEC 5).

    Returns how many were written; each is written once however often this runs, under the lock of its
    claim: none beside an answer. A claim that somebody holds is left to the next run.
    """
    fourth, last = deadlines.reminder_horizons(now)
    return _remind(Topic.LAST_DAY, after=now, until=last, now=now) + _remind(
        Topic.REMINDER, after=max(last, now), until=fourth, now=now
    )


def _remind(topic: Topic, *, after: datetime, until: datetime, now: datetime) -> int:
    reminded = Notice.objects.filter(
        topic=topic, reminder_of__claim=OuterRef("pk"), reminder_of__outcome=Outcome.OPEN
    )
    due = Claim.objects.filter(status=Status.ASKED, deadline_at__gt=after, deadline_at__lte=until)
    due = due.filter(~Exists(reminded)).select_related("order__buyer__user").order_by("deadline_at", "pk")
    written, rest = 0, Q()
    while True:
        with transaction.atomic():
            locked = due.filter(rest).select_for_update(skip_locked=True, of=("self",))
            claims = {claim.pk: claim for claim in locked[:REMINDERS_BATCH]}
            if not claims:
                return written
            last = list(claims.values())[-1]
            rest = Q(deadline_at__gt=last.deadline_at) | Q(deadline_at=last.deadline_at, pk__gt=last.pk)
            attempts = list(Withdrawal.objects.filter(claim__in=claims, outcome=Outcome.OPEN))
            buyers = {pk: claim.order.buyer for pk, claim in claims.items()}
            prefetch_related_objects(list(buyers.values()), "mail_opt_outs")
            cause: dict[str, Any] = {"topic": topic, "created_at": now}
            _write(
                [
                    _to_buyer(buyers[one.claim_id], key=f"{topic}:{one.pk}", reminder_of=one, **cause)
                    for one in attempts
                ]
            )
            written += len(attempts)


def post_late_warnings(*, now: datetime) -> int:
    """Tell shops, from the morning of the day before on, which claims are late from tomorrow (SPEC 2).

    Returns how many claims were found to be due; each warning is written once however often this runs.
    """
    day_ahead = now + timedelta(days=1)
    running = Claim.objects.filter(late_at__gt=now, late_at__lte=day_ahead)
    due = [
        claim
        for claim in running.order_by("pk")
        if claim.late_at and deadlines.late_warning(claim.late_at) <= now
    ]
    members = _mailed_members({claim.shop_id for claim in due})
    cause: dict[str, Any] = {"topic": Topic.LATE_TOMORROW, "created_at": now}
    notices = []
    for claim in due:
        key = f"{Topic.LATE_TOMORROW}:{claim.pk}:{claim.late_at:%Y%m%d}"
        notices += _to_shop(claim.shop_id, members, key=key, claim=claim, **cause)
    _write(notices)
    return len(due)


def is_obsolete(notice: Notice, *, now: datetime) -> bool:
    """Whether its mail has lost its meaning at `now`, by what the database says now.

    A reminder after the answer (SPEC 5: never), a warning after the processing, a mail that its reader has
    switched off, a member who left.
    """
    if notice.reminder_of_id:
        unanswered = Withdrawal.objects.filter(outcome=Outcome.OPEN, deadline_at__gt=now)
        return not unanswered.filter(pk=notice.reminder_of_id).exists()
    if notice.claim_id:
        late_at = Claim.objects.values_list("late_at", flat=True).get(pk=notice.claim_id)
        if late_at is None or not deadlines.late_warning(late_at) <= now < late_at:
            return True
    if notice.member and not notice.member.user.is_active:
        return True
    return notice.reader is not None and not mail_choices.wants(notice.reader, notice.topic)


def subject(notice: Notice) -> str:
    """The notice's subject in its reader's language: on one line, of at most 200 characters, left to right."""
    with _reading(notice):
        return one_line(str(_words(notice).subject) % fields(notice))


def text(notice: Notice) -> str:
    """The notice's text in its reader's language, without an address."""
    with _reading(notice):
        return str(_words(notice).text) % fields(notice)


def one_line(words: str) -> str:
    """`words` as a mail's header may hold them: no line break, control or direction mark, 200 characters."""
    # Cc are control characters, Cf the marks that turn the direction, Cs and Cn what is no character.
    kept = "".join(c if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Cn") else " " for c in words)
    line = " ".join(kept.split()).replace(
        "=?", "= ?"
    )  # "=?" begins an encoded word, which can hide all these
    return line if len(line) <= SUBJECT_MAX else line[: SUBJECT_MAX - 1] + "…"


def _reading(notice: Notice) -> AbstractContextManager[None]:
    """Words come in the reader's language; in a shop's box they come in that of whoever has opened it."""
    return translation.override(notice.language) if notice.language else nullcontext()


def path(notice: Notice) -> str:
    """Where the reader of the notice goes on inside the portal."""
    if notice.buyer_id:
        return _buyers_path(notice)
    if notice.announcement:
        shop = notice.shop or (notice.member and notice.member.shop)
        return reverse("inbox", args=[shop.code]) + "?tab=qoo10" if shop else reverse("home")
    if notice.inquiry:
        return reverse("inquiry", args=[notice.inquiry.shop.code, notice.inquiry.pk])
    if notice.message:
        order = notice.message.order
        return reverse("inbox", args=[order.shop.code]) + f"?order={order.number}"
    return _claim(notice).get_absolute_url()


def fields(notice: Notice) -> dict[str, str | int]:
    """Everything the words may speak of; buyers' names masked (SPEC 5)."""
    if notice.announcement:
        return {"title": notice.announcement.title, "body": notice.announcement.body}
    if notice.inquiry:
        order = notice.inquiry.order.number if notice.inquiry.order else ""
        return {"order": order, "title": notice.inquiry.title, "answer": notice.inquiry.answer}
    if notice.message:
        message = notice.message
        return _of_order(message.order, message.order.shop) | {"title": message.title, "body": message.body}
    claim = _claim(notice)
    known = _of_order(claim.order, claim.shop) | {"kind": claim.get_kind_display()}
    if request := _request(notice):
        known |= _of_request(request)
        known |= _of_offer(request, claim)
        if notice.event:
            known["unlock_day"] = day(deadlines.day_in_japan(deadlines.unlock(notice.event.at)))
    if notice.event:
        known |= _of_processing(notice.event)
    if notice.claim and notice.claim.late_at:
        known["late_day"] = day(deadlines.day_in_japan(notice.claim.late_at))
    return known


def _of_processing(event: ClaimEvent) -> dict[str, str | int]:
    known: dict[str, str | int] = {
        "status": label(event.claim.kind, event.to_status),
        # A notice is confirmed, which grants nothing yet (SPEC 2).
        "granted": _("確認") if event.claim.kind == Kind.NON_RECEIPT else _("承認"),
    }
    if event.claim.refund is not None:
        known["refund"] = money.in_words(event.claim.refund)
    if hold := getattr(event, "refund_hold", None):
        known["hold"] = " ".join(filter(None, [hold.get_reason_display(), hold.text]))
    if parcel := getattr(event, "reshipment", None):
        known |= {
            "delivery_company": parcel.delivery_company,
            "tracking_number": parcel.tracking_number,
            "shipped_on": day(parcel.shipped_on),
        }
    return known


def _of_order(order: Order, shop: Shop) -> dict[str, str | int]:
    return {
        "shop": shop.name,
        "order": order.number,
        "item": order.item_title,
        "buyer": order.buyer.masked_name,
    }


def _of_request(request: Withdrawal) -> dict[str, str | int]:
    rejection = filter(None, [request.get_rejection_reason_display(), request.rejection_text])
    return {
        "attempt": request.attempt,
        "reason": request.reason,
        "last_day": day(deadlines.last_day(request.deadline_at)),
        "over_day": day(deadlines.day_in_japan(request.deadline_at)),
        "rejection": " ".join(rejection),
    }


def _of_offer(request: Withdrawal, claim: Claim) -> dict[str, str | int]:
    """Of a partial refund: what is offered, what is owed, and as what the claim ends; empty without one."""
    if request.offer is None:
        return {"offer": "", "owed": "", "owed_by_shop": "", "ended_as": str(Status.WITHDRAWN.label)}
    yen = {"yen": money.in_words(request.offer), "shop": claim.shop.name}
    return {
        "offer": _(
            "部分返金の提案: %(yen)s\n同意した場合、または期限までに回答がない場合、%(yen)sが返金されます"
            "（返金は %(shop)s が行います）。\n\n"
        )
        % yen,
        "owed": _("ご提案どおり、%(yen)sの部分返金となります（返金は %(shop)s が行います）。\n\n") % yen,
        "owed_by_shop": _("ご提案の %(yen)sを購入者に返金してください（返金済み金額に記録しました）。\n\n")
        % yen,
        "ended_as": _("部分返金 %(yen)s") % yen,
    }


def _mailed_members(shops: Iterable[int]) -> dict[int, list[Member]]:
    """Active members with a mail address, by shop."""
    members: dict[int, list[Member]] = defaultdict(list)
    working = Member.objects.filter(shop__in=shops, user__is_active=True).exclude(user__email="")
    for member in working.prefetch_related("mail_opt_outs"):
        members[member.shop_id].append(member)
    return members


def _to_buyer(buyer: Buyer, *, key: str, topic: Topic, created_at: datetime, **cause: Any) -> Notice:
    mail = _mailed(created_at) if buyer.mail_address and mail_choices.wants(buyer, topic) else {}
    return Notice(key=f"{key}:buyer", buyer=buyer, topic=topic, created_at=created_at, **cause, **mail)


def _to_shop(
    shop: int, members: dict[int, list[Member]], *, key: str, topic: Topic, created_at: datetime, **cause: Any
) -> list[Notice]:
    cause |= {"topic": topic, "created_at": created_at}
    return [
        Notice(key=f"{key}:shop", shop_id=shop, **cause),
        *(
            Notice(key=f"{key}:member:{member.pk}", member=member, **cause, **_mailed(created_at))
            for member in members[shop]
            if mail_choices.wants(member, topic)
        ),
    ]


def _mailed(at: datetime) -> dict[str, Any]:
    return {"mail": Notice.Mail.PENDING, "next_attempt_at": at}


def _write(notices: list[Notice]) -> None:
    """The keys are unique: telling twice posts once. A broker that is down delays mails and fails nobody."""
    from messaging.tasks import wake

    Notice.objects.bulk_create(notices, ignore_conflicts=True)
    mailed = any(notice.mail == Notice.Mail.PENDING for notice in notices)
    if mailed and not any(entry[1] is wake for entry in connection.run_on_commit):
        transaction.on_commit(wake, robust=True)


def _claim(notice: Notice) -> Claim:
    if notice.event:
        return notice.event.claim
    if notice.reminder_of:
        return notice.reminder_of.claim
    if notice.claim:
        return notice.claim
    raise ValueError(f"notice {notice.pk} is about no claim")


def asked_for(notice: Notice) -> Withdrawal | None:
    """The request that the notice wants its reader to answer."""
    return _request(notice) if notice.needs_answer else None


def _request(notice: Notice) -> Withdrawal | None:
    return notice.event.withdrawal if notice.event else notice.reminder_of


def _buyers_path(notice: Notice) -> str:
    if notice.message:
        return reverse("my_messages", args=[notice.message.order.number])
    if request := asked_for(notice):
        return reverse("withdrawal_request", args=[request.pk])
    return reverse("my_claim", args=[_claim(notice).number])


def _words(notice: Notice) -> Words:
    return WORDS[notice.topic, TO_BUYER if notice.buyer_id else TO_SHOP]
