"""One message on a page of its own, and what the marketplace told the shop: opening them (SPEC 5)."""

from datetime import timedelta

import pytest

from claims.statuses import Status
from messaging import conversation, notices
from messaging.models import Announcement, Notice
from tests.clock import NOW
from tests.pages import facts, read

INBOX = "/shops/AMUSE_official/inquiries/"


@pytest.fixture(autouse=True)
def _standing_clock(clock):
    """Everything is opened at one instant."""


def address(message, query=""):
    return f"{INBOX}messages/{message.pk}/{query}"


def test_the_whole_message_and_the_ways_on(seller, a_claim, a_message):
    claim = a_claim(Status.ASKED)
    message = a_message(order=claim.order, body="一行目\n<b>二行目</b>")
    response = seller.get(address(message, "?state=unanswered"))
    page = read(response)
    assert page.one("h1").text == message.title
    known = facts(page)
    assert known["送信元"] == "From: yun*** / To: AMUSE_official"
    assert known["メッセージ"] == "一行目 <b>二行目</b>"
    assert (known["状態"], known["タイプ"]) == ("未回答", "緊急")
    links = {link.text: link["href"] for link in page.one("main").all("a")}
    assert links["返信"].startswith(f"{INBOX}compose/?order={claim.order.number}&back=")
    assert links["取引情報"] == f"/shops/AMUSE_official/claims/{claim.number}/"
    assert links["一覧に戻る"] == f"{INBOX}?state=unanswered"


def test_an_order_without_a_claim_has_no_pane_to_open(seller, a_message):
    assert "取引情報" not in [link.text for link in read(seller.get(address(a_message()))).all("a")]


def test_its_neighbours_are_those_of_the_orders_thread(seller, a_message, an_order):
    order = an_order()
    first = a_message(order=order, sent_at=NOW - timedelta(hours=3))
    a_message()
    second = a_message(order=order)
    third = a_message(order=order)
    for message, neighbours in (
        (first, {"◀ 新しいメッセージ": second}),
        (second, {"◀ 新しいメッセージ": third, "前のメッセージ ▶": first}),
        (third, {"前のメッセージ ▶": second}),
    ):
        steps = read(seller.get(address(message))).one(class_="steps").all("a")
        assert {link.text: link["href"] for link in steps} == {
            text: address(neighbour, "?") for text, neighbour in neighbours.items()
        }


def test_opening_makes_it_seen_once_and_answers_nothing(seller, a_message, clock):
    message = a_message()
    seller.head(address(message))
    message.refresh_from_db()
    assert message.seen_at is None, "a look ahead opens nothing"
    seller.get(address(message))
    clock.shift(60)
    seller.get(address(message))
    message.refresh_from_db()
    assert (message.seen_at, message.state) == (NOW, "unanswered")


def test_a_readers_eyes_leave_it_new_for_who_has_to_answer(client_of, viewer, a_message):
    message = a_message()
    page = read(client_of(viewer).get(address(message)))
    message.refresh_from_db()
    assert message.seen_at is None
    assert "返信" not in [link.text for link in page.all("a")]


def test_what_the_shop_wrote_is_seen_by_the_buyer_alone(seller, a_message):
    message = a_message(sender="shop", state="answered")
    assert facts(read(seller.get(address(message))))["送信元"] == "From: AMUSE_official / To: yun***"
    message.refresh_from_db()
    assert message.seen_at is None


def test_another_shops_message_is_not_there(client_of, rival, a_message):
    message = a_message()
    for shop in ("RIVAL_store", "AMUSE_official"):
        assert client_of(rival).get(f"/shops/{shop}/inquiries/messages/{message.pk}/").status_code == 404
    message.refresh_from_db()
    assert message.seen_at is None


@pytest.mark.parametrize("key", [2**63 - 1, 2**63, 10**30, 0])
def test_a_number_of_nothing_is_not_there(seller, key):
    assert seller.get(f"{INBOX}messages/{key}/").status_code == 404
    assert seller.get(f"{INBOX}notices/{key}/").status_code == 404


# --- what the marketplace told ---------------------------------------------------------------------


def told(shop):
    return Notice.objects.get(shop=shop)


def test_a_notice_leads_to_its_claim_and_is_read(seller, a_claim):
    claim = a_claim()
    notice = told(claim.shop)
    seller.head(f"{INBOX}notices/{notice.pk}/")
    notice.refresh_from_db()
    assert notice.read_at is None
    response = seller.get(f"{INBOX}notices/{notice.pk}/")
    assert (response.status_code, response["Location"]) == (302, claim.get_absolute_url())
    notice.refresh_from_db()
    assert notice.read_at == NOW


def test_a_notice_of_a_message_leads_to_the_orders_messages(seller, amuse, an_order):
    order = an_order()
    conversation.write_to_shop(order, category="item", title="質問", body="？", by=order.buyer, now=NOW)
    response = seller.get(f"{INBOX}notices/{told(amuse.shop).pk}/")
    assert response["Location"] == f"{INBOX}?order={order.number}"


def test_an_announcement_is_read_here(seller, amuse, operator):
    notices.post_announcement(
        Announcement.objects.create(title="年末のご案内", body="休業\n12/31", author=operator, sent_at=NOW)
    )
    page = read(seller.get(f"{INBOX}notices/{told(amuse.shop).pk}/"))
    assert page.one("h1").text == "年末のご案内"
    assert facts(page)["メッセージ"] == "休業 12/31"


def test_a_readers_eyes_leave_a_notice_unread(client_of, viewer, a_claim):
    notice = told(a_claim().shop)
    assert client_of(viewer).get(f"{INBOX}notices/{notice.pk}/").status_code == 302
    notice.refresh_from_db()
    assert notice.read_at is None
    assert client_of(viewer).post(INBOX + "notices/read/", {"all": "1"}).status_code == 403
    assert read(client_of(viewer).get(INBOX)).has(class_="unread-mark")


def test_a_buyers_or_another_shops_notice_is_not_there(seller, a_claim, rival):
    a_claim(Status.ASKED)
    a_claim(seller=rival)
    for notice in Notice.objects.exclude(shop__code="AMUSE_official"):
        assert seller.get(f"{INBOX}notices/{notice.pk}/").status_code == 404
        assert Notice.objects.get(pk=notice.pk).read_at is None
