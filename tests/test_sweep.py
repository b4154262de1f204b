"""The sweep: idempotent, in batches, and one bad row is not the end of the loop."""

import logging
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from claims.models import Claim, ClaimEvent, Order, Outcome, Withdrawal
from claims.moves import Action
from claims.statuses import Status
from claims.tasks import complete_lapsed
from messaging.models import Notice
from tests import deeds
from tests.clock import NOW, japan
from tests.invariants import check_invariants

MIDNIGHT = japan("2021-07-20")  # after the seventh day of what is asked at NOW


def many_asked(order, count):
    """`count` claims asked at NOW, written by the batch."""
    orders = Order.objects.bulk_create(
        Order(
            shop=order.shop,
            buyer=order.buyer,
            number=f"64{number:07}",
            item_code="852997700",
            item_title="アイビーガム",
            total=1899,
            ordered_at=order.ordered_at,
        )
        for number in range(count)
    )
    claims = Claim.objects.bulk_create(
        Claim(
            number=f"{order.number}-1",
            order=order,
            shop=order.shop,
            ordered_at=order.ordered_at,
            kind="return",
            status=Status.ASKED,
            status_before=Status.RETURN_REQUESTED,
            requested_at=NOW,
            deadline_at=MIDNIGHT,
        )
        for order in orders
    )
    owner = order.shop.members.get()
    attempts = Withdrawal.objects.bulk_create(
        Withdrawal(
            claim=claim,
            attempt=1,
            reason="発送済み",
            requested_at=NOW,
            requested_by=owner,
            deadline_at=MIDNIGHT,
        )
        for claim in claims
    )
    moves = (("filed", "", "return_requested", "buyer"), ("asked", "return_requested", "asked", "seller"))
    ClaimEvent.objects.bulk_create(
        ClaimEvent(
            claim_id=attempt.claim_id,
            withdrawal=attempt if action == "asked" else None,
            action=action,
            from_status=before,
            to_status=after,
            at=NOW,
            recorded_at=NOW,
            actor_kind=by,
            channel="desk",
        )
        for action, before, after, by in moves
        for attempt in attempts
    )
    return claims


def test_1200_due_rows_are_completed_in_batches(an_order):
    many_asked(an_order(), 1200)
    with CaptureQueriesContext(connection) as queries:
        assert deeds.sweep(MIDNIGHT).completed == 1200
    assert len(queries) < 60, "a batch costs a handful of statements, not some for each row"
    assert set(Claim.objects.values_list("status", "completed_at")) == {("withdrawn", MIDNIGHT)}
    assert set(Withdrawal.objects.values_list("outcome", "ended_at")) == {("lapsed", MIDNIGHT)}
    lapsed = Notice.objects.filter(event__action=Action.LAPSED)
    assert lapsed.filter(buyer__isnull=False).count() == lapsed.filter(shop__isnull=False).count() == 1200


def test_a_second_sweep_finds_nothing(a_claim):
    a_claim(Status.ASKED)
    assert deeds.sweep(MIDNIGHT).completed == 1
    before = (
        list(ClaimEvent.objects.values()),
        list(Notice.objects.values()),
        list(Withdrawal.objects.values()),
    )
    for later in (MIDNIGHT, MIDNIGHT + timedelta(minutes=1), MIDNIGHT + timedelta(days=30)):
        assert deeds.sweep(later).completed == 0
    assert before == (
        list(ClaimEvent.objects.values()),
        list(Notice.objects.values()),
        list(Withdrawal.objects.values()),
    )


def test_a_sweep_that_was_down_for_a_week_catches_up(a_claim):
    """Each ends at its own midnight, whenever the sweep came."""
    claims = {day: a_claim(Status.ASKED, at=japan(f"2021-07-0{day} 18:00")) for day in range(1, 8)}
    ran = japan("2021-07-14 09:30")
    assert deeds.sweep(ran).completed == 7
    for day, claim in claims.items():
        claim.refresh_from_db()
        assert claim.completed_at == japan(f"2021-07-{day + 7:02}")
        attempt = claim.withdrawals.get()
        assert (attempt.ended_at, attempt.swept_at) == (claim.completed_at, ran)
    check_invariants()


def test_only_what_is_due_is_completed(a_claim):
    due = a_claim(Status.ASKED, at=NOW - timedelta(days=1))
    others = [a_claim(status) for status in (Status.ASKED, Status.ON_HOLD, Status.RETURN_REQUESTED)]
    deeds.sweep(japan("2021-07-19"))
    due.refresh_from_db()
    assert due.status == Status.WITHDRAWN
    for claim in others:
        status = claim.status
        claim.refresh_from_db()
        assert claim.status == status


@pytest.mark.django_db(transaction=True)
def test_a_row_that_somebody_holds_is_skipped_and_taken_next_time(a_claim):
    held, free = a_claim(Status.ASKED), a_claim(Status.ASKED)
    somebody = connections.create_connection("default")
    try:
        with transaction.atomic():
            somebody.set_autocommit(False)
            with somebody.cursor() as cursor:
                cursor.execute("SELECT 1 FROM claims_claim WHERE id = %s FOR UPDATE", [held.pk])
        assert deeds.sweep(MIDNIGHT).completed == 1
        held.refresh_from_db()
        free.refresh_from_db()
        assert (held.status, free.status) == (Status.ASKED, Status.WITHDRAWN)
        assert held.effective_status(MIDNIGHT) == Status.WITHDRAWN, "to people it is over all the same"
        somebody.rollback()
    finally:
        somebody.close()
    assert deeds.sweep(MIDNIGHT + timedelta(minutes=1)).completed == 1
    held.refresh_from_db()
    assert (held.status, held.completed_at) == (Status.WITHDRAWN, MIDNIGHT)
    check_invariants()


