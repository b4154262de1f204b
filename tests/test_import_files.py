"""The files that a shop uploads: CSV in any encoding, Excel, and whatever else somebody calls so."""

import io
import json
import re
import zipfile
from datetime import date, datetime, timedelta

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile

from claims.imports import xlsx_file
from claims.models import Claim, ImportJob, Order
from tests.clock import japan
from tests.import_hands import (
    IMPORT,
    ROW,
    a_row,
    checked,
    counts,
    csv_of,
    imported,
    problems,
    upload,
    xlsx_of,
)
from tests.pages import read

NEW = (1, 0, 0, 0)


def refusal(browser, data, name="claims.csv"):
    """Why the file is not even begun with."""
    answer = upload(browser, data, name)
    assert answer.status_code == 422
    assert not ImportJob.objects.exists()
    return read(answer).one("div", class_="refusal", role="alert").text


# --- CSV -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932", "utf-16"])
def test_csv_as_excel_and_others_write_it(seller, encoding):
    assert counts(imported(seller, csv_of(a_row(商品名="①髙島屋～ｶﾞﾑ"), encoding=encoding))) == NEW
    assert Order.objects.get().item_title == "①髙島屋～ｶﾞﾑ"


def test_shift_jis_as_old_programs_write_it(seller):
    data = csv_of(a_row(商品名="シアーピンク 表示ソ能")).decode().encode("shift_jis")
    imported(seller, data)
    assert Order.objects.get().item_title == "シアーピンク 表示ソ能"


def test_tabs_and_line_ends_of_every_kind(seller):
    rows = ["\t".join(ROW), "\t".join(ROW.values())]
    assert counts(imported(seller, "\n".join(rows).encode())) == NEW
    assert counts(imported(seller, "\r".join(rows).encode())) == (0, 0, 1, 0)


def test_heads_in_any_width_order_and_place(seller):
    row = a_row(処理状態=None)
    wide = {
        "完了日": "",
        "ｷｬﾝｾﾙ/返品要請日": row.pop("キャンセル/返品要請日"),
        " 処理 状態 ": "返品要請",
        "決済サイト": "JP",
        **row,
    }
    data = "クレーム一覧,,\r\n\r\n".encode() + csv_of(wide)
    assert counts(imported(seller, data)) == NEW


def test_the_panes_labels_are_understood_too(seller):
    row = a_row(
        **{
            "キャンセル/返品要請日": None,
            "要請日": "2021-07-12",
            "理由": "注文キャンセル",
            "キャンセル/返品理由": None,
            "商品発送日": "2021年7月9日",
            "受取人連絡先": "03-0000-7070 / 090-0000-7070",
            "注文金額の合計": None,
            "注文金額の合計 / 決済手段": "1,899円 / 現金",
            "撤回期限": "2021/07/19",
        }
    )
    job, _page = checked(seller, csv_of(row))
    assert job.report["ignored"] == []
    imported(seller, csv_of(row))
    claim = Claim.objects.get()
    assert claim.reason == "注文キャンセル"
    order = claim.order
    assert (order.total, order.payment_method) == (1899, "現金")
    assert (order.receiver_tel, order.receiver_mobile) == ("03-0000-7070", "090-0000-7070")
    assert order.shipped_on == date(2021, 7, 9)


def test_full_width_digits_are_digits(seller):
    imported(
        seller,
        csv_of(a_row(注文番号="７０００００００９", 注文金額の合計="￥１，８９９", 注文日="２０２１/７/８")),
    )
    order = Order.objects.get()
    assert (order.number, order.total, order.ordered_at) == ("700000009", 1899, japan("2021-07-08"))


def test_columns_that_are_not_understood_are_told_and_passed_over(seller):
    _job, page = checked(seller, csv_of(a_row(メモ="x", **{"担当 <script>": "x"})))
    assert counts(page) == NEW
    assert "読み取らなかった列: メモ 、 担当 <script>" in page.text


def test_a_missing_key_is_named(seller):
    text = refusal(seller, csv_of(a_row(注文番号=None)))
    assert text.startswith("列「注文番号」がありません。")


