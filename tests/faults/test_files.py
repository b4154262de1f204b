"""A real worker killed in the middle of a file: another one writes it, once, to its end."""

import os
import signal
import time

import pytest
from django.db import connection, transaction

from claims import tasks
from claims.models import Claim, ExportJob, ImportJob, JobState, Order
from tests.faults.conftest import until
from tests.import_hands import IMPORT, a_row, counts, csv_of, upload
from tests.pages import read
from tests.sheets import EXPORT, content, lines

pytestmark = pytest.mark.django_db(transaction=True)
SOON = 90  # seconds: a process that starts on a busy machine


@pytest.fixture
def worker(celery, broker, uploads):
    """Starts a worker for files: `worker()`."""
    return lambda: celery(
        "worker", "-Q", "files", "-c", "1", "-n", f"files-{time.monotonic_ns()}@%h",
        MEDIA_ROOT=str(uploads),
    )  # fmt: skip


@pytest.fixture
def owner(amuse, client_of, settings):
    settings.EXPORT_DIRECT_ROWS = settings.IMPORT_DIRECT_ROWS = 0
    return client_of(amuse)


def state(job):
    job.refresh_from_db()
    return job.state


def kill_in_the_middle(worker, job, table):
    """The worker has begun and waits for `table`: SIGKILL, to it and to its children."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        doomed = worker()
        until(lambda: state(job) == JobState.RUNNING, SOON, "the job was begun")
        os.killpg(doomed.pid, signal.SIGKILL)
        doomed.wait()
    assert state(job) == JobState.RUNNING, "nobody has told that it died"


def looked_after(job, ended):
    """The tick of every minute, and what it leads to."""

    def is_done():
        tasks.look_after_jobs()
        return state(job) in ended

    until(is_done, SOON, "another worker took it up")


def test_an_export_is_written_by_the_next_worker(owner, a_claim, worker, uploads):
    for _ in range(3):
        a_claim()
    owner.post(EXPORT, {"format": "csv", "columns": "all"})
    job = ExportJob.objects.get()
    kill_in_the_middle(worker, job, Order._meta.db_table)
    worker()
    looked_after(job, {JobState.DONE, JobState.FAILED})
    assert (job.state, job.tries, job.rows_done) == (JobState.DONE, 2, 3)
    assert len(lines(content(owner.get(f"/shops/AMUSE_official/claims/exports/{job.key}/")))) == 4
    assert len([path for path in uploads.rglob("*") if path.is_file()]) == 1


def test_an_import_is_taken_by_the_next_worker(owner, worker):
    rows = [a_row(注文番号=str(700000000 + at)) for at in range(3)]
    address = upload(owner, csv_of(*rows))["Location"]
    job = ImportJob.objects.get()
    tasks.run_import(job.pk)
    owner.post(f"{IMPORT}{job.key}/confirm/", {"take": "good"})
    kill_in_the_middle(worker, job, Claim._meta.db_table)
    worker()
    looked_after(job, {JobState.DONE, JobState.FAILED})
    assert job.state == JobState.DONE
    assert counts(read(owner.get(address))) == (3, 0, 0, 0)
    assert Order.objects.count() == Claim.objects.count() == 3
