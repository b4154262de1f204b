"""WHAT changes: the verbs, the only hands that move a claim (the table is moves.py)."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import F, Q

from claims import deadlines, eligibility, moves
from claims.access import SYSTEM, Actor
from claims.eligibility import Blocker
from claims.models import Channel, Claim, ClaimEvent, Order, Outcome, RejectionReason, Withdrawal
from claims.moves import Action, ActorKind
from claims.signals import recorded
from claims.statuses import ENDED, IN_LOOP, Kind, Status

log = logging.getLogger(__name__)


class Refused(Exception):
    """The change may not be made; `reasons` say why, as people read it. Nothing was changed."""

    def __init__(self, reasons: list[Blocker]) -> None:
        super().__init__(", ".join(reason.code for reason in reasons))
        self.reasons = reasons


@transaction.atomic
def file_claim(
    order: Order, *, kind: Kind, status: Status, by: Actor, now: datetime, **details: Any
) -> Claim:
    """Write a new claim on `order` in `status`, asked for at `now`; `details` are Claim's own fields.

    Raises Refused while another claim of the order is open (SPEC 2: one open at a time).
    """
    order = Order.objects.select_for_update().get(pk=order.pk)
    # What has lapsed is over to the second: it does not stand in the way until the sweep comes.
    if lapsed := list(Claim.objects.lapsed(now).filter(order=order).select_for_update()):
        _lapse(lapsed, now=now)
    ordinal = order.claims.count() + 1
    completed_at = now if status in ENDED else None
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
    _record(claim, Action.FILED, from_status="", by=by, at=now)
    return claim


@transaction.atomic
def request_withdrawal(claim: Claim, *, reason: str, by: Actor, now: datetime) -> Withdrawal:
    """Ask the buyer to withdraw `claim` (撤回要請), for `reason` of 1 to 1,000 characters after trimming.

    The deadline is set from `now`, and the buyer is told. Raises Refused (SPEC 2: status, buyer
    who can be told; SPEC 3: lock).
    """
    return _ask(claim, Action.ASKED, reason=reason, by=by, now=now)


@transaction.atomic
def repeat_withdrawal(claim: Claim, *, reason: str, by: Actor, now: datetime) -> Withdrawal:
    """Ask again after a rejection (撤回の再要請): the next attempt, a new deadline from `now`.

    As often as the shop likes (the guide, section 5). Raises Refused (not on hold, or locked).
    """
    return _ask(claim, Action.REPEATED, reason=reason, by=by, now=now)


@transaction.atomic
def cancel_withdrawal(withdrawal: Withdrawal, *, by: Actor, now: datetime) -> None:
    """Take the request back (撤回要請のキャンセル): the status before returns, the lock starts.

    Raises Refused when the attempt is no longer open at `now` (the guide, section 3; SPEC 3).
    """
    claim, withdrawal = _locked_attempt(withdrawal, Action.CANCELLED, now=now)
    _end(withdrawal, Outcome.CANCELLED, by=by, now=now)
    _move(claim, Action.CANCELLED, by=by, now=now, withdrawal=withdrawal, unlock_at=deadlines.unlock(now))


@transaction.atomic
def accept_withdrawal(withdrawal: Withdrawal, *, by: Actor, now: datetime) -> None:
    """The buyer agrees (撤回に同意): the claim ends as 撤回完了. Raises Refused when not open at `now`."""
    claim, withdrawal = _locked_attempt(withdrawal, Action.ACCEPTED, now=now)
    _end(withdrawal, Outcome.ACCEPTED, by=by, now=now)
    _move(claim, Action.ACCEPTED, by=by, now=now, withdrawal=withdrawal)


@transaction.atomic
def reject_withdrawal(
    withdrawal: Withdrawal, *, reason: RejectionReason, text: str, by: Actor, now: datetime
) -> None:
    """The buyer goes on with the claim (拒否): it is 撤回保留 and locked (the guide, section 4).

    `text` has at most 1,000 characters and may be empty, but not with その他. Raises Refused when the
    attempt is not open at `now`.
    """
    text = text.strip()
    if text or reason == RejectionReason.OTHER:
        _refuse_if(eligibility.reason_blockers(text))
    claim, withdrawal = _locked_attempt(withdrawal, Action.REJECTED, now=now)
    _end(withdrawal, Outcome.REJECTED, by=by, now=now, rejection_reason=reason, rejection_text=text)
    _move(claim, Action.REJECTED, by=by, now=now, withdrawal=withdrawal, unlock_at=deadlines.unlock(now))


@transaction.atomic
def drop_claim(claim: Claim, *, by: Actor, now: datetime) -> None:
    """The buyer drops the claim himself: 撤回完了. While a request is open, dropping is accepting (SPEC 3)."""
    claim = _locked(claim)
    if claim.effective_status(now) == Status.ASKED:
        accept_withdrawal(claim.withdrawals.get(outcome=Outcome.OPEN), by=by, now=now)
        return
    _refuse_if(eligibility.blockers(claim, Action.DROPPED, now=now))
    _move(claim, Action.DROPPED, by=by, now=now)


@transaction.atomic
def approve_claim(claim: Claim, *, by: Actor, now: datetime) -> None:
    """The shop grants what the buyer asked (承認), from a first status or from 撤回保留.

    The last decision is the shop's (the guide, section 5). Raises Refused while a request is open.
    """
    claim = _locked(claim)
    _refuse_if(eligibility.blockers(claim, Action.APPROVED, now=now))
    _move(claim, Action.APPROVED, by=by, now=now)


@dataclass
class Sweep:
    """What one sweep did: how many claims it completed, and the ids of those it had to leave."""

    completed: int = 0
    failed: list[int] = field(default_factory=list)


def complete_lapsed(*, now: datetime) -> Sweep:
    """Complete every request whose deadline passed unanswered at `now` (自動撤回, the guide, section 1).

    In batches of settings.SWEEP_BATCH, each its own transaction, skipping rows somebody else holds:
    any number of sweeps may run at once, as late and as often as they like. A row that cannot be
    completed is logged and left, and the rest go on.
    """
    sweep = Sweep()
    after = Q()
    while True:
        with transaction.atomic():
            due = Claim.objects.lapsed(now).filter(after).order_by("deadline_at", "pk")
            due = due.select_related("order__buyer__user")  # the notices' readers
            claims = list(due.select_for_update(skip_locked=True, of=("self",))[: settings.SWEEP_BATCH])
            if not claims:
                return sweep
            try:
                with transaction.atomic():
                    _lapse(claims, now=now)
                sweep.completed += len(claims)
            except Exception:
                log.exception("a batch of %s lapsed claims failed; completing one by one", len(claims))
                _lapse_one_by_one(claims, sweep, now=now)
        last = claims[-1]
        after = Q(deadline_at__gt=last.deadline_at) | Q(deadline_at=last.deadline_at, pk__gt=last.pk)


def _lapse_one_by_one(claims: list[Claim], sweep: Sweep, *, now: datetime) -> None:
    for claim in claims:
        try:
            with transaction.atomic():
                _lapse([claim], now=now)
            sweep.completed += 1
        except Exception:
            log.exception("lapsed claim %s could not be completed and is left", claim.pk)
            sweep.failed.append(claim.pk)


def _lapse(claims: list[Claim], *, now: datetime) -> None:
    attempts = Withdrawal.objects.filter(claim__in=claims, outcome=Outcome.OPEN)
    attempt_of = dict(attempts.values_list("claim_id", "pk"))
    ended = attempts.update(
        outcome=Outcome.LAPSED,
        ended_at=F("deadline_at"),
        ended_by_kind=ActorKind.SYSTEM,
        ended_through=Channel.CLOCK,
        swept_at=now,
    )
    moved = (
        Claim.objects.lapsed(now)
        .filter(pk__in=attempt_of)
        .update(status=Status.WITHDRAWN, status_before="", completed_at=F("deadline_at"), deadline_at=None)
    )
    if not ended == moved == len(claims):
        raise RuntimeError(f"{len(claims)} claims lapsed, but {ended} attempts and {moved} claims moved")
    events = ClaimEvent.objects.bulk_create(
        _event(
            claim,
            Action.LAPSED,
            from_status=Status.ASKED,
            to_status=Status.WITHDRAWN,
            by=SYSTEM,
            at=claim.deadline_at,
            recorded_at=now,
            withdrawal_id=attempt_of[claim.pk],
        )
        for claim in claims
    )
    recorded.send(sender=ClaimEvent, events=events)


def _ask(claim: Claim, action: Action, *, reason: str, by: Actor, now: datetime) -> Withdrawal:
    _permit(action, by)
    reason = reason.strip()
    claim = _locked(claim)
    _refuse_if(eligibility.blockers(claim, action, now=now) + eligibility.reason_blockers(reason))
    if by.user is None:  # nobody asks namelessly
        raise PermissionDenied
    before = claim.status_before or claim.status
    withdrawal = Withdrawal.objects.create(
        claim=claim,
        attempt=claim.withdrawals.count() + 1,
        reason=reason,
        requested_at=now,
        requested_by=by.user,
        deadline_at=deadlines.withdrawal_deadline(now),
    )
    _move(
        claim,
        action,
        by=by,
        now=now,
        withdrawal=withdrawal,
        status_before=before,
        deadline_at=withdrawal.deadline_at,
    )
    return withdrawal


def _locked(claim: Claim) -> Claim:
    claims = Claim.objects.select_related("order__buyer__user", "shop")
    return claims.select_for_update(of=("self",)).get(pk=claim.pk)


def _locked_attempt(withdrawal: Withdrawal, action: Action, *, now: datetime) -> tuple[Claim, Withdrawal]:
    claim = _locked(withdrawal.claim)
    withdrawal = claim.withdrawals.get(pk=withdrawal.pk)
    withdrawal.claim = claim
    _refuse_if(eligibility.answer_blockers(withdrawal, action, now=now))
    return claim, withdrawal


def _refuse_if(reasons: list[Blocker]) -> None:
    if reasons:
        raise Refused(reasons)


def _permit(action: Action, by: Actor) -> None:
    if by.kind != moves.MOVES[action].by:
        raise PermissionDenied


def _end(withdrawal: Withdrawal, outcome: Outcome, *, by: Actor, now: datetime, **answer: Any) -> None:
    # An answer that arrived before the question (it waited for the lock) does not count as one.
    waiting = Withdrawal.objects.filter(pk=withdrawal.pk, outcome=Outcome.OPEN)
    updated = waiting.filter(requested_at__lte=now, deadline_at__gt=now).update(
        outcome=outcome,
        ended_at=now,
        ended_by_kind=by.kind,
        ended_by=by.user,
        ended_through=by.channel,
        **answer,
    )
    if updated != 1:
        raise Refused([eligibility.changed_meanwhile()])


def _move(
    claim: Claim,
    action: Action,
    *,
    by: Actor,
    now: datetime,
    withdrawal: Withdrawal | None = None,
    **changes: Any,
) -> None:
    _permit(action, by)
    before = Status(claim.status)
    to = moves.target(action, before, claim.status_before)
    if to is None:
        raise Refused([eligibility.changed_meanwhile()])
    changes = {"deadline_at": None, **changes}
    if to not in IN_LOOP:
        changes["status_before"] = ""
    if to in ENDED:
        changes["completed_at"] = now
    if Claim.objects.filter(pk=claim.pk, status=before).update(status=to, **changes) != 1:
        raise Refused([eligibility.changed_meanwhile()])
    claim.status = to
    _record(claim, action, from_status=before, by=by, at=now, withdrawal=withdrawal)


def _record(
    claim: Claim,
    action: Action,
    *,
    from_status: str,
    by: Actor,
    at: datetime,
    withdrawal: Withdrawal | None = None,
) -> None:
    event = _event(
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


def _event(claim: Claim, action: Action, *, by: Actor, **values: Any) -> ClaimEvent:
    return ClaimEvent(
        claim=claim, action=action, actor_kind=by.kind, actor=by.user, channel=by.channel, **values
    )
