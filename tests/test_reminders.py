"""Reminders to the buyer: on day 4 and on the last day, in the morning, never after the answer (SPEC 5)."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from claims.models import Claim
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


def test_each_attempt_is_reminded_of_anew(asked):
    remind("2021-07-16 09:00")
    deeds.reject(asked, japan("2021-07-16 12:00"))
    deeds.repeat(asked, japan("2021-07-21 12:00"))  # its day 4 is 7/24
    remind("2021-07-23 09:00", "2021-07-24 09:00")
    assert topics() == ["reminder", "reminder"]
    assert Notice.objects.filter(reminder_of__attempt=2).count() == 1


@pytest.mark.parametrize(("day", "hour", "first"), [(1, 0, "2021-07-13 00:00"), (6, 20, "2021-07-18 20:00")])
def test_day_and_hour_are_settings(asked, settings, day, hour, first):
    settings.REMINDER_DAY, settings.REMINDER_HOUR = day, hour
    notices.post_reminders(now=japan(first) - timedelta(seconds=1))
    assert topics() == []
    notices.post_reminders(now=japan(first))
    assert topics() == ["reminder"]


def test_who_has_no_address_is_reminded_in_his_mailbox(a_claim, yunjee, clock):
    claim = a_claim(Status.ASKED)
    yunjee.user.email = yunjee.email = ""
    yunjee.user.save()
    yunjee.save()
    remind("2021-07-16 09:00")
    assert Notice.objects.get(reminder_of__claim=claim).mail == Notice.Mail.NONE


@pytest.mark.parametrize("answer", [deeds.accept, deeds.reject, deeds.cancel])
@pytest.mark.django_db(transaction=True)
def test_none_is_written_beside_an_answer(asked, answer):
    """The answer holds its claim's lock while the reminders are written: the next run will see it."""
    holds, over = threading.Event(), threading.Event()

    def answering():
        with transaction.atomic():
            answer(asked)
            holds.set()
            over.wait(10)
        connections.close_all()

    buyer = threading.Thread(target=answering)
    buyer.start()
    assert holds.wait(10)
    remind("2021-07-16 09:00")
    over.set()
    buyer.join()
    remind("2021-07-16 09:05")
    assert topics() == []


@pytest.mark.django_db(transaction=True)
def test_no_answer_slips_in_beside_a_reminder(asked, monkeypatch):
    """While a reminder is being written its claim is locked: the answer comes after it."""
    said = []

    def look(written):
        other = threading.Thread(target=lambda: (said.append(locked_out(asked)), connections.close_all()))
        other.start()
        other.join()
        write(written)

    write = notices._write
    monkeypatch.setattr(notices, "_write", look)
    remind("2021-07-16 09:00")
    assert said == [True]
    assert topics() == ["reminder"]


def locked_out(claim):
    """Whether somebody else holds the claim's row."""
    with transaction.atomic():
        return not Claim.objects.select_for_update(skip_locked=True).filter(pk=claim.pk).exists()


@pytest.mark.django_db(transaction=True)
def test_four_at_once_write_each_once(a_claim, yunjee, csma, monkeypatch):
    monkeypatch.setattr(notices, "REMINDERS_BATCH", 3)
    for _ in range(10):
        a_claim(Status.ASKED, buyer=yunjee)
        a_claim(Status.ASKED, buyer=csma)
    written = []

    def run():
        written.append(notices.post_reminders(now=japan("2021-07-19 09:00")))
        connections.close_all()

    runs = [threading.Thread(target=run) for _ in range(4)]
    for one in runs:
        one.start()
    for one in runs:
        one.join()
    assert topics() == ["last_day"] * 20


def test_a_run_with_nothing_due_asks_twice_however_many_wait(a_claim, django_assert_num_queries):
    for _ in range(5):
        a_claim(Status.ASKED)
    remind("2021-07-16 09:00")
    with django_assert_num_queries(6, connection=None):  # two questions, each within its transaction
        assert notices.post_reminders(now=japan("2021-07-16 09:05")) == 0


def test_the_due_ones_are_found_by_the_index_of_deadlines(a_claim, django_assert_num_queries):
    a_claim(Status.ASKED)
    with CaptureQueriesContext(connection) as asked:
        remind("2021-07-16 09:00")
    (question, *_) = [query["sql"] for query in asked if "FOR UPDATE" in query["sql"]]
    with connection.cursor() as cursor:
        # Over a handful of rows PostgreSQL would read them all and sort: many rows forbid both.
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")
        cursor.execute(f"EXPLAIN {question}")
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "claim_lapsing" in plan
