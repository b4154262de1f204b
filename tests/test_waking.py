"""Waking the sender: after the commit, once, and never in the way of the request (SPEC 5)."""

import pytest

from claims.models import Claim
from claims.statuses import Status
from messaging import tasks
from messaging.models import Notice
from qsm.celery import app

Mail = Notice.Mail


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
        queue = broker.SimpleQueue("mail")
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
