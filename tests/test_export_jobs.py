"""ダウンロード一覧: files too long to wait for, written by the worker, kept a day for who asked."""

from datetime import timedelta
from threading import Event, Thread

import pytest
from django.core.files.storage import FileSystemStorage
from django.db import connection

from claims import exports, jobs, tasks
from claims.models import ExportJob, JobState
from claims.statuses import Status
from qsm.accounts.models import Member, Role
from qsm.celery import app
from tests.clock import NOW
from tests.pages import read
from tests.sheets import EXPORT, content, lines, sheet

LIST = "/shops/AMUSE_official/claims/exports/"


@pytest.fixture
def sent(monkeypatch):
    """What is handed to the worker's queue: (task, keys)."""
    calls = []
    monkeypatch.setattr(
        jobs.current_app, "send_task", lambda task, args, **options: calls.append((task, args))
    )
    return calls


@pytest.fixture
def a_job(settings, a_claim, seller, sent, django_capture_on_commit_callbacks):
    """Presses Excel (or what `with_` says) where two claims are too many to wait for."""
    settings.EXPORT_DIRECT_ROWS = 1
    a_claim()
    a_claim(Status.ASKED)

    def press(person=None, query="", **with_):
        with django_capture_on_commit_callbacks(execute=True):
            answer = (person or seller).post(
                EXPORT + query, {"format": "xlsx", "columns": "visible", **with_}
            )
        assert (answer.status_code, answer["Location"]) == (302, LIST)
        return ExportJob.objects.first()

    return press


def states(browser):
    return [row.all("td")[2].text for row in read(browser.get(LIST)).all("tr")[1:]]


def test_many_rows_are_the_workers(a_job, seller, sent):
    job = a_job()
    assert sent == [("claims.tasks.run_export", [job.pk])]
    assert app.conf.task_routes["claims.tasks.run_export"] == {"queue": "files"}, "no sweep waits behind it"
    page = read(seller.get(LIST))
    assert states(seller) == ["待機中"]
    assert page.one("section", id="exports")["hx-trigger"] == "every 2s"
    tasks.run_export(job.pk)
    page = read(seller.get(LIST))
    assert states(seller) == ["完了"]
    assert "hx-trigger" not in page.one("section", id="exports"), "what is done is not asked for any more"
    answer = seller.get(page.one("a", download=True)["href"])
    assert answer["Content-Disposition"] == 'attachment; filename="claims-20210713-100000.xlsx"'
    rows = sheet(content(answer))
    assert [row[0] for row in rows] == ["処理状態", "返品：撤回要請", "返品要請"]


def test_the_part_alone_for_htmx(a_job, seller):
    a_job()
    part = seller.get(LIST, headers={"HX-Request": "true", "HX-Target": "exports"})
    assert part.content.strip().startswith(b"<section")


def test_a_csv_of_the_rows_checked(a_job, a_claim, seller):
    extra = [a_claim().number for _ in range(2)]
    job = a_job(format="csv", columns="all", claim=extra)
    tasks.run_export(job.pk)
    rows = lines(content(seller.get(f"{LIST}{job.key}/")))
    assert sorted(row[rows[0].index("クレーム番号")] for row in rows[1:]) == sorted(extra)


def test_the_address_is_read_again_by_the_worker(a_job, a_claim, seller):
    job = a_job(query="?tab=search&sort=number")
    a_claim()
    tasks.run_export(job.pk)
    rows = sheet(content(seller.get(f"{LIST}{job.key}/")))
    assert len(rows) == 4, "as it is when it is written"


def test_the_same_wish_twice_is_one_file(a_job, sent):
    a_job()
    a_job()
    assert ExportJob.objects.count() == 1
    assert len(sent) == 1


def test_three_at_a_time(a_job, seller, sent):
    for query in ("?sort=number", "?sort=-number", "?sort=status"):
        a_job(query=query)
    seller.get(LIST)  # reads what was said of these
    a_job(query="?sort=-status")
    assert "作成中のファイルが3つあります" in read(seller.get(LIST)).text
    assert ExportJob.objects.count() == len(sent) == 3


