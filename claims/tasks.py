"""The clock's tasks."""

import logging

from celery import shared_task
from django.utils import timezone

from claims import files, transitions

log = logging.getLogger(__name__)


@shared_task(acks_late=False, ignore_result=True)
def complete_lapsed() -> None:
    """One sweep of both clocks, every minute (SPEC 2 and 3); what it misses the next one takes."""
    now = timezone.now()
    lapsed, late = transitions.complete_lapsed(now=now), transitions.call_late(now=now)
    if lapsed.completed or lapsed.failed:
        log.info("completed %s lapsed claims, left %s", lapsed.completed, lapsed.failed)
    if late.completed or late.failed:
        log.info("called %s claims late, left %s", late.completed, late.failed)


@shared_task(acks_late=False, ignore_result=True)
def discard_forgotten_files() -> None:
    """Every night: files of drafts that were never sent."""
    if count := files.discard_forgotten(now=timezone.now()):
        log.info("discarded %s files that were never sent", count)
