"""選択条件照会: periods, statuses, text, whatever is typed (SPEC 4.1)."""

from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.db import connection

from claims import transitions
from claims.models import Order
from claims.statuses import Kind, Status
from qsm.accounts.models import Buyer
from tests import deeds
from tests.clock import japan
from tests.pages import numbers, read, rows

DESK = "/shops/AMUSE_official/claims/"


@pytest.fixture(autouse=True)
def _standing_clock(clock):
    """The whole screen is read at one instant."""


def search(seller, **fields):
    return seller.get(DESK, {"tab": "search", **fields})


def test_the_search_tab_has_a_form_with_every_condition(seller):
    form = read(search(seller)).one("form", class_="search")
    labels = {label.attrs["for"]: label.text for label in form.all("label") if "for" in label and label.text}
    for name, label in {
        "id_q": "検索",
        "id_period": "期間",
        "id_since": "開始日",
        "id_until": "終了日",
    }.items():
        assert labels[name] == label
        assert form.has(id=name)
    assert labels["id_within"] == "撤回期限"
    assert [option.text for option in form.one(id="id_period").all("option")] == [
        "要請日",
        "注文日",
        "完了日",
    ]
    assert [box["value"] for box in form.all("input", name="kind")] == list(Kind.values)
    assert [box["value"] for box in form.all("input", name="status")] == list(Status.values)
    assert [button.text for button in form.all("button", name="range")] == ["今日", "7日", "30日", "90日"]
    assert form.all("button")[0].text == "照会", "Enter presses the first button of a form"


@pytest.mark.parametrize("status", list(Status))
def test_a_search_by_status_finds_those_and_no_others(seller, a_claim, status):
    for other in Status:
        a_claim(other)
    assert {row["処理状態"] for row in rows(search(seller, status=status))} == {
        row["処理状態"] for row in rows(search(seller)) if row["処理状態"].split("：")[-1] == status.label
    }
    assert len(rows(search(seller, status=status))) == 1


@pytest.mark.parametrize(
    ("since", "until", "found"),
    [
        ("", "", "ABC"),
        ("2021-07-02", "", "BC"),
        ("", "2021-07-02", "AB"),
        ("2021-07-02", "2021-07-02", "B"),
        ("2021-07-03", "2021-07-02", ""),
    ],
)
@pytest.mark.parametrize("period", ["requested", "ordered", "completed", ""])
def test_a_period_has_both_its_days_as_days_in_japan(seller, a_claim, an_order, period, since, until, found):
    for name, text in {"A": "2021-07-01 23:59:59", "B": "2021-07-02", "C": "2021-07-03"}.items():
        at = japan(text)
        a_claim(Status.RETURN_DONE, at=at, order=an_order(number=name, ordered_at=at))
    assert "".join(sorted(numbers(search(seller, period=period, since=since, until=until)))) == found


def test_the_search_keeps_what_was_asked_and_shares_it_by_its_address(seller, a_claim):
    claim = a_claim()
    fields = {
        "period": "ordered",
        "since": "2021-07-08",
        "until": "2021-07-09",
        "kind": ["return", "cancel"],
        "status": ["return_requested", "asked"],
        "q": claim.order.number,
    }
    page = read(search(seller, **fields))
    form = page.one("form", class_="search")
    assert form.one(id="id_since")["value"] == "2021-07-08"
    assert form.one(id="id_q").text == claim.order.number
    assert "selected" in form.one("option", value="ordered")
    checked = [box["value"] for box in form.all("input", checked=True)]
    assert checked == ["cancel", "return", "return_requested", "asked"]
    assert "period=ordered&since=2021-07-08" in page.one("a", data_open=True)["href"]
    assert page.one("a", aria_current="page", href=f"{DESK}?tab=search").text == "選択条件照会"


# --- several conditions --------------------------------------------------------------------------


def test_several_statuses_are_searched_for_at_once_each_as_it_effectively_is(seller, a_claim, clock):
    asked = a_claim(Status.ASKED, at=japan("2021-07-07"))
    held = a_claim(Status.ON_HOLD)
    a_claim(Status.RETURN_REQUESTED)
    both = search(seller, status=["asked", "on_hold"])
    assert sorted(numbers(both)) == [asked.order.number, held.order.number]
    clock.move_to(japan("2021-07-14"))
    assert numbers(search(seller, status=["asked", "on_hold"])) == [held.order.number]
    assert numbers(search(seller, status=["withdrawn"])) == [asked.order.number]


