"""The sender's tasks."""

import logging

from celery import shared_task
from kombu.exceptions import OperationalError

from messaging import delivery

log = logging.getLogger(__name__)


@shared_task(acks_late=False, ignore_result=True)
def send_notices() -> None:
    """Send the mails that are due: woken by a change, and every minute for what that missed."""
    delivery.send_due()


def wake() -> None:
    """Ask a worker to send now; where the broker does not answer, the next minute's tick does it."""
    try:
        send_notices.apply_async(retry=False)
    except OperationalError:
        log.warning("the broker does not answer; mails wait for the next tick")