def test_each_sees_his_own(a_job, seller, clerk, rival, client_of):
    job = a_job()
    tasks.run_export(job.pk)
    for person, code in ((clerk, 404), (rival, 404)):
        assert client_of(person).get(f"{LIST}{job.key}/").status_code == code
        assert client_of(person).post(f"{LIST}{job.key}/cancel/").status_code == 404
    assert states(client_of(clerk)) == []


def test_a_day_later_it_is_gone(a_job, seller, clock, uploads):
    job = a_job()
    tasks.run_export(job.pk)
    assert [path for path in uploads.rglob("*") if path.is_file()]
    clock.shift(timedelta(hours=24))
    assert states(seller) == ["期限切れ"], "to the second, swept or not"
    assert seller.get(f"{LIST}{job.key}/").status_code == 302
    tasks.look_after_jobs()
    assert not [path for path in uploads.rglob("*") if path.is_file()]
    job.refresh_from_db()
    assert (job.state, job.file.name) == (JobState.EXPIRED, "")
    clock.shift(timedelta(days=30))
    tasks.look_after_jobs()
    assert not ExportJob.objects.exists()


def test_cancelled_before_it_began(a_job, seller, uploads):
    job = a_job()
    seller.post(f"{LIST}{job.key}/cancel/")
    tasks.run_export(job.pk)
    assert states(seller) == ["取消"]
    assert not [path for path in uploads.rglob("*") if path.is_file()]


def test_cancelled_while_it_was_written(a_job, seller, uploads, monkeypatch):
    job = a_job()
    monkeypatch.setattr(exports, "CHUNK", 1)
    read_rows = exports.rows

    def then_cancelled(*args, **kwargs):
        for row in read_rows(*args, **kwargs):
            seller.post(f"{LIST}{job.key}/cancel/")
            yield row

    monkeypatch.setattr(exports, "rows", then_cancelled)
    tasks.run_export(job.pk)
    assert states(seller) == ["取消"]
    assert not [path for path in uploads.rglob("*") if path.is_file()]


def test_what_fails_says_so_and_is_tried_again_by_hand(
    a_job, seller, sent, monkeypatch, caplog, django_capture_on_commit_callbacks
):
    job = a_job()
    with monkeypatch.context() as broken:
        broken.setattr(exports, "write_xlsx", lambda *args: 1 / 0)
        tasks.run_export(job.pk)
    assert "ZeroDivisionError" in caplog.text
    assert states(seller) == ["失敗 処理を完了できませんでした。「もう一度」を押してください。"]
    with django_capture_on_commit_callbacks(execute=True):
        seller.post(f"{LIST}{job.key}/retry/")
    assert states(seller) == ["待機中"]
    assert len(sent) == 2
    tasks.run_export(job.pk)
    assert states(seller) == ["完了"]


def test_what_is_done_is_neither_cancelled_nor_tried_again(a_job, seller):
    job = a_job()
    tasks.run_export(job.pk)
    for what in ("cancel", "retry"):
        assert seller.post(f"{LIST}{job.key}/{what}/").status_code == 302
        assert states(seller) == ["完了"]


def test_a_killed_workers_file_is_taken_up_again_once(a_job, seller, sent):
    job = a_job()
    ExportJob.objects.update(state=JobState.RUNNING, tries=1)  # and nobody holds its lock
    tasks.look_after_jobs()
    job.refresh_from_db()
    assert job.state == JobState.WAITING
    ExportJob.objects.update(state=JobState.RUNNING, tries=2)
    tasks.look_after_jobs()
    assert states(seller) == ["失敗 処理が途中で止まりました。「もう一度」を押してください。"]


def test_a_lost_message_is_sent_again(a_job, sent, clock, django_capture_on_commit_callbacks):
    a_job()
    for seconds, messages in ((60, 1), (61, 2), (60, 2)):
        clock.shift(seconds)
        with django_capture_on_commit_callbacks(execute=True):
            tasks.look_after_jobs()
        assert len(sent) == messages


def test_two_messages_write_one_file(a_job, uploads):
    job = a_job()
    tasks.run_export(job.pk)
    tasks.run_export(job.pk)
    assert len([path for path in uploads.rglob("*") if path.is_file()]) == 1


