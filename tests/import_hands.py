"""Files as shops make them, and the hands that upload them."""

import csv
import io
import json
from datetime import timedelta

import xlsxwriter
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile

from claims.models import ExportJob, ImportJob
from tests.clock import NOW
from tests.pages import facts, read

IMPORT = "/shops/AMUSE_official/claims/import/"
# A row of a new order with a new claim, whole.
ROW = {
    "注文番号": "700000001",
    "商品番号": "852997700",
    "商品名": "ジェルフィットティント",
    "注文日": "2021/07/08",
    "購入者名": "佐藤 美咲",
    "注文金額の合計": "1899",
    "処理状態": "返品要請",
    "キャンセル/返品要請日": "2021/07/12",
    "キャンセル/返品理由": "選択事項変更",
}

# What the buttons of jobs on files send, by the name of their address.
JOB_POSTS = {
    "export_cancel": {},
    "export_retry": {},
    "import_confirm": {"take": "good"},
    "import_cancel": {},
    "import_retry": {},
}


def a_row(**cells):
    """ROW with other cells; those that are None are left out."""
    return {head: cell for head, cell in {**ROW, **cells}.items() if cell is not None}


def csv_of(*rows, encoding="utf-8", heads=None):
    """A CSV of these rows."""
    heads = heads or list(dict.fromkeys(head for row in rows for head in row))
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, heads, restval="", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode(encoding)


def xlsx_of(*rows):
    """An .xlsx of these rows, of which the first is the head; values keep their types."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"default_date_format": "yyyy/mm/dd"}) as workbook:
        sheet = workbook.add_worksheet()
        for at, row in enumerate(rows):
            sheet.write_row(at, 0, row)
    return file.getvalue()


def json_of(*rows, code=0, message="SUCCESS"):
    """The answer of GetClaimInfo_V3."""
    answer = {"ResultCode": code, "ResultMsg": message, "ResultObject": list(rows)}
    return json.dumps(answer, ensure_ascii=False, indent=1).encode()


def upload(browser, data, name="claims.csv"):
    """What the page answers to the file."""
    return browser.post(IMPORT, {"file": SimpleUploadedFile(name, data)})


def checked(browser, data, name="claims.csv"):
    """The preview of the file: (the job, the page)."""
    answer = upload(browser, data, name)
    assert answer.status_code == 302, read(answer).one("div", class_="refusal").text
    job = ImportJob.objects.get(key=answer["Location"].split("/")[-2])
    return job, read(browser.get(answer["Location"]))


def confirm(browser, job, take="good"):
    """取り込む; the page that follows."""
    answer = browser.post(f"{IMPORT}{job.key}/confirm/", {"take": take})
    assert answer.status_code == 302
    return read(browser.get(answer["Location"]))


def imported(browser, data, name="claims.csv", take="good"):
    """The page after upload and confirmation."""
    job, _preview = checked(browser, data, name)
    return confirm(browser, job, take)


def counts(page):
    """(new, changed, unchanged, refused) as a page tells them."""
    return tuple(int(value) for value in facts(page.one("dl", class_="import-counts")).values())


def problems(page):
    """What the table of bad rows says: (line, column, reason)."""
    tables = [box for box in page.all("div", class_="table-box") if "正しくない行" in box["aria-label"]]
    if not tables:
        return []
    cells = [[cell.text for cell in row.all("td")] for row in tables[0].all("tr")[1:]]
    return [(line, column, reason) for line, _number, column, reason in cells]


def a_job(name, attempt):
    """A job on a file of the shop's owner, in the state in which the address finds something to do."""
    job = (
        ExportJob(format="csv")
        if name.startswith("export")
        else ImportJob(actor_kind="seller", channel="desk")
    )
    job.shop, job.user, job.file_name = attempt.claim.shop, attempt.requested_by, "claims.csv"
    job.created_at, job.woken_at, job.expires_at = NOW, NOW, NOW + timedelta(days=36500)
    job.state = {"export_retry": "failed", "import_retry": "failed", "import_confirm": "checked"}.get(
        name, "waiting"
    )
    job.file.save(job.file_name, ContentFile(csv_of(a_row())))
    return job
