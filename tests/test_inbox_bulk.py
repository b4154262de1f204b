"""お問い合わせ管理: 処理中 and 回答済（回答不要） for the checked messages, 既読 for the marketplace's."""

import pytest

from claims.statuses import Status
from messaging.models import Notice
from tests import deeds
from tests.clock import NOW
from tests.pages import posted, read

INBOX = "/shops/AMUSE_official/inquiries/"
BULK = INBOX + "bulk/?state=unanswered"


@pytest.fixture(autouse=True)
def _standing_clock(clock):
    """Everything is done at one instant."""


def states(*messages):
    for message in messages:
        message.refresh_from_db()
    return [(message.state, message.needs_no_answer) for message in messages]


def told(page):
    return [line.text for line in page.one("ul", class_="messages").all("li")]


def test_taken_up_at_once_and_each_that_was_left_says_why(seller, a_message, an_order, rival):
    waiting = a_message(title="未回答のもの")
    taken = a_message(state="in_progress", title="処理中のもの")
    answered = a_message(state="answered", title="回答済のもの")
    sent = a_message(sender="shop", state="answered", title="送ったもの")
    others = a_message(order=an_order(seller=rival), title="他店のもの")
    chosen = [message.pk for message in (waiting, taken, answered, sent, others)] + [2**55]
    response = seller.post(BULK, {"message": chosen, "to": "in_progress"}, follow=True)
    assert response.redirect_chain == [(INBOX + "?state=unanswered", 302)]
    assert told(read(response)) == [
        "1件の状態を変更しました。",
        "「送ったもの」は変更していません: ショップが送信したメッセージです。",
        "「回答済のもの」は変更していません: すでに回答済です。",
        "「処理中のもの」は変更していません: すでに処理中です。",
        "ほか2件は対象外のため変更していません。",
    ]
    assert [state for state, _ in states(waiting, taken, answered, sent, others)] == [
        "in_progress",
        "in_progress",
        "answered",
        "answered",
        "unanswered",
    ]


def test_closing_without_an_answer_asks_first_and_says_how_many(seller, a_message):
    one, two, done = a_message(), a_message(state="in_progress"), a_message(state="answered")
    chosen = [message.pk for message in (one, two, done)]
    response = seller.post(BULK, {"message": chosen, "to": "answered"})
    assert response.status_code == 200
    assert states(one) == [("unanswered", False)], "only asked"
    page = read(response)
    popup = page.one("dialog", id="popup")
    assert popup.one("h2").text == "2件を回答済（回答不要）にしますか？"
    assert "1件（変更しません）" in popup.text
    assert "お客様には知らされません" in popup.text
    boxes = page.one("tbody").all("input", type="checkbox")
    assert [box["value"] for box in boxes if "checked" in box] == [str(one.pk)], "the list stays as it was"
    form = popup.all("form")[-1]
    sent = [(box["name"], box["value"]) for box in form.all("input", type="hidden")]
    again = {"message": [value for name, value in sent if name == "message"]} | posted(form)
    again["message"] = [value for name, value in sent if name == "message"]
    closed = seller.post(form["action"], again, follow=True)
    assert closed.redirect_chain == [(INBOX + "?state=unanswered", 302)]
    assert told(read(closed))[0] == "2件の状態を変更しました。"
    assert states(one, two, done) == [("answered", True), ("answered", True), ("answered", False)]


def test_ok_pressed_twice_closes_once(seller, a_message):
    message = a_message()
    ok = {"message": message.pk, "to": "answered", "confirmed": "1"}
    assert told(read(seller.post(BULK, ok, follow=True))) == ["1件の状態を変更しました。"]
    assert "すでに回答済です。" in told(read(seller.post(BULK, ok, follow=True)))[0]


