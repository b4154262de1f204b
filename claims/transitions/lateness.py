"""The clock's second verb: call late what the shop has not processed in time (交換遅延, 確認遅延; SPEC 2)."""

from __future__ import annotations

from datetime import datetime

from claims.access import SYSTEM
from claims.models import Claim, ClaimEvent
from claims.models.claim import LATE_STATUS
from claims.moves import Action
from claims.signals import recorded
from claims.statuses import LATE_OF, Status
from claims.transitions.move import locked, new_event
from claims.transitions.sweep import Sweep, in_batches


def call_late(*, now: datetime) -> Sweep:
    """Call late every claim whose clock has run out at `now`, as of the instant at which it did.

    In batches, as late and as often as one likes, like complete_lapsed.
    """
    return in_batches(Claim.objects.overdue(now), "late_at", make_late, now=now)


def make_late(claims: list[Claim], *, now: datetime) -> None:
    """Call these locked claims late, all of them overdue at `now`; one write for all."""
    overdue = Claim.objects.overdue(now).filter(pk__in=[claim.pk for claim in claims])
    moved = overdue.filter(status__in=list(LATE_OF)).update(status=LATE_STATUS, late_at=None)
    if moved != len(claims):
        raise RuntimeError(f"{len(claims)} claims are overdue, but {moved} moved")
    events = ClaimEvent.objects.bulk_create(
        new_event(
            claim,
            Action.LATE,
            from_status=claim.status,
            to_status=LATE_OF[Status(claim.status)],
            by=SYSTEM,
            at=claim.late_at,
            recorded_at=now,
        )
        for claim in claims
    )
    recorded.send(sender=ClaimEvent, events=events)


def locked_at(claim: Claim, *, now: datetime) -> Claim:
    """The claim locked, and late already where its clock has run out at `now`: no verb overtakes the clock."""
    claim = locked(claim)
    if claim.is_overdue(now):
        make_late([claim], now=now)
        claim.refresh_from_db(fields=["status", "late_at"])
    return claim
