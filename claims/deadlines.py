"""WHEN: deadlines and locks, in days of Japan; pure functions of aware datetimes."""

from collections.abc import Collection
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings

JAPAN = ZoneInfo("Asia/Tokyo")
WITHDRAWAL_DAYS = 7  # the guide, section 1: 7/29 asked → until 8/4 → completed 8/5


def day_in_japan(instant: datetime) -> date:
    """The day in Japan on which the aware `instant` falls."""
    return instant.astimezone(JAPAN).date()


def midnight(day: date) -> datetime:
    """The first instant of `day` in Japan, aware."""
    return datetime.combine(day, time.min, tzinfo=JAPAN)


def withdrawal_deadline(asked_at: datetime) -> datetime:
    """The instant from which a request of `asked_at` is over: 00:00 after its seventh day, the first included.

    The guide, section 1: asked 7/29 → the buyer can answer until 8/4 24:00 → 8/5 00:00.
    """
    return midnight(day_in_japan(asked_at) + timedelta(days=WITHDRAWAL_DAYS))


def last_day(deadline: datetime) -> date:
    """撤回期限: the last day on which the buyer can answer a request that is over at `deadline`."""
    return day_in_japan(deadline) - timedelta(days=1)


def unlock(ended_at: datetime) -> datetime:
    """The instant at which a claim locked by a cancel or a rejection of `ended_at` opens again.

    The guide, sections 3 and 4: その日から5日以内は再要請できません; SPEC 3 reads it as that day and the
    four after it (settings.LOCK_DAYS days): 7/13 → locked to 7/17, open on 7/18.
    """
    return midnight(day_in_japan(ended_at) + timedelta(days=settings.LOCK_DAYS))


def reminder_horizons(now: datetime) -> tuple[datetime, datetime]:
    """Whom to remind at `now`: unanswered requests whose deadline is at or before these instants (SPEC 5).

    The first is reached on day settings.REMINDER_DAY, the day of the request being day 1, the second on the
    last day; both from settings.REMINDER_HOUR in Japan on.
    """
    day = day_in_japan(now - timedelta(hours=settings.REMINDER_HOUR))
    days_before_the_end = WITHDRAWAL_DAYS - settings.REMINDER_DAY + 1
    return midnight(day + timedelta(days=days_before_the_end)), midnight(day + timedelta(days=1))


def late(requested_at: datetime) -> datetime:
    """The instant from which a claim of `requested_at` is late: 00:00 of the third day after it (SPEC 2).

    The third by settings.LATE_DAYS: requested 7/13 → late from 7/16 00:00. For a claim that comes back
    from the withdrawal loop the day of its return counts as the request's.
    """
    return midnight(day_in_japan(requested_at) + timedelta(days=settings.LATE_DAYS))


def late_warning(late_at: datetime) -> datetime:
    """When the shop is told that a claim is late from `late_at` on: the morning of the day before."""
    return midnight(last_day(late_at)) + timedelta(hours=settings.REMINDER_HOUR)


def reshipment_days(requested_at: datetime, now: datetime) -> tuple[date, date]:
    """First and last day that a 再配送 may have: from the day of the request to a week ahead."""
    return day_in_japan(requested_at), day_in_japan(now) + timedelta(days=7)


def days_open(asked_at: datetime, ended_at: datetime) -> set[date]:
    """The days in Japan on which a request of `asked_at` was open until `ended_at`, which is no longer of it.

    Asked 7/14, lapsed 7/21 0:00 → 7/14 to 7/20. The day it was asked is always one.
    """
    first = day_in_japan(asked_at)
    last = day_in_japan(ended_at - timedelta(microseconds=1))
    return {first + timedelta(days=n) for n in range(max((last - first).days, 0) + 1)}


def filing_end(delivered_on: date, not_counted: Collection[date] = ()) -> datetime:
    """The instant from which 返品 and 交換 can no longer be filed: 00:00 after their last day.

    settings.FILING_DAYS days from 配達完了日, the first included; the days `not_counted`, those on which a
    request was open, do not count (SPEC 6): delivered 7/13 → until 7/19 24:00, and with a request open from
    7/14 to 7/16 → until 7/22 24:00.
    """
    day, left = delivered_on, settings.FILING_DAYS
    while left:
        left -= day not in not_counted
        day += timedelta(days=1)
    return midnight(day)


def days_left(deadline: datetime, now: datetime) -> int:
    """Whole days in Japan after today's until 撤回期限: 0 on the last day, -1 when it is over."""
    return (last_day(deadline) - day_in_japan(now)).days


def board_horizon(now: datetime) -> datetime:
    """Ended claims count on the board if completed at or after this instant (settings.BOARD_ENDED_DAYS days)."""
    return midnight(day_in_japan(now) - timedelta(days=settings.BOARD_ENDED_DAYS - 1))
