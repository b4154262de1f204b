"""交換遅延 and 確認遅延: the shop's clock, its sweep, and the word of warning the day before (SPEC 2)."""

import logging
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from claims import deadlines
from claims.models import Claim, ClaimEvent
from claims.statuses import Status
from claims.tasks import complete_lapsed
from messaging import delivery, notices
from messaging.models import Notice
from messaging.tasks import post_reminders
from tests import deeds
from tests.clock import NOW, japan
from tests.invariants import check_invariants

DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
LATE = japan("2021-07-16")  # for what was requested at NOW, 7/13
CLOCKED = {
    Status.EXCHANGE_REQUESTED: Status.EXCHANGE_LATE,
    Status.EXCHANGE_APPROVED: Status.EXCHANGE_LATE,
    Status.NOTICE_RECEIVED: Status.NOTICE_LATE,
}


@pytest.mark.parametrize(
    ("requested", "late"),
    [
        pytest.param("2021-07-13 00:00:00", "2021-07-16", id="first-second-of-the-day"),
        pytest.param("2021-07-13 23:59:59", "2021-07-16", id="last-second-of-the-day"),
        pytest.param("2021-07-30 12:00:00", "2021-08-02", id="over-the-end-of-a-month"),
        pytest.param("2025-12-30 12:00:00", "2026-01-02", id="over-the-end-of-a-year"),
        pytest.param("2024-02-26 12:00:00", "2024-02-29", id="to-a-leap-day"),
    ],
)
def test_a_claim_is_late_from_the_third_day_after_its_request(requested, late):
    assert deadlines.late(japan(requested)) == japan(late)


def test_how_many_days_is_a_setting(settings, a_claim):
    settings.LATE_DAYS = 1
    assert a_claim(Status.EXCHANGE_REQUESTED).late_at == japan("2021-07-14")


# --- the clock of a claim ------------------------------------------------------------------------


@pytest.mark.parametrize("status", list(Status))
def test_which_claims_have_a_clock(a_claim, status):
    claim = a_claim(status, before=Status.EXCHANGE_REQUESTED if status in ("asked", "on_hold") else None)
    assert claim.late_at == (LATE if status in CLOCKED else None)


def test_it_goes_on_through_the_approval(a_claim):
    claim = a_claim(Status.EXCHANGE_REQUESTED)
    deeds.approve(claim, NOW + DAY)
    assert (claim.status, claim.late_at) == (Status.EXCHANGE_APPROVED, LATE)


def test_it_stops_with_the_next_step(a_claim):
    exchange, notice = a_claim(Status.EXCHANGE_APPROVED), a_claim(Status.NOTICE_RECEIVED)
    deeds.resend(exchange, NOW + DAY)
    deeds.approve(notice, NOW + DAY)
    assert exchange.late_at is notice.late_at is None


@pytest.mark.parametrize("back", ["cancelled", "approved after a rejection"])
def test_it_stands_in_the_withdrawal_loop_and_starts_anew_on_return(a_claim, back):
    claim = a_claim(Status.EXCHANGE_APPROVED)
    deeds.ask(claim, NOW + DAY)
    assert claim.late_at is None
    assert deeds.call_late(NOW + 5 * DAY).completed == 0
    if back == "cancelled":
        deeds.cancel(claim, NOW + 5 * DAY)
    else:
        deeds.reject(claim, NOW + 4 * DAY)
        assert claim.late_at is None
        deeds.approve(claim, NOW + 5 * DAY)
    assert (claim.status, claim.late_at) == (Status.EXCHANGE_APPROVED, japan("2021-07-21"))
    check_invariants()


def test_what_was_late_comes_back_late_and_without_a_clock(a_claim):
    claim = a_claim(Status.EXCHANGE_REQUESTED)
    deeds.call_late(LATE)
    claim.refresh_from_db()
    deeds.ask(claim, LATE)
    deeds.cancel(claim, LATE)
    assert (claim.status, claim.late_at) == (Status.EXCHANGE_LATE, None)
    deeds.approve(claim, LATE)
    assert (claim.status, claim.late_at) == (Status.EXCHANGE_APPROVED, None)
    assert deeds.call_late(LATE + 99 * DAY).completed == 0, "once is enough"
    check_invariants()


# --- no verb overtakes the clock -----------------------------------------------------------------

VERBS = {
    "ask": (Status.EXCHANGE_REQUESTED, deeds.ask, Status.ASKED),
    "drop": (Status.EXCHANGE_APPROVED, deeds.drop, Status.WITHDRAWN),
    "approve": (Status.EXCHANGE_REQUESTED, deeds.approve, Status.EXCHANGE_APPROVED),
    "confirm": (Status.NOTICE_RECEIVED, deeds.approve, Status.NOTICE_CONFIRMED),
}


