"""お問い合わせ管理: the buyers' messages and the marketplace's, on one order or all (SPEC 5)."""

from datetime import timedelta

import pytest

from claims.statuses import Status
from messaging.models import Inquiry
from tests import deeds
from tests.clock import NOW
from tests.pages import read, rows

INBOX = "/shops/AMUSE_official/inquiries/"


@pytest.fixture(autouse=True)
def _standing_clock(clock):
    """Everything is read at one instant."""


@pytest.fixture
def an_inquiry(amuse):
    """Writes what AMUSE_official asked Qoo10."""

    def write(**fields):
        words = {"category": "other", "title": "クレーム撤回のお問い合わせ", "body": "教えてください。"}
        return Inquiry.objects.create(
            **{"shop": amuse.shop, "author": amuse.user, "sent_at": NOW, **words, **fields}
        )

    return write


def test_buyers_messages_newest_first_with_masked_names(seller, a_message):
    a_message(sent_at=NOW - timedelta(hours=1), state="answered", title="前のお問い合わせ", seen_at=NOW)
    a_message(body="テスト", seen_at=NOW)
    assert rows(seller.get(INBOX))[0] == {
        "選択": "",
        "発送日": "2021-07-13 10:00:00",
        "タイプ": "一般",
        "状態": "未回答",
        "送信人": "yun***",
        "送信": "Customer",
        "受信": "QSM",
        "カテゴリ": "キャンセル/払い戻し",
        "タイトル": "639113330よりキャンセル関連のお問い合わせ",
    }
    assert [line["状態"] for line in rows(seller.get(INBOX))] == ["未回答", "回答済"]


def test_a_short_name_shows_one_character(seller, a_message, an_order, csma):
    a_message(order=an_order(buyer=csma))
    assert rows(seller.get(INBOX))[0]["送信人"] == "c***"


def test_the_shops_own_messages_are_the_shops(seller, a_message):
    a_message(sender="shop", state="answered")
    (line,) = rows(seller.get(INBOX))
    assert (line["送信人"], line["送信"], line["受信"]) == ("AMUSE_official", "QSM", "Customer")


def test_what_nobody_has_opened_is_bold_and_says_so(seller, a_message):
    a_message(title="新しい")
    a_message(title="開いた", seen_at=NOW)
    a_message(title="送った", sender="shop", state="answered")
    page = read(seller.get(INBOX))
    (bold,) = page.all("tr", class_="unread")
    assert "新しい" in bold.text
    assert bold.one(class_="visually-hidden").text == "未読"


def test_a_message_on_an_order_with_an_open_request_is_urgent(seller, a_claim, a_message, clock):
    claim = a_claim(Status.ASKED)
    a_message(order=claim.order)
    assert [line["タイプ"] for line in rows(seller.get(INBOX))] == ["緊急"]
    clock.move_to(claim.deadline_at)
    assert [line["タイプ"] for line in rows(seller.get(INBOX))] == ["一般"], "the request is over"


def test_each_title_opens_its_message_and_knows_the_way_back(seller, a_message):
    message = a_message()
    link = read(seller.get(INBOX + "?state=unanswered")).one("tbody").one("a")
    assert link["href"] == f"{INBOX}messages/{message.pk}/?state=unanswered"


def test_the_marketplace_tells_of_every_event_that_the_shop_did_not_do(seller, a_claim):
    claim = a_claim(Status.ASKED)
    deeds.reject(claim)
    told = rows(seller.get(INBOX + "?tab=qoo10"))
    number = claim.order.number
    assert [line["タイトル"] for line in told] == [
        f"{number} 撤回要請が拒否されました（撤回保留）",
        f"{number} 返品の申請が届きました",
    ]
    assert {line["注文番号"] for line in told} == {number}
    assert "yun*** 様が返品の撤回を拒否しました。" in told[0]["メッセージ"]
    link = read(seller.get(INBOX + "?tab=qoo10")).one("tbody").all("a")[0]
    assert link["href"] == f"/shops/AMUSE_official/claims/{claim.number}/"


