"""The buyer's messages: he reads and writes about his own orders (SPEC 5)."""

import pytest

from messaging.models import Message, Notice
from qsm.accounts.models import Member
from tests.clock import NOW
from tests.pages import facts, posted, read


@pytest.fixture
def buyer(client_of, yunjee, clock):
    return client_of(yunjee)


def address(order):
    return f"/myqoo10/messages/{order.number}/"


def write(buyer, order, **typed):
    form = read(buyer.get(address(order))).one("form", class_="write")
    return buyer.post(address(order), posted(form, **typed))


def test_he_writes_and_the_shop_has_one_unanswered(buyer, client_of, amuse, an_order):
    order = an_order()
    assert write(buyer, order, title="色について", body="色が違います。").status_code == 302
    message = Message.objects.get()
    assert (message.sender, message.state, message.sent_at) == ("buyer", "unanswered", NOW)
    header = read(client_of(amuse).get("/shops/AMUSE_official/inquiries/waiting/"))
    assert header.text == "受信箱 N 1 未回答 1件"


def test_the_shop_is_told_in_its_box_and_each_member_by_mail_with_a_masked_name(buyer, an_order, clerk):
    order = an_order()
    write(buyer, order, body="色が違います。")
    told = Notice.objects.filter(topic="message")
    assert told.filter(shop=order.shop, mail=Notice.Mail.NONE).count() == 1
    members = set(told.filter(mail=Notice.Mail.PENDING).values_list("member", flat=True))
    assert members == set(Member.objects.values_list("pk", flat=True))
    from messaging import mails, notices

    for notice in told:
        assert "yun***" in notices.subject(notice)
        body = mails.compose(notice).body if notice.member else notices.text(notice)
        assert "yunjee" not in body
        assert "色が違います" not in body


def test_he_reads_the_shops_answer_and_it_is_read_from_then_on(buyer, an_order, a_message):
    order = an_order()
    message = a_message(order=order, sender="shop", state="answered", body="申し訳ございません。")
    buyer.head(address(order))
    message.refresh_from_db()
    assert message.seen_at is None
    assert "未読" in read(buyer.get(address(order))).text
    page = read(buyer.get(address(order)))
    assert "申し訳ございません。" in page.text
    assert "未読" not in page.text


def test_personal_data_are_asked_about_and_card_numbers_refused(buyer, an_order):
    order = an_order()
    response = write(buyer, order, body="090-1234-5678 にお電話ください")
    popup = read(response).one("dialog")
    assert facts(popup) == {"電話番号": "090-1234-5678"}
    assert buyer.post(address(order), posted(popup.one("form", method="post"))).status_code == 302
    response = write(buyer, order, body="4111111111111111")
    assert response.status_code == 422
    assert "カード番号と思われる数字" in read(response).text
    assert Message.objects.count() == 1


def test_an_empty_message_is_refused_in_place(buyer, an_order):
    response = write(buyer, an_order(), body=" ")
    assert response.status_code == 422
    assert "メッセージを入力してください。" in read(response).text


def test_orders_of_others_do_not_exist(buyer, an_order, csma):
    other = an_order(buyer=csma)
    assert buyer.get(address(other)).status_code == 404
    assert buyer.post(address(other), {"body": "x"}).status_code == 404


def test_his_claim_leads_to_the_messages(buyer, a_claim):
    claim = a_claim()
    page = read(buyer.get(f"/myqoo10/claims/{claim.number}/"))
    assert address(claim.order) in [link["href"] for link in page.all("a")]