def test_a_column_twice_is_refused(seller):
    assert "列「注文番号」が2つ以上あります" in refusal(seller, "注文番号,注文番号\r\n1,2\r\n".encode())


def test_lines_are_told_as_an_editor_counts_them(seller):
    data = csv_of(a_row(理由の詳細="一\n二\n三"), a_row(注文番号="", 理由の詳細="x"))
    _job, page = checked(seller, data)
    assert [line for line, _head, _text in problems(page)] == ["5"]


# --- Excel -----------------------------------------------------------------------------------------


def test_excel_with_days_and_numbers_as_excel_has_them(seller):
    row = a_row(
        注文番号=700000001,
        注文日=date(2021, 7, 8),
        注文金額の合計=1899.0,
        数量=2,
        商品番号=852997700,
        **{"キャンセル/返品要請日": datetime(2021, 7, 12, 15, 30), "郵便番号": 1234567},  # noqa: DTZ001 - a sheet knows no zone
    )
    assert counts(imported(seller, xlsx_of(list(row), list(row.values())), "claims.xlsx")) == NEW
    claim = Claim.objects.get()
    assert claim.requested_at == japan("2021-07-12 15:30")
    order = claim.order
    assert (order.number, order.item_code, order.total, order.quantity, order.zip_code) == (
        "700000001",
        "852997700",
        1899,
        2,
        "1234567",
    )


