"""The buyer's messages: he reads and writes about his own orders (SPEC 5)."""

from datetime import timedelta

from django.db import connection
from django.test.utils import CaptureQueriesContext

from messaging import conversation
from messaging.models import Message, Notice
from qsm.accounts.models import Member
from tests.clock import NOW
from tests.pages import confirmed, facts, posted, read


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
    assert buyer.post(address(order), confirmed(response)).status_code == 302
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


def test_a_second_click_sends_nothing(buyer, an_order):
    order = an_order()
    page = posted(read(buyer.get(address(order))).one("form", class_="write"), body="色が違います。")
    first, second = buyer.post(address(order), page), buyer.post(address(order), page)
    message = Message.objects.get()
    assert first["Location"] == second["Location"] == f"{address(order)}#message-{message.pk}"
    assert "この内容は送信済みです（7/13 10:00）" in read(buyer.get(second["Location"])).text
    other = buyer.post(address(order), page | {"body": "追伸です。"})
    assert other.status_code == 409
    assert buyer.post(address(order), posted(read(other).one("form", class_="write"))).status_code == 302
    assert Message.objects.count() == 2


def test_two_clicks_at_once_send_one(buyer, an_order, monkeypatch):
    order = an_order()
    page = posted(read(buyer.get(address(order))).one("form", class_="write"), body="色が違います。")
    monkeypatch.setattr("messaging.conversation.sent_with", lambda *args: None)
    for _ in range(2):
        assert buyer.post(address(order), page).status_code == 302
    assert Message.objects.count() == 1


def test_other_words_than_those_shown_are_asked_about_again(buyer, an_order):
    order = an_order()
    response = write(buyer, order, body="090-1234-5678 まで")
    again = buyer.post(address(order), confirmed(response, body="03-1111-2222 まで"))
    assert facts(read(again).one("dialog")) == {"電話番号": "03-1111-2222"}
    assert buyer.post(address(order), confirmed(again)).status_code == 302


def test_his_own_name_is_full_and_states_are_told(buyer, a_message):
    message = a_message(state="in_progress")
    row = read(buyer.get(address(message.order))).one("li", id=f"message-{message.pk}")
    assert "yunjee ・ 2021/07/13 10:00 ・ 処理中" in row.text


def test_thirty_a_page_and_only_what_was_shown_is_read(buyer, an_order, a_message):
    order = an_order()
    for _ in range(32):
        a_message(order=order, sender="shop", state="answered")
    first = read(buyer.get(address(order)))
    assert len(first.one("ul", class_="my-list").all("li", class_="my-card")) == 30
    assert Message.objects.filter(seen_at__isnull=True).count() == 2
    assert read(buyer.get("/myqoo10/")).one("a", class_="inbox-link").text == "受信箱 2 未読 2件"
    assert len(read(buyer.get(f"{address(order)}?page=2")).all("li", class_="my-card")) == 2
    assert not Message.objects.filter(seen_at__isnull=True).exists()


def test_what_came_while_the_page_was_drawn_is_not_read(buyer, an_order, a_message, monkeypatch):
    order = an_order()
    a_message(order=order, sender="shop", state="answered")
    thread = conversation.thread

    def then_another(order, page=1):
        found = thread(order, page)
        list(found)
        a_message(order=order, sender="shop", state="answered")
        return found

    monkeypatch.setattr(conversation, "thread", then_another)
    buyer.get(address(order))
    assert list(Message.objects.order_by("pk").values_list("seen_at", flat=True)) == [NOW, None]


def test_the_qpost_about_a_message_is_read_with_it(buyer, amuse, an_order):
    order = an_order()
    conversation.write_to_buyer(order, category="other", title="ご案内", body="本文", by=amuse, now=NOW)
    buyer.get(address(order))
    assert Notice.objects.get(buyer__isnull=False).read_at == NOW


def test_his_box_lists_the_orders_with_what_is_unread(buyer, an_order, a_message, csma):
    quiet, loud, other = an_order(), an_order(item_title="アイビーリップ"), an_order(buyer=csma)
    an_order(item_title="何も書かれていない")
    a_message(order=quiet, sent_at=NOW - timedelta(days=1))
    for _ in range(2):
        a_message(order=loud, sender="shop", state="answered")
    a_message(order=other, sender="shop", state="answered")
    page = read(buyer.get("/myqoo10/messages/"))
    rows = page.all("li", class_="my-card")
    assert [row.one("a")["href"] for row in rows] == [address(loud), address(quiet)]
    assert [row.has(class_="n-mark") for row in rows] == [True, False]
    assert "未読 2件" in rows[0].text
    assert page.one("a", class_="inbox-link").text == "受信箱 2 未読 2件"


def test_an_empty_box_says_so(buyer):
    assert "メッセージはまだありません。" in read(buyer.get("/myqoo10/messages/")).text


def test_as_many_queries_for_30_orders_as_for_2(buyer, an_order, a_message):
    def queries(more):
        for _ in range(more):
            a_message(order=an_order(), sender="shop", state="answered")
        with CaptureQueriesContext(connection) as captured:
            buyer.get("/myqoo10/messages/")
        return len(captured)

    assert queries(2) == queries(28)
