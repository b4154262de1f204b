"""Real processes around a real mail server: whatever breaks, notices are late and none is lost (SPEC 7.4)."""

import os
import signal
import time
from collections import Counter
from datetime import timedelta

import pytest
from django.utils import timezone

from claims.models import Claim
from claims.statuses import Status
from messaging import mails
from messaging.models import Notice
from qsm.accounts.models import Buyer
from tests import deeds, mail_server
from tests.faults.conftest import until

pytestmark = pytest.mark.django_db(transaction=True)
Mail = Notice.Mail
SOON = 90  # seconds: a process that starts on a busy machine


@pytest.fixture
def server():
    with mail_server.running() as server:
        yield server


@pytest.fixture
def start(celery, server, broker, tmp_path):
    """Starts a worker of one queue, or the beat that ticks every second."""

    def process(kind, **environment):
        if kind == "beat":
            return celery("beat", "--schedule", str(tmp_path / "beat"), application="tests.faults.quick_beat")
        return celery(
            "worker", "-Q", kind, "-c", "1", "-n", f"{kind}-{time.monotonic_ns()}@%h",
            EMAIL_URL=f"smtp://127.0.0.1:{server.port}", **environment,
        )  # fmt: skip

    return process


@pytest.fixture
def ask(a_claim):
    """Asks one buyer each at these addresses; the notices, in their order."""

    def write(*addresses, at=None):
        for address in addresses:
            buyer = Buyer.objects.create(name=address.split("@")[0], email=address)
            a_claim(Status.ASKED, buyer=buyer, at=at or timezone.now())
        Notice.objects.filter(buyer=None).delete()  # the shop's, of the filing
        return list(Notice.objects.order_by("pk"))

    return write


def all_sent():
    """Nothing waits and nothing was given up."""
    return not Notice.objects.filter(mail__in=[Mail.PENDING, Mail.PARKED]).exists()


def ids(notices):
    return {mails.message_id(notice) for notice in notices}


def test_a_worker_killed_in_the_middle_of_a_mail_loses_none(start, server, ask):
    notices = ask("a@example.com", "b@example.com", "c@example.com")
    server.silent = True
    start("beat")
    doomed = start("mail", NOTICE_LEASE_SECONDS="4")
    until(lambda: server.talked_to, SOON, "a mail was begun")
    os.killpg(doomed.pid, signal.SIGKILL)
    assert set(Notice.objects.values_list("mail", flat=True)) == {Mail.PENDING}
    assert Notice.objects.filter(attempts=1).count() == 1, "the others were never tried"
    server.silent = False
    start("mail", NOTICE_LEASE_SECONDS="4")
    until(all_sent, SOON, "another worker sends them when the lease is over")
    received = Counter(message_id for _to, message_id in server.received())
    assert set(received) == ids(notices)
    assert received.total() <= len(notices) + 1, "a second copy of the one in hand at most"


def test_what_a_flushed_redis_forgets_the_next_tick_sends(start, server, broker, ask):
    notices = ask("a@example.com", "b@example.com")
    assert broker.queued("mail") >= 2, "both changes have woken the sender"
    broker.flush()
    start("mail")
    start("beat")
    until(all_sent, SOON, "the tick brings them")
    assert {message_id for _to, message_id in server.received()} == ids(notices)


@pytest.mark.parametrize("trouble", ["dead", "frozen"])
def test_no_request_waits_for_redis(broker, client_of, amuse, a_claim, trouble):
    claim = a_claim(at=timezone.now())
    seller = client_of(amuse)
    if trouble == "dead":
        broker.kill()
    else:
        broker.freeze()
    begun = time.monotonic()
    sent = {"withdraw": "Y", "reason": "発送済みです", "confirmed": "1", "seen": claim.events.last().pk}
    response = seller.post(f"{claim.get_absolute_url()}withdrawal/", sent)
    assert time.monotonic() - begun < 3
    assert response.status_code == 303
    claim.refresh_from_db()
    assert claim.status == Status.ASKED
    assert Notice.objects.filter(topic="asked", mail=Mail.PENDING).count() == 1


def test_mails_go_out_when_redis_is_back(start, server, broker, ask):
    start("mail")
    start("beat")
    ask("first@example.com")
    until(all_sent, SOON, "worker and beat are at work")
    broker.kill()
    (*_, notice) = ask("a@example.com")
    time.sleep(1)
    notice.refresh_from_db()
    assert notice.mail == Mail.PENDING
    broker.start_again()
    until(all_sent, SOON, "worker and beat have come back")
    assert [to for to, _id in server.received()] == ["first@example.com", "a@example.com"]


def test_a_mail_server_that_hangs_holds_up_no_deadline(start, server, ask, a_claim):
    ask("a@example.com", "b@example.com", "c@example.com")
    server.silent = True
    start("celery")
    start("mail", EMAIL_TIMEOUT="60")
    start("beat")
    until(lambda: server.talked_to, SOON, "the sender hangs")
    claim = a_claim(at=timezone.now() - timedelta(days=9))
    deeds.ask(claim, timezone.now() - timedelta(days=8))
    until(lambda: Claim.objects.get(pk=claim.pk).status == Status.WITHDRAWN, 5, "the sweep completes it")
    assert not server.mails, "and not a mail has gone out yet"
    server.silent = False
    until(all_sent, SOON, "now they go")


def test_whatever_the_server_answers_the_others_go_on_and_none_is_lost(start, server, ask):
    trouble = {"a@x.jp": "421 closing", "b@x.jp": "451 later", "c@x.jp": "550 no", "d@x.jp": "silence"}
    server.answers |= trouble
    notices = ask(*trouble, "good@x.jp", "fine@x.jp")
    start("mail", EMAIL_TIMEOUT="1")
    start("beat")
    until(lambda: Notice.objects.filter(mail=Mail.SENT).count() == 2, SOON, "the good ones are sent")
    until(lambda: Notice.objects.filter(attempts__gte=1).count() == 6, SOON, "the others were tried")
    late = Notice.objects.exclude(mail=Mail.SENT).order_by("pk")
    assert [(one.mail, one.attempts, one.last_error) for one in late] == [
        (Mail.PENDING, 1, "SMTPRecipientsRefused 421"),
        (Mail.PENDING, 1, "SMTPRecipientsRefused 451"),
        (Mail.PENDING, 1, "SMTPRecipientsRefused 550"),
        (Mail.PENDING, 1, "SMTPServerDisconnected"),
    ]
    server.answers.clear()
    late.update(next_attempt_at=timezone.now())
    until(all_sent, SOON, "all of them, in the end")
    assert {message_id for _to, message_id in server.received()} == ids(notices)
