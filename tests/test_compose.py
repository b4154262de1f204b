"""お客様へのメッセージ / Qoo10へお問い合わせ: what a shop writes (SPEC 5)."""

from urllib.parse import quote

import pytest

from claims.statuses import Status
from messaging.models import Inquiry, Message, Notice, SavedText
from tests.clock import NOW
from tests.pages import confirmed, facts, posted, read

COMPOSE = "/shops/AMUSE_official/inquiries/compose/"


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


# --- sent once -----------------------------------------------------------------------------------------


def test_a_second_click_sends_nothing_and_leads_to_what_was_sent(seller, a_claim):
    address = f"{COMPOSE}?order={a_claim().order.number}"
    page = posted(form_of(seller.get(address)), body="お待ちください。")
    first, second = seller.post(address, page), seller.post(address, page, follow=True)
    assert (Message.objects.count(), Notice.objects.filter(message__isnull=False).count()) == (1, 1)
    assert second.redirect_chain[-1][0] == first["Location"]
    assert "この内容は送信済みです（7/13 10:00）。二重には送信していません。" in read(second).text


def test_a_second_tab_with_the_same_draft_sends_nothing_either(seller, a_claim):
    address = f"{COMPOSE}?order={a_claim().order.number}"
    page = posted(form_of(seller.get(address)), body="お待ちください。")
    seller.post(address.replace("compose/", "compose/draft/"), page)
    one, other = (posted(form_of(seller.get(address))) for _ in range(2))
    seller.post(address, one)
    seller.post(address, other)
    assert Message.objects.count() == 1


def test_another_text_under_the_same_key_is_kept_and_may_follow(seller, a_claim):
    address = f"{COMPOSE}?order={a_claim().order.number}"
    page = posted(form_of(seller.get(address)), body="お待ちください。")
    seller.post(address, page)
    response = seller.post(address, page | {"body": "追伸です。"})
    assert response.status_code == 409
    assert "入力した内容はまだ送信していません。" in read(response).one("div", role="alert").text
    again = posted(form_of(response))
    assert again["body"] == "追伸です。"
    assert seller.post(address, again).status_code == 302
    assert Message.objects.count() == 2


def test_an_inquiry_is_sent_once_too(seller):
    page = posted(form_of(seller.get(COMPOSE)), title="手数料", body="教えてください。")
    answers = [seller.post(COMPOSE, page)["Location"] for _ in range(2)]
    assert answers == [f"/shops/AMUSE_official/inquiries/qoo10/{Inquiry.objects.get().pk}/"] * 2


def test_the_key_of_somebody_elses_message_leads_nowhere(seller, a_claim, a_message, an_order, rival):
    theirs = a_message(order=an_order(seller=rival), sender="shop", state="answered", author=rival.user)
    address = f"{COMPOSE}?order={a_claim().order.number}"
    typed = {"send_key": str(theirs.send_key), "title": theirs.title, "body": theirs.body}
    response = seller.post(address, posted(form_of(seller.get(address)), **typed))
    assert response.status_code == 409
    assert seller.post(address, posted(form_of(response))).status_code == 302


# --- the OK is bound to the words it showed ---------------------------------------------------------------


def test_other_words_than_those_shown_are_asked_about_again(seller, a_claim):
    """Without JavaScript the form behind the popup can be typed in."""
    address = f"{COMPOSE}?order={a_claim().order.number}"
    response = send(seller, address, body="090-1234-5678 まで")
    again = seller.post(address, confirmed(response, body="03-1111-2222 まで"))
    assert facts(read(again).one("dialog")) == {"電話番号": "03-1111-2222"}
    assert not Message.objects.exists()
    assert seller.post(address, confirmed(again)).status_code == 302
    assert Message.objects.get().body == "03-1111-2222 まで"


def test_an_ok_that_nobody_showed_is_none(seller, a_claim):
    response = send(
        seller, f"{COMPOSE}?order={a_claim().order.number}", body="090-1234-5678 まで", confirmed="1"
    )
    assert read(response).has("dialog")


# --- what the writer had not seen stays 未回答 ---------------------------------------------------------------


