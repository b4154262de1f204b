"""The sender: at least once, never twice knowingly, and a broken mail server loses nothing (SPEC 5)."""

import threading
from datetime import timedelta

import pytest
from django.core.mail.backends.smtp import EmailBackend
from django.db import connections

from claims import links
from claims.models import Claim
from claims.statuses import Status
from messaging import delivery, tasks
from messaging.models import Notice
from qsm.accounts.models import Buyer
from qsm.celery import app
from tests import deeds, mail_server
from tests.clock import NOW

Mail = Notice.Mail
MINUTE = timedelta(minutes=1)


@pytest.fixture
def post_office(settings):
    """The mail server to which the portal sends."""
    with mail_server.running() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        yield server


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
    assert mail["Message-ID"] == delivery.message_id(notice)
    body = mail.get_content()
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
        ("550 no such user <cs@example.com>", "SMTPRecipientsRefused"),
        ("451 cs@example.com: try later", "SMTPRecipientsRefused"),
        ("421 closing for cs@example.com", "SMTPRecipientsRefused"),
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


def test_failures_back_off_and_are_parked_in_the_end(post_office, requests, clock, csma, settings):
    settings.NOTICE_ATTEMPTS = 9
    (notice,) = requests(csma)
    post_office.answers["cs@example.com"] = "550 no"
    waits = []
    now = NOW
    while notice.mail == Mail.PENDING:
        assert delivery.send_due() == 0
        notice.refresh_from_db()
        waits.append((notice.next_attempt_at - now) / MINUTE)
        now = notice.next_attempt_at
        clock.move_to(now)
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert (notice.mail, notice.attempts, notice.sent_at) == (Mail.PARKED, 9, None)
    clock.move_to(now + timedelta(days=30))
    post_office.answers.clear()
    assert delivery.send_due() == 0


def test_a_mail_server_that_is_down_delays_and_loses_nothing(requests, clock, settings, csma, yunjee):
    requests(csma, yunjee)
    with mail_server.running() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
    assert delivery.send_due() == 0
    assert set(Notice.objects.values_list("mail", "last_error")) == {(Mail.PENDING, "ConnectionRefusedError")}
    with mail_server.running() as server:
        settings.EMAIL_PORT = server.port
        clock.move_to(NOW + MINUTE)
        assert delivery.send_due() == 2
        assert sorted(to for to, _id in server.received()) == ["cs@example.com", "yunjee@example.com"]


def test_a_server_that_hangs_up_gets_the_same_mail_again(post_office, requests, clock, csma):
    """It has it or not, we cannot know: the second copy can be told by its Message-ID."""
    requests(csma)
    post_office.hang_up_after_data = True
    assert delivery.send_due() == 0
    post_office.hang_up_after_data = False
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
    assert sorted(Notice.objects.values_list("attempts", flat=True)) == [1, 2, 3]


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
    assert notice.last_error == "ValueError"


@pytest.mark.parametrize("address", ["cs@example.com\nBcc: evil@example.com", "cs@example.com\r\n\r\nhello"])
def test_an_address_with_a_line_break_goes_nowhere(post_office, requests, csma, yunjee, address):
    requests(csma, yunjee)
    Buyer.objects.filter(pk=csma.pk).update(email=address)
    assert delivery.send_due() == 1
    assert [mail["To"] for mail in post_office.mails] == ["yunjee@example.com"]


# --- waking the sender ---------------------------------------------------------------------------


@pytest.fixture
def broker_down():
    """Redis does not answer."""
    url = app.conf.broker_url
    app.conf.update(broker_url="redis://127.0.0.1:1/0")
    app._after_fork()  # forget the open connections
    yield
    app.conf.update(broker_url=url)
    app._after_fork()


@pytest.mark.django_db(transaction=True)
def test_a_broker_that_is_down_delays_a_mail_and_fails_no_request(broker_down, a_claim, post_office, caplog):
    claim = a_claim(Status.ASKED)
    assert Claim.objects.get(pk=claim.pk).status == Status.ASKED, "committed"
    assert "the broker does not answer" in caplog.text
    tasks.wake()
    pending = Notice.objects.filter(mail=Mail.PENDING).count()
    assert pending == 2, "the request's to the buyer, the filing's to the shop's owner"
    tasks.send_notices()
    assert len(post_office.mails) == pending, "beat's next tick brings them"


@pytest.mark.django_db(transaction=True)
def test_a_change_wakes_the_sender_after_its_commit(a_claim, post_office):
    with app.connection_for_read() as broker:
        queue = broker.SimpleQueue("celery")
        queue.clear()
        a_claim(Status.RETURN_REQUESTED)
        message = queue.get(timeout=5)
        message.ack()
        assert message.headers["task"] == "messaging.tasks.send_notices"
        assert message.payload[:2] == [[], {}], "no name, text or address goes through the broker"
        queue.clear()
        queue.close()


def test_one_transaction_wakes_once(a_claim, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as callbacks:
        for _ in range(3):
            a_claim(Status.ON_HOLD)
    assert callbacks == [tasks.wake]


def test_nobody_is_woken_where_nothing_is_to_be_mailed(
    a_claim, amuse, yunjee, django_capture_on_commit_callbacks
):
    amuse.user.email = ""
    amuse.user.save()
    with django_capture_on_commit_callbacks() as callbacks:
        a_claim(Status.RETURN_REQUESTED)
    assert callbacks == []
