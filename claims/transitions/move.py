"""The one hand that moves a claim: lock it, update it if it is still as it was, write the log, tell."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied

from claims import deadlines, eligibility, moves
from claims.access import Actor
from claims.eligibility import Blocker
from claims.models import Claim, ClaimEvent, Withdrawal
from claims.moves import Action
from claims.signals import recorded
from claims.statuses import ENDED, IN_LOOP, LATE_OF, Status


class Refused(Exception):
    """The change may not be made; `reasons` say why, as people read it. Nothing was changed."""

    def __init__(self, reasons: list[Blocker]) -> None:
        super().__init__(", ".join(reason.code for reason in reasons))
        self.reasons = reasons


def locked(claim: Claim) -> Claim:
    """The claim as it is, its row locked until the transaction ends: every writer begins here."""
    claims = Claim.objects.select_related("order__buyer__user", "shop")
    return claims.select_for_update(of=("self",)).get(pk=claim.pk)


def refuse_if(reasons: list[Blocker]) -> None:
    """Raises Refused where there are reasons."""
    if reasons:
        raise Refused(reasons)


def permit(action: Action, by: Actor) -> None:
    """Raises PermissionDenied where the action is not this kind of person's (moves.py)."""
    if by.kind != moves.MOVES[action].by:
        raise PermissionDenied


def move(
    claim: Claim,
    action: Action,
    *,
    by: Actor,
    now: datetime,
    withdrawal: Withdrawal | None = None,
    **changes: Any,
) -> ClaimEvent:
    """Do `action` to a locked claim at `now`, setting `changes` beside the status; log it and tell.

    Returns the line of the log. The conditional update is the lock's last word: raises Refused where the
    claim is no longer as read.
    """
    permit(action, by)
    before = Status(claim.status)
    to = moves.target(action, before, claim.came_from, offer=claim.offer)
    if to is None:
        raise Refused([eligibility.changed_meanwhile()])
    late_at = _late_at(claim, to, now)
    changes = {"deadline_at": None, "offer": None, "late_at": late_at, "paused_from": "", **changes}
    if to not in IN_LOOP:
        changes["status_before"] = ""
    if to in ENDED:
        changes["completed_at"] = now
    if Claim.objects.filter(pk=claim.pk, status=before).update(status=to, **changes) != 1:
        raise Refused([eligibility.changed_meanwhile()])
    claim.status, claim.late_at = to, late_at
    return record(claim, action, from_status=before, by=by, at=now, withdrawal=withdrawal)


def _late_at(claim: Claim, to: Status, now: datetime) -> datetime | None:
    """When the claim is late after a move to `to`: the clock goes on, starts anew on return, or stands (SPEC 2)."""
    if to not in LATE_OF:
        return None
    return deadlines.late(now) if claim.status in IN_LOOP else claim.late_at


def record(
    claim: Claim,
    action: Action,
    *,
    from_status: str,
    by: Actor,
    at: datetime,
    withdrawal: Withdrawal | None = None,
) -> ClaimEvent:
    """Write one line of the log and tell of it, in the transaction of the change; returns the line."""
    event = new_event(
        claim,
        action,
        from_status=from_status,
        to_status=claim.status,
        by=by,
        at=at,
        recorded_at=at,
        withdrawal_id=withdrawal.pk if withdrawal else None,
    )
    event.save(force_insert=True)
    recorded.send(sender=ClaimEvent, events=[event])
    return event


def new_event(claim: Claim, action: Action, *, by: Actor, **values: Any) -> ClaimEvent:
    """A line of the log, not yet written."""
    return ClaimEvent(
        claim=claim, action=action, actor_kind=by.kind, actor=by.user, channel=by.channel, **values
    )
