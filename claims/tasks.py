"""The clock's tasks."""

import logging

from celery import shared_task
from django.utils import timezone

from claims import files, transitions

log = logging.getLogger(__name__)


@shared_task(acks_late=False, ignore_result=True)
def complete_lapsed() -> None:
    """One sweep, every minute (SPEC 3); what it misses the next one takes."""
    sweep = transitions.complete_lapsed(now=timezone.now())
    if sweep.completed or sweep.failed:
        log.info("completed %s lapsed claims, left %s", sweep.completed, sweep.failed)


@shared_task(acks_late=False, ignore_result=True)
def discard_forgotten_files() -> None:
    """Every night: files of drafts that were never sent."""
    if count := files.discard_forgotten(now=timezone.now()):
        log.info("discarded %s files that were never sent", count)
