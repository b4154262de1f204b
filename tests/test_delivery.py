"""The sender: at least once, never twice knowingly, and a broken mail server loses nothing (SPEC 5)."""

import threading
from datetime import timedelta

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.core.mail.backends.smtp import EmailBackend
from django.db import connections
from django.utils import timezone

from claims import links
from claims.statuses import Status
from messaging import delivery, mails, tasks
from messaging.models import Notice
from qsm.accounts.models import Buyer
from tests import deeds, mail_server
from tests.clock import NOW

Mail = Notice.Mail
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@pytest.fixture
def requests(a_claim, clock):
    """Asks the given buyers for withdrawal at `now`, and gives the notices that tell them of it."""

    def ask(*buyers):
        for buyer in buyers:
            a_claim(Status.ASKED, buyer=buyer)
        Notice.objects.filter(buyer=None).delete()  # the shop's, of the filing
        return list(Notice.objects.order_by("pk"))

    return ask


def test_a_mail_is_sent_once_and_marked(post_office, requests, yunjee):
    (notice,) = requests(yunjee)
    assert (notice.mail, notice.sent_at) == (Mail.PENDING, None)
    assert delivery.send_due() == 1
    assert delivery.send_due() == 0
    notice.refresh_from_db()
    assert (notice.mail, notice.sent_at, notice.attempts) == (Mail.SENT, NOW, 1)
    assert (notice.leased_until, notice.last_error) == (None, "")
    (mail,) = post_office.mails
    assert mail["To"] == "yunjee@example.com"
    assert mail["Subject"].strip() == "【要回答】639113330 返品の撤回要請（7/19(月)まで）"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Message-ID"] == mails.message_id(notice)
    body = mail.get_body(["plain"]).get_content()
    assert deeds.REASON in body
    assert f"http://localhost:8000/r/{links.sign(notice.event.withdrawal_id)}/" in body


def test_more_than_a_batch_goes_out_in_one_run(post_office, requests, yunjee):
    requests(yunjee)
    template = Notice.objects.get()
    Notice.objects.all().delete()
    Notice.objects.bulk_create(
        Notice(
            key=f"{number}",
            topic=template.topic,
            event=template.event,
            buyer=yunjee,
            created_at=NOW,
            mail=Mail.PENDING,
            next_attempt_at=NOW,
        )
        for number in range(delivery.BATCH * 2 + 1)
    )
    assert delivery.send_due() == delivery.BATCH * 2 + 1
    assert len(set(post_office.received())) == len(post_office.mails) == delivery.BATCH * 2 + 1


def test_what_is_not_due_waits(post_office, requests, yunjee):
    requests(yunjee)
    Notice.objects.update(next_attempt_at=NOW + MINUTE)
    assert delivery.send_due() == 0
    Notice.objects.update(next_attempt_at=NOW, mail=Mail.NONE)
    assert delivery.send_due() == 0
    assert post_office.mails == []


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ("550 no such user <cs@example.com>", "SMTPRecipientsRefused 550"),
        ("451 cs@example.com: try later", "SMTPRecipientsRefused 451"),
        ("421 closing for cs@example.com", "SMTPRecipientsRefused 421"),
    ],
)
def test_a_mail_that_fails_keeps_no_other_back_and_no_address_is_kept(
    post_office, requests, clock, csma, yunjee, answer, error, caplog
):
    bad, good = requests(csma, yunjee)
    post_office.answers["cs@example.com"] = answer
    assert delivery.send_due() == 1
    bad.refresh_from_db()
    good.refresh_from_db()
    assert (good.mail, bad.mail) == (Mail.SENT, Mail.PENDING)
    assert (bad.attempts, bad.next_attempt_at, bad.leased_until) == (1, NOW + MINUTE, None)
    assert bad.last_error == error
    assert "cs@example.com" not in caplog.text
    del post_office.answers["cs@example.com"]
    assert delivery.send_due() == 0, "not before its minute"
    clock.move_to(NOW + MINUTE)
    assert delivery.send_due() == 1
    bad.refresh_from_db()
    assert (bad.mail, bad.last_error, bad.attempts) == (Mail.SENT, "", 2)


def try_until_parked(notice, clock):
    """Lets the sender try whenever the mail is due; the minutes between the tries."""
    waits = []
    while notice.mail == Mail.PENDING:
        assert delivery.send_due() == 0
        notice.refresh_from_db()
        waits.append((notice.next_attempt_at - timezone.now()) / MINUTE)
        clock.move_to(notice.next_attempt_at)
    return waits


@pytest.mark.parametrize("refused_at", ["recipient", "content"])
def test_what_is_refused_for_ever_backs_off_and_is_parked(
    post_office, requests, clock, csma, settings, refused_at
):
    settings.NOTICE_ATTEMPTS = 9
    (notice,) = requests(csma)
    if refused_at == "recipient":
        post_office.answers["cs@example.com"] = "550 no"
    else:
        post_office.after_data = "554 spam"
    assert try_until_parked(notice, clock) == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert (notice.mail, notice.attempts, notice.sent_at) == (Mail.PARKED, 9, None)
    clock.shift(30 * DAY)
    post_office.answers.clear()
    assert delivery.send_due() == 0


