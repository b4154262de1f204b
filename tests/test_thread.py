"""顧客の管理: the messages of one order, newest first, a page at a time (SPEC 4.6)."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from claims.statuses import Status
from tests.clock import NOW
from tests.pages import facts, read

PART = {"HX-Request": "true", "HX-Target": "thread"}


@pytest.fixture
def many(a_claim, a_message):
    """65 messages on one order, the newest sent last; gives the claim."""
    claim = a_claim()
    for number in range(65):
        a_message(order=claim.order, title=f"{number}番", sent_at=NOW - timedelta(hours=65 - number))
    return claim


def thread(order):
    return f"/shops/AMUSE_official/inquiries/thread/{order.number}/"


def messages(response):
    """The messages shown: what stands beside each label."""
    return [facts(one) for one in read(response).all("dl", class_="message")]


def test_a_message_as_the_guide_shows_it(seller, a_message):
    message = a_message(title="キャンセル関連のお問い合わせ", body="テスト")
    (shown,) = messages(seller.get(thread(message.order)))
    assert "翻訳する" in shown.pop("翻訳")
    assert shown == {
        "タイトル": "キャンセル関連のお問い合わせ",
        "日時": "2021-07-13 10:00:00",
        "送信元": "From: yun*** / To: AMUSE_official",
        "メッセージ": "テスト",
        "状況": "未回答",
    }


STATES = {
    "未回答": {},
    "処理中": {"state": "in_progress"},
    "回答済": {"state": "answered"},
    "回答済（ 回答不要 ）": {"state": "answered", "needs_no_answer": True},
    "購入者は未確認": {"state": "answered", "sender": "shop"},
    "購入者が確認済 7/13 10:00": {"state": "answered", "sender": "shop", "seen_at": NOW},
}


@pytest.mark.parametrize(("words", "fields"), STATES.items(), ids=STATES)
def test_each_state_in_words(seller, a_message, words, fields):
    message = a_message(**fields)
    shown = messages(seller.get(thread(message.order)))[0]["状況"]
    assert shown.replace(" ", "") == words.replace(" ", "")


def test_the_buyers_opening_is_seen_by_the_shop(seller, client_of, yunjee, a_message):
    message = a_message(sender="shop", state="answered")
    client_of(yunjee).get(f"/myqoo10/messages/{message.order.number}/")
    assert messages(seller.get(thread(message.order)))[0]["状況"] == "購入者が確認済 7/13 10:00"


def test_thirty_a_page_newest_first(seller, many):
    pages = [messages(seller.get(f"{thread(many.order)}?page={page}")) for page in (1, 2, 3)]
    assert [len(page) for page in pages] == [30, 30, 5]
    titles = [message["タイトル"] for page in pages for message in page]
    assert titles == [f"{number}番" for number in range(64, -1, -1)]


def test_the_pane_shows_the_first_page_and_leads_on(seller, many):
    pane = read(seller.get(many.get_absolute_url())).one("section", id="thread")
    assert len(pane.all("dl", class_="message")) == 30
    (following,) = pane.one("nav", class_="pager").all("a")
    assert (following.text, following["href"]) == ("次へ", f"{thread(many.order)}?page=2")
    assert following["hx-get"] == following["href"]
    part = seller.get(following["href"], headers=PART)
    assert read(part).one("section")["id"] == "thread"
    assert "autofocus" in read(part).one("h4")
    assert not read(part).has("header")
    whole = read(seller.get(following["href"]))
    assert whole.has("header")
    assert "autofocus" not in whole.one("h4")


def test_an_empty_thread_says_so(seller, an_order):
    assert "この注文のメッセージはまだありません。" in read(seller.get(thread(an_order()))).text


@pytest.mark.parametrize("page", ["0", "-1", "x", "9" * 400, ""])
def test_any_page_is_some_page(seller, many, page):
    assert len(messages(seller.get(f"{thread(many.order)}?page={page}"))) > 0


def test_as_many_queries_for_30_messages_as_for_2(seller, a_claim, a_message):
    order = a_claim(Status.RETURN_REQUESTED).order

    def queries(more):
        for number in range(more):
            a_message(order=order, sender=("buyer", "shop")[number % 2], state="answered")
        with CaptureQueriesContext(connection) as captured:
            seller.get(thread(order))
        return len(captured)

    assert queries(2) == queries(28)
