"""The sender's tasks."""

import logging

from celery import shared_task
from django.conf import settings
from django.utils import timezone
from kombu.exceptions import OperationalError

from messaging import delivery, notices

log = logging.getLogger(__name__)


# A run ends itself after NOTICE_RUN_SECONDS; one mail begun just before may take some time-outs more.
# Beyond that it is interrupted, and the lease of what it had in hand has not run out yet.
@shared_task(
    acks_late=False,
    ignore_result=True,
    soft_time_limit=settings.NOTICE_RUN_SECONDS + 30,
    time_limit=settings.NOTICE_RUN_SECONDS + 40,
)
def send_notices() -> None:
    """Send the mails that are due: woken by a change, and every minute for what that missed."""
    delivery.send_due()


@shared_task(acks_late=False, ignore_result=True)
def post_reminders() -> None:
    """Write the reminders that have come due; the five minutes are how late one may be."""
    now = timezone.now()
    notices.post_reminders(now=now)
    notices.post_late_warnings(now=now)


def wake() -> None:
    """Ask a worker to send now; where the broker does not answer, the next minute's tick does it."""
    try:
        send_notices.apply_async(retry=False, expires=50)  # beat's next tick is due by then
    except OperationalError:
        log.warning("the broker does not answer; mails wait for the next tick")
