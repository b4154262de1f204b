"""お客様へのメッセージ / Qoo10へお問い合わせ: what a shop writes (SPEC 5)."""

import pytest

from claims.statuses import Status
from messaging.models import Inquiry, Message, Notice, SavedText
from tests.clock import NOW
from tests.pages import confirmed, facts, posted, read

COMPOSE = "/shops/AMUSE_official/inquiries/compose/"


@pytest.fixture
def seller(client_of, amuse, clock):
    return client_of(amuse)


def form_of(response):
    return read(response).one("form", class_="write")


def send(browser, address, **typed):
    """Open the composer, type, press 送信."""
    return browser.post(address, posted(form_of(browser.get(address)), **typed))


def test_order_item_category_and_title_are_filled_in(seller, a_claim):
    order = a_claim(Status.CANCEL_REQUESTED).order
    page = read(seller.get(f"{COMPOSE}?order={order.number}"))
    shown = facts(page.one("dl", class_="facts"))
    assert shown == {
        "チャンネル": "購入者へのメッセージ",
        "注文番号": order.number,
        "商品コード": order.item_code,
        "商品": order.item_title,
    }
    filled = posted(page.one("form", class_="write"))
    assert filled["title"] == f"{order.number}よりキャンセル関連のお問い合わせ"
    assert filled["category"] == "cancel"
    tabs = [link.text for link in page.one("nav", class_="tabs").all("a")]
    assert tabs == ["お客様へのメッセージ", "Qoo10へお問い合わせ"]
    assert "※ お客様にメッセージを送信したり" in page.text


def test_a_message_reaches_the_buyer_by_qpost_and_mail_in_full(seller, a_claim, yunjee):
    claim = a_claim()
    response = send(seller, f"{COMPOSE}?order={claim.order.number}", body="お待ちください。")
    assert response.status_code == 302
    message = Message.objects.get()
    assert response["Location"] == f"{claim.get_absolute_url()}#message-{message.pk}"
    assert (message.sender, message.body, message.sent_at) == ("shop", "お待ちください。", NOW)
    notice = Notice.objects.get(message=message)
    assert (notice.buyer, notice.mail) == (yunjee, Notice.Mail.PENDING)


def test_an_answer_answers_all_that_the_buyer_had_asked_of_this_order(seller, a_claim, a_message, an_order):
    claim = a_claim()
    for state in ("unanswered", "in_progress"):
        a_message(order=claim.order, state=state)
    elsewhere = a_message(order=an_order())
    send(seller, f"{COMPOSE}?order={claim.order.number}", body="お待ちください。")
    mine = Message.objects.filter(order=claim.order, sender="buyer")
    assert set(mine.values_list("state", "needs_no_answer")) == {("answered", False)}
    elsewhere.refresh_from_db()
    assert elsewhere.state == "unanswered"


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"body": ""}, "メッセージを入力してください。"),
        ({"body": "　 "}, "メッセージを入力してください。"),
        ({"body": "文" * 4001}, "4000 文字以下"),
        ({"title": " ", "body": "文"}, "タイトルを入力してください。"),
        ({"body": "カードは4111-1111-1111-1111です"}, "カード番号と思われる数字"),
    ],
)
def test_what_cannot_be_sent_is_refused_in_place_with_the_text_kept(seller, a_claim, typed, words):
    address = f"{COMPOSE}?order={a_claim().order.number}"
    response = send(seller, address, **typed)
    assert response.status_code == 422
    assert words in read(response).text
    assert posted(form_of(response))["body"].strip() == typed["body"].strip()
    assert not Message.objects.exists()


def test_personal_data_are_shown_and_asked_about_once_more(seller, a_claim):
    address = f"{COMPOSE}?order={a_claim().order.number}"
    text = "お電話は090-1234-5678まで"
    response = send(seller, address, body=text)
    popup = read(response).one("dialog")
    assert facts(popup) == {"電話番号": "090-1234-5678"}
    assert not Message.objects.exists()
    assert posted(form_of(response))["body"] == text
    assert seller.post(address, confirmed(response)).status_code == 302
    assert Message.objects.get().body == text


def test_a_refused_claim_leads_to_a_filled_in_inquiry(seller, a_claim, amuse):
    claim = a_claim(Status.RETURN_REFUNDING)
    way_out = read(seller.get(claim.get_absolute_url())).one("p", class_="way-out").one("a")
    address = way_out["href"]
    filled = posted(form_of(seller.get(address)))
    assert filled["category"] == "claim_withdrawal"
    assert filled["title"] == f"{claim.order.number} クレーム撤回のお問い合わせ"
    response = send(seller, address, body="撤回をお願いします。")
    inquiry = Inquiry.objects.get()
    assert response["Location"] == f"/shops/AMUSE_official/inquiries/qoo10/{inquiry.pk}/"
    assert (inquiry.order, inquiry.author, inquiry.state) == (claim.order, amuse.user, "unanswered")
    assert "Qoo10の回答をお待ちください。" in read(seller.get(response["Location"])).text


def test_without_an_order_only_qoo10_can_be_written_to(seller):
    page = read(seller.get(COMPOSE))
    assert page.one("h1").text == "Qoo10へお問い合わせ"
    assert not page.has("nav", class_="tabs")


def test_an_order_of_another_shop_does_not_exist(seller, an_order, rival):
    other = an_order(seller=rival)
    assert seller.get(f"{COMPOSE}?order={other.number}").status_code == 404
    assert seller.post(f"{COMPOSE}?order={other.number}", {"body": "x"}).status_code == 404


def test_a_saved_text_is_filled_in_before_it_is_sent(seller, a_claim, amuse):
    claim = a_claim(Status.ASKED)
    saved = SavedText.objects.create(
        shop=amuse.shop, name="期限", body="{購入者名} 様、{注文番号} の回答は {撤回期限} まで。{送り状番号}"
    )
    page = read(seller.get(f"{COMPOSE}?order={claim.order.number}&saved={saved.pk}"))
    body = posted(page.one("form", class_="write"))["body"]
    assert body == f"yunjee 様、{claim.order.number} の回答は 7/19(月) まで。（未定）"


@pytest.mark.parametrize("saved", ["x", "-1", "9" * 30, "0"])
def test_a_wrong_saved_text_is_no_text(seller, a_claim, saved):
    response = seller.get(f"{COMPOSE}?order={a_claim().order.number}&saved={saved}")
    assert posted(form_of(response))["body"] == ""


def test_the_advance_notice_is_written_from_a_claim_on_hold(seller, a_claim, a_message):
    claim = a_claim(Status.ON_HOLD)
    page = read(seller.get(claim.get_absolute_url()))
    assert "まだお客様へ連絡していません" in page.text
    address = next(link["href"] for link in page.all("a") if link.text == "事前案内を送る")
    assert "yunjee 様" in posted(form_of(seller.get(address)))["body"]
    send(seller, address)
    assert "最後にお客様へ連絡した日: 2021/07/13 10:00" in read(seller.get(claim.get_absolute_url())).text


def test_a_read_only_member_reads_but_does_not_write(client_of, viewer, a_claim, clock):
    address = f"{COMPOSE}?order={a_claim().order.number}"
    assert not read(client_of(viewer).get(address)).has("form", class_="write")
    assert (
        client_of(viewer).post(address, {"category": "other", "title": "x", "body": "x"}).status_code == 403
    )