@pytest.mark.parametrize("answer", ["451 try later", "421 closing"])
def test_what_is_only_put_off_is_parked_after_days(post_office, requests, clock, csma, settings, answer):
    (notice,) = requests(csma)
    post_office.answers["cs@example.com"] = answer
    waits = try_until_parked(notice, clock)
    tried_for = timedelta(minutes=sum(waits[:-1]))
    assert tried_for >= timedelta(days=settings.NOTICE_GIVE_UP_DAYS) > tried_for - MINUTE * 60
    assert max(waits) == 60
    assert notice.failing_since == NOW


def test_what_is_sent_again_by_hand_starts_afresh(post_office, requests, clock, csma, settings):
    (notice,) = requests(csma)
    post_office.answers["cs@example.com"] = "451 try later"
    try_until_parked(notice, clock)
    assert delivery.send_again(Notice.objects.all(), now=timezone.now()) == [notice]
    assert delivery.send_due() == 0
    notice.refresh_from_db()
    assert (notice.mail, notice.attempts, notice.failing_since) == (Mail.PENDING, 1, timezone.now())


def test_a_mail_server_that_is_down_delays_and_loses_nothing(requests, clock, settings, csma, yunjee):
    """A week's outage counts against no mail: none was tried."""
    requests(csma, yunjee)
    with mail_server.running() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
    for _ in range(20):
        assert delivery.send_due() == 0
        clock.shift(DAY / 2)
    untried = {(Mail.PENDING, 0, NOW, None)}
    assert set(Notice.objects.values_list("mail", "attempts", "next_attempt_at", "leased_until")) == untried
    with mail_server.running() as server:
        settings.EMAIL_PORT = server.port
        assert delivery.send_due() == 2
        assert sorted(to for to, _id in server.received()) == ["cs@example.com", "yunjee@example.com"]


@pytest.fixture
def impatient(settings):
    """The portal waits for the mail server a short while only."""
    settings.EMAIL_TIMEOUT = 0.3


def test_a_server_that_hangs_ends_the_run_and_the_rest_is_given_back_untried(
    post_office, impatient, requests, clock, csma
):
    requests(*[csma] * 5)
    post_office.silent = True
    assert delivery.send_due() == 0
    assert post_office.talked_to == 2
    tried, untried = Notice.objects.filter(attempts=1), Notice.objects.filter(attempts=0)
    assert (tried.count(), untried.count()) == (2, 3)
    assert set(tried.values_list("last_error", "next_attempt_at")) == {
        ("SMTPServerDisconnected", NOW + MINUTE)
    }
    assert set(Notice.objects.values_list("leased_until", flat=True)) == {None}, "nobody has to wait for it"
    post_office.silent = False
    assert delivery.send_due() == 3
    clock.shift(MINUTE)
    assert delivery.send_due() == 2


def test_a_recipient_at_whom_the_server_hangs_keeps_no_other_back(
    post_office, impatient, requests, clock, csma, yunjee
):
    requests(csma, yunjee, yunjee)
    post_office.answers["cs@example.com"] = "silence"
    assert delivery.send_due() == 2
    assert [to for to, _id in post_office.received()] == ["yunjee@example.com"] * 2


def test_what_was_never_tried_goes_before_what_failed(post_office, requests, clock, csma, yunjee):
    requests(csma, yunjee)
    Notice.objects.filter(buyer=csma).update(attempts=3, next_attempt_at=NOW - MINUTE)
    assert delivery.send_due() == 2
    assert [to for to, _id in post_office.received()] == ["yunjee@example.com", "cs@example.com"]


def test_no_mail_is_begun_when_the_run_is_over(post_office, requests, csma, settings, monkeypatch):
    requests(*[csma] * 3)
    seconds = iter([0, 1, settings.NOTICE_RUN_SECONDS, settings.NOTICE_RUN_SECONDS + 1])
    monkeypatch.setattr(delivery, "monotonic", lambda: next(seconds))
    assert delivery.send_due() == 2
    assert list(Notice.objects.filter(mail=Mail.PENDING).values_list("attempts", "leased_until")) == [
        (0, None)
    ]


def test_a_run_is_interrupted_before_its_leases_run_out(settings):
    task = tasks.send_notices
    limits = settings.NOTICE_RUN_SECONDS, task.soft_time_limit, task.time_limit, settings.NOTICE_LEASE_SECONDS
    assert list(limits) == sorted(set(limits))


class InterruptedSender(EmailBackend):
    """Celery's soft time limit strikes in the middle of a mail."""

    def send_messages(self, messages):
        raise SoftTimeLimitExceeded


def test_a_mail_in_whose_middle_the_run_is_interrupted_is_tried_again(
    post_office, requests, clock, settings, csma
):
    (notice,) = requests(csma)
    living = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND = f"{__name__}.InterruptedSender"
    assert delivery.send_due() == 0
    settings.EMAIL_BACKEND = living
    clock.shift(MINUTE)
    assert delivery.send_due() == 1
    assert post_office.received() == [("cs@example.com", mails.message_id(notice))]


