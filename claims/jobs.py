"""How long work on files is handed to the worker, watched, taken up again, cancelled and cleared away."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from celery import current_app
from django.db import IntegrityError, connection, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _
from kombu.exceptions import OperationalError

from claims.models import ExportJob, ImportJob, Job, JobState
from claims.models.job import UNFINISHED

log = logging.getLogger(__name__)

KEPT = timedelta(hours=24)
RECORDS_KEPT = timedelta(days=30)
TRIES = 2
WAKE_AGAIN = timedelta(minutes=2)
TASKS: dict[type[Job], str] = {
    ExportJob: "claims.tasks.run_export",
    ImportJob: "claims.tasks.run_import",
}
LOCKS: dict[type[Job], int] = {ExportJob: 815001, ImportJob: 815002}


class Stopped(Exception):
    """The job was cancelled while it was being done."""


def wake(job: Job) -> None:
    """Ask a worker to do `job` once the transaction is committed; a dead broker only delays it."""

    def send() -> None:
        try:
            current_app.send_task(TASKS[type(job)], args=[job.pk], retry=False)
        except OperationalError:
            log.warning("the broker does not answer; job %s waits for the next tick", job.pk)

    transaction.on_commit(send, robust=True)


def perform(model: type[Job], pk: int, work: Callable[[Any], None]) -> None:
    """Do a waiting job by `work(job)`, which raises Stopped when it finds the job cancelled.

    Only one process does it: the one that holds the job's advisory lock, which ends with its connection.
    """
    with _held(model, pk) as held:
        if not held or not _take_up(model, pk):
            return
        job = model._default_manager.get(pk=pk)
        try:
            work(job)
        except Stopped:
            log.info("%s %s was cancelled", model.__name__, pk)
        except Exception:
            log.exception("%s %s failed", model.__name__, pk)
            fail(job, _("処理を完了できませんでした。「もう一度」を押してください。"))


def _take_up(model: type[Job], pk: int) -> bool:
    waiting = model._default_manager.filter(pk=pk, state=JobState.WAITING, expires_at__gt=timezone.now())
    try:
        with transaction.atomic():
            return waiting.update(state=JobState.RUNNING, tries=F("tries") + 1, rows_done=0) == 1
    except IntegrityError:  # another import of the shop is being written: the next tick comes back
        return False


@contextmanager
def _held(model: type[Job], pk: int) -> Iterator[bool]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [LOCKS[model], pk])
        held = cursor.fetchone()[0]
    try:
        yield held
    finally:
        if held and connection.is_usable():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [LOCKS[model], pk])


def progress(job: Job, done: int) -> None:
    """Note that `done` rows are done; raises Stopped where the job is not being done any more."""
    job.rows_done = done
    same = type(job)._default_manager.filter(pk=job.pk)
    if same.filter(state=JobState.RUNNING).update(rows_done=done, rows_total=job.rows_total) != 1:
        raise Stopped


@contextmanager
def progress_beside(job: Job) -> Iterator[Callable[[int], None]]:
    """`progress`, told on a connection of its own while this one is in a long transaction.

    Within that nobody would see it before the end, and it would hold the job against its 取消.
    """
    with ThreadPoolExecutor(max_workers=1) as beside:
        try:
            yield lambda done: beside.submit(progress, job, done).result()
        finally:
            beside.submit(lambda: connection.close())


def finish(job: Job, state: JobState, **values: Any) -> None:
    """End a running job in `state`, keeping `values`; raises Stopped where it was cancelled meanwhile."""
    values |= {"state": state, "finished_at": timezone.now(), "rows_done": job.rows_done}
    running = type(job)._default_manager.filter(pk=job.pk, state=JobState.RUNNING)
    if running.update(rows_total=job.rows_total, **values) != 1:
        raise Stopped
    job.refresh_from_db()


def fail(job: Job, why: str) -> None:
    """End a running job as 失敗, saying why; one that was cancelled stays so."""
    running = type(job)._default_manager.filter(pk=job.pk, state=JobState.RUNNING)
    running.update(state=JobState.FAILED, error=why[:300], finished_at=timezone.now())


def cancel(job: Job, *, now: datetime) -> bool:
    """Cancel what is not finished; False where there was nothing left to cancel."""
    unfinished = type(job)._default_manager.filter(pk=job.pk, state__in=(*UNFINISHED, JobState.CHECKED))
    return unfinished.update(state=JobState.CANCELLED, finished_at=now) == 1


def try_again(job: Job, *, now: datetime, **values: Any) -> bool:
    """Put what failed or was cancelled in line again (もう一度), keeping `values`.

    False where it did neither or is expired.
    """
    ended = type(job)._default_manager.filter(
        pk=job.pk, state__in=(JobState.FAILED, JobState.CANCELLED), expires_at__gt=now
    )
    again = {"rows_done": 0, "tries": 0, "error": "", "finished_at": None, "woken_at": now}
    if ended.update(state=JobState.WAITING, **again, **values) != 1:
        return False
    wake(job)
    return True


def recover(*, now: datetime) -> int:
    """Take up again what a killed worker left, and wake what waits; returns how many jobs were touched.

    A running job whose lock is free has no worker. It is tried once more, then it has failed.
    """
    touched = 0
    for model in TASKS:
        for job in model._default_manager.filter(state=JobState.RUNNING):
            with _held(model, job.pk) as alone:
                if alone:
                    touched += _take_from_the_dead(job, now)
        forgotten = model._default_manager.filter(
            state=JobState.WAITING, woken_at__lte=now - WAKE_AGAIN, expires_at__gt=now
        )
        for job in forgotten:
            forgotten.filter(pk=job.pk).update(woken_at=now)
            wake(job)
            touched += 1
    return touched


def _take_from_the_dead(job: Job, now: datetime) -> int:
    running = type(job)._default_manager.filter(pk=job.pk, state=JobState.RUNNING)
    if job.tries >= TRIES:
        why = _("処理が途中で止まりました。「もう一度」を押してください。")
        return running.update(state=JobState.FAILED, error=why, finished_at=now)
    again = running.update(state=JobState.WAITING, woken_at=now)
    if again:
        wake(job)
    return again


def clear_away(*, now: datetime) -> int:
    """Delete the files of what is expired, and after 30 days the records; returns how many files."""
    files = 0
    for model in TASKS:
        expired = model._default_manager.filter(expires_at__lte=now)
        for job in expired.exclude(state=JobState.EXPIRED):
            if job.file:
                try:
                    job.file.delete(save=False)
                except OSError:  # the others are not kept for its sake; the next minute tries again
                    log.exception("the file of %s %s cannot be deleted", model.__name__, job.pk)
                    continue
                files += 1
            job.state = JobState.EXPIRED
            job.save(update_fields=["state", "file"])
        expired.filter(expires_at__lte=now - RECORDS_KEPT).delete()
    # What the rows said may be personal: it goes with the file.
    ImportJob.objects.filter(expires_at__lte=now).exclude(report={}).update(report={})
    return files
