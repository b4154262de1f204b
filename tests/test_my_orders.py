"""MyQoo10's orders: the list, one order's facts, what may be filed and until when (SPEC 6)."""

from datetime import date, timedelta

import pytest

from claims.models import Order
from claims.statuses import OPEN, Status
from tests import deeds
from tests.clock import NOW, japan
from tests.pages import facts, read

TODAY = date(2021, 7, 13)
DAY = timedelta(days=1)
LIST = "/myqoo10/orders/"
ARRIVED = {"shipped_on": TODAY - 2 * DAY, "delivered_on": TODAY}


@pytest.fixture(autouse=True)
def _standing_clock(clock):
    """Everything is read on the morning of 7/13."""


def page_of(buyer, order):
    return read(buyer.get(f"{LIST}{order.number}/")).one("main")


def offered(page):
    """For each kind: the address that its button opens, or None where it is off; and what stands beside it."""
    items = page.one("ul", class_="offers").all("li")
    found = {}
    for item in items:
        (button,) = [element for element in item if element.tag in ("a", "button")]
        assert ("disabled" in button) is (button.tag == "button")
        found[button.text] = (button.attrs.get("href"), item.text.removeprefix(button.text).strip())
    return found


# --- the list ----------------------------------------------------------------------------------------


def test_his_orders_newest_first_and_no_one_elses(buyer, an_order, csma):
    old = an_order(ordered_at=japan("2021-07-01"))
    new = an_order(ordered_at=japan("2021-07-12"))
    an_order(buyer=csma)
    page = read(buyer.get(LIST)).one("main")
    assert page.one("h1").text == "注文一覧 2件"
    shown = [item.one("h2").one("a")["href"] for item in page.all("li", class_="my-card")]
    assert shown == [f"{LIST}{order.number}/" for order in (new, old)]


def test_an_order_says_where_it_is_and_what_can_be_filed(buyer, an_order, a_claim):
    _waiting, _arrived, under_way = (
        an_order(ordered_at=NOW - n * DAY, **fields)
        for n, fields in enumerate([{}, ARRIVED, {"shipped_on": TODAY}])
    )
    a_claim(Status.NOTICE_CONFIRMED, order=under_way)
    cards = [item.text for item in read(buyer.get(LIST)).one("main").all("li", class_="my-card")]
    for card, texts in zip(
        cards,
        [
            ("発送前", "キャンセルは発送されるまで申請できます。"),
            ("7/13(火) 配達完了", "返品・交換は7/19(月)まで申請できます。"),
            ("7/13(火) 発送", "未受取通知：出品者確認"),
        ],
        strict=True,
    ):
        assert all(text in card for text in texts), card
    assert "申請できます" not in cards[2], "while a claim is open"
    assert "未受取は" not in cards[1], "he has it"


def test_without_an_order_it_says_so(buyer):
    assert "注文はまだありません。" in read(buyer.get(LIST)).one("main").text


@pytest.mark.parametrize("asked", ["2", "3", "99999999999999999999", "-1", "x", "１", "", "9" * 5000])
def test_the_list_is_paged_whatever_is_asked_for(buyer, an_order, asked):
    orders = [an_order(ordered_at=NOW - n * DAY) for n in range(25)]
    response = buyer.get(LIST, {"page": asked})
    shown = [
        item.one("h2").one("a")["href"] for item in read(response).one("main").all("li", class_="my-card")
    ]
    first = asked in ("x", "", "１", "9" * 5000)
    assert shown == [f"{LIST}{order.number}/" for order in (orders[:20] if first else orders[20:])]


@pytest.mark.parametrize("orders", [3, 19])
def test_as_many_queries_for_3_orders_as_for_19(buyer, an_order, orders, django_assert_num_queries):
    for _ in range(orders):
        order = an_order(**ARRIVED)
        claim = deeds.file(order, Status.RETURN_REQUESTED)
        deeds.ask(claim)
        deeds.accept(claim)
        deeds.file(order, Status.EXCHANGE_REQUESTED)
    with django_assert_num_queries(11):
        buyer.get(LIST)


def test_the_front_page_shows_the_newest_and_leads_on(buyer, an_order):
    for n in range(5):
        an_order(ordered_at=NOW - n * DAY)
    part = read(buyer.get("/myqoo10/")).one("section", aria_labelledby="orders-heading")
    assert len(part.all("li")) == 3
    assert part.all("a")[-1]["href"] == LIST


# --- one order ---------------------------------------------------------------------------------------


