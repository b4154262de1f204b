"""WHEN: SPEC 3's calendar to the second."""

import time
from datetime import UTC, date, datetime, timedelta

import pytest

from claims import deadlines
from claims.models import Outcome
from claims.statuses import Status
from claims.transitions import Refused
from tests import deeds
from tests.clock import japan

SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("asked", "last_day"),
    [
        pytest.param(japan("2021-07-28 23:59"), date(2021, 8, 3), id="asked-before-midnight"),
        pytest.param(japan("2021-07-28 23:59:59.999999"), date(2021, 8, 3), id="last-microsecond-of-the-day"),
        pytest.param(japan("2021-07-29 00:00"), date(2021, 8, 4), id="asked-at-midnight"),
        pytest.param(datetime(2021, 7, 28, 15, tzinfo=UTC), date(2021, 8, 4), id="stored-as-utc"),
        pytest.param(
            datetime(2021, 7, 28, 14, 59, 59, tzinfo=UTC), date(2021, 8, 3), id="utc-a-second-before"
        ),
        pytest.param(japan("2021-07-29 23:30"), date(2021, 8, 4), id="days-not-168-hours"),
        pytest.param(japan("2021-07-13 10:00"), date(2021, 7, 19), id="the-guides-repeat"),
        pytest.param(japan("2024-02-25 12:00"), date(2024, 3, 2), id="leap-year"),
        pytest.param(japan("2023-02-25 12:00"), date(2023, 3, 3), id="no-leap-year"),
        pytest.param(japan("2025-12-28 12:00"), date(2026, 1, 3), id="year-end"),
    ],
)
def test_the_buyer_can_answer_for_seven_days_the_day_of_the_request_included(asked, last_day):
    deadline = deadlines.withdrawal_deadline(asked)
    assert deadlines.last_day(deadline) == last_day
    assert deadline.astimezone(UTC) == datetime(
        last_day.year, last_day.month, last_day.day, 15, tzinfo=UTC
    ), "over at 24:00 in Japan, that is 15:00 UTC of the last day"


@pytest.mark.parametrize(
    ("ended", "opens"),
    [
        ("2021-07-13 00:00:00", "2021-07-18"),
        ("2021-07-13 10:00:00", "2021-07-18"),
        ("2021-07-13 23:59:59", "2021-07-18"),
        ("2021-07-14 00:00:00", "2021-07-19"),
        ("2024-02-27 09:00:00", "2024-03-03"),
        ("2025-12-29 09:00:00", "2026-01-03"),
    ],
)
def test_a_lock_holds_that_day_and_the_four_after_it(ended, opens):
    assert deadlines.unlock(japan(ended)) == japan(opens)


def test_the_length_of_the_lock_is_a_setting(settings):
    settings.LOCK_DAYS = 3
    assert deadlines.unlock(japan("2021-07-13 10:00")) == japan("2021-07-16")


@pytest.mark.parametrize(
    ("now", "left"),
    [
        ("2021-07-29 00:00:00", 6),
        ("2021-08-03 23:59:59", 1),
        ("2021-08-04 00:00:00", 0),
        ("2021-08-04 23:59:59", 0),
        ("2021-08-05 00:00:00", -1),
    ],
)
def test_days_left_counts_whole_days_of_japan(now, left):
    assert deadlines.days_left(japan("2021-08-05"), japan(now)) == left


def test_ended_claims_count_for_ninety_days_today_included():
    horizon = deadlines.board_horizon(japan("2021-07-13 10:00"))
    assert horizon == japan("2021-04-15")
    assert (date(2021, 7, 13) - deadlines.day_in_japan(horizon)).days + 1 == 90


@pytest.fixture(params=["UTC", "Asia/Tokyo", "America/New_York", "Pacific/Kiritimati"])
def host_zone(request, monkeypatch):
    """The host stands in this time zone."""
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield request.param
    monkeypatch.undo()
    time.tzset()


def test_the_zone_of_the_host_changes_nothing(host_zone):
    local = japan("2021-07-28 23:59:59").astimezone()
    assert deadlines.last_day(deadlines.withdrawal_deadline(local)) == date(2021, 8, 3)
    assert deadlines.last_day(deadlines.withdrawal_deadline(local + SECOND)) == date(2021, 8, 4)
    assert deadlines.unlock(local) == japan("2021-08-02")
    assert deadlines.unlock(local + SECOND) == japan("2021-08-03")


# --- the vectors of SPEC 3, through the verbs and the database ------------------------------------


