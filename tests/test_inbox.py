"""お問い合わせ管理: the buyers' messages and the marketplace's, on one order or all (SPEC 5)."""

from datetime import timedelta

import pytest

from claims.statuses import Status
from tests import deeds
from tests.clock import NOW
from tests.pages import read

INBOX = "/shops/AMUSE_official/inquiries/"


@pytest.fixture(autouse=True)
def _standing_clock(clock):
    """Everything is read at one instant."""


@pytest.fixture
def seller(amuse, client_of):
    return client_of(amuse)


def lines(response):
    """The table's rows, each by its heads."""
    page = read(response)
    if not page.has("table"):
        return []
    heads = [head.text for head in page.one("thead").all("th")]
    rows = page.one("tbody").all("tr")
    return [dict(zip(heads, [cell.text for cell in row.all("td")], strict=True)) for row in rows]


def test_buyers_messages_newest_first_with_masked_names(seller, a_message, an_order):
    a_message(sent_at=NOW - timedelta(hours=1), state="answered", title="前のお問い合わせ")
    a_message(body="テスト")
    assert lines(seller.get(INBOX))[0] == {
        "選択": "",
        "発送日": "2021-07-13 10:00:00",
        "タイプ": "一般",
        "状態": "未回答",
        "送信人": "yun***",
        "送信": "Customer",
        "受信": "QSM",
        "カテゴリ": "キャンセル/払い戻し",
        "タイトル": "639113330よりキャンセル関連のお問い合わせ 本文 テスト",
    }
    assert [line["状態"] for line in lines(seller.get(INBOX))] == ["未回答", "回答済"]


def test_a_short_name_shows_one_character(seller, a_message, an_order, csma):
    a_message(order=an_order(buyer=csma))
    assert lines(seller.get(INBOX))[0]["送信人"] == "c***"


def test_the_shops_own_messages_are_the_shops(seller, a_message):
    a_message(sender="shop", state="answered")
    assert lines(seller.get(INBOX))[0]["送信人"] == "AMUSE_official"


def test_the_marketplace_tells_of_every_event_that_the_shop_did_not_do(seller, a_claim):
    claim = a_claim(Status.ASKED)
    deeds.reject(claim)
    told = lines(seller.get(INBOX + "?tab=qoo10"))
    number = claim.order.number
    assert [line["タイトル"] for line in told] == [
        f"{number} 撤回要請が拒否されました（撤回保留）",
        f"{number} 返品の申請が届きました",
    ]
    assert {line["注文番号"] for line in told} == {number}
    assert "yun*** 様が返品の撤回を拒否しました。" in told[0]["メッセージ"]
    link = read(seller.get(INBOX + "?tab=qoo10")).one("tbody").all("a")[0]
    assert link["href"] == f"/shops/AMUSE_official/claims/{claim.number}/"


@pytest.mark.parametrize("tab", ["buyers", "qoo10"])
def test_on_one_order_only_that_order_is_shown(seller, a_claim, a_message, tab):
    claims = [a_claim(), a_claim()]
    for claim in claims:
        a_message(order=claim.order)
    number = claims[0].order.number
    response = seller.get(INBOX, {"tab": tab, "order": number})
    assert len(lines(response)) == 1
    assert f"注文番号 {number} のみを表示しています。" in read(response).text
    assert len(lines(seller.get(INBOX, {"tab": tab}))) == 2


@pytest.mark.parametrize("tab", ["buyers", "qoo10"])
def test_another_shops_messages_are_not_here(seller, a_claim, a_message, rival, tab):
    claim = a_claim(seller=rival)
    a_message(order=claim.order)
    for query in ({}, {"order": claim.order.number}):
        assert lines(seller.get(INBOX, {"tab": tab} | query)) == []


def test_n_counts_what_is_unanswered_and_nothing_else(seller, a_message):
    for state in ("unanswered", "unanswered", "in_progress", "answered"):
        a_message(state=state)
    a_message(sender="shop", state="answered")
    assert read(seller.get(INBOX)).one("a", class_="inbox-link").text == "受信箱 N 2 未回答 2件"


def test_nothing_there_says_so(seller):
    page = read(seller.get(INBOX))
    assert page.one(class_="empty").text == "メッセージはありません。"
    assert not page.has(class_="n-mark")


@pytest.mark.parametrize("tab", ["buyers", "qoo10"])
def test_pages_keep_tab_and_order(seller, a_claim, a_message, monkeypatch, tab):
    monkeypatch.setattr("messaging.views.PER_PAGE", 2)
    claim = a_claim(Status.ON_HOLD)
    deeds.drop(claim)
    for _ in range(3):
        a_message(order=claim.order)
    query = {"tab": tab, "order": claim.order.number}
    following = read(seller.get(INBOX, query)).one("nav", class_="pager").one("a")
    assert following.text == "次へ"
    assert len(lines(seller.get(INBOX + following["href"]))) == 1


@pytest.mark.parametrize("tab", ["buyers", "qoo10", "nothing", "", "<script>"])
@pytest.mark.parametrize("page", ["0", "-1", "abc", "9" * 50])
def test_whatever_is_asked_is_answered_by_a_page(seller, tab, page):
    for order in ("", "' OR 1=1 --", "<script>alert(1)</script>", "x" * 3000):
        response = seller.get(INBOX, {"tab": tab, "page": page, "order": order})
        assert response.status_code == 200
        assert "<script>alert" not in response.content.decode()


@pytest.mark.parametrize("rows", [3, 30])
@pytest.mark.parametrize("tab", ["buyers", "qoo10"])
def test_as_many_queries_for_3_rows_as_for_30(
    seller, a_claim, a_message, tab, rows, django_assert_num_queries
):
    for _ in range(rows):
        a_message(order=a_claim().order)
    with django_assert_num_queries(8):
        seller.get(INBOX, {"tab": tab})
