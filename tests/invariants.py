"""SPEC 7 over the whole database, by an own reading of the rules in plain Python."""

from collections import Counter
from datetime import UTC, datetime, timedelta

from claims.models import Claim, ClaimEvent, Order, RefundHold, Reshipment, Withdrawal
from messaging.models import Notice
from qsm.accounts.models import Member

JAPAN = timedelta(hours=9)
BEGINS = {"filed", "imported"}
ENDS = {"accepted", "rejected", "cancelled", "lapsed"}
SUCCESSES = {"accepted", "lapsed"}
ENDED_STATUSES = {
    "cancel_done",
    "return_done",
    "exchange_done",
    "notice_refunded",
    "notice_resent",
    "partially_refunded",
    "withdrawn",
}
# SPEC 5: every event tells each side that did not do it; automatic ones tell both.
TOLD = {
    "filed": {"shop"},
    "asked": {"buyer"},
    "repeated": {"buyer"},
    "cancelled": {"buyer"},
    "accepted": {"shop"},
    "rejected": {"shop"},
    "lapsed": {"buyer", "shop"},
    "dropped": {"shop"},
    "approved": {"buyer"},
    "imported": set(),
    "settled": {"buyer", "shop"},
    "collected": {"buyer"},
    "refunding": {"buyer"},
    "held": {"buyer"},
    "released": {"buyer"},
    "refunded": {"buyer"},
    "resent": {"buyer"},
    "exchanged": {"buyer"},
    "late": {"buyer", "shop"},
}
LOCK_DAYS = 5
LATE_DAYS = 3
CLOCKED = {"exchange_requested", "exchange_approved", "notice_received"}
REFUNDS = {"cancel_done", "return_done", "notice_refunded", "partially_refunded"}


def midnight_after(instant: datetime, days: int) -> datetime:
    """00:00 in Japan, `days` days after the day of `instant`; Japan has no summer time."""
    local = instant.astimezone(UTC) + JAPAN
    return local.replace(hour=0, minute=0, second=0, microsecond=0) - JAPAN + timedelta(days=days)


def check_invariants() -> None:
    """Raise AssertionError where something that always holds does not."""
    claims = list(Claim.objects.select_related("order__buyer__user"))
    attempts: dict[int, list[Withdrawal]] = {claim.pk: [] for claim in claims}
    for withdrawal in Withdrawal.objects.order_by("attempt"):
        attempts[withdrawal.claim_id].append(withdrawal)
    log: dict[int, list[ClaimEvent]] = {claim.pk: [] for claim in claims}
    for event in ClaimEvent.objects.order_by("pk"):
        log[event.claim_id].append(event)
    open_per_order = Counter(claim.order_id for claim in claims if claim.status not in ENDED_STATUSES)
    assert all(number == 1 for number in open_per_order.values()), "one open claim per order"
    for claim in claims:
        check_log(claim, log[claim.pk])
        check_attempts(claim, attempts[claim.pk], log[claim.pk])
        check_processing(claim, log[claim.pk])
    check_money(claims, attempts, log)
    for model, action in ((RefundHold, "held"), (Reshipment, "resent")):
        said = set(model.objects.values_list("event", flat=True))
        assert said == {event.pk for events in log.values() for event in events if event.action == action}
    check_notices()


def check_log(claim: Claim, events: list[ClaimEvent]) -> None:
    """The chain from → to is unbroken, begins with 受付 and gives the claim's status."""
    status = ""
    for number, event in enumerate(events):
        assert event.action in BEGINS if number == 0 else event.action != "filed", f"{claim}: {event}"
        assert event.from_status == status, f"{claim}: {event} starts from {event.from_status}, was {status}"
        assert event.recorded_at >= event.at
        # What a file brought may have been late before it came.
        came_late = number == 1 and (events[0].action, event.action) == ("imported", "late")
        assert number == 0 or came_late or event.at >= events[number - 1].at, (
            f"{claim}: the log runs backwards"
        )
        status = event.to_status
    assert status == claim.status, f"{claim}: the log says {status}, the row {claim.status}"
    ended = claim.status in ENDED_STATUSES
    moved = [event for event in events if event.from_status != event.to_status]
    assert claim.completed_at == (moved[-1].at if ended else None), f"{claim}: 完了日"


