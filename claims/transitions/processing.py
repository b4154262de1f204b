"""The verbs with which a shop processes a claim (SPEC 2)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db import transaction

from claims import carriers, eligibility
from claims.access import Actor
from claims.models import Claim, ClaimEvent, HoldReason, RefundHold, Reshipment
from claims.moves import Action
from claims.transitions.lateness import locked_at
from claims.transitions.move import move, permit, refuse_if
from claims.transitions.refund import record_refund, yen_in_full


@transaction.atomic
def approve_claim(claim: Claim, *, by: Actor, now: datetime) -> None:
    """The shop grants what the buyer asked (承認), from a first status or from 撤回保留; confirms a notice.

    The last decision is the shop's (the guide, section 5). Raises Refused while a request is open.
    """
    _process(claim, Action.APPROVED, by=by, now=now, approved_at=now)


@transaction.atomic
def collect_goods(claim: Claim, *, by: Actor, now: datetime) -> None:
    """The returned goods have arrived (回収完了/返金要請). Raises Refused but from 回収待ち."""
    _process(claim, Action.COLLECTED, by=by, now=now)


@transaction.atomic
def start_refund(claim: Claim, *, by: Actor, now: datetime) -> None:
    """The refund of a return begins (返金中). Raises Refused but from 回収完了/返金要請."""
    _process(claim, Action.REFUNDING, by=by, now=now)


@transaction.atomic
def hold_refund(claim: Claim, *, reason: HoldReason, text: str, by: Actor, now: datetime) -> None:
    """The refund of a return waits (返金保留) for `reason`; remembers where a release leads back to.

    `text` has at most 1,000 characters and may be empty, but not with その他. Raises Refused but from
    回収完了/返金要請 and 返金中.
    """
    text = text.strip()
    if text or reason == HoldReason.OTHER:
        refuse_if(eligibility.reason_blockers(text))
    claim = _ready(claim, Action.HELD, by=by, now=now)
    event = move(claim, Action.HELD, by=by, now=now, paused_from=claim.status)
    RefundHold.objects.create(event=event, reason=reason, text=text)


@transaction.atomic
def release_refund(claim: Claim, *, by: Actor, now: datetime) -> None:
    """The refund goes on (返金保留の解除) from where it was held. Raises Refused but from 返金保留."""
    _process(claim, Action.RELEASED, by=by, now=now)


@transaction.atomic
def complete_refund(claim: Claim, *, by: Actor, now: datetime) -> None:
    """The claim ends by a full refund (キャンセル完了, 返品完了, 返金完了), and the order's refunded yen rise.

    By the claimed quantity's share (money.py). Raises Refused where the refund is not the next step.
    """
    claim = _ready(claim, Action.REFUNDED, by=by, now=now)
    yen = yen_in_full(claim)
    move(claim, Action.REFUNDED, by=by, now=now)
    record_refund(claim, yen)


@transaction.atomic
def resend(
    claim: Claim,
    *,
    delivery_company: str,
    tracking_number: str,
    shipped_on: date,
    by: Actor,
    now: datetime,
) -> None:
    """The goods were sent again (再配送): 再配送中 of an exchange, 再配送済 of a notice.

    Raises Refused where it is not the next step, or where what is said of the parcel cannot be
    (eligibility.reshipment_blockers).
    """
    claim = _ready(claim, Action.RESENT, by=by, now=now)
    parcel: dict[str, Any] = {
        "delivery_company": delivery_company.strip(),
        "tracking_number": carriers.bare(tracking_number),
        "shipped_on": shipped_on,
    }
    refuse_if(eligibility.reshipment_blockers(claim, **parcel, now=now))
    event = move(claim, Action.RESENT, by=by, now=now)
    Reshipment.objects.create(event=event, **parcel)


@transaction.atomic
def complete_exchange(claim: Claim, *, by: Actor, now: datetime) -> None:
    """The exchange is done (交換完了). Raises Refused but from 再配送中."""
    _process(claim, Action.EXCHANGED, by=by, now=now)


def _ready(claim: Claim, action: Action, *, by: Actor, now: datetime) -> Claim:
    permit(action, by)
    claim = locked_at(claim, now=now)
    refuse_if(eligibility.blockers(claim, action, now=now))
    return claim


def _process(claim: Claim, action: Action, *, by: Actor, now: datetime, **changes: Any) -> ClaimEvent:
    return move(_ready(claim, action, by=by, now=now), action, by=by, now=now, **changes)
