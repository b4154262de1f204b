"""From a file to rows in the database: checked without writing, or taken, in chunks of bounded memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, nullcontext
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Any, BinaryIO, cast

from django.core.exceptions import PermissionDenied
from django.core.files import File
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from claims import access, jobs, transitions
from claims.access import Actor
from claims.entries import Entry
from claims.imports.reading import Unreadable, is_light, open_reading
from claims.imports.report import Report
from claims.models import ImportJob, JobState
from claims.moves import ActorKind
from qsm.accounts.models import Shop

CHUNK = 500
Told = Callable[[int], None]


class Refusal(Exception):
    """Nothing was taken, because not every row is right; `report` says which are not."""

    def __init__(self, report: Report) -> None:
        super().__init__(
            _(
                "正しくない行が%s行あるため、1行も取り込みませんでした。表の行を直してファイルを選び直すか、「正しい行だけ取り込む」を選んでください。"
            )
            % f"{report.refused:,}"
        )
        self.report = report


def _nobody(done: int) -> None:
    pass


def check(shop: Shop, file: BinaryIO, *, now: datetime, told: Told = _nobody) -> Report:
    """What taking `file` at `now` would change; `told` hears how many rows are done. Raises Unreadable."""
    reading = open_reading(file)
    report, seen = Report(ignored=reading.ignored), transitions.Seen()
    with closing(reading.entries) as entries:
        for chunk in _chunks(entries):
            report.add(transitions.check_entries(shop, chunk, now=now, seen=seen), now)
            told(report.rows)
    return report


def take(
    shop: Shop,
    file: BinaryIO,
    *,
    all_or_nothing: bool,
    by: Actor,
    now: datetime,
    told: Told = _nobody,
    written: Told = _nobody,
) -> Report:
    """Take what `file` tells of orders and claims of `shop`; returns what became of its rows.

    With `all_or_nothing` in one transaction that raises Refusal, and takes nothing, where any row is not
    right; else each good row is taken, a chunk at a time. `told` hears how many rows are done, `written`
    how many of a chunk changed something, in the transaction that does it. Raises Unreadable.
    """
    if not all_or_nothing:
        return _take(shop, file, by=by, now=now, told=told, written=written)
    with transaction.atomic():
        report = _take(shop, file, by=by, now=now, told=told, written=written)
        if report.refused:
            raise Refusal(report)
    return report


def _take(shop: Shop, file: BinaryIO, *, by: Actor, now: datetime, told: Told, written: Told) -> Report:
    reading = open_reading(file)
    report = Report(ignored=reading.ignored)
    with closing(reading.entries) as entries:
        for chunk in _chunks(entries):
            before = report.written
            with transaction.atomic():
                report.add(transitions.take_entries(shop, chunk, by=by, now=now), now)
                written(report.written - before)
            told(report.rows)
    return report


def _chunks(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    iterator = iter(entries)
    while chunk := list(islice(iterator, CHUNK)):
        yield chunk


def actor(job: ImportJob) -> Actor:
    """In whose name a job writes: of him who asked for it, while he still may; else raises PermissionDenied."""
    user = job.user
    if not user.is_active:
        raise PermissionDenied
    if job.actor_kind == ActorKind.OPERATOR:
        if not (user.is_staff and user.has_perm("claims.add_importjob")):
            raise PermissionDenied
        return access.as_operator(user)
    member = access.memberships(user).filter(shop=job.shop).first()
    if member is None:
        raise PermissionDenied
    return access.as_seller(member)


def run(job: ImportJob, *, now: datetime) -> None:
    """Do a running job: check its file, or take it once that is confirmed; raises jobs.Stopped if cancelled.

    Who may not change the shop any more by the time it is done has it fail.
    """
    try:
        by = actor(job)
    except PermissionDenied:
        jobs.fail(
            job,
            _(
                "依頼した人は、このショップの変更ができなくなりました。変更できる人が「もう一度」を押すと、その人の名前で続けます。"
            ),
        )
        return
    with job.file.open("rb") as opened:
        file = cast(BinaryIO, opened)
        try:
            if job.confirmed_at is None:
                _check(job, file, now)
            elif job.take == ImportJob.Take.ALL:
                _take_all(job, file, by, now)
            else:
                _take_good(job, file, by, now)
        except Unreadable as unreadable:
            jobs.fail(job, str(unreadable))
        except Refusal as refusal:  # of rows that the check did not find, or it were refused before
            report = refusal.report
            jobs.finish(job, JobState.CHECKED, report=report.as_json(), confirmed_at=None, error=str(refusal))


def _check(job: ImportJob, file: BinaryIO, now: datetime) -> None:
    report = check(job.shop, file, now=now, told=partial(jobs.progress, job))
    job.rows_total = report.rows
    jobs.finish(job, JobState.CHECKED, report=report.as_json())


def _take_good(job: ImportJob, file: BinaryIO, by: Actor, now: datetime) -> None:
    def written(rows: int) -> None:
        if rows:
            ImportJob.objects.filter(pk=job.pk).update(rows_taken=F("rows_taken") + rows)

    told = partial(jobs.progress, job)
    report = take(job.shop, file, all_or_nothing=False, by=by, now=now, told=told, written=written)
    jobs.finish(job, JobState.DONE, report=report.as_json())


def _take_all(job: ImportJob, file: BinaryIO, by: Actor, now: datetime) -> None:
    """Its end in the same transaction: what is cancelled before that takes nothing."""
    long = (job.rows_total or 0) > CHUNK
    with (
        jobs.progress_beside(job) if long else nullcontext(partial(jobs.progress, job)) as told,
        transaction.atomic(),
    ):
        report = take(job.shop, file, all_or_nothing=True, by=by, now=now, told=told)
        # Not sooner: this transaction would hold the job against its 取消.
        jobs.finish(job, JobState.DONE, report=report.as_json(), rows_taken=report.written)


def is_short(file: BinaryIO, direct: int) -> bool:
    """Whether `file` has no more than `direct` rows and nothing large to unpack for them.

    Raises Unreadable where it cannot be read so far.
    """
    if not is_light(file):
        return False
    reading = open_reading(file, most=direct + 1)
    with closing(reading.entries) as entries:
        for _entry in entries:
            pass
    return reading.rows <= direct


def begin(shop: Shop, file: BinaryIO, *, name: str, by: Actor, now: datetime, direct: int) -> ImportJob:
    """Keep an uploaded file as a job and check it: at once where it has no more than `direct` rows.

    Raises Unreadable, and keeps nothing, where it cannot be read as far as that.
    """
    at_once = is_short(file, direct)
    file.seek(0)
    job = ImportJob(shop=shop, file_name=name, created_at=now, woken_at=now, expires_at=now + jobs.KEPT)
    for field, value in _by(by).items():
        setattr(job, field, value)
    job.file.save(name, File(file), save=True)
    _go_on(job, at_once, now)
    return job


def confirm(job: ImportJob, *, take: str, by: Actor, now: datetime, direct: int) -> bool:
    """Take the file of a checked job in the name of `by`, at once where it is short.

    False where it does not wait for that. Raises Refusal, before anything is locked, where all rows shall be
    right and the check found some that are not.
    """
    if take == ImportJob.Take.ALL and job.state_at(now) == JobState.CHECKED and job.report.get("refused"):
        raise Refusal(Report(**job.report))
    checked = ImportJob.objects.filter(pk=job.pk, state=JobState.CHECKED, expires_at__gt=now)
    begun = {"state": JobState.WAITING, "confirmed_at": now, "take": take, "rows_done": 0, "tries": 0}
    if checked.update(**begun, **_by(by), woken_at=now, finished_at=None, error="") != 1:
        return False
    job.refresh_from_db()
    _go_on(job, (job.rows_total or 0) <= direct and _is_light(job), now)
    return True


def _is_light(job: ImportJob) -> bool:
    try:
        with job.file.open("rb") as opened:
            return is_light(cast(BinaryIO, opened))
    except OSError:  # lost: the worker says so
        return False


def try_again(job: ImportJob, *, by: Actor, now: datetime) -> bool:
    """Put what failed or was cancelled in line again (もう一度), from now on in the name of `by`.

    False where it did neither or is expired.
    """
    return jobs.try_again(job, now=now, **_by(by))


def _by(actor: Actor) -> dict[str, Any]:
    if actor.user is None:
        raise ValueError("a job is somebody's")
    return {"user": actor.user, "actor_kind": actor.kind, "channel": actor.channel}


def _go_on(job: ImportJob, at_once: bool, now: datetime) -> None:
    if at_once:
        jobs.perform(ImportJob, job.pk, lambda job: run(job, now=now))
        job.refresh_from_db()
    else:
        jobs.wake(job)
