"""取込 of long files: checked and taken by the worker, watched, cancelled, taken up again."""

from datetime import timedelta
from threading import Thread

import pytest
from django.db import connection

from claims import jobs, tasks
from claims.imports import taking, xlsx_file
from claims.models import ClaimEvent, ImportJob, JobState, Order
from qsm.accounts.models import Role
from tests.clock import NOW
from tests.import_hands import IMPORT, a_row, counts, csv_of, upload, xlsx_of
from tests.pages import read


@pytest.fixture
def owner(amuse, client_of, clock, settings):
    settings.IMPORT_DIRECT_ROWS = 1
    return client_of(amuse)


@pytest.fixture
def sent(monkeypatch):
    """What is handed to the worker's queue."""
    calls = []
    monkeypatch.setattr(
        jobs.current_app, "send_task", lambda task, args, **options: calls.append((task, args))
    )
    return calls


@pytest.fixture
def on_commit(django_capture_on_commit_callbacks):
    return lambda: django_capture_on_commit_callbacks(execute=True)


def many(count=5, **cells):
    return csv_of(*[a_row(注文番号=str(700000000 + at), **cells) for at in range(count)])


@pytest.fixture
def a_job(owner, sent, on_commit):
    """Uploads five rows, where more than one is the worker's."""

    def begin(data=None):
        with on_commit():
            answer = upload(owner, data or many())
        assert answer.status_code == 302
        return ImportJob.objects.get(key=answer["Location"].split("/")[-2])

    return begin


def page_of(browser, job):
    return read(browser.get(f"{IMPORT}{job.key}/"))


def confirm(browser, job, on_commit, take="good"):
    with on_commit():
        assert browser.post(f"{IMPORT}{job.key}/confirm/", {"take": take}).status_code == 302


@pytest.mark.parametrize("take", ["good", "all"])
def test_checked_then_taken_by_the_worker(a_job, owner, sent, on_commit, take):
    job = a_job()
    assert sent == [("claims.tasks.run_import", [job.pk])]
    page = page_of(owner, job)
    assert "内容を確認しています" in page.text
    assert page.one("section", id="import")["hx-trigger"] == "every 2s"
    tasks.run_import(job.pk)
    page = page_of(owner, job)
    assert counts(page) == (5, 0, 0, 0)
    assert "hx-trigger" not in page.one("section", id="import")
    assert not Order.objects.exists()
    confirm(owner, job, on_commit, take)
    assert "取り込んでいます" in page_of(owner, job).text
    assert not Order.objects.exists(), "the worker's"
    tasks.run_import(job.pk)
    assert counts(page_of(owner, job)) == (5, 0, 0, 0)
    assert Order.objects.count() == 5


def test_the_part_alone_for_htmx(a_job, owner):
    job = a_job()
    part = owner.get(f"{IMPORT}{job.key}/", headers={"HX-Request": "true", "HX-Target": "import"})
    assert part.content.strip().startswith(b"<section")


def elsewhere(deed):
    """Somebody does `deed` on a connection of his own."""

    def do():
        deed()
        connection.close()

    thread = Thread(target=do)
    thread.start()
    thread.join()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("take", "left"), [("good", 2), ("all", 0)])
def test_cancelled_while_it_is_taken(a_job, owner, on_commit, monkeypatch, take, left):
    job = a_job()
    tasks.run_import(job.pk)
    confirm(owner, job, on_commit, take)
    monkeypatch.setattr(taking, "CHUNK", 2)
    take_entries = taking.transitions.take_entries

    def then_cancelled(*args, **options):
        elsewhere(lambda: jobs.cancel(job, now=NOW))
        return take_entries(*args, **options)

    monkeypatch.setattr(taking.transitions, "take_entries", then_cancelled)
    tasks.run_import(job.pk)
    assert Order.objects.count() == left
    assert "取消しました" in page_of(owner, job).text


