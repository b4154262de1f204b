"""Reminders to the buyer: on day 4 and on the last day, in the morning, never after the answer (SPEC 5)."""

import pytest

from claims.statuses import Status
from messaging import delivery, notices
from messaging.models import Notice
from tests import deeds
from tests.clock import japan


@pytest.fixture
def asked(a_claim, clock):
    """Asked on 7/13: day 4 is 7/16, the last day 7/19."""
    return a_claim(Status.ASKED)


def topics():
    return list(
        Notice.objects.filter(reminder_of__isnull=False).order_by("pk").values_list("topic", flat=True)
    )


def remind(*instants):
    for instant in instants:
        notices.post_reminders(now=japan(instant))


@pytest.mark.parametrize(
    ("instants", "written"),
    [
        (["2021-07-16 08:59:59"], []),
        (["2021-07-16 09:00:00"], ["reminder"]),
        (["2021-07-16 09:00", "2021-07-16 09:05", "2021-07-18 23:59"], ["reminder"]),
        (["2021-07-16 09:00", "2021-07-19 08:59:59", "2021-07-19 09:00"], ["reminder", "last_day"]),
        (["2021-07-19 12:00"], ["last_day"]),
        (["2021-07-20 00:00"], []),
    ],
)
def test_each_is_written_once_in_its_morning(asked, instants, written):
    remind(*instants)
    assert topics() == written


@pytest.mark.parametrize("end", [deeds.accept, deeds.reject, deeds.cancel])
def test_none_is_written_after_the_answer(asked, end):
    end(asked)
    remind("2021-07-16 09:00", "2021-07-19 09:00")
    assert topics() == []


def test_one_that_was_overtaken_by_the_answer_is_not_sent(asked, clock, mailoutbox):
    clock.move_to(japan("2021-07-16 09:00"))
    remind("2021-07-16 09:00")
    deeds.reject(asked, japan("2021-07-16 09:01"))
    delivery.send_due()
    reminder = Notice.objects.get(reminder_of__isnull=False)
    assert (reminder.mail, reminder.sent_at) == (Notice.Mail.OBSOLETE, None)
    assert not [mail for mail in mailoutbox if "まだ回答がありません" in mail.subject]


def test_it_says_what_silence_does_and_links_to_the_request(asked, clock, mailoutbox):
    clock.move_to(japan("2021-07-19 09:00"))
    remind("2021-07-19 09:00")
    delivery.send_due()
    mail = next(mail for mail in mailoutbox if "【本日まで】" in mail.subject)
    assert mail.to == ["yunjee@example.com"]
    assert "7/20(火) 0:00 に返品の申請は自動で取り下げられます" in mail.body
    assert "/r/" in mail.body