def test_the_shops_own_inquiries_with_their_answers(seller, an_inquiry, an_order, operator):
    answered = {"state": "answered", "answer": "はい。", "answered_at": NOW, "answered_by": operator}
    an_inquiry(order=an_order(), **answered)
    an_inquiry(sent_at=NOW - timedelta(days=1), category="claim_withdrawal")
    assert rows(seller.get(INBOX + "?tab=inquiries")) == [
        {
            "発送日": "2021-07-13 10:00:00",
            "状態": "回答済",
            "送信人": "amuse",
            "カテゴリ": "その他",
            "注文番号": "639113330",
            "タイトル": "クレーム撤回のお問い合わせ",
            "回答日": "2021-07-13 10:00:00",
        },
        {
            "発送日": "2021-07-12 10:00:00",
            "状態": "未回答",
            "送信人": "amuse",
            "カテゴリ": "払戻し・クレーム撤回 > クレーム撤回",
            "注文番号": "",
            "タイトル": "クレーム撤回のお問い合わせ",
            "回答日": "",
        },
    ]


@pytest.mark.parametrize("tab", ["buyers", "qoo10", "inquiries"])
def test_on_one_order_only_that_order_is_shown(seller, a_claim, a_message, an_inquiry, tab):
    claims = [a_claim(), a_claim()]
    for claim in claims:
        a_message(order=claim.order)
        an_inquiry(order=claim.order)
    number = claims[0].order.number
    response = seller.get(INBOX, {"tab": tab, "order": number})
    assert len(rows(response)) == 1
    assert f"注文番号 {number} のみを表示しています。" in read(response).text
    assert len(rows(seller.get(INBOX, {"tab": tab}))) == 2


@pytest.mark.parametrize("tab", ["buyers", "qoo10", "inquiries"])
def test_another_shops_messages_are_not_here(seller, a_claim, a_message, an_inquiry, rival, tab):
    claim = a_claim(seller=rival)
    a_message(order=claim.order)
    an_inquiry(shop=rival.shop, author=rival.user, order=claim.order)
    buyer = claim.order.buyer_id
    for query in (
        {},
        {"order": claim.order.number},
        {"q": "yunjee"},
        {"buyer": buyer},
        {"view": "customers"},
        {"view": "items"},
    ):
        response = seller.get(INBOX, {"tab": tab} | query)
        assert rows(response) == []
        assert "yun" not in read(response).text


def test_n_counts_what_is_unanswered_and_nothing_else(seller, a_message):
    for state in ("unanswered", "unanswered", "in_progress", "answered"):
        a_message(state=state)
    a_message(sender="shop", state="answered")
    assert read(seller.get(INBOX)).one("a", class_="inbox-link").text == "受信箱 N 2 未回答 2件"


def test_the_panes_own_n_is_fetched_anew_without_the_pane(seller, a_claim, a_message):
    claim = a_claim()
    address = f"{INBOX}waiting/{claim.order.number}/"
    link = read(seller.get(claim.get_absolute_url())).one(id="order-waiting")
    assert link["hx-get"] == address
    assert "portal:tick" in link["hx-trigger"]
    assert read(seller.get(address)).text == "受信箱"
    a_message(order=claim.order)
    a_message()
    fresh = read(seller.get(address)).one(id="order-waiting")
    assert fresh.text == "受信箱 N 未回答 1件"
    assert fresh["href"] == f"{INBOX}?order={claim.order.number}"


def test_nothing_there_says_so(seller):
    page = read(seller.get(INBOX))
    assert page.one(class_="empty").text == "メッセージはありません。"
    assert not page.has(class_="n-mark")
    assert read(seller.get(INBOX + "?state=unanswered")).one(class_="empty").text == (
        "条件に合うメッセージはありません。"
    )