@pytest.mark.parametrize("damage", ["no attempt", "attempt already ended", "attempt ends later"])
def test_one_bad_row_is_logged_and_left_while_the_rest_complete(a_claim, caplog, settings, damage):
    settings.SWEEP_BATCH = 3
    claims = [a_claim(Status.RETURN_REQUESTED if number == 3 else Status.ASKED) for number in range(8)]
    bad = claims[3]
    if damage == "no attempt":
        Claim.objects.filter(pk=bad.pk).update(
            status=Status.ASKED, status_before=Status.RETURN_REQUESTED, deadline_at=MIDNIGHT
        )
    else:
        deeds.ask(bad)
        broken = {
            "attempt already ended": {
                "outcome": Outcome.CANCELLED,
                "ended_at": NOW,
                "ended_by_kind": "seller",
                "ended_through": "desk",
            },
            "attempt ends later": {"deadline_at": MIDNIGHT + timedelta(days=1)},
        }[damage]
        Withdrawal.objects.filter(claim=bad).update(**broken)
    kept = Claim.objects.values().get(pk=bad.pk), list(Withdrawal.objects.filter(claim=bad).values())
    for completed in (7, 0):
        caplog.clear()
        with caplog.at_level(logging.ERROR, "claims.transitions"):
            done = deeds.sweep(MIDNIGHT)
        assert (done.completed, done.failed) == (completed, [bad.pk])
        assert f"lapse failed for claim {bad.pk}, which is left" in caplog.text
    assert kept == (
        Claim.objects.values().get(pk=bad.pk),
        list(Withdrawal.objects.filter(claim=bad).values()),
    )
    good = [claim.pk for claim in claims if claim != bad]
    assert set(Claim.objects.filter(pk__in=good).values_list("status", flat=True)) == {Status.WITHDRAWN}
    assert not bad.events.filter(action=Action.LAPSED).exists()
    assert not Notice.objects.filter(event__claim=bad, event__action=Action.LAPSED).exists()


def test_beats_task_sweeps_as_of_the_clock(a_claim, clock):
    claim = a_claim(Status.ASKED)
    clock.move_to(MIDNIGHT - timedelta(seconds=1))
    complete_lapsed()
    assert Claim.objects.get().status == Status.ASKED
    clock.move_to(MIDNIGHT)
    complete_lapsed()
    assert Claim.objects.get().status == Status.WITHDRAWN
    assert claim.withdrawals.get().swept_at == MIDNIGHT


# --- by hand -------------------------------------------------------------------------------------


def run(**options):
    """What `manage.py complete_lapsed` prints."""
    out = StringIO()
    call_command("complete_lapsed", stdout=out, **options)
    return out.getvalue()


def test_the_command_sweeps_once_and_prints_what_it_did(a_claim, clock):
    a_claim(Status.ASKED)
    a_claim(Status.ASKED)
    clock.move_to(japan("2021-07-20 08:00"))
    assert "2021-07-20T08:00:00+09:00 現在: 期限切れの撤回要請 2件を撤回完了にしました。" in run()
    assert "0件" in run()


@pytest.mark.parametrize(
    ("text", "completed"),
    [
        pytest.param("2021-07-20T00:00", 1, id="japan-time-where-it-names-no-zone"),
        pytest.param("2021-07-20", 1, id="a-day-is-its-midnight"),
        pytest.param("2021-07-19T23:59:59", 0, id="a-second-before"),
        pytest.param("2021-07-19T15:00:00Z", 1, id="utc"),
        pytest.param("2021-07-19T14:59:59+00:00", 0, id="utc-a-second-before"),
        pytest.param("2021-07-20 00:00:00+09:00", 1, id="named-japan-time"),
    ],
)
def test_the_command_takes_a_time(a_claim, clock, text, completed):
    a_claim(Status.ASKED)
    assert f"{completed}件" in run(now=text)
    assert Claim.objects.filter(status=Status.WITHDRAWN).count() == completed


@pytest.mark.parametrize("text", ["2021-07-20T00:00", "2021-07-13T10:00:01", "2021-07-13T01:00:01Z"])
def test_a_time_ahead_of_the_clock_is_refused_outside_the_demo_and_the_tests(a_claim, clock, settings, text):
    settings.PLAYGROUND = False
    a_claim(Status.ASKED)
    with pytest.raises(CommandError, match="未来の時刻"):
        run(now=text)
    assert Claim.objects.get().status == Status.ASKED


def test_the_clocks_own_time_and_the_past_are_taken_everywhere(a_claim, clock, settings):
    settings.PLAYGROUND = False
    a_claim(Status.ASKED, at=japan("2021-07-01"))
    assert "0件" in run(now="2021-07-07T23:59:59")
    assert "1件" in run(now="2021-07-13T10:00")


@pytest.mark.parametrize("text", ["tomorrow", "2021-07-32T00:00", "2021-13-01T00:00", "13:00", "0"])
def test_what_is_no_time_is_refused(a_claim, clock, text):
    a_claim(Status.ASKED)
    with pytest.raises(CommandError, match="2021-08-05T00:00 の形"):
        run(now=text)
    assert Claim.objects.get().status == Status.ASKED


def test_the_command_fails_loudly_where_a_row_was_left(a_claim, clock):
    bad = a_claim()
    Claim.objects.filter(pk=bad.pk).update(
        status=Status.ASKED, status_before=Status.RETURN_REQUESTED, deadline_at=japan("2021-07-01")
    )
    with pytest.raises(CommandError, match=str(bad.pk)):
        run()
