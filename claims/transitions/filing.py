"""The verbs that begin a claim and let its buyer drop it (SPEC 3, 6)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from claims import deadlines, eligibility, filing
from claims.access import Actor, drafts_of
from claims.models import Claim, Order, Outcome
from claims.moves import FIRST, Action, ActorKind
from claims.reasons import FAULTS, NonReceipt, Pickup, Reason, Remedy, written
from claims.statuses import ENDED, LATE_OF, Kind, Status
from claims.transitions.lateness import locked_at
from claims.transitions.loop import accept_withdrawal
from claims.transitions.move import Refused, move, record, refuse_if
from claims.transitions.sweep import lapse


@transaction.atomic
def file_claim(
    order: Order, *, kind: Kind, status: Status, by: Actor, now: datetime, **details: Any
) -> Claim:
    """Write a new claim on `order` in `status`, asked for at `now`; `details` are Claim's own fields.

    Raises Refused while another claim of the order is open (SPEC 2: one open at a time).
    """
    return _file(_free(order, now=now), kind=kind, status=status, by=by, now=now, **details)


@transaction.atomic
def request_claim(
    order: Order,
    *,
    kind: Kind,
    reason: Reason,
    text: str,
    quantity: int,
    by: Actor,
    now: datetime,
    pickup: Pickup | None = None,
    non_receipt: NonReceipt | None = None,
    remedy: Remedy | None = None,
    photos: Collection[UUID] = (),
) -> Claim:
    """The buyer files a claim of `kind` on his order from MyQoo10, in its first status (SPEC 6).

    `text` has at most 1,000 characters and may be empty, but not with その他; `photos` are the keys of files
    that he has uploaded about this order and not sent: they are sent with the claim. 返品 and 交換 need
    `pickup`, 未受取 `non_receipt` and `remedy`. Raises Refused (filing.blockers, quantity, text),
    PermissionDenied for anybody but the order's buyer signed in.
    """
    order = _free(order, now=now)
    if by.kind != ActorKind.BUYER or by.user is None or by.user.pk != order.buyer.user_id:
        raise PermissionDenied
    text = text.strip()
    found = filing.of(order, kind, now=now)
    refuse_if(
        found.blockers
        or filing.quantity_blockers(quantity, found.pieces)
        + filing.detail_blockers(text, required=reason == Reason.OTHER)
    )
    of_reason = {"non_receipt_reason" if kind == Kind.NON_RECEIPT else "reason": written(reason)}
    claim = _file(
        order,
        kind=kind,
        status=FIRST[kind],
        by=by,
        now=now,
        reason_text=text,
        fault=FAULTS.get(reason, ""),
        quantity=quantity,
        pickup_method=written(pickup) if pickup else "",
        non_receipt_type=written(non_receipt) if non_receipt else "",
        non_receipt_wish=remedy or "",
        **of_reason,
    )
    for photo in drafts_of(by.user, order).filter(key__in=photos).select_for_update():
        photo.claim = claim
        photo.send(now)
    return claim


def _free(order: Order, *, now: datetime) -> Order:
    """The order as it is, locked, without what has lapsed on it: a claim can be filed, or is in the way."""
    # What has lapsed is over to the second: it does not stand in the way until the sweep comes.
    # The claim before its order, as everybody locks who records a refund.
    if lapsed := list(Claim.objects.lapsed(now).filter(order=order).select_for_update()):
        lapse(lapsed, now=now)
    return Order.objects.select_related("buyer").select_for_update(of=("self",)).get(pk=order.pk)


def _file(order: Order, *, kind: Kind, status: Status, by: Actor, now: datetime, **details: Any) -> Claim:
    ordinal = order.claims.count() + 1
    completed_at = now if status in ENDED else None
    if status in LATE_OF:
        details.setdefault("late_at", deadlines.late(now))
    if status == Status.RETURN_HELD:
        details.setdefault("paused_from", Status.RETURN_COLLECTED)
    try:
        with transaction.atomic():
            claim = Claim.objects.create(
                order=order,
                number=f"{order.number}-{ordinal}",
                shop_id=order.shop_id,
                ordered_at=order.ordered_at,
                kind=kind,
                status=status,
                requested_at=now,
                completed_at=completed_at,
                **details,
            )
    except IntegrityError as error:
        if "claim_one_open_per_order" not in str(error):
            raise
        raise Refused([eligibility.claim_open(order)]) from error
    record(claim, Action.FILED, from_status="", by=by, at=now)
    return claim


@transaction.atomic
def drop_claim(claim: Claim, *, by: Actor, now: datetime) -> None:
    """The buyer drops the claim himself: 撤回完了. While a request is open, dropping is accepting (SPEC 3)."""
    claim = locked_at(claim, now=now)
    if claim.effective_status(now) == Status.ASKED:
        accept_withdrawal(claim.withdrawals.get(outcome=Outcome.OPEN), by=by, now=now)
        return
    refuse_if(eligibility.blockers(claim, Action.DROPPED, now=now))
    move(claim, Action.DROPPED, by=by, now=now)