@pytest.mark.parametrize(("status", "verb", "to"), VERBS.values(), ids=list(VERBS))
def test_what_is_done_to_an_overdue_claim_is_done_to_a_late_one_though_no_sweep_ran(
    a_claim, status, verb, to
):
    claim = a_claim(status)
    verb(claim, LATE)
    assert (claim.status, claim.late_at) == (to, None)
    late, done = claim.events.order_by("pk")[1:]
    assert (late.action, late.from_status, late.to_status) == ("late", status, CLOCKED[status])
    assert (late.at, late.recorded_at, late.actor_kind) == (LATE, LATE, "system")
    assert (done.from_status, done.to_status) == (CLOCKED[status], to)
    assert deeds.call_late(LATE + DAY).completed == 0
    check_invariants()


def test_an_exchange_approved_in_time_is_resent_late_without_another_approval(a_claim):
    claim = a_claim(Status.EXCHANGE_REQUESTED)
    deeds.approve(claim, NOW + DAY)
    deeds.resend(claim, LATE + DAY)
    assert [event.action for event in claim.events.order_by("pk")] == ["filed", "approved", "late", "resent"]
    check_invariants()


# --- the sweep -----------------------------------------------------------------------------------


@pytest.mark.parametrize("status", CLOCKED)
def test_the_sweep_calls_it_late_as_of_its_midnight_and_tells_both_sides(a_claim, clerk, status):
    claim, ran = a_claim(status), LATE + timedelta(hours=7)
    assert deeds.call_late(LATE - SECOND).completed == 0
    assert deeds.call_late(ran).completed == 1
    claim.refresh_from_db()
    assert (claim.status, claim.late_at, claim.completed_at) == (CLOCKED[status], None, None)
    event = claim.events.latest("pk")
    assert (event.action, event.at, event.recorded_at) == ("late", LATE, ran)
    assert (event.actor_kind, event.actor, event.channel) == ("system", None, "clock")
    assert event.notices.count() == 1 + 1 + 2, "the buyer, the shop's box, the mails of its two members"
    check_invariants()
    assert deeds.call_late(ran).completed == 0
    assert claim.events.count() == 2


def test_many_are_called_late_in_batches(a_claim, settings):
    settings.SWEEP_BATCH = 5
    kinds = list(CLOCKED)
    claims = [a_claim(kinds[number % 3], at=NOW - number * DAY) for number in range(17)]
    with CaptureQueriesContext(connection) as queries:
        assert deeds.call_late(LATE).completed == 17
    assert len(queries) < 50, "a batch costs a handful of statements, not some for each row"
    for number, claim in enumerate(claims):
        assert claim.events.latest("pk").at == LATE - number * DAY, "each as of its own midnight"
    check_invariants()


@pytest.mark.django_db(transaction=True)
def test_a_row_that_somebody_holds_is_skipped_and_taken_next_time(a_claim):
    held, free = a_claim(Status.EXCHANGE_REQUESTED), a_claim(Status.NOTICE_RECEIVED)
    somebody = connections.create_connection("default")
    try:
        with transaction.atomic():
            somebody.set_autocommit(False)
            with somebody.cursor() as cursor:
                cursor.execute("SELECT 1 FROM claims_claim WHERE id = %s FOR UPDATE", [held.pk])
        assert deeds.call_late(LATE).completed == 1
        held.refresh_from_db()
        free.refresh_from_db()
        assert (held.status, free.status) == (Status.EXCHANGE_REQUESTED, Status.NOTICE_LATE)
        assert held.effective_status(LATE) == Status.EXCHANGE_LATE, "to people it is late all the same"
        somebody.rollback()
    finally:
        somebody.close()
    assert deeds.call_late(LATE).completed == 1
    check_invariants()


def test_one_bad_row_is_logged_and_left_while_the_rest_are_called_late(a_claim, caplog, settings):
    settings.SWEEP_BATCH = 3
    claims = [a_claim(Status.EXCHANGE_REQUESTED) for _ in range(8)]
    bad = claims[3]
    with connection.cursor() as cursor:  # a row that the guards keep from moving
        cursor.execute(
            "CREATE FUNCTION stuck() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN IF NEW.id = {bad.pk} THEN RAISE EXCEPTION 'stuck'; END IF; RETURN NEW; END $$;"
            "CREATE TRIGGER stuck BEFORE UPDATE ON claims_claim FOR EACH ROW EXECUTE FUNCTION stuck();"
        )
    for completed in (7, 0):
        caplog.clear()
        with caplog.at_level(logging.ERROR, "claims.transitions"):
            done = deeds.call_late(LATE)
        assert (done.completed, done.failed) == (completed, [bad.pk])
        assert f"make_late failed for claim {bad.pk}, which is left" in caplog.text
    assert set(Claim.objects.exclude(pk=bad.pk).values_list("status", flat=True)) == {Status.EXCHANGE_LATE}
    assert not bad.events.filter(action="late").exists()


