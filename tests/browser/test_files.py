"""Excel, CSV and 取込 with a real browser: files that are saved, files that are chosen."""

import csv
import io
from datetime import date, datetime

import openpyxl
import pytest
from playwright.sync_api import expect

from claims.columns import COLUMNS
from claims.models import Claim, GridSetting
from qsm.accounts.models import Member
from tests.import_hands import a_row, csv_of
from tests.test_export import GUIDE

DESK = "/shops/AMUSE_official/claims/"
CLAIMS = "?tab=search&kind=return&sort=number"


@pytest.fixture
def desk(guide, sign_in, page):
    """amuse's desk at this query."""
    sign_in("amuse")

    def at(query=""):
        page.goto(guide.url + DESK + query)
        return page

    return at


def saved(page, button, columns="表示列"):
    """The bytes and the name of the file that the browser saves."""
    page.get_by_label("ファイルの列").select_option(label=columns)
    with page.expect_download() as download:
        page.get_by_role("button", name=button, exact=True).click()
    return download.value.path().read_bytes(), download.value.suggested_filename


def sheet(data):
    """The rows of an .xlsx, and the sheet."""
    found = openpyxl.load_workbook(io.BytesIO(data)).active
    return [list(row) for row in found.iter_rows(values_only=True)], found


def shown(page):
    """注文番号 of the rows on the screen, from the top."""
    return page.locator("#grid tbody tr td.number a").all_inner_texts()


def test_the_two_rows_checked_in_the_visible_columns(desk):
    page = desk()
    for number in ("639113332", "639726483"):
        page.get_by_label(f"注文 {number} を選択").check()
    data, name = saved(page, "Excel")
    assert name == "claims-20210713-100000.xlsx"
    rows, found = sheet(data)
    assert rows[0] == GUIDE
    at = GUIDE.index("注文番号")
    assert sorted(row[at] for row in rows[1:]) == ["639113332", "639726483"]
    assert isinstance(rows[1][GUIDE.index("注文日")], datetime | date)
    assert (found.freeze_panes, found.auto_filter.ref) == ("A2", "A1:L3")
    assert "".join(cell.data_type for row in found for cell in row).count("f") == 0, "no formula"
    expect(page.get_by_text("2件を選択中")).to_be_visible()
    data, _name = saved(page, "Excel")
    assert len(sheet(data)[0]) == 3, "the page stays, and so does the button"


def test_all_columns_of_all_rows_that_the_address_finds_in_its_order(desk):
    page = desk(CLAIMS)
    numbers = shown(page)
    assert len(numbers) > 3
    rows, _sheet = sheet(saved(page, "Excel", "全列")[0])
    assert rows[0] == [str(column.label) for column in COLUMNS.values()]
    assert [row[rows[0].index("注文番号")] for row in rows[1:]] == numbers == sorted(numbers)
    head = page.get_by_role("columnheader", name="注文番号")
    head.get_by_role("link").click()
    expect(head).to_have_attribute("aria-sort", "descending")
    rows, _sheet = sheet(saved(page, "Excel")[0])
    assert [row[rows[0].index("注文番号")] for row in rows[1:]] == shown(page) == numbers[::-1]


def test_a_csv_that_excel_reads(desk):
    page = desk("?cell=on_hold")
    data, name = saved(page, "CSV")
    assert name.endswith(".csv")
    assert data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    assert rows[0] == GUIDE
    assert [row[GUIDE.index("注文番号")] for row in rows[1:]] == shown(page)
    assert len(rows) == 4


def test_the_members_own_columns_in_his_order(desk):
    member = Member.objects.get(user__username="amuse")
    GridSetting.objects.create(member=member, columns=["item_title", "number", "total", "status"])
    rows, _sheet = sheet(saved(desk("?cell=on_hold"), "Excel")[0])
    assert rows[0] == ["商品名", "注文番号", "注文金額の合計", "処理状態"]
    assert {type(row[2]) for row in rows[1:]} == {int}


def test_the_mornings_claims_are_taken_and_counted(desk, page):
    expect(desk().get_by_role("link", name="返品要請 2件")).to_be_visible()
    bad = a_row(注文番号="700000002", **{"キャンセル/返品要請日": "きのう"})
    data = csv_of(a_row(), bad, a_row(注文番号="700000003"), encoding="cp932")

    def upload():
        page.get_by_role("link", name="取込", exact=True).first.click()
        page.get_by_label("ファイル").set_input_files(
            [{"name": "朝のクレーム.csv", "mimeType": "text/csv", "buffer": data}]
        )
        page.get_by_role("button", name="内容を確認する").click()
        expect(page.get_by_role("heading", name="取り込むと、こう変わります")).to_be_visible()

    upload()
    wrong = page.get_by_role("region", name="正しくない行の表").get_by_role("row").nth(1)
    assert wrong.get_by_role("cell").all_inner_texts() == [
        "3", "700000002", "キャンセル/返品要請日",
        "「きのう」は日付ではありません。2021/07/29 の形にしてください。",
    ]  # fmt: skip
    assert not Claim.objects.filter(order__number__startswith="70000000").exists(), "only shown"
    expect(page.get_by_label("正しい行だけ取り込む")).to_be_checked()
    page.get_by_role("button", name="取り込む", exact=True).dblclick()
    expect(page.get_by_role("heading", name="取り込みました")).to_be_visible()
    assert page.locator(".import-counts dd").all_inner_texts() == ["2", "0", "0", "1"]
    page.get_by_role("link", name="キャンセル & 未受取を開く").click()
    expect(page.get_by_role("link", name="返品要請 4件")).to_be_visible()
    page.get_by_role("link", name="700000001").click()
    expect(page.get_by_role("region", name="700000001")).to_contain_text("取込")
    upload()
    assert page.locator(".import-counts dd").all_inner_texts() == ["0", "0", "2", "1"]
    expect(page.get_by_text("取り込む変更はありません。")).to_be_visible()


def test_a_long_file_is_watched_given_up_and_tried_again(desk, page, settings):
    settings.EXPORT_DIRECT_ROWS = 2  # nobody works here: it waits
    desk("?cell=on_hold").get_by_role("button", name="Excel").click()
    waiting = page.get_by_role("row").filter(has_text="待機中")
    cancel = waiting.get_by_role("button", name="取消")
    cancel.focus()
    with page.expect_response(lambda response: response.request.headers.get("hx-target") == "exports"):
        pass
    expect(cancel).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("row").filter(has_text="もう一度")).to_contain_text("取消")
    page.get_by_role("button", name="もう一度").click()
    expect(waiting).to_be_visible()


class TestWithoutJavaScript:
    @pytest.fixture
    def browser_context_args(self, browser_context_args):
        return {**browser_context_args, "java_script_enabled": False}

    def test_the_checked_row_alone(self, desk):
        page = desk()
        page.get_by_label("注文 639113332 を選択").check()
        rows, _sheet = sheet(saved(page, "Excel")[0])
        assert [row[GUIDE.index("注文番号")] for row in rows[1:]] == ["639113332"]
