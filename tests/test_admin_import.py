"""取込 in the admin: an operator picks a shop and a file; the same preview, the same rules."""

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile

from claims import jobs, tasks
from claims.models import ClaimEvent, ImportJob, JobState, Order
from qsm.accounts.models import User
from tests.admin_pages import allowed, text, url
from tests.clock import NOW
from tests.import_hands import a_row, csv_of
from tests.pages import read


@pytest.fixture
def admin(client_of, operator, clock):
    return client_of(operator)


@pytest.fixture
def sent(monkeypatch):
    """What is handed to the worker's queue goes nowhere."""
    monkeypatch.setattr(jobs.current_app, "send_task", lambda task, args, **options: None)


@pytest.fixture
def upload(admin, amuse_shop):
    def send(data, shop=amuse_shop, name="claims.csv", browser=admin):
        return browser.post(
            url(ImportJob, "add"), {"shop": shop.pk, "upload": SimpleUploadedFile(name, data)}
        )

    return send


def test_a_file_is_shown_then_taken_in_the_operators_name(admin, upload, operator):
    answer = upload(csv_of(a_row(), a_row(注文番号="700000002", 注文日="x")))
    job = ImportJob.objects.get()
    assert answer["Location"] == url(ImportJob, "change", job.pk)
    page = admin.get(answer["Location"])
    assert "注文とクレームを新しく登録：返品要請" in text(page)
    assert "「x」は日付ではありません" in text(page)
    assert not Order.objects.exists()
    answer = admin.post(f"/admin/claims/importjob/{job.pk}/confirm/", {"take": "good"}, follow=True)
    assert "完了" in text(answer)
    assert Order.objects.count() == 1
    event = ClaimEvent.objects.get()
    assert (event.actor_kind, event.actor, event.channel) == ("operator", operator, "admin")
    answer = admin.post(f"/admin/claims/importjob/{job.pk}/confirm/", {"take": "good"}, follow=True)
    assert "すでに確認済みか" in text(answer)
    assert Order.objects.count() == 1


def test_all_or_nothing(admin, upload):
    upload(csv_of(a_row(), a_row(注文番号="700000002", 注文日="x")))
    job = ImportJob.objects.get()
    answer = admin.post(f"/admin/claims/importjob/{job.pk}/confirm/", {"take": "all"}, follow=True)
    assert "正しくない行が1行あるため" in text(answer)
    job.refresh_from_db()
    assert job.state == JobState.CHECKED
    assert not Order.objects.exists()


@pytest.mark.parametrize(
    ("data", "reason"), [(b"a,b\r\n", "列「注文番号」がありません"), (b"", "空"), (b"PK\x03\x04x", "Excel")]
)
def test_what_is_no_file_is_refused_on_the_form(upload, data, reason):
    answer = upload(data)
    assert answer.status_code == 200
    assert reason in text(answer)
    assert not ImportJob.objects.exists()


@pytest.mark.parametrize("what", ["confirm", "cancel", "retry"])
def test_opening_the_address_of_a_button_changes_nothing(admin, upload, what):
    upload(csv_of(a_row()))
    job = ImportJob.objects.get()
    assert admin.get(f"/admin/claims/importjob/{job.pk}/{what}/").status_code == 302
    assert not Order.objects.exists()
    assert ImportJob.objects.get().state == JobState.CHECKED


def buttons(page):
    """What can be done with the import, by its words."""
    return [button.text for button in read(page).all("button") if "formaction" in button]


def test_a_failed_one_is_tried_again_in_the_operators_name(admin, upload, amuse, operator, sent):
    upload(csv_of(a_row()))
    job = ImportJob.objects.get()
    page = admin.get(url(ImportJob, "change", job.pk))
    assert buttons(page) == ["正しい行だけ取り込む", "すべて正しいときだけ取り込む", "取消"]
    why = "処理を完了できませんでした。「もう一度」を押してください。"
    asked = {"user": amuse.user, "actor_kind": "seller", "channel": "desk", "confirmed_at": NOW}
    ImportJob.objects.update(state=JobState.FAILED, error=why, **asked)
    assert buttons(admin.get(url(ImportJob, "change", job.pk))) == ["もう一度"]
    page = admin.post(f"/admin/claims/importjob/{job.pk}/retry/", follow=True)
    assert buttons(page) == ["取消"]
    tasks.run_import(job.pk)
    event = ClaimEvent.objects.get()
    assert (event.actor_kind, event.actor, event.channel) == ("operator", operator, "admin")
    answer = admin.post(f"/admin/claims/importjob/{job.pk}/retry/", follow=True)
    assert "状態が変わっていたため" in text(answer)
    assert buttons(answer) == []


def test_a_waiting_one_is_cancelled(admin, upload, sent, settings):
    settings.IMPORT_DIRECT_ROWS = 0
    upload(csv_of(a_row()))
    job = ImportJob.objects.get()
    page = admin.post(f"/admin/claims/importjob/{job.pk}/cancel/", follow=True)
    assert buttons(page) == ["もう一度"]
    tasks.run_import(job.pk)
    job.refresh_from_db()
    assert (job.state, job.report) == (JobState.CANCELLED, {})
    answer = admin.post(f"/admin/claims/importjob/{job.pk}/cancel/", follow=True)
    assert "状態が変わっていたため" in text(answer)


def test_an_operator_who_is_none_any_more_writes_nothing(admin, upload, operator, sent, settings):
    settings.IMPORT_DIRECT_ROWS = 0
    upload(csv_of(a_row()))
    job = ImportJob.objects.get()
    operator.is_staff = False
    operator.save()
    tasks.run_import(job.pk)
    job.refresh_from_db()
    assert job.state == JobState.FAILED
    assert job.error.startswith("依頼した人は、このショップの変更ができなくなりました。")


def test_the_log_of_the_admin_tells_of_the_upload(admin, upload, operator):
    upload(csv_of(a_row()))
    entry = LogEntry.objects.get()
    assert (entry.user, entry.object_id) == (operator, str(ImportJob.objects.get().pk))


def test_who_may_only_look_imports_nothing(upload, client_of, clock):
    viewer = User.objects.create(username="unei", email="unei@example.com", is_staff=True)
    upload(csv_of(a_row()))
    browser = client_of(allowed(viewer, "view_importjob"))
    job = ImportJob.objects.get()
    assert browser.get(url(ImportJob, "change", job.pk)).status_code == 200
    assert browser.get(url(ImportJob, "add")).status_code == 403
    assert upload(csv_of(a_row()), browser=browser).status_code == 403
    assert buttons(browser.get(url(ImportJob, "change", job.pk))) == []
    for what in ("confirm", "cancel", "retry"):
        assert browser.post(f"/admin/claims/importjob/{job.pk}/{what}/").status_code == 403
    assert ImportJob.objects.get().state == JobState.CHECKED
    assert not Order.objects.exists()


def test_a_sellers_import_confirmed_by_an_operator_is_the_operators(admin, amuse, client_of, operator):
    client_of(amuse).post(
        "/shops/AMUSE_official/claims/import/", {"file": SimpleUploadedFile("c.csv", csv_of(a_row()))}
    )
    job = ImportJob.objects.get()
    assert job.user == amuse.user
    admin.post(f"/admin/claims/importjob/{job.pk}/confirm/", {"take": "good"})
    assert ClaimEvent.objects.get().actor == operator
