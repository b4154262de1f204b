"""一覧の表示設定 and the selection of the grid (SPEC 4.2)."""

import pytest
from django.db import IntegrityError

from claims.columns import COLUMNS, GRID, visible_columns
from claims.models import GridSetting
from claims.statuses import Status
from tests.clock import NOW, japan
from tests.pages import posted, read, rows

DESK = "/shops/AMUSE_official/claims/"
SETTINGS = f"{DESK}settings/"


@pytest.fixture(autouse=True)
def _standing_clock(clock):
    """The whole screen is read at one instant."""


def change(client, query="", **typed):
    """The form of 一覧の表示設定 as a browser would send it, with `typed` in it."""
    form = read(client.get(SETTINGS + query)).one("form", id="grid-settings")
    data = {
        "order": [field["value"] for field in form.all("input", name="order")],
        "column": [box["value"] for box in form.all("input", name="column", checked=True)],
        "shortcuts": "on",
        "per_page": "50",
        "sort": "",
    }
    return client.post(form["action"], data | typed)


def heads(client, query="?cell=return_requested"):
    return [head.text.rstrip(" ▲▼") for head in read(client.get(DESK + query)).one("thead").all("th")][1:]


def test_at_first_the_grid_has_the_guides_columns(seller, amuse, a_claim):
    a_claim()
    assert heads(seller) == [str(COLUMNS[code].label) for code in GRID]
    assert [column.code for column in visible_columns(amuse)] == list(GRID)


def test_columns_are_chosen_and_the_filters_stay(seller, amuse, a_claim):
    a_claim()
    query = "?cell=return_requested&sort=-number"
    saved = change(seller, query + "&page=3", column=["status", "item_title", "buyer"])
    assert (saved.status_code, saved["Location"]) == (303, DESK + query), "a page is one of another size"
    assert heads(seller, query) == ["処理状態", "注文番号", "商品名", "購入者名"]
    (row,) = rows(seller.get(DESK + query))
    assert row["購入者名"] == "yun***", "names are masked in lists"
    assert [column.code for column in visible_columns(amuse)] == ["status", "number", "item_title", "buyer"]


def test_up_and_down_without_javascript(seller, amuse, a_claim):
    a_claim()
    moved = change(seller, "?cell=asked", move="down:status")
    assert moved["Location"] == SETTINGS + "?cell=asked#down-status", "one goes on moving"
    assert heads(seller)[:2] == ["キャンセル/返品完了日", "処理状態"]
    change(seller, move="up:status")
    top = change(seller, move="up:status")
    assert top["Location"].endswith("#down-status"), "at the top only the other button can be pressed"
    assert heads(seller)[:2] == ["処理状態", "キャンセル/返品完了日"], "at the top it stays"


@pytest.mark.parametrize(
    "move", ["", "up", "up:", "up:nothing", "sideways:status", "\x00", "up:" + "x" * 9999]
)
def test_no_move_breaks_the_page(seller, a_claim, move):
    a_claim()
    assert change(seller, move=move).status_code == 303
    assert heads(seller) == [str(COLUMNS[code].label) for code in GRID]


@pytest.mark.parametrize("column", [[], ["nothing"], ["number"]])
def test_the_order_number_is_always_there(seller, a_claim, column):
    a_claim()
    change(seller, column=column)
    assert heads(seller) == ["注文番号"]


def test_the_size_of_a_page_and_its_order_are_the_members_own(seller, clerk, client_of, a_claim):
    for _ in range(21):
        a_claim()
    change(seller, per_page="20", sort="number")
    assert len(rows(seller.get(DESK))) == 20
    page = read(seller.get(DESK))
    assert page.one("th", aria_sort="ascending").text.startswith("注文番号")
    asked = read(seller.get(DESK + "?sort=-ordered"))
    assert asked.one("th", aria_sort="descending").text.startswith("注文日"), "the address goes before"
    assert len(rows(client_of(clerk).get(DESK))) == 21


@pytest.mark.parametrize(
    "typed", [{"per_page": "7"}, {"per_page": "9" * 30}, {"per_page": ""}, {"sort": "pk"}]
)
def test_what_is_not_offered_is_refused(seller, amuse, typed):
    response = change(seller, **typed)
    assert response.status_code == 422
    assert read(response).has(class_="refusal")
    assert not GridSetting.objects.exists()


def test_the_database_knows_the_sizes_too(amuse):
    with pytest.raises(IntegrityError):
        GridSetting.objects.create(member=amuse, per_page=7)


def test_a_sort_by_a_hidden_column_still_sorts(seller, a_claim, an_order):
    older = a_claim(Status.ASKED, order=an_order(ordered_at=japan("2021-07-01")))
    newer = a_claim(Status.ASKED, order=an_order(ordered_at=japan("2021-07-09")))
    change(seller, column=["status"])

    def shown(sort):
        return [row["注文番号"] for row in rows(seller.get(f"{DESK}?cell=asked&sort={sort}"))]

    assert shown("-ordered") == [newer.order.number, older.order.number]
    assert shown("ordered") == [older.order.number, newer.order.number]


def test_reset_brings_the_defaults_back(seller, a_claim):
    a_claim()
    change(seller, column=["status"])
    change(seller, reset="1")
    assert heads(seller) == [str(COLUMNS[code].label) for code in GRID]


def test_the_keys_are_announced_and_can_be_switched_off(seller, a_claim):
    a_claim()
    page = read(seller.get(DESK))
    assert "data-shortcuts" in page.one(id="grid")
    assert page.one(class_="keys").one("a")["href"].startswith(SETTINGS)
    change(seller, shortcuts=[])
    page = read(seller.get(DESK))
    assert "data-shortcuts" not in page.one(id="grid")
    assert not page.has(class_="keys")


# --- selection -----------------------------------------------------------------------------------


def test_all_that_is_found_is_selected_in_a_second_step(seller, a_claim):
    for _ in range(21):
        a_claim(at=NOW)
    change(seller, per_page="20")
    page = read(seller.get(DESK + "?cell=return_requested"))
    link = page.one("a", class_="all")
    assert link.text == "照会結果 21件すべてを選択"
    everything = read(seller.get(link["href"]))
    form = everything.one("form", id="picked")
    assert posted(form)["all"] == "1"
    assert posted(form)["expected"] == "21"
    assert all("disabled" in box for box in form.all("input", name="claim"))
    assert "select=" not in everything.one("a", class_="clear")["href"]
    assert "select=" not in everything.all("a", data_open=True)[0]["href"]


def test_without_a_second_page_there_is_no_second_step(seller, a_claim):
    a_claim()
    page = read(seller.get(DESK))
    assert not page.has("a", class_="all")
    checked = read(seller.get(DESK + "?select=page"))
    assert "checked" in checked.one("input", name="claim")


def test_a_read_only_member_gets_no_deeds(viewer, client_of, a_claim):
    a_claim()
    page = read(client_of(viewer).get(DESK))
    assert not page.has(class_="deeds")