def test_where_nothing_can_be_closed_nobody_is_asked(seller, a_message):
    message = a_message(state="answered")
    response = seller.post(BULK, {"message": message.pk, "to": "answered"}, follow=True)
    assert "すでに回答済です。" in told(read(response))[0]
    assert not read(response).has("dialog")


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"to": "answered"}, "メッセージを選択してください。"),
        ({"to": "in_progress", "message": ["x", "-1", "²", "9" * 40, ""]}, "メッセージを選択してください。"),
        ({"to": "in_progress", "message": list(range(1, 502))}, "一度に選択できるのは500件までです。"),
        ({"to": "gone", "message": "1"}, "変更後の状態を選んでください。"),
        ({"message": "1"}, "変更後の状態を選んでください。"),
    ],
    ids=["none", "no numbers", "too many", "no such state", "no state"],
)
def test_what_cannot_be_done_is_told(seller, a_message, sent, words):
    message = a_message(pk=1)
    assert told(read(seller.post(BULK, sent, follow=True))) == [words]
    assert states(message) == [("unanswered", False)]


def test_a_sign_in_on_the_way_leads_back_to_the_list(seller):
    assert seller.get(BULK)["Location"] == INBOX + "?state=unanswered"


def test_another_shop_and_a_reader_change_nothing(client_of, rival, viewer, a_message):
    message = a_message()
    ok = {"message": message.pk, "to": "answered", "confirmed": "1"}
    assert client_of(rival).post(BULK, ok).status_code == 404
    assert client_of(rival).post("/shops/RIVAL_store/inquiries/bulk/", ok).status_code == 302
    assert client_of(viewer).post(BULK, ok).status_code == 403
    assert states(message) == [("unanswered", False)]


@pytest.mark.parametrize("many", [2, 20])
def test_as_many_queries_for_2_as_for_20(seller, a_message, many, django_assert_num_queries):
    chosen = [a_message().pk for _ in range(many)]
    with django_assert_num_queries(8):
        seller.post(BULK, {"message": chosen, "to": "in_progress"})


# --- the marketplace's messages --------------------------------------------------------------------


def unread(response):
    tabs = read(response).one("nav", aria_label="種類")
    return tabs.one(class_="unread-mark").text if tabs.has(class_="unread-mark") else ""


@pytest.fixture
def two_notices(a_claim):
    """Filed and rejected: what the shop is told of one claim."""
    claim = a_claim(Status.ASKED)
    deeds.reject(claim)
    return claim, list(Notice.objects.filter(shop=claim.shop))


def test_the_checked_ones_are_read_and_the_tab_counts_the_rest(seller, two_notices):
    _claim, (newest, oldest) = two_notices
    tab = INBOX + "?tab=qoo10"
    assert unread(seller.get(tab)) == "2 未読 2件"
    assert [row.text for row in read(seller.get(tab)).all("tr", class_="unread")] != []
    form = read(seller.get(tab)).one("form", data_selection=True)
    response = seller.post(form["action"], {"notice": oldest.pk}, follow=True)
    assert response.redirect_chain == [(tab, 302)]
    assert told(read(response)) == ["1件を既読にしました。"]
    assert unread(response) == "1 未読 1件"
    (bold,) = read(response).all("tr", class_="unread")
    assert "拒否されました" in bold.text
    oldest.refresh_from_db()
    newest.refresh_from_db()
    assert (oldest.read_at, newest.read_at) == (NOW, None)


def test_all_are_read_at_once(seller, two_notices, client_of, rival):
    assert client_of(rival).post(INBOX + "notices/read/", {"all": "1"}).status_code == 404
    client_of(rival).post("/shops/RIVAL_store/inquiries/notices/read/", {"all": "1"})
    assert unread(seller.get(INBOX)) == "2 未読 2件"
    response = seller.post(INBOX + "notices/read/", {"all": "1"}, follow=True)
    assert told(read(response)) == ["2件を既読にしました。"]
    assert unread(response) == ""


def test_beyond_999_the_tab_says_that_there_are_more(seller, two_notices, monkeypatch):
    monkeypatch.setattr("messaging.reading.UNREAD_CAP", 1)
    assert unread(seller.get(INBOX)) == "1+ 未読 1件以上"