def test_a_message_that_comes_while_one_writes_stays_unanswered(seller, a_claim, a_message):
    claim = a_claim()
    address = f"{COMPOSE}?order={claim.order.number}"
    seen = a_message(order=claim.order, body="まだですか。")
    page = posted(form_of(seller.get(address)), body="お待ちください。")
    late = a_message(order=claim.order, body="やはり返品します。")
    response = seller.post(address, page, follow=True)
    states = {message.pk: message.state for message in Message.objects.filter(sender="buyer")}
    assert states == {seen.pk: "answered", late.pk: "unanswered"}
    assert "作成中にお客様から新しいメッセージが届いています（未回答）" in read(response).text


def test_the_first_message_too_when_there_was_none(seller, a_claim, a_message):
    claim = a_claim()
    address = f"{COMPOSE}?order={claim.order.number}"
    page = posted(form_of(seller.get(address)), body="お待ちください。")
    a_message(order=claim.order)
    seller.post(address, page)
    assert Message.objects.get(sender="buyer").state == "unanswered"


def test_a_page_drawn_again_shows_the_new_message_and_says_so(seller, a_claim, a_message):
    claim = a_claim()
    address = f"{COMPOSE}?order={claim.order.number}"
    page = posted(form_of(seller.get(address)), body=" ")
    a_message(order=claim.order, body="やはり返品します。")
    response = seller.post(address, page)
    shown = read(response)
    assert "作成中にお客様から新しいメッセージが1件届いています。" in shown.text
    assert "やはり返品します。" in shown.one("section", id="recent").text
    seller.post(address, posted(form_of(response), body="承知しました。"))
    assert Message.objects.get(sender="buyer").state == "answered"


# --- there and back --------------------------------------------------------------------------------------


def test_after_sending_one_is_back_where_one_came_from_at_the_message(seller, a_claim):
    claim = a_claim()
    pane = read(seller.get(claim.get_absolute_url() + "?cell=return_requested"))
    address = next(link["href"] for link in pane.all("a") if link.text == "お客様へのメッセージ")
    page = seller.get(address)
    assert "戻る" in [link.text for link in read(page).all("a")]
    response = seller.post(form_of(page)["action"], posted(form_of(page), body="お待ちください。"))
    message = Message.objects.get()
    assert response["Location"] == f"{claim.get_absolute_url()}?cell=return_requested#message-{message.pk}"
    assert read(seller.get(response["Location"])).has("dl", id=f"message-{message.pk}")


def test_an_order_without_a_claim_leads_to_its_thread(seller, an_order):
    order = an_order()
    response = send(seller, f"{COMPOSE}?order={order.number}", body="お待ちください。")
    thread = f"/shops/AMUSE_official/inquiries/thread/{order.number}/"
    assert response["Location"] == f"{thread}#message-{Message.objects.get().pk}"


@pytest.mark.parametrize(
    "back",
    [
        "https://evil.example/shops/AMUSE_official/",
        "//evil.example/",
        "/\\evil.example",
        "/shops/RIVAL_store/claims/",
        "/myqoo10/",
        "/shops/AMUSE_officialx/",
        "javascript:alert(1)",
        "/shops/AMUSE_official/\r\nX: y",
        "[",
    ],
)
def test_there_is_no_way_back_to_anywhere_else(seller, an_order, back):
    order = an_order()
    address = f"{COMPOSE}?order={order.number}&back={quote(back)}"
    response = seller.post(address, posted(form_of(seller.get(address)), body="お待ちください。"))
    assert response.status_code == 302
    assert response["Location"].startswith("/shops/AMUSE_official/")
    assert "\n" not in response["Location"]


def test_the_guides_three_lines_and_its_warning_stand_there(seller, a_claim):
    page = read(seller.get(f"{COMPOSE}?order={a_claim().order.number}"))
    lines = [line.text for line in page.one("ul", class_="notes").all("li")]
    starts = ["※ お客様にメッセージを送信したり", "※ Qoo10のお問い合わせ対応は", "※ Qoo10 販売ガイドは"]
    assert [line[: len(start)] for line, start in zip(lines, starts, strict=True)] == starts
    assert "※ お客様の個人情報(お客様名、住所、決済情報" in page.text


def test_the_characters_are_counted(seller, a_claim):
    address = f"{COMPOSE}?order={a_claim().order.number}"
    response = send(seller, address, title=" ", body="文" * 12)
    assert read(response).one("output").text == "12 / 4000"