@pytest.mark.parametrize(
    ("asked", "over"),
    [
        pytest.param(japan("2021-07-28 23:59"), "2021-08-04", id="07-28T23:59"),
        pytest.param(japan("2021-07-29 00:00"), "2021-08-05", id="07-29T00:00"),
        pytest.param(datetime(2021, 7, 28, 15, tzinfo=UTC), "2021-08-05", id="07-28T15:00Z"),
        pytest.param(japan("2024-02-25 12:00"), "2024-03-03", id="2024-02-25"),
        pytest.param(japan("2025-12-28 12:00"), "2026-01-04", id="2025-12-28"),
    ],
)
def test_the_deadline_is_stored_as_the_midnight_that_ends_it(a_claim, asked, over):
    claim = a_claim(at=japan("2021-07-20"))
    withdrawal = deeds.ask(claim, asked)
    withdrawal.refresh_from_db()
    assert claim.deadline_at == withdrawal.deadline_at == japan(over)
    assert withdrawal.requested_at == asked


@pytest.mark.parametrize("answer", [deeds.accept, deeds.reject, deeds.cancel])
def test_an_answer_counts_until_the_last_second(a_claim, answer):
    claim = a_claim(Status.ASKED, at=japan("2021-07-29 10:00"))
    answer(claim, japan("2021-08-04 23:59:59"))
    attempt = claim.withdrawals.get()
    assert attempt.outcome in (Outcome.ACCEPTED, Outcome.REJECTED, Outcome.CANCELLED)
    assert attempt.ended_at == japan("2021-08-04 23:59:59")


@pytest.mark.parametrize("late", ["2021-08-05 00:00:00", "2021-08-05 00:00:01", "2021-08-20 12:00:00"])
@pytest.mark.parametrize("answer", [deeds.accept, deeds.reject, deeds.cancel])
def test_from_midnight_on_an_answer_is_refused_though_no_sweep_ran(a_claim, answer, late):
    claim = a_claim(Status.ASKED, at=japan("2021-07-29 10:00"))
    with pytest.raises(Refused) as refused:
        answer(claim, japan(late))
    assert [reason.code for reason in refused.value.reasons] == ["ended_lapsed"]
    assert "期限切れ・自動撤回済み" in refused.value.reasons[0].text
    assert "8/5(木) 0:00" in refused.value.reasons[0].text
    claim.refresh_from_db()
    assert claim.status == Status.ASKED, "a refusal changes nothing"
    assert claim.effective_status(japan(late)) == Status.WITHDRAWN
    deeds.sweep(japan(late))
    claim.refresh_from_db()
    assert (claim.status, claim.completed_at) == (Status.WITHDRAWN, japan("2021-08-05"))


@pytest.mark.parametrize("late", ["2021-08-05 00:00:00", "2021-08-20 12:00:00"])
@pytest.mark.parametrize("verb", [deeds.ask, deeds.repeat, deeds.approve, deeds.drop])
def test_a_lapsed_claim_takes_no_other_action_either(a_claim, verb, late):
    claim = a_claim(Status.ASKED, at=japan("2021-07-29 10:00"))
    with pytest.raises(Refused) as refused:
        verb(claim, japan(late))
    assert "期限切れ・自動撤回済み" in refused.value.reasons[0].text


@pytest.mark.parametrize(
    ("end", "again"), [(deeds.reject, deeds.repeat), (deeds.cancel, deeds.ask)], ids=["rejected", "cancelled"]
)
@pytest.mark.parametrize("hour", ["00:00:00", "10:00:00", "23:59:59"])
def test_asking_again_waits_for_the_sixth_day(a_claim, end, again, hour):
    claim = a_claim(Status.ASKED, at=japan("2021-07-12 10:00"))
    end(claim, japan(f"2021-07-13 {hour}"))
    between = claim.status
    assert between == (Status.ON_HOLD if end is deeds.reject else Status.RETURN_REQUESTED)
    for early in ("2021-07-13 23:59:59", "2021-07-17 23:59:00", "2021-07-17 23:59:59"):
        with pytest.raises(Refused) as refused:
            again(claim, japan(early))
        (reason,) = refused.value.reasons
        assert (reason.code, reason.opens_on) == ("locked", date(2021, 7, 18))
        assert "7/18(日)から要請できます" in reason.text
    claim.refresh_from_db()
    assert claim.status == between
    withdrawal = again(claim, japan("2021-07-18 00:00:00"))
    assert claim.status == Status.ASKED
    assert deadlines.last_day(withdrawal.deadline_at) == date(2021, 7, 24)