def test_the_facts_of_his_order_nothing_masked(buyer, an_order):
    order = an_order(
        quantity=2,
        refunded=900,
        receiver_mobile="+81-80-1111-3333",
        zip_code="102-0075",
        shipping_address="東京都千代田区三番町2-11-11",
        delivery_company="ヤマト運輸",
        tracking_number="400012345678",
        **ARRIVED,
    )
    page = page_of(buyer, order)
    shown = facts(page.one("dl", class_="facts"))
    assert shown == {
        "商品名": "アイビーガムコレクションセット",
        "オプション情報": "#1.02 シアーピンク",
        "数量": "2",
        "お支払い": "1,899円 / 現金 うち 900円 返金済み",
        "注文日": "2021/07/08",
        "ショップ": "AMUSE_official",
        "配送": "7/13(火) 配達完了 ヤマト運輸 400012345678 配送状況を見る",
        "購入者名": "yunjee",
        "お届け先": "Yunjee Shin 102-0075 東京都千代田区三番町2-11-11 +81-80-1111-3333",
    }
    assert page.has("a", href=f"/myqoo10/messages/{order.number}/")


def test_the_buttons_of_an_order_that_was_not_shipped(buyer, an_order):
    order = an_order()
    address = f"{LIST}{order.number}/file"
    assert offered(page_of(buyer, order)) == {
        "キャンセルの申請": (f"{address}/cancel/", "発送されるまで申請できます。"),
        "返品の申請": (None, "商品の配達が完了した日から7日間申請できます。"),
        "交換の申請": (None, "商品の配達が完了した日から7日間申請できます。"),
        "未受取の申請": (None, "まだ発送されていません。発送日から申請できます。"),
    }


def test_the_buttons_of_an_order_that_has_arrived(buyer, an_order):
    order = an_order(**ARRIVED)
    address = f"{LIST}{order.number}/file"
    assert offered(page_of(buyer, order)) == {
        "キャンセルの申請": (
            None,
            "7/11(日)に発送済みのため、キャンセルはできません。商品の到着後に返品・交換を申請できます。",
        ),
        "返品の申請": (f"{address}/return/", "7/19(月)まで申請できます。"),
        "交換の申請": (f"{address}/exchange/", "7/19(月)まで申請できます。"),
        "未受取の申請": (f"{address}/non_receipt/", "発送日から申請できます。期限はありません。"),
    }


def test_after_the_last_day_the_buttons_are_off_and_say_since_when(buyer, an_order, clock):
    order = an_order(**ARRIVED)
    clock.move_to(japan("2021-07-19 23:59:59"))
    assert offered(page_of(buyer, order))["返品の申請"][0]
    clock.move_to(japan("2021-07-20"))
    address, text = offered(page_of(buyer, order))["返品の申請"]
    assert address is None
    assert "7/19(月)で終わりました" in text


@pytest.mark.parametrize("status", [status for status in Status if status in OPEN])
def test_an_open_claim_turns_every_button_off_and_is_said_once(buyer, a_claim, an_order, status):
    claim = a_claim(status, order=an_order(**ARRIVED))
    page = page_of(buyer, claim.order)
    assert {address for address, _text in offered(page).values()} == {None}
    assert page.text.count("処理中の申請") == 1
    assert page.has("a", href=f"/myqoo10/claims/{claim.number}/")


def test_every_button_leads_to_a_form_and_what_is_off_would_be_refused(buyer, an_order):
    for fields in ({}, ARRIVED, {"shipped_on": TODAY}):
        order = an_order(**fields)
        offers = offered(page_of(buyer, order)).values()
        kinds = ("cancel", "return", "exchange", "non_receipt")
        for kind, (address, _text) in zip(kinds, offers, strict=True):
            page = read(buyer.get(f"{LIST}{order.number}/file/{kind}/")).one("main")
            assert page.has("form") is bool(address)
            assert page.has(role="alert", hidden=False) is not bool(address)


@pytest.mark.parametrize("number", ["0", "x" * 3000, "１", "..%2f", "'", "639113330-1"])
def test_a_number_that_is_not_his_is_a_404(buyer, an_order, csma, number):
    an_order(buyer=csma)
    for address in (f"{LIST}{number}/", f"{LIST}{number}/file/cancel/"):
        assert buyer.get(address).status_code == 404


def test_names_and_titles_are_shown_as_text(buyer, an_order):
    order = an_order(item_title="<script>alert(1)</script>", receiver="<b>x</b>")
    for address in (LIST, f"{LIST}{order.number}/", f"{LIST}{order.number}/file/cancel/", "/myqoo10/"):
        page = buyer.get(address).content.decode()
        assert "<script>alert" not in page
        assert "<b>x" not in page
    assert Order.objects.count() == 1