def test_a_worker_that_dies_half_way_is_followed_by_one_that_goes_on(a_job, owner, on_commit, monkeypatch):
    job = a_job()
    tasks.run_import(job.pk)
    confirm(owner, job, on_commit)
    monkeypatch.setattr(taking, "CHUNK", 2)
    progress = jobs.progress

    def then_killed(job, done):
        progress(job, done)
        raise SystemExit

    monkeypatch.setattr(jobs, "progress", then_killed)
    with pytest.raises(SystemExit):
        tasks.run_import(job.pk)
    monkeypatch.setattr(jobs, "progress", progress)
    assert Order.objects.count() == 2
    tasks.look_after_jobs()
    job.refresh_from_db()
    assert job.state == JobState.WAITING
    tasks.run_import(job.pk)
    assert counts(page_of(owner, job)) == (3, 0, 2, 0), "what was taken is found, not taken twice"
    assert Order.objects.count() == 5


def test_a_file_that_breaks_in_its_middle(a_job, owner, settings):
    job = a_job(many(3) + b'700000009,"' + b"x" * 50_000)
    tasks.run_import(job.pk)
    page = page_of(owner, job)
    assert "行目を読み取れません" in page.one("div", class_="refusal").text
    assert not Order.objects.exists()


def test_a_file_that_the_storage_lost(a_job, owner, uploads):
    job = a_job()
    for path in uploads.rglob("*"):
        if path.is_file():
            path.unlink()
    tasks.run_import(job.pk)
    assert "もう一度" in page_of(owner, job).one("div", class_="refusal").text


def test_two_imports_of_a_shop_are_written_one_after_the_other(a_job, owner, on_commit):
    first, second = a_job(), a_job()
    for job in (first, second):
        tasks.run_import(job.pk)
        confirm(owner, job, on_commit)
    ImportJob.objects.filter(pk=first.pk).update(state=JobState.RUNNING)
    tasks.run_import(second.pk)
    second.refresh_from_db()
    assert second.state == JobState.WAITING, "until the tick after the first has ended"


def test_what_is_kept_goes_after_a_day(a_job, owner, clock, uploads):
    job = a_job(many(3, 購入者名=""))
    tasks.run_import(job.pk)
    clock.shift(timedelta(hours=24))
    tasks.look_after_jobs()
    job.refresh_from_db()
    assert (job.state, job.report, job.file.name) == (JobState.EXPIRED, {}, "")
    assert not [path for path in uploads.rglob("*") if path.is_file()]


def test_many_bad_rows_are_counted_and_the_first_shown(a_job, owner):
    job = a_job(many(700, 注文日="x"))
    tasks.run_import(job.pk)
    page = page_of(owner, job)
    assert counts(page) == (0, 0, 0, 700)
    assert "はじめの500件を表示しています" in page.text
    assert "取り込む変更はありません" in page.text


def test_the_queries_grow_with_the_chunks_not_with_the_rows(
    owner, a_job, on_commit, django_assert_num_queries
):
    job = a_job(many(400))
    with django_assert_num_queries(14):
        tasks.run_import(job.pk)
    confirm(owner, job, on_commit)
    with django_assert_num_queries(24):
        tasks.run_import(job.pk)
    assert Order.objects.count() == 400


@pytest.mark.django_db(transaction=True)
def test_all_or_nothing_tells_how_far_it_is_too(a_job, owner, on_commit, monkeypatch):
    monkeypatch.setattr(taking, "CHUNK", 2)
    job = a_job()
    tasks.run_import(job.pk)
    confirm(owner, job, on_commit, "all")
    told, take_entries = [], taking.transitions.take_entries

    def watched(*args, **options):
        elsewhere(lambda: told.append((page_of(owner, job).one("progress")["value"], Order.objects.count())))
        return take_entries(*args, **options)

    monkeypatch.setattr(taking.transitions, "take_entries", watched)
    tasks.run_import(job.pk)
    assert told == [("0", 0), ("40", 0), ("80", 0)], "seen by others while no row is"
    assert Order.objects.count() == 5


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("take", "left"), [("good", 5), ("all", 0)])
def test_cancelled_at_the_last_moment(a_job, owner, on_commit, monkeypatch, take, left):
    job = a_job()
    tasks.run_import(job.pk)
    confirm(owner, job, on_commit, take)
    finish = jobs.finish

    def cancelled_before(job, state, **values):
        if connection.in_atomic_block:  # its row is this transaction's
            ImportJob.objects.filter(pk=job.pk).update(state=JobState.CANCELLED)
        else:
            elsewhere(lambda: jobs.cancel(job, now=NOW))
        finish(job, state, **values)

    monkeypatch.setattr(jobs, "finish", cancelled_before)
    tasks.run_import(job.pk)
    assert Order.objects.count() == left


