"""The history under the pane: every event in words, with the reasons that stand in other rows (SPEC 4.6)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from claims import money, steps
from claims.eligibility import day
from claims.models import Claim, ClaimEvent, Outcome, RefundHold, Reshipment
from claims.moves import Action, ActorKind
from claims.statuses import REFUNDED_IN_FULL, Status, label

SHOWN = 10  # older lines are folded away


@dataclass(frozen=True)
class Line:
    """One line: when, who, what, from which 処理状態 to which, and why, as people read it."""

    at: datetime
    who: str
    what: str
    before: str
    after: str
    why: str = ""


def events_of(claim: Claim) -> QuerySet[ClaimEvent]:
    """The claim's log, oldest first, with all that lines() reads."""
    events = claim.events.select_related("actor", "withdrawal", "refund_hold", "reshipment")
    return events.order_by("pk")


def lines(claim: Claim, events: Iterable[ClaimEvent], *, now: datetime) -> list[Line]:
    """The history of `claim` at `now`, newest first; what the clock has done counts before any sweep wrote it."""
    told = [
        Line(
            at=event.at,
            who=_who(event),
            what=steps.words(claim.kind, event.action),
            before=label(claim.kind, event.from_status) if event.from_status else "",
            after=label(claim.kind, event.to_status),
            why=_why(claim, event),
        )
        for event in events
    ]
    return [*_unwritten(claim, now), *told[::-1]]


@dataclass(frozen=True)
class History:
    """The newest lines, and the older ones that are folded away."""

    recent: list[Line]
    older: list[Line]


def folded(claim: Claim, events: Iterable[ClaimEvent], *, now: datetime) -> History:
    """lines() of `claim`, the newest SHOWN of them apart."""
    told = lines(claim, events, now=now)
    return History(told[:SHOWN], told[SHOWN:])


def last_hold(events: Iterable[ClaimEvent]) -> RefundHold | None:
    """Why the last of `events` that led to 返金保留 held the refund; None where a file told of it."""
    held = [event for event in _newest(events) if event.to_status == Status.RETURN_HELD != event.from_status]
    return getattr(held[0], "refund_hold", None) if held else None


def last_parcel(events: Iterable[ClaimEvent]) -> Reshipment | None:
    """The last 再配送 among `events`."""
    return next((event.reshipment for event in _newest(events) if hasattr(event, "reshipment")), None)


def _newest(events: Iterable[ClaimEvent]) -> list[ClaimEvent]:
    return list(events)[::-1]


def _who(event: ClaimEvent) -> str:
    if event.actor_kind == ActorKind.SELLER and event.actor:
        return event.actor.get_full_name() or event.actor.get_username()
    return str(ActorKind(event.actor_kind).label)


def _why(claim: Claim, event: ClaimEvent) -> str:
    request = event.withdrawal
    parts: list[str] = []
    if event.action == Action.FILED:
        parts = [claim.reason or claim.non_receipt_reason, claim.reason_text]
    elif request and event.action in (Action.ASKED, Action.REPEATED):
        parts = [_("%s回目") % request.attempt, request.reason]
        if request.offer:
            parts.append(_("部分返金の提案 %s") % money.in_words(request.offer))
    elif request and request.outcome == Outcome.REJECTED and event.action == Action.REJECTED:
        parts = [request.get_rejection_reason_display(), request.rejection_text]
    elif event.action == Action.HELD and hasattr(event, "refund_hold"):
        parts = [event.refund_hold.get_reason_display(), event.refund_hold.text]
    elif event.action == Action.RESENT and hasattr(event, "reshipment"):
        parcel = event.reshipment
        parts = [parcel.delivery_company, parcel.tracking_number, day(parcel.shipped_on)]
    elif event.to_status in (*REFUNDED_IN_FULL, Status.PARTIALLY_REFUNDED) and claim.refund is not None:
        parts = [_("返金額 %s") % money.in_words(claim.refund)]
    return "\n".join(part for part in parts if part)


def _unwritten(claim: Claim, now: datetime) -> list[Line]:
    at = claim.deadline_at if claim.has_lapsed(now) else claim.late_at if claim.is_overdue(now) else None
    if at is None:
        return []
    action = Action.LAPSED if claim.has_lapsed(now) else Action.LATE
    before, after = Status(claim.status), claim.effective_status(now)
    return [
        Line(
            at=at,
            who=str(ActorKind.SYSTEM.label),
            what=str(action.label),
            before=label(claim.kind, before),
            after=label(claim.kind, after),
            why=_("返金額 %s") % money.in_words(claim.offer) if claim.offer else "",
        )
    ]
