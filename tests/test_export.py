"""Excel and CSV of the grid: the rows found or checked, as files that no program misreads."""

from datetime import date, timedelta

import pytest

from claims import exports
from claims.columns import COLUMNS, GRID
from claims.models import ExportJob, GridSetting
from claims.statuses import Status
from tests import deeds
from tests.clock import NOW, japan
from tests.pages import read
from tests.sheets import EXPORT, content, formulas, lines, markup, sheet

DESK = "/shops/AMUSE_official/claims/"
GUIDE = [
    "処理状態",
    "キャンセル/返品完了日",
    "キャンセル/返品理由",
    "未受取理由",
    "キャンセル/返品要請日",
    "返品の回収方法",
    "注文日",
    "発送日",
    "撤回期限",
    "注文番号",
    "カート番号",
    "商品番号",
]
HOSTILE = [
    "=1+1",
    "+81-90-0000-7070",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\n=1",
    " =1",
    "＝1",
    "＋1",
    "－1",
    "＠x",
    "'=1",
    "''=1",
    "'ただの引用符",
    '=HYPERLINK("https://evil.example","クリック")',
    "<r><t>x</t></r>",
    "</t></is></c><c><f>1+1</f></c>",
    "_x0041_",
    "https://evil.example",
    "１２３",
    '"引用", 改行\nあり',
    "😀 \u202e rtl",
]


def export(seller, query="", **sent):
    return seller.post(EXPORT + query, {"format": "xlsx", "columns": "visible", **sent})


def column(rows, label):
    at = rows[0].index(label)
    return [row[at] for row in rows[1:]]


def test_the_button_is_on_the_grid_and_names_itself(seller, a_claim):
    a_claim()
    page = read(seller.get(DESK + "?sort=number"))
    bar = page.one("div", class_="file-bar")
    buttons = bar.all("button")
    assert [button.text for button in buttons] == ["Excel", "CSV"]
    assert {button["formaction"] for button in buttons} == {EXPORT + "?sort=number"}
    assert [option.text for option in bar.all("option")] == ["表示列", "全列"]
    # The checked rows go with them.
    assert {element["form"] for element in (*buttons, bar.one("select"))} == {"picked"}
    assert page.one("form", id="picked").one("input", name="claim")


def test_an_excel_file_of_the_rows_found(seller, a_claim):
    a_claim(Status.RETURN_REQUESTED, reason="注文キャンセル")
    asked = a_claim(Status.ASKED)
    answer = export(seller)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    assert answer["Content-Disposition"] == 'attachment; filename="claims-20210713-100000.xlsx"'
    rows = sheet(content(answer))
    assert rows[0] == GUIDE
    assert sorted(column(rows, "処理状態")) == ["返品要請", "返品：撤回要請"]
    at = column(rows, "注文番号").index(asked.order.number)
    assert column(rows, "撤回期限")[at] == date(2021, 7, 19)
    assert column(rows, "注文日") == [date(2021, 7, 8)] * 2
    assert column(rows, "注文番号") == [asked.order.number, str(int(asked.order.number) - 1)]


def test_what_was_checked_is_in_the_file_though_it_has_left_the_search(seller, a_claim):
    moved, still = a_claim(), a_claim()
    deeds.approve(moved)
    answer = export(seller, "?cell=return_requested", claim=[moved.number, still.number])
    numbers = column(sheet(content(answer)), "注文番号")
    assert sorted(numbers) == sorted([moved.order.number, still.order.number])


def test_a_csv_file_of_the_rows_found(seller, a_claim):
    a_claim(Status.ASKED, reason="誤配達(サイズ、色)")
    answer = export(seller, format="csv")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    data = content(answer)
    assert data.count(b"\r\n") == 2 == data.count(b"\n")
    rows = lines(data)
    assert rows[0] == GUIDE
    assert column(rows, "処理状態") == ["返品：撤回要請"]
    assert column(rows, "撤回期限") == ["2021/07/19"]


