"""A real worker and a real beat: what lapsed is completed, and its mail goes out, without anybody's call."""

import os
import signal
from datetime import timedelta

import pytest
from django.utils import timezone

from claims.models import Claim, Withdrawal
from claims.statuses import Status
from messaging.models import Notice
from tests import deeds
from tests.faults.conftest import until
from tests.invariants import check_invariants

MINUTE = 75  # beat ticks in the first second of each; the rest is a slow machine's


@pytest.fixture
def mails(tmp_path):
    """The text of all mails sent so far."""
    return lambda: "".join(mail.read_text() for mail in (tmp_path / "mail").glob("*.eml"))


def lapse(claim):
    """Ask for the claim so long ago that its window is over."""
    deeds.ask(claim, timezone.now() - timedelta(days=8))


@pytest.mark.django_db(transaction=True)
def test_what_lapsed_is_completed_within_a_minute_and_both_sides_get_their_mail(
    celery, mails, a_claim, tmp_path
):
    claim = a_claim(at=timezone.now() - timedelta(days=9))
    lapse(claim)
    # A worker that dies is no loss: the next one takes the next minute's tick.
    first = celery("worker", "-c", "1")
    os.killpg(first.pid, signal.SIGKILL)
    celery("worker", "-c", "1")
    celery("beat", "--schedule", str(tmp_path / "beat"))
    until(lambda: Claim.objects.get().status == Status.WITHDRAWN, MINUTE, "撤回完了")
    until(lambda: not Notice.objects.filter(mail=Notice.Mail.PENDING).exists(), MINUTE, "mails sent")
    attempt = Withdrawal.objects.get()
    assert attempt.ended_at == attempt.deadline_at == Claim.objects.get().completed_at
    assert attempt.swept_at >= attempt.deadline_at
    assert mails().count("To: yunjee@example.com") == 2  # asked, and over
    assert mails().count("To: amuse@example.com") == 2  # filed, and over
    check_invariants()