def test_beats_task_does_both_sweeps_as_of_the_clock(a_claim, clock):
    a_claim(Status.ASKED)
    a_claim(Status.EXCHANGE_REQUESTED)
    clock.move_to(LATE - SECOND)
    complete_lapsed()
    assert ClaimEvent.objects.filter(channel="clock").count() == 0
    clock.move_to(japan("2021-07-20"))
    complete_lapsed()
    assert set(Claim.objects.values_list("status", flat=True)) == {Status.WITHDRAWN, Status.EXCHANGE_LATE}


def test_the_command_says_what_it_did(a_claim, clock):
    a_claim(Status.EXCHANGE_REQUESTED)
    a_claim(Status.NOTICE_RECEIVED)
    out = StringIO()
    call_command("complete_lapsed", now="2021-07-16T00:00", stdout=out)
    assert out.getvalue().splitlines() == [
        "2021-07-16T00:00:00+09:00 現在: 期限切れの撤回要請 0件を撤回完了にしました。",
        "2021-07-16T00:00:00+09:00 現在: 処理期限を過ぎたクレーム 2件を遅延にしました。",
    ]


# --- the day before ------------------------------------------------------------------------------


def warned():
    """The shops' boxes that were warned, and the mails of their members."""
    found = Notice.objects.filter(topic="late_tomorrow").order_by("pk")
    return [notice.shop.code if notice.shop else notice.member.user.username for notice in found]


@pytest.mark.parametrize("status", CLOCKED)
@pytest.mark.parametrize(
    ("instants", "times"),
    [
        (["2021-07-14 23:00", "2021-07-15 08:59:59"], 0),
        (["2021-07-15 09:00"], 1),
        (["2021-07-15 09:00", "2021-07-15 09:05", "2021-07-15 23:59:59"], 1),
        (["2021-07-15 18:00"], 1),
        (["2021-07-16 00:00", "2021-07-17 09:00"], 0),
    ],
)
def test_the_shop_is_told_once_in_the_morning_of_the_day_before(a_claim, clerk, status, instants, times):
    a_claim(status)
    for instant in instants:
        notices.post_late_warnings(now=japan(instant))
    assert sorted(warned()) == sorted(["AMUSE_official", "amuse", "clerk"] * times)


@pytest.mark.parametrize(
    "step",
    [lambda c, at: deeds.ask(c, at), lambda c, at: deeds.drop(c, at), lambda c, at: deeds.resend(c, at)],
)
def test_never_after_it_was_processed(a_claim, step):
    claim = a_claim(Status.EXCHANGE_APPROVED)
    step(claim, NOW + DAY)
    notices.post_late_warnings(now=japan("2021-07-15 09:00"))
    assert warned() == []


def test_an_approval_is_not_the_end_of_it(a_claim):
    claim = a_claim(Status.EXCHANGE_REQUESTED)
    deeds.approve(claim, NOW + DAY)
    notices.post_late_warnings(now=japan("2021-07-15 09:00"))
    assert warned() == ["AMUSE_official", "amuse"]


def test_a_clock_that_starts_anew_is_told_of_anew(a_claim):
    claim = a_claim(Status.EXCHANGE_REQUESTED)
    notices.post_late_warnings(now=japan("2021-07-15 09:00"))
    deeds.ask(claim, japan("2021-07-15 10:00"))
    deeds.cancel(claim, japan("2021-07-15 11:00"))
    notices.post_late_warnings(now=japan("2021-07-16 09:00"))
    assert warned() == ["AMUSE_official", "amuse"]
    notices.post_late_warnings(now=japan("2021-07-17 09:00"))
    assert warned() == ["AMUSE_official", "amuse"] * 2


def test_its_words_and_its_mail(a_claim, clock, mailoutbox):
    claim = a_claim(Status.EXCHANGE_REQUESTED)
    clock.move_to(japan("2021-07-15 09:00"))
    post_reminders()
    delivery.send_due()
    mail = next(mail for mail in mailoutbox if "【本日まで】" in mail.subject)
    assert mail.to == ["amuse@example.com"]
    assert mail.subject == f"【本日まで】{claim.order.number} 交換の処理期限は本日です"
    assert "yun*** 様の交換の申請がまだ処理されていません。7/16(金) 0:00 に「遅延」になります。" in mail.body
    assert f"/shops/AMUSE_official/claims/{claim.number}/" in mail.body


def test_a_mail_that_the_processing_overtook_is_not_sent(a_claim, clock, mailoutbox):
    claim = a_claim(Status.EXCHANGE_APPROVED)
    clock.move_to(japan("2021-07-15 09:00"))
    notices.post_late_warnings(now=japan("2021-07-15 09:00"))
    deeds.resend(claim, japan("2021-07-15 09:01"))
    delivery.send_due()
    mails = Notice.objects.filter(topic="late_tomorrow", member__isnull=False)
    assert set(mails.values_list("mail", flat=True)) == {Notice.Mail.OBSOLETE}
    assert not [mail for mail in mailoutbox if "処理期限は本日" in mail.subject]