def test_all_columns_are_those_of_the_pane_too(seller, a_claim, an_order):
    order = an_order(
        number="638358846",
        receiver_mobile="+81-090-0000-7070",
        total=4990,
        quantity=3,
        shipped_on=date(2021, 7, 9),
    )
    a_claim(order=order, quantity=2)
    rows = sheet(content(export(seller, columns="all")))
    assert rows[0] == [str(column.label) for column in COLUMNS.values()]
    assert column(rows, "注文番号") == ["638358846"], "an order's number is text"
    assert column(rows, "受取人連絡先 (携帯)") == ["+81-090-0000-7070"]
    assert column(rows, "注文金額の合計") == [4990.0], "yen can be added up"
    assert column(rows, "数量") == [3.0]
    assert column(rows, "発送日") == [date(2021, 7, 9)]
    assert column(rows, "購入者名") == ["yunjee"]
    assert column(rows, "販売者名") == ["AMUSE_official"]


def test_days_are_days_in_japan(seller, a_claim):
    a_claim(at=japan("2021-07-13 00:30"))  # 7/12 in Greenwich
    assert column(sheet(content(export(seller))), "キャンセル/返品要請日") == [date(2021, 7, 13)]


def test_more_rows_than_a_sheet_has_are_refused_not_lost(seller, a_claim, monkeypatch):
    monkeypatch.setattr(exports, "SHEET_MAX", 1)
    a_claim()
    a_claim()
    page = read(seller.get(export(seller)["Location"]))
    assert "Excelのシートは1行までのため、2行は入りません。" in page.text
    assert len(lines(content(export(seller, format="csv")))) == 3


def test_an_offer_that_has_lapsed_is_refunded_swept_or_not(seller, a_claim, clock):
    claim = a_claim()
    deeds.ask(claim, offer=500)
    deadline = claim.deadline_at
    for now, yen in ((deadline - timedelta(seconds=1), 0), (deadline, 500)):
        clock.move_to(now)
        rows = sheet(content(export(seller, "?tab=search", columns="all")))
        assert column(rows, "返金済み金額") == [yen]


def test_the_members_own_columns_in_his_order(seller, amuse, a_claim):
    a_claim()
    GridSetting.objects.create(member=amuse, columns=["total", "number", "gone", "buyer"])
    rows = sheet(content(export(seller)))
    assert rows[0] == ["注文金額の合計", "注文番号", "購入者名"]


def test_the_status_is_the_effective_one(seller, a_claim, clock):
    a_claim(Status.ASKED)
    clock.move_to(japan("2021-07-20"))
    assert sheet(content(export(seller)))[1:] == [], "open claims only"
    rows = sheet(content(export(seller, "?tab=search&status=withdrawn")))
    assert column(rows, "処理状態") == ["返品：撤回完了"]
    assert column(rows, "キャンセル/返品完了日") == [date(2021, 7, 20)]
    assert column(rows, "撤回期限") == [""]


def test_the_address_filters_and_sorts_again(seller, a_claim):
    kept = [a_claim(Status.ON_HOLD) for _ in range(3)]
    a_claim()
    rows = sheet(content(export(seller, "?cell=on_hold&sort=number&page=2")))
    assert column(rows, "注文番号") == sorted(claim.order.number for claim in kept)
    rows = sheet(content(export(seller, "?cell=on_hold&sort=-number")))
    assert column(rows, "注文番号") == sorted((claim.order.number for claim in kept), reverse=True)


def test_all_pages_not_only_this_one(seller, a_claim):
    for _ in range(51):
        a_claim()
    assert len(sheet(content(export(seller, "?page=2")))) == 52


def test_checked_rows_alone(seller, a_claim):
    one, two, _three = (a_claim() for _ in range(3))
    rows = sheet(content(export(seller, claim=[one.number, two.number, "no such", "\x00", "x" * 5000])))
    assert sorted(column(rows, "注文番号")) == [one.order.number, two.order.number]


