"""The verbs that begin a claim and let its buyer drop it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from claims import deadlines, eligibility
from claims.access import Actor
from claims.models import Claim, Order, Outcome
from claims.moves import Action
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
    # What has lapsed is over to the second: it does not stand in the way until the sweep comes.
    # The claim before its order, as everybody locks who records a refund.
    if lapsed := list(Claim.objects.lapsed(now).filter(order=order).select_for_update()):
        lapse(lapsed, now=now)
    order = Order.objects.select_for_update().get(pk=order.pk)
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