def test_the_page_says_how_much_a_cancelled_one_took(a_job, owner, on_commit, monkeypatch):
    job = a_job()
    tasks.run_import(job.pk)
    confirm(owner, job, on_commit)
    monkeypatch.setattr(taking, "CHUNK", 2)
    take_entries = taking.transitions.take_entries

    def then_cancelled(*args, **options):
        plans = take_entries(*args, **options)
        jobs.cancel(job, now=NOW)
        return plans

    monkeypatch.setattr(taking.transitions, "take_entries", then_cancelled)
    tasks.run_import(job.pk)
    page = page_of(owner, job)
    assert "取消までの2行は取り込み済みです" in page.text
    assert Order.objects.count() == 2
    monkeypatch.setattr(taking.transitions, "take_entries", take_entries)
    with on_commit():
        owner.post(f"{IMPORT}{job.key}/retry/")
    tasks.run_import(job.pk)
    assert counts(page_of(owner, job)) == (3, 0, 2, 0)


@pytest.mark.parametrize(("rows", "take"), [(1, "all"), (2, "good")])
def test_a_long_file_holds_its_claims_no_longer_than_a_chunk(a_job, owner, rows, take):
    """Where all rows are right nobody is asked: a short file is taken whole, a long one bit by bit."""
    job = a_job(many(rows))
    tasks.run_import(job.pk)
    assert page_of(owner, job).one("input", name="take")["value"] == take


def test_empty_rows_without_end_are_the_workers(a_job, sent):
    job = a_job(csv_of(a_row()) + b"\r\n" * 20)
    assert sent == [("claims.tasks.run_import", [job.pk])]
    tasks.run_import(job.pk)
    job.refresh_from_db()
    assert (job.state, job.report["created"]) == (JobState.CHECKED, 1)


def fails_after_a_chunk(monkeypatch):
    """Chunks of two rows, of which the second cannot be written; undone by the caller."""
    monkeypatch.setattr(taking, "CHUNK", 2)
    take_entries, chunks = taking.transitions.take_entries, []

    def then_broken(*args, **options):
        chunks.append(args)
        if len(chunks) > 1:
            raise RuntimeError("the disk is full")
        return take_entries(*args, **options)

    monkeypatch.setattr(taking.transitions, "take_entries", then_broken)


def test_the_page_says_how_much_a_failed_one_took(a_job, owner, on_commit, monkeypatch):
    job = a_job()
    tasks.run_import(job.pk)
    assert "取り込み済み" not in page_of(owner, job).text
    confirm(owner, job, on_commit)
    with monkeypatch.context() as broken:
        fails_after_a_chunk(broken)
        tasks.run_import(job.pk)
    page = page_of(owner, job)
    assert "取り込めませんでした" not in page.text
    assert "2行は取り込み済みです" in page.text
    assert Order.objects.count() == 2


def test_a_second_try_cancelled_denies_nothing_of_the_first(a_job, owner, on_commit, monkeypatch):
    job = a_job()
    tasks.run_import(job.pk)
    confirm(owner, job, on_commit)
    with monkeypatch.context() as broken:
        fails_after_a_chunk(broken)
        tasks.run_import(job.pk)
    owner.post(f"{IMPORT}{job.key}/retry/")
    owner.post(f"{IMPORT}{job.key}/cancel/")
    page = page_of(owner, job)
    assert "何も取り込んでいません" not in page.text
    assert "2行は取り込み済みです" in page.text


def test_what_fails_before_its_first_row_took_nothing(a_job, owner, on_commit, monkeypatch):
    job = a_job()
    tasks.run_import(job.pk)
    confirm(owner, job, on_commit)
    with monkeypatch.context() as broken:
        broken.setattr(taking.transitions, "take_entries", lambda *args, **options: 1 / 0)
        tasks.run_import(job.pk)
    page = page_of(owner, job)
    assert "取り込めませんでした" in page.text
    assert "取り込み済み" not in page.text


