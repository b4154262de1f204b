"""The verbs of the withdrawal loop: ask, repeat, cancel, accept, reject (SPEC 3)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction

from claims import deadlines, eligibility
from claims.access import Actor
from claims.enclosure import NOTHING, Enclosure
from claims.models import Attachment, Claim, Outcome, RejectionReason, Withdrawal
from claims.moves import Action
from claims.transitions import refund
from claims.transitions.lateness import locked_at
from claims.transitions.move import Refused, locked, move, permit, refuse_if


@transaction.atomic
def request_withdrawal(
    claim: Claim, *, reason: str, by: Actor, now: datetime, enclosed: Enclosure = NOTHING
) -> Withdrawal:
    """Ask the buyer to withdraw `claim` (撤回要請), for `reason` of 1 to 1,000 characters after trimming.

    The deadline is set from `now`, and the buyer is told. Raises Refused (SPEC 2: status, buyer
    who can be told; SPEC 3: lock, offer).
    """
    return _ask(claim, Action.ASKED, reason=reason, by=by, now=now, enclosed=enclosed)


@transaction.atomic
def repeat_withdrawal(
    claim: Claim, *, reason: str, by: Actor, now: datetime, enclosed: Enclosure = NOTHING
) -> Withdrawal:
    """Ask again after a rejection (撤回の再要請): the next attempt, a new deadline from `now`.

    As often as the shop likes (the guide, section 5), each time with an offer and a proof of its own or
    without. Raises Refused (not on hold, locked, or the offer).
    """
    return _ask(claim, Action.REPEATED, reason=reason, by=by, now=now, enclosed=enclosed)


@transaction.atomic
def cancel_withdrawal(withdrawal: Withdrawal, *, by: Actor, now: datetime) -> None:
    """Take the request back (撤回要請のキャンセル): the status before returns, the lock starts.

    Raises Refused when the attempt is no longer open at `now` (the guide, section 3; SPEC 3).
    """
    claim, withdrawal = _locked_attempt(withdrawal, Action.CANCELLED, now=now)
    _end(withdrawal, Outcome.CANCELLED, by=by, now=now)
    refund.give_free(claim)
    move(claim, Action.CANCELLED, by=by, now=now, withdrawal=withdrawal, unlock_at=deadlines.unlock(now))


@transaction.atomic
def accept_withdrawal(withdrawal: Withdrawal, *, by: Actor, now: datetime) -> None:
    """The buyer agrees (撤回に同意): the claim ends as 撤回完了, or as 部分返金 where an offer stood.

    What was offered counts as refunded from then on. Raises Refused when not open at `now`.
    """
    claim, withdrawal = _locked_attempt(withdrawal, Action.ACCEPTED, now=now)
    _end(withdrawal, Outcome.ACCEPTED, by=by, now=now)
    refund.refund_offers([claim])
    move(claim, Action.ACCEPTED, by=by, now=now, withdrawal=withdrawal, refund=claim.offer)


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
        refuse_if(eligibility.reason_blockers(text))
    claim, withdrawal = _locked_attempt(withdrawal, Action.REJECTED, now=now)
    _end(withdrawal, Outcome.REJECTED, by=by, now=now, rejection_reason=reason, rejection_text=text)
    refund.give_free(claim)
    move(claim, Action.REJECTED, by=by, now=now, withdrawal=withdrawal, unlock_at=deadlines.unlock(now))


def _ask(
    claim: Claim, action: Action, *, reason: str, by: Actor, now: datetime, enclosed: Enclosure
) -> Withdrawal:
    permit(action, by)
    reason = reason.strip()
    claim = locked_at(claim, now=now)
    may = eligibility.blockers(claim, action, now=now)
    refuse_if(
        may + eligibility.reason_blockers(reason) + eligibility.enclosure_blockers(claim.order, enclosed)
    )
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
        offer=enclosed.offer,
        delivery_company=enclosed.delivery_company,
        tracking_number=enclosed.tracking_number,
    )
    if enclosed.offer is not None:
        refund.keep_aside(claim, enclosed.offer)
    _send_files(withdrawal, enclosed.files, by=by, now=now)
    move(
        claim,
        action,
        by=by,
        now=now,
        withdrawal=withdrawal,
        status_before=before,
        deadline_at=withdrawal.deadline_at,
        offer=enclosed.offer,
    )
    return withdrawal


def _send_files(withdrawal: Withdrawal, files: Sequence[Attachment], *, by: Actor, now: datetime) -> None:
    unsent = Attachment.objects.filter(
        pk__in=[file.pk for file in files],
        order=withdrawal.claim.order_id,
        uploaded_by=by.user,
        sent_at__isnull=True,
    )
    if unsent.update(withdrawal=withdrawal, sent_at=now, for_buyer=True) != len(files):
        raise Refused([eligibility.changed_meanwhile()])


def _locked_attempt(withdrawal: Withdrawal, action: Action, *, now: datetime) -> tuple[Claim, Withdrawal]:
    claim = locked(withdrawal.claim)
    withdrawal = claim.withdrawals.get(pk=withdrawal.pk)
    withdrawal.claim = claim
    refuse_if(eligibility.answer_blockers(withdrawal, action, now=now))
    return claim, withdrawal


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