@pytest.mark.parametrize("swept", [False, True])
def test_what_is_late_or_was_offered_money_is_found_as_what_it_effectively_is(seller, a_claim, clock, swept):
    late = a_claim(Status.EXCHANGE_REQUESTED, at=japan("2021-07-11"))
    offered = a_claim(at=japan("2021-07-07"))
    deeds.ask(offered, japan("2021-07-07"), offer=500)
    assert numbers(search(seller, status="exchange_requested")) == [late.order.number]
    clock.move_to(japan("2021-07-14"))
    if swept:
        deeds.sweep(japan("2021-07-14"))
        transitions.call_late(now=japan("2021-07-14"))
    assert numbers(search(seller, status="exchange_late")) == [late.order.number]
    assert numbers(search(seller, status="partially_refunded")) == [offered.order.number]
    assert numbers(search(seller, status=["exchange_late", "partially_refunded", "withdrawn"])) == [
        late.order.number,
        offered.order.number,
    ]
    for status in ("exchange_requested", "asked", "withdrawn"):
        assert rows(search(seller, status=status)) == [], status
    assert rows(search(seller, within="99")) == []


def test_kinds_and_statuses_are_joined(seller, a_claim):
    wanted = a_claim(Status.ASKED, kind="cancel")
    a_claim(Status.ASKED)
    a_claim(Status.CANCEL_REQUESTED)
    assert numbers(search(seller, kind="cancel", status="asked")) == [wanted.order.number]
    assert len(rows(search(seller, kind=["cancel", "return"], status="asked"))) == 2


def test_what_lapsed_was_completed_at_its_deadline_before_any_sweep(seller, a_claim, clock):
    claim = a_claim(Status.ASKED, at=japan("2021-07-07"))
    asked = {"period": "completed", "since": "2021-07-14", "until": "2021-07-14"}
    clock.move_to(japan("2021-07-13 23:59:59"))
    assert rows(search(seller, **asked)) == [], "not over yet"
    clock.move_to(japan("2021-07-14"))
    assert numbers(search(seller, **asked)) == [claim.order.number]
    assert rows(search(seller, period="completed", until="2021-07-13")) == []
    deeds.sweep(japan("2021-07-20"))
    assert numbers(search(seller, **asked)) == [claim.order.number], "the sweep changes nothing of it"


@pytest.mark.parametrize(
    ("days", "found"), [("0", "A"), ("1", "AB"), ("5", "AB"), ("6", "ABC"), ("", "ABCD")]
)
def test_open_requests_whose_deadline_is_near(seller, a_claim, an_order, days, found):
    for name, at in {"A": "2021-07-07", "B": "2021-07-08", "C": "2021-07-13"}.items():
        a_claim(Status.ASKED, at=japan(at), order=an_order(number=name))
    a_claim(Status.ON_HOLD, order=an_order(number="D"))
    assert "".join(sorted(numbers(search(seller, within=days)))) == found


@pytest.mark.parametrize(
    ("days", "since"), [("1", "2021-07-13"), ("7", "2021-07-07"), ("30", "2021-06-14"), ("90", "2021-04-15")]
)
def test_a_quick_range_ends_today_and_counts_today(seller, a_claim, an_order, days, since):
    at = japan(since)
    a_claim(Status.RETURN_DONE, at=at, order=an_order(number="IN"))
    a_claim(Status.RETURN_DONE, at=at - timedelta(seconds=1), order=an_order(number="OUT"))
    # The button sends the form as it stands: what was typed into the dates gives way.
    response = search(seller, range=days, since="2001-01-01", until="2001-01-02")
    assert numbers(response) == ["IN"]
    page = read(response)
    assert page.one("button", aria_pressed="true")["value"] == days
    assert (page.one(id="id_since")["value"], page.one(id="id_until")["value"]) == (since, "2021-07-13")
    assert page.one(class_="chip").text.startswith(f"要請日: {since.replace('-', '/')}〜2021/07/13")


def test_a_quick_range_sent_again_untouched_stays_one_until_a_day_is_changed(seller, a_claim, clock):
    a_claim()
    form = read(search(seller, range="7")).one("form", class_="search")
    shown = {name: form.one("input", name=name)["value"] for name in ("shown", "since", "until")}
    again = read(search(seller, q="6", **shown))
    assert again.one("button", aria_pressed="true")["value"] == "7"
    assert "range=7" in again.one("details", class_="keep").one("form")["action"]
    changed = read(search(seller, **(shown | {"since": "2021-07-01"})))
    assert not changed.has("button", aria_pressed="true")
    assert chips_of(search(seller, **(shown | {"since": "2021-07-01"}))).keys() == {
        "要請日: 2021/07/01〜2021/07/13"
    }
    other = read(search(seller, **(shown | {"range": "30"})))
    assert other.one("button", aria_pressed="true")["value"] == "30", "the button that was pressed"


