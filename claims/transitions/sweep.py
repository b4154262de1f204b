"""The clock's verb: complete what lapsed unanswered (自動撤回, SPEC 3)."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q

from claims import moves
from claims.access import SYSTEM
from claims.models import Channel, Claim, ClaimEvent, ClaimQuerySet, Outcome, Withdrawal
from claims.moves import Action, ActorKind
from claims.signals import recorded
from claims.statuses import Status
from claims.transitions.move import new_event
from claims.transitions.refund import refund_offers

log = logging.getLogger(__name__)


@dataclass
class Sweep:
    """What one sweep did: how many claims it moved, and the ids of those it had to leave."""

    completed: int = 0
    failed: list[int] = field(default_factory=list)


def complete_lapsed(*, now: datetime) -> Sweep:
    """Complete every request whose deadline passed unanswered at `now` (自動撤回, the guide, section 1).

    In batches of settings.SWEEP_BATCH, each its own transaction, skipping rows somebody else holds:
    any number of sweeps may run at once, as late and as often as they like. A row that cannot be
    completed is logged and left, and the rest go on.
    """
    return in_batches(Claim.objects.lapsed(now), "deadline_at", lapse, now=now)


Write = Callable[..., None]


def in_batches(due: ClaimQuerySet, clock: str, write: Write, *, now: datetime) -> Sweep:
    """Do `write(claims, now=)` to every claim of `due`, oldest by the column `clock` first; see above."""
    sweep = Sweep()
    after = Q()
    while True:
        with transaction.atomic():
            batch = due.filter(after).order_by(clock, "pk")
            batch = batch.select_related("order__buyer__user")  # the notices' readers
            claims = list(batch.select_for_update(skip_locked=True, of=("self",))[: settings.SWEEP_BATCH])
            if not claims:
                return sweep
            last = claims[-1].pk, getattr(claims[-1], clock)
            try:
                with transaction.atomic():
                    write(claims, now=now)
                sweep.completed += len(claims)
            except Exception:
                log.exception("%s failed for a batch of %s claims; one by one", write.__name__, len(claims))
                _one_by_one(claims, sweep, write, now=now)
        after = Q(**{f"{clock}__gt": last[1]}) | Q(**{clock: last[1]}, pk__gt=last[0])


def lapse(claims: list[Claim], *, now: datetime) -> None:
    """Complete these locked claims, all of them lapsed at `now`, as of their deadlines; one write for all."""
    attempts = Withdrawal.objects.filter(claim__in=claims, outcome=Outcome.OPEN)
    attempt_of = dict(attempts.values_list("claim_id", "pk"))
    ended = attempts.update(
        outcome=Outcome.LAPSED,
        ended_at=F("deadline_at"),
        ended_by_kind=ActorKind.SYSTEM,
        ended_through=Channel.CLOCK,
        swept_at=now,
    )
    refund_offers(claims)
    to = {claim.pk: moves.target(Action.LAPSED, Status.ASKED, offer=claim.offer) for claim in claims}
    moved = 0
    for status in set(to.values()):
        lapsed = Claim.objects.lapsed(now).filter(pk__in=[pk for pk, end in to.items() if end == status])
        moved += lapsed.update(
            status=status,
            status_before="",
            completed_at=F("deadline_at"),
            deadline_at=None,
            refund=F("offer"),
            offer=None,
        )
    if not ended == moved == len(claims):
        raise RuntimeError(f"{len(claims)} claims lapsed, but {ended} attempts and {moved} claims moved")
    events = ClaimEvent.objects.bulk_create(
        new_event(
            claim,
            Action.LAPSED,
            from_status=Status.ASKED,
            to_status=to[claim.pk],
            by=SYSTEM,
            at=claim.deadline_at,
            recorded_at=now,
            withdrawal_id=attempt_of[claim.pk],
        )
        for claim in claims
    )
    recorded.send(sender=ClaimEvent, events=events)


def _one_by_one(claims: list[Claim], sweep: Sweep, write: Write, *, now: datetime) -> None:
    for claim in claims:
        try:
            with transaction.atomic():
                write([claim], now=now)
            sweep.completed += 1
        except Exception:
            log.exception("%s failed for claim %s, which is left", write.__name__, claim.pk)
            sweep.failed.append(claim.pk)