def test_another_shops_rows_never(seller, a_claim, rival):
    theirs = a_claim(seller=rival)
    assert sheet(content(export(seller, claim=[theirs.number])))[1:] == []
    assert sheet(content(export(seller, "?tab=search", columns="all")))[1:] == []


def test_a_read_only_member_may_export(viewer, client_of, a_claim, clock):
    a_claim()
    assert len(sheet(content(export(client_of(viewer))))) == 2


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_becomes_a_formula(seller, a_claim, an_order, text):
    a_claim(order=an_order(option=text), reason_text=text)
    data = content(export(seller, columns="all"))
    assert formulas(data) == 0
    rows = sheet(data)
    for label in ("オプション情報", "理由の詳細"):
        assert column(rows, label)[0].strip(" ") == text.strip(" ")
    data = content(export(seller, columns="all", format="csv"))
    written = column(lines(data), "オプション情報")[0]
    assert not written.lstrip().startswith(tuple("=+-@＝＋－＠"))
    assert exports.from_csv(written) == text


def test_what_xml_cannot_hold_is_left_out(seller, a_claim, an_order):
    a_claim(order=an_order(option="a\x01b\x0bc\ufffed\x1be\r\nf"))
    assert column(sheet(content(export(seller, columns="all"))), "オプション情報") == ["abcde\nf"]
    assert column(lines(content(export(seller, columns="all", format="csv"))), "オプション情報") == [
        "abcde\nf"
    ]


def test_the_head_stays_and_filters(seller, a_claim):
    a_claim()
    xml = markup(content(export(seller)))
    assert 'state="frozen"' in xml
    assert 'sqref="J2:J1048576 K2:K1048576 L2:L1048576" numberStoredAsText="1"' in xml, "no green corners"
    assert '<autoFilter ref="A1:L2"/>' in xml


@pytest.mark.parametrize(
    "sent",
    [{"format": "exe"}, {"columns": "secret"}, {"format": ""}, {"format": "xlsx\x00"}],
)
def test_what_no_button_sends_leads_to_the_list(seller, a_claim, sent):
    a_claim()
    answer = export(seller, **sent)
    assert answer.status_code == 302
    assert answer["Location"] == f"{DESK}exports/"
    assert ExportJob.objects.count() == 0


@pytest.mark.parametrize("query", ["?tab=search&since=banana", "?cell=none", "?sort=-order__shop__name"])
def test_an_address_that_cannot_be_read_finds_what_the_desk_finds(seller, a_claim, query):
    a_claim()
    shown = len(read(seller.get(DESK + query)).all("tr", data_row=True))
    assert len(sheet(content(export(seller, query)))[1:]) == shown


def test_the_queries_do_not_grow_with_the_rows(seller, a_claim, django_assert_num_queries):
    for _ in range(3):
        a_claim()
    with django_assert_num_queries(5):  # session, user, member, keys, rows
        content(export(seller, columns="all"))
    for _ in range(30):
        a_claim()
    with django_assert_num_queries(5):
        content(export(seller, columns="all"))


def test_the_grids_columns_are_the_guides_twelve():
    assert [str(COLUMNS[code].label) for code in GRID] == GUIDE
    assert len({str(column.label) for column in COLUMNS.values()}) == len(COLUMNS), (
        "a file's heads are told apart"
    )


def test_lists_mask_the_buyers_name(a_claim):
    claim = a_claim()
    assert COLUMNS["buyer"].read(claim, NOW) == "yunjee"
    assert COLUMNS["buyer"].shown(claim, NOW) == "yun***"


def test_a_deadline_stands_while_it_runs_only(a_claim):
    claim = a_claim(Status.ASKED)
    read_deadline = COLUMNS["deadline"].read
    assert read_deadline(claim, NOW) == date(2021, 7, 19)
    assert read_deadline(claim, NOW + timedelta(days=7)) is None
    deeds.reject(claim)
    assert read_deadline(claim, NOW) is None
