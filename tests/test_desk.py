"""キャンセル & 未受取: the board, the grid, 選択条件照会 (SPEC 4.1 and 4.2)."""

from datetime import timedelta

import pytest

from claims import tables
from claims.models import Claim
from claims.statuses import BOARD, CELLS, FACTS, Status
from tests import deeds
from tests.clock import NOW, japan
from tests.pages import numbers, read, rows

DESK = "/shops/AMUSE_official/claims/"
PART = {"HX-Request": "true", "HX-Target": "grid"}
COLUMNS = [
    "選択",
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
SORTS = {
    "status": "処理状態",
    "completed": "キャンセル/返品完了日",
    "requested": "キャンセル/返品要請日",
    "ordered": "注文日",
    "deadline": "撤回期限",
    "number": "注文番号",
}
# The guide's board, row by row as it is printed.
ROWS = {
    "キャンセル": "キャンセル要請 キャンセル中 キャンセル完了",
    "返品": "返品要請 返品中 返金保留 回収完了/返金要請 返品完了",
    "交換": "交換申請/確認 再配送中 交換遅延",
    "未受取通知": "通知受付 出品者確認 確認遅延 返金完了",
    "クレームの撤回": "撤回要請 撤回保留 部分返金",
}


@pytest.fixture(autouse=True)
def _standing_clock(clock):
    """The whole screen is read at one instant."""


def count_found(response) -> int:
    return int(read(response).one(class_="count-found").text.removesuffix("件"))


# --- the board -----------------------------------------------------------------------------------


def test_the_board_has_the_guides_rows_and_cells(seller):
    board = read(seller.get(DESK)).one(id="board")
    shown = {
        row.one("th").text: [link["aria-label"].rsplit(" ", 1)[0] for link in row.all("a")]
        for row in board.all("tr")
    }
    assert shown == {row: cells.split() for row, cells in ROWS.items()}


def test_every_number_is_the_number_of_rows_that_a_click_on_it_shows(seller, a_claim):
    for status, facts in FACTS.items():
        for kind in sorted(facts.kinds):
            a_claim(status, kind=kind)
    links = read(seller.get(DESK)).one(id="board").all("a")
    assert len(links) == len(CELLS) == 18
    for link in links:
        label, number = link["aria-label"].rsplit(" ", 1)
        assert number == f"{link.text}件", "the accessible name is status and number, 「撤回要請 3件」"
        clicked = seller.get(DESK + link["href"].removeprefix(DESK))
        assert len(rows(clicked)) == count_found(clicked) == int(link.text) > 0, label
        assert read(clicked).one(id="grid-heading").text.startswith(label)
        marked = read(clicked).one(id="board").one("a", aria_current="true")
        assert marked["href"] == link["href"]


def test_a_click_shows_the_claims_of_that_cell_and_no_others(seller, a_claim, rival):
    asked = a_claim(Status.ASKED)
    a_claim(Status.ON_HOLD)
    a_claim(Status.ASKED, seller=rival)
    response = seller.get(DESK + "?cell=asked")
    assert numbers(response) == [asked.order.number]
    assert rows(response)[0]["処理状態"] == "返品：撤回要請"
    assert read(response).one("a", aria_label="撤回要請 1件").text == "1"


def test_what_lapsed_leaves_its_number_at_midnight_swept_or_not(seller, a_claim, clock):
    a_claim(Status.ASKED, at=japan("2021-07-07"))
    clock.move_to(japan("2021-07-13 23:59:59"))
    assert read(seller.get(DESK)).has("a", aria_label="撤回要請 1件")
    assert rows(seller.get(DESK + "?cell=asked"))[0]["撤回期限"] == "7/13(火) 本日まで"
    clock.move_to(japan("2021-07-14"))
    assert read(seller.get(DESK)).has("a", aria_label="撤回要請 0件")
    assert rows(seller.get(DESK + "?cell=asked")) == []
    assert rows(seller.get(DESK)) == [], "ended: not among what is to be done"
    (row,) = rows(seller.get(DESK + "?tab=search&status=withdrawn"))
    assert (row["処理状態"], row["撤回期限"]) == ("返品：撤回完了", "")
    assert row["キャンセル/返品完了日"] == "2021/07/14"


def test_ended_cells_count_90_days_and_say_so(seller, a_claim):
    a_claim(Status.RETURN_DONE, at=japan("2021-04-15"))
    a_claim(Status.RETURN_DONE, at=japan("2021-04-14 23:59:59"))
    page = read(seller.get(DESK))
    link = page.one("a", aria_label="返品完了 1件")
    assert len(rows(seller.get(link["href"]))) == 1
    assert "90日間" in page.one(id="board").text
    assert "それより前は選択条件照会でお探しください" in page.one(id="board").text
    older = seller.get(DESK + "?tab=search&status=return_done")
    assert len(rows(older)) == 2, "older ones are found under 選択条件照会"


def test_the_board_alone_is_a_part_for_refreshing(seller, a_claim):
    claim = a_claim()
    part = read(seller.get(DESK + "board/"))
    assert [child.tag for child in part.children if not isinstance(child, str)] == ["section"]
    assert part.has("a", aria_label="返品要請 1件")
    deeds.ask(claim)
    part = read(seller.get(DESK + "board/"))
    assert part.has("a", aria_label="返品要請 0件")
    assert part.has("a", aria_label="撤回要請 1件")


def test_a_refreshed_board_still_marks_the_open_cell(seller):
    board = read(seller.get(DESK + "?cell=asked")).one(id="board")
    again = read(seller.get(board["hx-get"]))
    assert again.one("a", aria_current="true")["href"].endswith("?cell=asked")


def test_lines_within_returning_are_part_of_its_number(seller, a_claim):
    for status in (
        Status.RETURN_AWAITING,
        Status.RETURN_HELD,
        Status.RETURN_COLLECTED,
        Status.RETURN_REFUNDING,
    ):
        a_claim(status)
    page = read(seller.get(DESK))
    for name in ("返品中 4件", "返金保留 1件", "回収完了/返金要請 1件"):
        assert page.has("a", aria_label=name)


# --- the grid ------------------------------------------------------------------------------------


def test_the_grid_has_the_guides_columns_and_the_deadline(seller, a_claim, an_order):
    order = an_order(
        number="638358846",
        cart_number="210324412",
        item_code="624712702",
        ordered_at=japan("2021-07-08"),
        shipped_on=japan("2021-07-12").date(),
    )
    a_claim(Status.ASKED, order=order, reason="選択事項変更", pickup_method="Qxpressが回収")
    (row,) = rows(seller.get(DESK + "?cell=asked"))
    assert list(row) == COLUMNS
    assert row == {
        "選択": "",
        "処理状態": "返品：撤回要請",
        "キャンセル/返品完了日": "",
        "キャンセル/返品理由": "選択事項変更",
        "未受取理由": "",
        "キャンセル/返品要請日": "2021/07/13",
        "返品の回収方法": "Qxpressが回収",
        "注文日": "2021/07/08",
        "発送日": "2021/07/12",
        "撤回期限": "7/19(月) あと6日",
        "注文番号": "638358846",
        "カート番号": "210324412",
        "商品番号": "624712702",
    }


def test_non_receipt_and_completion_have_their_columns(seller, a_claim):
    a_claim(Status.NOTICE_REFUNDED, non_receipt_reason="商品が届かない")
    (row,) = rows(seller.get(DESK + "?cell=notice_refunded"))
    assert row["未受取理由"] == "商品が届かない"
    assert row["キャンセル/返品完了日"] == "2021/07/13"
    assert row["処理状態"] == "未受取通知：返金完了"


def test_each_row_can_be_picked_and_its_order_number_opens_the_claim(seller, a_claim):
    claim = a_claim()
    page = read(seller.get(DESK + "?cell=return_requested"))
    box = page.one("input", name="claim")
    assert (box["value"], box["aria-label"]) == (claim.number, f"注文 {claim.order.number} を選択")
    assert "全体選択" in page.one(class_="select-all").text
    link = page.one("a", data_open=True)
    assert link["href"] == f"{DESK}{claim.number}/?cell=return_requested"
    assert read(seller.get(link["href"])).one("h2", id="claim-heading").text == claim.order.number


def test_an_empty_cell_says_so(seller, a_claim):
    a_claim()
    response = seller.get(DESK + "?cell=asked")
    assert rows(response) == []
    assert read(response).one(class_="empty").text == "この状態の注文はありません。"


@pytest.fixture
def twelve(a_claim, an_order):
    """Twelve claims, most of them equal in everything that can be sorted by."""
    for number in range(10):
        a_claim(Status.ASKED, at=NOW - timedelta(days=number // 5))
    a_claim(Status.RETURN_DONE, at=japan("2021-07-01"), order=an_order(ordered_at=japan("2021-06-01")))
    a_claim(Status.CANCEL_DONE, at=japan("2021-07-02"), order=an_order(ordered_at=japan("2021-06-02")))


@pytest.fixture
def five_a_page(monkeypatch):
    monkeypatch.setattr(
        "claims.desk_views.CappedPaginator", lambda found, _: tables.CappedPaginator(found, 5)
    )


FIELDS = {
    "status": "status",
    "completed": "completed_at",
    "requested": "requested_at",
    "ordered": "ordered_at",
    "deadline": "deadline_at",
    "number": "number",
}


@pytest.mark.parametrize("minus", ["", "-"])
@pytest.mark.parametrize("sort", SORTS)
def test_sorted_both_ways_each_row_is_on_one_page_only(seller, twelve, five_a_page, sort, minus):
    shown = []
    for page in (1, 2, 3):
        response = seller.get(f"{DESK}?tab=search&sort={minus}{sort}&page={page}")
        shown += [box["value"] for box in read(response).all("input", name="claim")]
        head = read(response).one("th", aria_sort=True)
        assert head["aria-sort"] == ("descending" if minus else "ascending")
        assert head.text.rstrip(" ▲▼") == SORTS[sort]
    ordered = Claim.objects.order_by(f"{minus}{FIELDS[sort]}", f"{minus}pk")
    assert shown == list(ordered.values_list("number", flat=True))


def test_the_heads_that_sort_are_those_with_an_index_and_a_click_turns_them_around(seller, twelve):
    page = read(seller.get(DESK + "?cell=asked&page=1"))
    links = {
        head.text.rstrip(" ▲▼"): head.one("a")["href"]
        for head in page.all("th", scope="col")
        if head.has("a")
    }
    assert set(links) == set(SORTS.values())
    assert links["注文番号"] == "?cell=asked&sort=number", "from the first page again"
    again = read(seller.get(DESK + links["注文番号"]))
    assert again.one("th", aria_sort="ascending").one("a")["href"] == "?cell=asked&sort=-number"


def test_newest_requests_first_unless_told_otherwise(seller, twelve):
    page = read(seller.get(DESK))
    assert page.one("th", aria_sort="descending").text.startswith("キャンセル/返品要請日")


def test_pages_are_numbered(seller, twelve, five_a_page):
    first = seller.get(DESK + "?cell=asked")
    assert count_found(first) == 10
    pager = read(first).one("nav", class_="pager")
    assert pager.one(aria_current="page").text == "1"
    assert pager.one("a", aria_label="2ページ")["href"] == "?cell=asked&page=2"
    second = seller.get(DESK + "?cell=asked&page=2")
    assert not set(numbers(first)) & set(numbers(second))


@pytest.mark.parametrize("page", ["0", "-1", "3", "999999999999999999999", "last", "", "1.5", "１", "abc"])
def test_a_page_that_is_not_there_shows_one_that_is(seller, twelve, five_a_page, page):
    assert len(rows(seller.get(DESK, {"cell": "asked", "page": page}))) == 5


@pytest.mark.parametrize(
    "sort",
    [
        "",
        "-",
        "--status",
        "pk",
        "order__buyer__email",
        "password",
        "status,-deadline",
        "状態",
        "?",
        "status;drop",
    ],
)
def test_a_sort_that_is_not_offered_changes_nothing(seller, twelve, sort):
    response = seller.get(DESK, {"cell": "asked", "sort": sort})
    assert response.status_code == 200
    assert len(rows(response)) == 10


def test_beyond_10000_rows_the_search_is_to_be_narrowed(seller, twelve, five_a_page, monkeypatch):
    monkeypatch.setattr(tables, "COUNT_CAP", 9)
    response = seller.get(DESK + "?cell=asked")
    page = read(response)
    assert page.one(class_="count-found").text == "10,000件以上"
    assert "10,000件までを表示しています" in page.text
    assert [link.text for link in page.one("nav", class_="pager").all("a")] == ["2"]
    monkeypatch.setattr(tables, "COUNT_CAP", 10)
    assert count_found(seller.get(DESK + "?cell=asked")) == 10, "exactly as many as the cap are a number"


# --- parts and whole pages -----------------------------------------------------------------------


def test_htmx_gets_the_grid_alone(seller, a_claim):
    a_claim()
    response = seller.get(DESK + "?cell=return_requested", headers=PART)
    (section,) = (child for child in read(response).children if not isinstance(child, str))
    assert section["id"] == "grid"
    assert len(rows(response)) == 1


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({}, id="opened alone"),
        pytest.param({"HX-Request": "true"}, id="no target"),
        pytest.param({"HX-Request": "true", "HX-Target": "claim"}, id="another target"),
        pytest.param(PART | {"HX-History-Restore-Request": "true"}, id="history"),
    ],
)
def test_everybody_else_gets_a_whole_page(seller, headers):
    response = seller.get(DESK, headers=headers)
    page = read(response)
    assert page.one("html")["lang"] == "ja"
    for part in ("board", "grid", "claim"):
        assert page.has("section", id=part)


@pytest.mark.parametrize("headers", [{}, PART], ids=["page", "part"])
@pytest.mark.parametrize("address", [DESK, DESK + "board/"])
def test_no_cache_keeps_a_page_or_takes_a_part_for_one(seller, address, headers):
    response = seller.get(address, headers=headers)
    assert response["Cache-Control"] == "no-store"
    assert "HX-Request" in response["Vary"]


# --- queries -------------------------------------------------------------------------------------


@pytest.mark.parametrize("rows_", [3, 30])
@pytest.mark.parametrize(
    ("address", "queries"),
    [(DESK, 10), (DESK + "?tab=search", 9), (DESK + "board/", 5)],
    ids=["desk", "search", "board"],
)
def test_as_many_queries_for_3_rows_as_for_30(
    seller, a_claim, address, queries, rows_, django_assert_num_queries
):
    for _ in range(rows_):
        a_claim()
    with django_assert_num_queries(queries):
        seller.get(address)


def test_every_cell_of_the_board_is_a_row_of_the_spec_table():
    assert [cell.code for _, columns in BOARD for column in columns for cell in column] == list(CELLS)