def with_formula(formula, value):
    """A sheet in which the sum is a formula, of this last value."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as workbook:
        sheet = workbook.add_worksheet()
        sheet.write_row(0, 0, list(ROW))
        sheet.write_row(1, 0, list(ROW.values()))
        sheet.write_formula(1, list(ROW).index("注文金額の合計"), formula, None, value)
    return file.getvalue()


def test_a_formula_is_its_value(seller):
    imported(seller, with_formula("=1+1", 1234), "claims.xlsx")
    assert Order.objects.get().total == 1234


def test_rows_keep_the_numbers_that_the_sheet_shows(seller):
    data = xlsx_of(["題"], [], list(ROW), [], list(a_row(注文金額の合計="x").values()))
    _job, page = checked(seller, data, "claims.xlsx")
    assert [line for line, _head, _text in problems(page)] == ["5"]


def rewritten(data, part, change):
    """An .xlsx of which a part is another."""
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, change(content) if name == part else content)
    return written.getvalue()


SHEET = "xl/worksheets/sheet1.xml"
GOOD = xlsx_of(list(ROW), list(ROW.values()))
HOSTILE_SHEETS = {
    "a row of 2 MB": rewritten(GOOD, SHEET, lambda xml: xml.replace(b"<row", b"<row" + b" " * 2_100_000, 1)),
    "a million columns": rewritten(
        GOOD, SHEET, lambda xml: xml.replace(b"</row>", b'<c r="A1"><v>1</v></c>' * 1_000_000 + b"</row>", 1)
    ),
    "laughs": rewritten(
        GOOD,
        SHEET,
        lambda xml: xml.replace(b"<worksheet", b'<!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet', 1),
    ),
    "no end": rewritten(GOOD, SHEET, lambda xml: xml[: len(xml) // 2]),
    "no sheet": rewritten(GOOD, "xl/workbook.xml", lambda xml: b"<workbook/>"),
    "a row beyond the last": rewritten(
        GOOD, SHEET, lambda xml: xml.replace(b'<row r="2"', b'<row r="99999999"', 1)
    ),
    "a zip of something": rewritten(GOOD, "[Content_Types].xml", lambda xml: b"x"),
    "half a zip": GOOD[: len(GOOD) // 2],
    "a zip and nothing": b"PK\x03\x04" + b"\0" * 100,
}


@pytest.mark.parametrize("case", HOSTILE_SHEETS)
def test_a_sheet_that_is_none_is_refused_kindly(seller, monkeypatch, case):
    monkeypatch.setattr(xlsx_file, "AT_ONCE_MAX", 100_000_000)  # not left to the worker
    told = refusal(seller, HOSTILE_SHEETS[case], "claims.xlsx")
    assert "Excel" in told or told == "シートがありません。"


@pytest.mark.parametrize("most", ["PART_MAX", "STREAM_MAX", "PIECE_MAX", "MEMBERS_MAX"])
def test_a_small_file_that_unpacks_to_much_is_refused(seller, monkeypatch, most):
    monkeypatch.setattr(xlsx_file, most, 5)
    assert "大きくなりすぎます" in refusal(seller, GOOD, "claims.xlsx")


def test_what_grows_with_its_rows_is_read_all_the_same(seller, monkeypatch):
    """A sheet as such may be large; only a row of it, or a text, is held in memory."""
    monkeypatch.setattr(xlsx_file, "PIECE_MAX", 40_000)
    rows = [a_row(注文番号=str(700000000 + at), オプション情報=f"{at}" * 80) for at in range(300)]
    data = xlsx_of(list(rows[0]), *[list(row.values()) for row in rows])
    assert zipfile.ZipFile(io.BytesIO(data)).getinfo(SHEET).file_size > 80_000
    _job, page = checked(seller, data, "claims.xlsx")
    assert counts(page) == (300, 0, 0, 0)


def test_a_sheet_without_its_size_or_row_numbers(seller):
    data = rewritten(
        GOOD,
        SHEET,
        lambda xml: re.sub(rb' r="\w+"| spans="[0-9:]+"', b"", re.sub(rb"<dimension[^>]*/>", b"", xml)),
    )
    assert counts(imported(seller, data, "claims.xlsx")) == NEW


def test_texts_as_excel_keeps_them(seller):
    """In a table, with their reading beside them, in several fonts, with what looks like an escape."""
    written = {
        "佐藤 美咲": '<t>佐藤 美咲</t><rPh sb="0" eb="2"><t>サトウ</t></rPh><phoneticPr fontId="1"/>',
        "選択事項変更": "<r><t>選択</t></r><r><rPr><b/></rPr><t>事項変更</t></r>",
        "ジェルフィットティント": "<t>_x005F_x0041_ _x0041_</t>",
    }

    def as_excel(xml):
        for text, markup in written.items():
            plain = f"<si><t>{text}</t></si>"
            assert plain in xml.decode()
            xml = xml.decode().replace(plain, f"<si>{markup}</si>").encode()
        return xml

    imported(seller, rewritten(GOOD, "xl/sharedStrings.xml", as_excel), "claims.xlsx")
    claim = Claim.objects.get()
    assert (claim.order.buyer.name, claim.reason) == ("佐藤 美咲", "選択事項変更")
    assert claim.order.item_title == "_x0041_ A"


def test_what_no_text_may_hold_is_left_out_of_a_sheet(seller):
    data = rewritten(
        GOOD,
        "xl/sharedStrings.xml",
        lambda xml: xml.replace(
            "ジェルフィットティント".encode(), b"a_xD800_b_x0000_c_xFFFF_d\xf0\x9f\x98\x80"
        ),
    )
    imported(seller, data, "claims.xlsx")
    assert Order.objects.get().item_title == "abcd😀"


def test_a_text_that_the_table_does_not_have(seller):
    data = rewritten(GOOD, "xl/sharedStrings.xml", lambda xml: xml[: xml.index(b"<si>")] + b"</sst>")
    assert "Excel" in refusal(seller, data, "claims.xlsx")


def test_a_value_that_is_no_value(seller):
    _job, page = checked(seller, with_formula("=NA()", "#N/A"), "claims.xlsx")
    assert problems(page) == [
        ("2", "注文金額の合計", "「#N/A」は金額ではありません。0以上の整数（円）にしてください。")
    ]


# --- what is none of these -------------------------------------------------------------------------

GARBAGE = {
    "empty": b"",
    "a picture": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20,
    "a PDF": b"%PDF-1.7\n\x00\x01",
    "NUL": "注文番号\r\n1\x00\r\n".encode(),
    "neither encoding": "注文番号\r\n".encode() + b"\xff\xfe\xfd\x80\x81",
    "a quote without end": b'"' + "注文番号,".encode() * 20_000,
    "a cell of a megabyte": "注文番号,".encode() + b"x" * 1_000_000,
    "no lines": b"\r\n" * 50,
    "old Excel": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 512,
    "HTML": b"<html><table><tr><td>1</td></tr></table></html>",
}


def test_old_excel_and_a_password_are_called_by_their_name(seller):
    assert refusal(seller, GARBAGE["old Excel"], "claims.xlsx").startswith(
        "古い形式（.xls）か、パスワード付き"
    )


@pytest.mark.parametrize("data", [csv_of(a_row()).splitlines(keepends=True)[0], xlsx_of(list(ROW))])
def test_a_head_without_rows(seller, data):
    _job, page = checked(seller, data)
    assert counts(page) == (0, 0, 0, 0)
    assert "取り込む変更はありません" in page.text


def test_a_thousand_columns(seller):
    row = a_row(**{f"列{at}": "x" for at in range(1000)})
    _job, page = checked(seller, csv_of(row))
    assert counts(page) == NEW
    assert "列19 、 ほか980列" in page.text
    assert "列20" not in page.text


@pytest.mark.parametrize("case", GARBAGE)
def test_anything_else_is_refused_kindly(seller, case):
    assert refusal(seller, GARBAGE[case]).endswith(("。", "。)"))


def test_a_file_that_breaks_later_says_where(seller):
    data = csv_of(a_row()) + b'700000002,"' + b"x" * 50_000
    assert refusal(seller, data).startswith("3行目を読み取れません。")


def test_a_name_is_never_a_path(seller, uploads):
    answer = seller.post(
        IMPORT,
        {"file": SimpleUploadedFile("../../etc/\u202epasswd\x01" + "x" * 300 + ".csv", csv_of(a_row()))},
    )
    job = ImportJob.objects.get()
    assert answer.status_code == 302
    assert len(job.file_name) <= 120
    assert "/" not in job.file_name
    assert "\u202e" not in job.file_name
    assert [path.parent.parent.name for path in uploads.rglob("*") if path.is_file()] == ["imports"]


def test_too_large_says_how_large(seller, settings):
    settings.IMPORT_MAX_BYTES = 1000
    assert "大きすぎます" in refusal(seller, csv_of(a_row(理由の詳細="x" * 990)))


def test_too_many_rows_says_how_many(seller, settings):
    settings.IMPORT_MAX_ROWS = 2
    rows = [a_row(注文番号=str(700000000 + at)) for at in range(3)]
    assert "行が多すぎます" in refusal(seller, csv_of(*rows))


@pytest.mark.parametrize("files", [{}, {"file": "a text"}, {"other": "x"}])
def test_no_file_at_all(seller, files):
    answer = seller.post(IMPORT, files)
    assert answer.status_code == 422
    assert "ファイルを選んでください" in read(answer).text


# --- GetClaimInfo_V3 -------------------------------------------------------------------------------


def test_a_name_that_lies_is_looked_through(seller):
    assert counts(imported(seller, GOOD, "claims.csv")) == NEW
    answer = json.dumps({"ResultCode": 0, "ResultObject": []}).encode()
    job, _page = checked(seller, answer, "claims.xlsx")
    assert job.report["rows"] == 0


# --- how many at a time ----------------------------------------------------------------------------


def test_three_at_a_time(seller, clerk, client_of, clock):
    jobs = [checked(seller, csv_of(a_row()))[0] for _ in range(3)]
    answer = upload(seller, csv_of(a_row()))
    assert answer.status_code == 422
    assert "確認待ちか処理中の取込が3つあります" in read(answer).one("div", class_="refusal").text
    assert ImportJob.objects.count() == 3
    checked(client_of(clerk), csv_of(a_row()))  # each his own
    seller.post(f"{IMPORT}{jobs[0].key}/cancel/")
    checked(seller, csv_of(a_row()))
    assert upload(seller, csv_of(a_row())).status_code == 422
    clock.shift(timedelta(hours=24))
    assert upload(seller, csv_of(a_row())).status_code == 302, "what is over counts no more"


def test_a_file_that_changes_nothing_can_be_given_up_too(seller):
    job, page = checked(seller, csv_of(a_row(注文日="x")))
    assert "取り込む変更はありません" in page.text
    assert page.one("button", formaction=f"{IMPORT}{job.key}/cancel/").text == "やめる"