# --- text ----------------------------------------------------------------------------------------


@pytest.fixture
def three(a_claim, an_order, csma):
    """Three claims, A with the numbers and names of the guide."""
    buyer = Buyer.objects.create(name="髙橋 ﾐｻｷ", email="misaki@example.com")
    order = an_order(
        number="638358846",
        cart_number="210324412",
        item_code="624712702",
        item_title="[AMUSE公式] アイビーガム コレクションセット",
        receiver="佐藤 美咲",
        tracking_number="6391-2345-6789",
        buyer=buyer,
    )
    a_claim(order=order)
    a_claim(
        order=an_order(
            number="638358999",
            item_title="ティント",
            cart_number="210999999",
            item_code="700000001",
            receiver="鈴木",
        )
    )
    a_claim(
        order=an_order(
            number="700000000",
            cart_number="1",
            item_code="1",
            item_title="リップ",
            buyer=csma,
            tracking_number="EE123456789JP",
        )
    )


A, B, C = "638358846", "638358999", "700000000"


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        pytest.param("638358846", [A], id="order number"),
        pytest.param("６３８３５８８４６", [A], id="full width"),
        pytest.param("638358", [A, B], id="beginning of a number"),
        pytest.param("210324412", [A], id="cart number"),
        pytest.param("624712702", [A], id="item code"),
        pytest.param("700000", [B, C], id="whatever kind of number it is"),
        pytest.param("639123456789", [A], id="tracking number without hyphens"),
        pytest.param("6391-2345-6789", [A], id="tracking number with hyphens"),
        pytest.param("６３９１－２３４５", [A], id="its beginning in full width"),
        pytest.param("ee123456789jp", [C], id="letters in it"),
        pytest.param("8846", [A], id="a few digits wherever they stand"),
        pytest.param("アイビーガム", [A], id="title"),
        pytest.param("ｱｲﾋﾞｰ ｶﾞﾑ", [A], id="half-width kana"),
        pytest.param("あいびーがむ", [A], id="hiragana"),
        pytest.param("amuse公式", [A], id="case"),
        pytest.param("佐藤", [A], id="receiver"),
        pytest.param("佐藤美咲", [A], id="receiver without the space"),
        pytest.param("高橋", [A], id="buyer"),
        pytest.param("タカハシ", [], id="no reading of kanji is known"),
        pytest.param("みさき", [A], id="buyer in other kana"),
        pytest.param("ガム 高橋", [A], id="two words of two fields"),
        pytest.param("ガム 鈴木", [], id="both words must be there"),
        pytest.param("csマ", [C], id="the guide's buyer"),
        pytest.param("638358846 700000000", [A, C], id="two numbers"),
        pytest.param("638358846,　638358999、700000000\n\t", [A, B, C], id="separators of a pasted list"),
        pytest.param("638358846\r\n210324412", [A], id="two numbers of one order"),
        pytest.param("638358 700000", [], id="numbers of a list are whole"),
        pytest.param("%", [], id="no wildcard"),
        pytest.param("_", [], id="nor another"),
        pytest.param("\\", [], id="nor an escape"),
        pytest.param("' OR 1=1 --", [], id="no statement"),
        pytest.param("852997700", [], id="number of nobody"),
    ],
)
def test_text_is_looked_for_in_numbers_and_names(seller, three, typed, found):
    assert sorted(numbers(search(seller, q=typed))) == found


@pytest.mark.parametrize("separator", ["638358846\n210324412", "アイビーガム\n佐藤"])
def test_no_word_runs_from_one_field_into_the_next(seller, three, separator):
    joined = separator.replace("\n", "")
    assert rows(search(seller, q=joined)) == []


def test_a_column_pasted_with_its_head_is_a_list_of_numbers(seller, three):
    assert sorted(numbers(search(seller, q=f"注文番号\n{A}\n{C}"))) == [A, C]
    assert numbers(search(seller, q="注文番号")) == [], "alone it is a word"


def test_a_pasted_list_names_the_numbers_without_a_claim(seller, three, a_claim, rival):
    theirs = a_claim(seller=rival).order.number
    page = read(search(seller, q=f"638358846 999999999 {theirs} 6391-2345-6789"))
    assert page.one(id="search").one(role="status").text.split(":")[1].split("、") == [" 999999999", theirs]


