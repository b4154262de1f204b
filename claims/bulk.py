"""One deed done to many claims: what would become of each, and doing it, each in its own transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from django.db import OperationalError
from django.db.models import OuterRef, Subquery
from django.utils.translation import gettext as _

from claims import deadlines, eligibility, transitions
from claims.access import Actor
from claims.eligibility import Blocker, blockers, day
from claims.models import BulkRun, Claim, ClaimEvent, ClaimQuerySet
from claims.moves import Action
from claims.statuses import Status

# A run that has not ended by then has lost its process (WEB_TIMEOUT): what is left of it will not be done.
LOST_AFTER = timedelta(minutes=2)
KEPT = timedelta(days=30)


class Deed(Enum):
    """What the bar under the grid offers."""

    WITHDRAWAL = "withdrawal"
    APPROVAL = "approval"


@dataclass(frozen=True)
class Line:
    """One claim of the plan: the action that its status calls for, why not, and the state this was said of."""

    claim: Claim
    action: Action
    refused: list[Blocker]
    seen: int

    @property
    def row(self) -> str:
        """The claim and its state, as the page's form sends them back."""
        return f"{self.claim.number}:{self.seen}"


def plan(claims: ClaimQuerySet, deed: Deed, *, now: datetime) -> list[Line]:
    """What `deed` would do to each of `claims` at `now`: ask or, on hold, ask again; approve."""
    lines = []
    last = ClaimEvent.objects.filter(claim=OuterRef("pk")).order_by("-pk").values("pk")[:1]
    for claim in claims.annotate(seen=Subquery(last)):
        action = _action(claim, deed, now)
        lines.append(Line(claim, action, blockers(claim, action, now=now), claim.seen))
    return lines


def lines_of(rows: Iterable[tuple[Claim, int | None]]) -> list[dict[str, Any]]:
    """The lines of a run over `rows` that has not begun."""
    return [
        {"claim": claim.number, "order": claim.order.number, "done": None, "text": ""}
        for claim, _seen in rows
    ]


def carry_out(
    run: BulkRun,
    rows: Sequence[tuple[Claim, int | None]],
    deed: Deed,
    *,
    left: Collection[str],
    reason: str,
    by: Actor,
    now: datetime,
) -> None:
    """Do `deed` to the claim of each row by its verb, and write down in the lines of `run` what became of each.

    A row's number is the state (last line of the log) that the page spoke of: where it has moved on, the
    claim is left alone. So are the claims with the numbers `left`, of which the page said that it cannot be
    done. A row refused, or held by somebody else, does not keep the others from being done.
    """
    for line, (claim, seen) in zip(run.lines, rows, strict=True):
        refused: list[str] = []
        try:
            if claim.number in left:
                raise transitions.Refused(_why_left(claim, deed, now))
            _do(claim, deed, seen, reason=reason, by=by, now=now)
        except transitions.Refused as error:
            refused = [one.text for one in error.reasons]
            if any(one.ask_operator for one in error.reasons):
                refused.append(
                    _("Qoo10へのお問い合わせ > [払戻し・クレーム撤回] > [クレーム撤回] までご連絡ください。")
                )
        except OperationalError:  # lock_timeout: nothing of this row was changed
            refused = [
                _("ほかの処理が使用中のため、変更していません。しばらくしてからもう一度お試しください。")
            ]
        line |= {"done": not refused, "text": " ".join(refused) if refused else _done(claim, now)}
        run.save(update_fields=["lines"])


def forget(*, now: datetime) -> int:
    """Delete what was done 30 days ago and before: the claims' logs tell it; returns how many runs."""
    return BulkRun.objects.filter(started_at__lt=now - KEPT).delete()[0]


def _action(claim: Claim, deed: Deed, now: datetime) -> Action:
    if deed == Deed.APPROVAL:
        return Action.APPROVED
    return Action.REPEATED if claim.effective_status(now) == Status.ON_HOLD else Action.ASKED


def _why_left(claim: Claim, deed: Deed, now: datetime) -> list[Blocker]:
    # What the page refused may have become possible since; nobody has said OK to that.
    return blockers(claim, _action(claim, deed, now), now=now) or [eligibility.changed_meanwhile()]


def _do(claim: Claim, deed: Deed, seen: int | None, *, reason: str, by: Actor, now: datetime) -> None:
    if seen is not None and seen != claim.last_event():
        raise transitions.Refused([eligibility.changed_meanwhile()])
    action = _action(claim, deed, now)
    if action == Action.APPROVED:
        transitions.approve_claim(claim, by=by, now=now)
    elif action == Action.REPEATED:
        transitions.repeat_withdrawal(claim, reason=reason, by=by, now=now)
    else:
        transitions.request_withdrawal(claim, reason=reason, by=by, now=now)


def _done(claim: Claim, now: datetime) -> str:
    claim.refresh_from_db(fields=["status", "deadline_at"])
    if claim.deadline_at:
        return _("撤回期限 %s") % day(deadlines.last_day(claim.deadline_at))
    return claim.status_label(now)
