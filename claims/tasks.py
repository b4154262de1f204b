"""The clock's tasks."""

import logging

from celery import shared_task
from django.utils import timezone

from claims import transitions

log = logging.getLogger(__name__)


@shared_task(acks_late=False, ignore_result=True)
def complete_lapsed() -> None:
    """One sweep, every minute (SPEC 3); what it misses the next one takes."""
    sweep = transitions.complete_lapsed(now=timezone.now())
    if sweep.completed or sweep.failed:
        log.info("completed %s lapsed claims, left %s", sweep.completed, sweep.failed)