def test_the_text_that_is_searched_stands_first_in_the_row(db):
    with connection.cursor() as cursor:
        columns = [
            column.name for column in connection.introspection.get_table_description(cursor, "claims_order")
        ]
    # Why, and what to do after generating 0001 anew, stands at Order.search_text.
    assert columns[:4] == ["id", "shop_id", "buyer_id", "search_text"]


def test_a_name_that_many_buyers_have_is_found_as_well(seller, three, monkeypatch):
    monkeypatch.setattr("claims.search.BUYERS_MAX", 0)
    assert numbers(search(seller, q="高橋")) == [A]
    assert numbers(search(seller, q="高橋 ガム")) == [A]
    assert numbers(search(seller, q="高橋 鈴木")) == []


def test_nothing_of_another_shop_is_found(seller, a_claim, rival, an_order):
    order = an_order(
        seller=rival, number="888888888", item_title="秘密の商品", tracking_number="777777777777"
    )
    a_claim(order=order)
    for typed in ("888888888", "888888888 777777777777", "秘密", "777777"):
        assert rows(search(seller, q=typed)) == []


def test_what_is_blanked_is_found_no_longer(seller, three):
    Order.objects.filter(number=A).update(receiver="")
    Buyer.objects.filter(name__startswith="髙").update(name="")
    assert rows(search(seller, q="佐藤")) == []
    assert rows(search(seller, q="高橋")) == []


@pytest.mark.parametrize(
    "typed",
    ["あ い う え お か き く け こ さ", " ".join(str(1000001 + i) for i in range(201))],
)
def test_too_many_words_or_numbers_are_refused_and_kept(seller, three, typed):
    page = read(search(seller, q=typed))
    assert page.one(id="id_q_error").text == "検索: 番号は200件まで、言葉は10個までで照会してください。"
    assert page.one(id="id_q").text == typed
    assert rows(search(seller, q=typed)) == []


def test_200_numbers_fit_into_an_address(seller, three):
    typed = "\r\n".join([A, *(str(100000001 + i) for i in range(199))])
    assert numbers(search(seller, q=typed)) == [A]
    assert len(urlencode({"tab": "search", "q": typed})) < 8190 - len("GET  HTTP/1.1") - len(DESK) - 400


# --- what is applied -----------------------------------------------------------------------------


def chips_of(response):
    """What is applied, and where each leads when it is taken off."""
    return {chip.one("span").text: chip.one("a")["href"] for chip in read(response).all("li", class_="chip")}


def test_each_condition_is_a_chip_that_can_be_taken_off(seller, three):
    asked = {
        "period": "ordered", "since": "2021-07-01", "until": "2021-07-31", "kind": ["return"],
        "status": ["asked", "return_requested"], "within": "3", "q": "ガム  佐藤", "sort": "-number", "page": "1",
    }  # fmt: skip
    response = search(seller, **asked)
    chips = chips_of(response)
    assert list(chips) == [
        "注文日: 2021/07/01〜2021/07/31",
        "種類: 返品",
        "処理状態: 撤回要請",
        "処理状態: 返品要請",
        "撤回期限: 3日以内",
        "検索: ガム 佐藤",
    ]
    for text, address in chips.items():
        left = chips_of(seller.get(address))
        assert list(left) == [other for other in chips if other != text]
        assert "sort=-number" in address, "the order stays"
        assert "page=" not in address, "the page does not"
    everything = read(response).one(class_="chips").all("a")[-1]
    assert (everything.text, everything["href"]) == ("すべて解除", f"{DESK}?tab=search")
    assert chips_of(seller.get(everything["href"])) == {}


def test_a_search_without_conditions_has_no_chips(seller, three):
    assert not read(search(seller, period="ordered")).has(class_="chips")


def test_what_cannot_be_read_has_no_chips_and_an_open_form(seller, three):
    page = read(search(seller, q="ガム", since="2021-02-30"))
    assert not page.has(class_="chips")
    assert "open" in page.all("details", class_="sheet")[0]


def test_days_the_wrong_way_around_are_said(seller, three):
    page = read(search(seller, since="2021-07-03", until="2021-07-02"))
    assert page.one(id="id_until_error").text == "終了日: 終了日は開始日以降の日を選んでください。"


def test_where_nothing_fits_the_way_back_is_named(seller, three):
    empty = read(search(seller, q="どこにもない")).one(class_="empty")
    assert empty.text.startswith("条件に合う注文はありません。")
    assert empty.one("a")["href"] == f"{DESK}?tab=search"


def test_a_shop_without_any_claim_is_told_so(seller, amuse):
    for address in (DESK, f"{DESK}?tab=search&q=x", f"{DESK}?cell=asked"):
        assert read(seller.get(address)).one(class_="empty").text.startswith("まだクレームはありません。")