def test_a_server_that_hangs_up_gets_the_same_mail_again(post_office, requests, clock, csma):
    """It has it or not, we cannot know: the second copy can be told by its Message-ID."""
    requests(csma)
    post_office.after_data = "hang up"
    assert delivery.send_due() == 0
    post_office.after_data = "250 kept"
    clock.move_to(NOW + MINUTE)
    assert delivery.send_due() == 1
    first, second = post_office.received()
    assert first == second


class DyingSender(EmailBackend):
    """Its process ends between the server's OK and our mark."""

    def send_messages(self, messages):
        super().send_messages(messages)
        raise SystemExit


def test_the_lease_of_a_dead_sender_runs_out_and_the_mail_goes_again(
    post_office, requests, clock, settings, csma, yunjee
):
    requests(csma, yunjee)
    living = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND = f"{__name__}.DyingSender"
    with pytest.raises(SystemExit):
        delivery.send_due()
    settings.EMAIL_BACKEND = living
    lease = timedelta(seconds=settings.NOTICE_LEASE_SECONDS)
    clock.move_to(NOW + lease - timedelta(seconds=1))
    assert delivery.send_due() == 0, "it might still be alive"
    clock.move_to(NOW + lease)
    assert delivery.send_due() == 2
    received = post_office.received()
    assert sorted(to for to, _id in received) == ["cs@example.com", "cs@example.com", "yunjee@example.com"]
    assert len(set(received)) == 2, "the second copy has the Message-ID of the first"
    assert set(Notice.objects.values_list("mail", flat=True)) == {Mail.SENT}


class SlowSender(EmailBackend):
    """A server so slow that each mail takes longer than the lease."""

    clock = None

    def send_messages(self, messages):
        sent = super().send_messages(messages)
        self.clock.shift(timedelta(seconds=121))
        return sent


def test_a_sender_that_outlives_its_lease_sends_no_more_under_it(
    post_office, requests, clock, settings, csma, yunjee, monkeypatch
):
    requests(csma, yunjee, csma)
    monkeypatch.setattr(SlowSender, "clock", clock)
    settings.EMAIL_BACKEND = f"{__name__}.SlowSender"
    assert delivery.send_due() == 3
    assert len(set(post_office.received())) == len(post_office.mails) == 3
    assert set(Notice.objects.values_list("attempts", flat=True)) == {1}, "what was not tried is not counted"


class OvertakenSender(EmailBackend):
    """So slow that another sender takes the mail over and sends it, too."""

    def send_messages(self, messages):
        Notice.objects.update(leased_until=NOW + MINUTE * 10)
        return super().send_messages(messages)


def test_what_is_sent_is_marked_whoever_holds_its_lease(post_office, requests, settings, clock, csma):
    requests(csma)
    settings.EMAIL_BACKEND = f"{__name__}.OvertakenSender"
    assert delivery.send_due() == 1
    assert Notice.objects.get().mail == Mail.SENT


@pytest.mark.django_db(transaction=True)
def test_two_senders_at_once_send_each_mail_once(post_office, requests, csma, yunjee):
    requests(csma, yunjee)
    rows = list(Notice.objects.all())
    Notice.objects.bulk_create(
        Notice(
            key=f"{row.pk}:{number}",
            topic=row.topic,
            event=row.event,
            buyer=row.buyer,
            created_at=NOW,
            mail=Mail.PENDING,
            next_attempt_at=NOW,
        )
        for row in rows
        for number in range(40)
    )
    sent = []

    def send():
        sent.append(delivery.send_due())
        connections.close_all()

    senders = [threading.Thread(target=send) for _ in range(4)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert sum(sent) == len(post_office.mails) == len(set(post_office.received())) == 82
    assert set(Notice.objects.values_list("mail", "attempts")) == {(Mail.SENT, 1)}


def test_a_mail_without_an_address_is_not_called_sent(post_office, requests, csma):
    """The address was taken back between the change and the sending."""
    (notice,) = requests(csma)
    Buyer.objects.filter(pk=csma.pk).update(email="")
    assert delivery.send_due() == 0
    notice.refresh_from_db()
    assert (notice.mail, notice.sent_at) == (Mail.PENDING, None)
    assert notice.last_error == "Undeliverable"


def test_who_left_the_shop_gets_no_mail_that_was_written_before(post_office, a_claim, amuse, clock):
    a_claim(Status.RETURN_REQUESTED)
    amuse.user.is_active = False
    amuse.user.save()
    assert delivery.send_due() == 0
    assert Notice.objects.get(member=amuse).mail == Mail.OBSOLETE


@pytest.mark.parametrize(
    "address",
    [
        "cs@example.com\nBcc: evil@example.com",
        "cs@example.com\r\n\r\nhello",
        "cs@example.com, evil@example.com",
        "cs@example.com;evil@example.com",
    ],
)
def test_an_address_with_a_line_break_goes_nowhere(post_office, requests, csma, yunjee, address):
    requests(csma, yunjee)
    Buyer.objects.filter(pk=csma.pk).update(email=address)
    assert delivery.send_due() == 1
    assert [mail["To"] for mail in post_office.mails] == ["yunjee@example.com"]