@pytest.mark.parametrize("take", ["good", "all"])
@pytest.mark.parametrize("lost", ["let go", "read-only", "locked out"])
def test_who_may_not_change_the_shop_any_more_writes_nothing(
    a_job, owner, clerk, client_of, on_commit, sent, lost, take
):
    job = a_job()
    tasks.run_import(job.pk)
    confirm(client_of(clerk), job, on_commit, take)
    if lost == "let go":
        clerk.delete()
    elif lost == "read-only":
        clerk.role = Role.READ_ONLY
        clerk.save()
    else:
        clerk.user.is_active = False
        clerk.user.save()
    tasks.run_import(job.pk)
    assert not Order.objects.exists()
    page = page_of(owner, job)
    assert "依頼した人は、このショップの変更ができなくなりました" in page.one("div", class_="refusal").text
    with on_commit():
        owner.post(f"{IMPORT}{job.key}/retry/")
    tasks.run_import(job.pk)
    assert Order.objects.count() == 5
    assert {event.actor for event in ClaimEvent.objects.all()} == {ImportJob.objects.get().user}


def test_who_tries_again_is_the_one_who_writes(a_job, owner, amuse, operator, on_commit):
    """An operator's import that a seller takes up again is no operator's deed."""
    job = a_job()
    tasks.run_import(job.pk)
    confirm(owner, job, on_commit)
    ImportJob.objects.update(user=operator, actor_kind="operator", channel="admin")
    owner.post(f"{IMPORT}{job.key}/cancel/")
    owner.post(f"{IMPORT}{job.key}/retry/")
    tasks.run_import(job.pk)
    said = {(event.actor_kind, event.actor, event.channel) for event in ClaimEvent.objects.all()}
    assert said == {("seller", amuse.user, "desk")}


def test_all_of_a_file_with_bad_rows_is_refused_before_anything_is_locked(a_job, owner, sent, monkeypatch):
    job = a_job(csv_of(a_row(), a_row(注文番号="700000002"), a_row(注文番号="700000003", 注文日="x")))
    tasks.run_import(job.pk)
    sent.clear()
    monkeypatch.setattr(taking.transitions, "take_entries", lambda *args, **options: pytest.fail("it locks"))
    answer = owner.post(f"{IMPORT}{job.key}/confirm/", {"take": "all"})
    assert answer.status_code == 422
    refusal = read(answer).one("div", class_="refusal", role="alert").text
    assert "正しくない行が1行あるため、1行も取り込みませんでした" in refusal
    job.refresh_from_db()
    assert (job.state, job.confirmed_at, sent) == (JobState.CHECKED, None, [])


@pytest.fixture
def heavy(monkeypatch):
    """A row whose book has, unpacked, more texts than anybody waits for."""
    monkeypatch.setattr(xlsx_file, "AT_ONCE_MAX", 50_000)
    row = a_row(備考="".join(map(chr, range(0x4E00, 0x9000))))
    return xlsx_of(list(row), list(row.values()))


def test_a_book_that_unpacks_to_much_is_the_workers_however_few_its_rows(
    owner, sent, settings, on_commit, monkeypatch, heavy
):
    settings.IMPORT_DIRECT_ROWS = 500
    with monkeypatch.context() as web:
        web.setattr(xlsx_file, "_Texts", lambda *args: pytest.fail("unpacked while somebody waits"))
        with on_commit():
            assert upload(owner, heavy, "claims.xlsx").status_code == 302
    job = ImportJob.objects.get()
    assert sent == [("claims.tasks.run_import", [job.pk])]
    tasks.run_import(job.pk)
    assert counts(page_of(owner, job)) == (1, 0, 0, 0)
    with monkeypatch.context() as web:
        web.setattr(xlsx_file, "_Texts", lambda *args: pytest.fail("unpacked while somebody waits"))
        confirm(owner, job, on_commit)
    assert not Order.objects.exists()
    tasks.run_import(job.pk)
    assert counts(page_of(owner, job)) == (1, 0, 0, 0)


def test_what_was_written_is_counted_with_it_however_the_worker_ends(a_job, owner, on_commit, monkeypatch):
    job = a_job()
    tasks.run_import(job.pk)
    confirm(owner, job, on_commit)
    monkeypatch.setattr(taking, "CHUNK", 2)

    def killed(job, done):
        raise SystemExit

    monkeypatch.setattr(jobs, "progress", killed)
    with pytest.raises(SystemExit):
        tasks.run_import(job.pk)
    job.refresh_from_db()
    assert job.rows_taken == Order.objects.count() == 2
    owner.post(f"{IMPORT}{job.key}/cancel/")
    assert "取消までの2行は取り込み済みです" in page_of(owner, job).text