def test_who_was_let_go_gets_nothing(a_job, clerk, client_of, uploads):
    job = a_job(person=client_of(clerk))
    clerk.delete()
    tasks.run_export(job.pk)
    assert not [path for path in uploads.rglob("*") if path.is_file()]


def test_a_file_that_the_storage_lost_is_not_there(a_job, seller, uploads):
    job = a_job()
    tasks.run_export(job.pk)
    for path in uploads.rglob("*"):
        if path.is_file():
            path.unlink()
    assert seller.get(f"{LIST}{job.key}/").status_code == 404


def test_a_broker_that_is_down_delays_the_file_only(
    settings, a_claim, seller, broker_down, caplog, django_capture_on_commit_callbacks
):
    settings.EXPORT_DIRECT_ROWS = 0
    a_claim()
    with django_capture_on_commit_callbacks(execute=True):
        assert seller.post(EXPORT, {"format": "csv", "columns": "all"}).status_code == 302
    assert "the broker does not answer" in caplog.text
    assert states(seller) == ["待機中"]


@pytest.mark.django_db(transaction=True)
def test_a_job_whose_worker_lives_is_left_to_it(django_user_model, amuse_shop):
    """Its worker is another connection, which holds the job's lock."""
    user = django_user_model.objects.create(username="x")
    Member.objects.create(shop=amuse_shop, user=user, role=Role.OWNER)
    job = ExportJob.objects.create(
        shop=amuse_shop,
        user=user,
        file_name="x.csv",
        format="csv",
        created_at=NOW,
        woken_at=NOW,
        expires_at=NOW + timedelta(days=36500),
    )
    at_it, go_on = Event(), Event()

    def work(job):
        at_it.set()
        go_on.wait(10)
        jobs.finish(job, JobState.DONE)

    def worker():
        jobs.perform(ExportJob, job.pk, work)
        connection.close()

    thread = Thread(target=worker)
    thread.start()
    try:
        assert at_it.wait(10)
        assert jobs.recover(now=NOW) == 0
        jobs.perform(ExportJob, job.pk, lambda job: pytest.fail("two workers at one job"))
    finally:
        go_on.set()
        thread.join()
    job.refresh_from_db()
    assert job.state == JobState.DONE


def test_more_rows_than_a_sheet_has_by_the_time_it_is_written(a_job, seller, monkeypatch, uploads):
    job = a_job()
    monkeypatch.setattr(exports, "SHEET_MAX", 1)
    tasks.run_export(job.pk)
    assert "入りません。CSVで作成するか" in states(seller)[0]
    assert not [path for path in uploads.rglob("*") if path.is_file()]


def test_a_worker_killed_at_its_last_step_leaves_no_second_file(a_job, seller, uploads, monkeypatch):
    job = a_job()

    def killed(job, state, **values):
        raise SystemExit

    with monkeypatch.context() as dying:
        dying.setattr(jobs, "finish", killed)
        with pytest.raises(SystemExit):
            tasks.run_export(job.pk)
    assert len([path for path in uploads.rglob("*") if path.is_file()]) == 1
    tasks.look_after_jobs()
    tasks.run_export(job.pk)
    assert states(seller) == ["完了"]
    assert len([path for path in uploads.rglob("*") if path.is_file()]) == 1


def test_a_file_that_cannot_be_deleted_keeps_no_other(a_job, seller, clock, uploads, monkeypatch, caplog):
    for query in ("", "?sort=number"):
        tasks.run_export(a_job(query=query).pk)
    first = ExportJob.objects.last()
    delete = FileSystemStorage.delete

    def stuck(storage, name):
        if name == first.file.name:
            raise PermissionError(name)
        delete(storage, name)

    clock.shift(timedelta(hours=24))
    with monkeypatch.context() as broken:
        broken.setattr(FileSystemStorage, "delete", stuck)
        tasks.look_after_jobs()
    assert "cannot be deleted" in caplog.text
    assert len([path for path in uploads.rglob("*") if path.is_file()]) == 1
    tasks.look_after_jobs()
    assert not [path for path in uploads.rglob("*") if path.is_file()]
