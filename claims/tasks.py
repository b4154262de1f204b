"""The clock's tasks, and the long work on files."""

import logging

from celery import shared_task
from django.utils import timezone

from claims import bulk, exports, files, imports, jobs, transitions
from claims.models import ExportJob, ImportJob

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


@shared_task(acks_late=False, ignore_result=True)
def forget_bulk_runs() -> None:
    """Every night: what became of each row of a 一括処理, after 30 days."""
    if count := bulk.forget(now=timezone.now()):
        log.info("forgot %s bulk runs", count)


@shared_task(acks_late=False, ignore_result=True, time_limit=3600)
def run_export(pk: int) -> None:
    """Write one ダウンロード, in the queue of long work."""
    jobs.perform(ExportJob, pk, lambda job: exports.run(job, now=timezone.now()))


@shared_task(acks_late=False, ignore_result=True, time_limit=3600)
def run_import(pk: int) -> None:
    """Check or take one 取込, in the queue of long work."""
    jobs.perform(ImportJob, pk, lambda job: imports.run(job, now=timezone.now()))


@shared_task(acks_late=False, ignore_result=True)
def look_after_jobs() -> None:
    """Every minute: take up again what a killed worker left, delete the files of what is expired."""
    now = timezone.now()
    if count := jobs.recover(now=now):
        log.info("woke %s jobs on files", count)
    if count := jobs.clear_away(now=now):
        log.info("deleted %s expired files", count)