def check_attempts(claim: Claim, attempts: list[Withdrawal], events: list[ClaimEvent]) -> None:
    """One open request at most, one end each, deadline and lock as SPEC 3 counts them."""
    assert [attempt.attempt for attempt in attempts] == list(range(1, len(attempts) + 1))
    open_ones = [attempt for attempt in attempts if attempt.outcome == "open"]
    assert len(open_ones) == (1 if claim.status == "asked" else 0), f"{claim}: {open_ones}"
    assert claim.deadline_at == (open_ones[0].deadline_at if open_ones else None)
    assert sum(attempt.outcome in SUCCESSES for attempt in attempts) <= 1
    locked_until = None
    for attempt in attempts:
        mine = [event for event in events if event.withdrawal_id == attempt.pk]
        asked = [event for event in mine if event.action in ("asked", "repeated")]
        ends = [event for event in mine if event.action in ENDS]
        assert [event.at for event in asked] == [attempt.requested_at]
        assert len(asked) + len(ends) == len(mine)
        assert attempt.deadline_at == midnight_after(attempt.requested_at, 7)
        assert locked_until is None or attempt.requested_at >= locked_until, f"{claim}: asked while locked"
        if attempt.outcome == "open":
            assert not ends
            continue
        assert [(end.action, end.at) for end in ends] == [(attempt.outcome, attempt.ended_at)]
        if attempt.outcome == "lapsed":
            assert attempt.ended_at == attempt.deadline_at <= attempt.swept_at == ends[0].recorded_at
        else:
            assert attempt.requested_at <= attempt.ended_at < attempt.deadline_at
        if attempt.outcome in ("rejected", "cancelled"):
            locked_until = midnight_after(attempt.ended_at, LOCK_DAYS)
    assert claim.unlock_at == locked_until, f"{claim}: locked until {claim.unlock_at}, not {locked_until}"


def check_processing(claim: Claim, events: list[ClaimEvent]) -> None:
    """The shop's clock, 承認日 and the status before 返金保留 are as the log tells them."""
    late_at = approved_at = None
    paused_from = ""
    for event in events:
        if event.from_status == event.to_status:
            continue  # a file told more of it
        if event.action == "late":
            assert event.at == late_at <= event.recorded_at, f"{claim}: late at {event.at}, due {late_at}"
        if event.to_status not in CLOCKED:
            late_at = None
        elif event.action == "filed" or event.from_status in ("asked", "on_hold"):
            late_at = midnight_after(event.at, LATE_DAYS)
        elif not event.from_status:
            late_at = midnight_after(claim.requested_at, LATE_DAYS)
        elif event.from_status not in CLOCKED:
            late_at = None
        paused_from = event.from_status if event.action == "held" else ""
        approved = event.action == "approved" or (event.action, event.to_status) == (
            "imported",
            "exchange_approved",
        )
        approved_at = event.at if approved else approved_at
        if (event.action, event.to_status) == ("imported", "return_held"):
            held_from = ("return_refunding", "return_collected")
            paused_from = event.from_status if event.from_status in held_from else "return_collected"
    assert claim.late_at == late_at, f"{claim}: late at {claim.late_at}, not {late_at}"
    assert claim.approved_at == approved_at
    if len(events) > 1:  # else it was written down so
        assert claim.paused_from == paused_from


def check_money(
    claims: list[Claim], attempts: dict[int, list[Withdrawal]], log: dict[int, list[ClaimEvent]]
) -> None:
    """What an order was refunded is what its ended claims gave back; what it keeps aside, the open offer."""
    refunded: Counter[int] = Counter()
    offered: Counter[int] = Counter()
    for claim in claims:
        open_offers = [one.offer for one in attempts[claim.pk] if one.outcome == "open" and one.offer]
        owed = [one.offer for one in attempts[claim.pk] if one.outcome in SUCCESSES and one.offer]
        assert claim.offer == (open_offers[0] if open_offers else None), f"{claim}: the open offer"
        by_file = any(
            event.action == "imported" and event.from_status != event.to_status and event.to_status in REFUNDS
            for event in log[claim.pk]
        )
        partially = claim.status == "partially_refunded" and not by_file
        assert partially == bool(owed), f"{claim}: {owed}"
        assert not owed or claim.refund == owed[0], f"{claim}: owes {owed}, gave {claim.refund}"
        in_full = any(event.action == "refunded" for event in log[claim.pk])
        if len(log[claim.pk]) > 1:  # else it was written down so
            assert (claim.refund is not None) == (in_full or by_file or bool(owed)), (
                f"{claim}: gave {claim.refund}"
            )
        refunded[claim.order_id] += claim.refund or 0
        offered[claim.order_id] += sum(open_offers)
    for order in Order.objects.all():
        assert order.refunded == refunded[order.pk], f"{order}: refunded"
        assert order.offered == offered[order.pk], f"{order}: kept aside"
        assert order.refunded + order.offered <= order.total


def check_notices() -> None:
    """For every event exactly the notices that SPEC 5 asks for: none missing, none twice."""
    expected: Counter[tuple] = Counter()
    members = list(Member.objects.filter(user__is_active=True).exclude(user__email=""))
    for event in ClaimEvent.objects.select_related("claim__order"):
        for side in TOLD[event.action]:
            if side == "buyer":
                expected[event.pk, event.claim.order.buyer_id, None, None] += 1
                continue
            expected[event.pk, None, event.claim.shop_id, None] += 1
            for member in members:
                if member.shop_id == event.claim.shop_id:
                    expected[event.pk, None, None, member.pk] += 1
    of_events = Notice.objects.filter(event__isnull=False)
    written = Counter(of_events.values_list("event_id", "buyer_id", "shop_id", "member_id"))
    assert written == expected, (
        f"missing {expected - written}, too many {written - expected}, as (event, buyer, shop, member)"
    )