@pytest.mark.parametrize("tab", ["buyers", "qoo10"])
def test_pages_keep_tab_and_order(seller, a_claim, a_message, monkeypatch, tab):
    monkeypatch.setattr("messaging.views.PER_PAGE", 2)
    claim = a_claim(Status.ON_HOLD)
    deeds.drop(claim)
    for _ in range(3):
        a_message(order=claim.order)
    query = {"tab": tab, "order": claim.order.number}
    first = seller.get(INBOX, query)
    following = read(first).one("nav", class_="pager").one("a", aria_label="2ページ")
    second = seller.get(INBOX + following["href"])
    assert len(rows(second)) == 1
    boxes = [
        {box["value"] for box in read(response).all("input", type="checkbox", name=True)}
        for response in (first, second)
    ]
    assert not boxes[0] & boxes[1]


def test_beyond_10000_rows_the_search_is_to_be_narrowed(seller, a_message, monkeypatch):
    monkeypatch.setattr("claims.tables.COUNT_CAP", 2)
    for _ in range(3):
        a_message()
    page = read(seller.get(INBOX))
    assert page.one(class_="count-found").text == "10,000件以上"
    assert "日付や状態で絞り込んでください" in page.text
    for view in ("customers", "items"):
        assert read(seller.get(INBOX, {"view": view})).one(class_="count-found").text == "1件"


NAMES = [
    "order",
    "q",
    "since",
    "until",
    "state",
    "type",
    "category",
    "view",
    "buyer",
    "item",
    "read",
    "page",
    "tab",
]


@pytest.mark.parametrize("tab", ["buyers", "qoo10", "inquiries", "nothing"])
@pytest.mark.parametrize(
    "typed",
    [
        "",
        "' OR 1=1 --",
        "<script>alert(1)</script>",
        "x" * 3000,
        "9" * 5000,
        "-1",
        "％_\\",
        "2021-07-13",
        "0001-01-01",
    ],
    ids=lambda typed: typed[:9],
)
def test_whatever_is_asked_is_answered_by_a_page(seller, a_message, tab, typed):
    a_message()
    for query in [{name: typed} for name in NAMES] + [
        dict.fromkeys(NAMES, typed),
        {"view": "items", "q": typed},
    ]:
        response = seller.get(INBOX, {"tab": tab} | query)
        assert response.status_code == 200
        assert "<script>alert" not in response.content.decode()


@pytest.mark.parametrize("number", ["0", "-1", "abc", "9" * 50])
def test_a_page_that_is_not_there_shows_one_that_is(seller, a_message, number):
    a_message()
    assert len(rows(seller.get(INBOX, {"page": number}))) == 1


@pytest.mark.parametrize("rows_", [3, 30])
@pytest.mark.parametrize(
    ("query", "queries"),
    [
        ({"tab": "buyers"}, 10),
        ({"tab": "qoo12"}, 10),
        ({"tab": "inquiries"}, 10),
        ({"view": "customers"}, 10),
        ({"view": "items"}, 10),
        ({"q": "639"}, 11),
    ],
    ids=["buyers", "qoo10", "inquiries", "customers", "items", "words"],
)
def test_as_many_queries_for_3_rows_as_for_30(
    seller, a_claim, a_message, an_inquiry, an_order, query, queries, rows_, django_assert_num_queries
):
    for at in range(rows_):
        claim = a_claim(order=an_order(item_code=str(at)))
        a_message(order=claim.order)
        an_inquiry(order=claim.order)
    with django_assert_num_queries(queries):
        seller.get(INBOX, query)


def test_who_may_only_read_has_nothing_to_check(viewer, client_of, a_message, a_claim):
    a_message(order=a_claim().order)
    for tab in ("buyers", "qoo10"):
        page = read(client_of(viewer).get(INBOX, {"tab": tab}))
        assert page.has("tbody")
        assert not page.has("input", type="checkbox")
        assert not page.has(class_="bulk-bar")
