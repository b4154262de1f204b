"""A buyer writes from his phone, the seller sees N without reloading and answers (SPEC 5)."""

import re

from playwright.sync_api import expect

from claims.models import Order
from messaging.models import Draft, Message, SavedText
from qsm.accounts.models import Shop
from tests.clock import NOW
from tests.pictures import image_bytes

COMPOSE = "/shops/AMUSE_official/inquiries/compose/?order=639113330"


def waiting_in(page):
    """What the tab keeps because the server does not have it."""
    page.wait_for_load_state()
    return page.evaluate("Object.keys(sessionStorage).filter(name => name.startsWith('typed:'))")


def text_of(page):
    """The field of the text itself."""
    return page.get_by_role("textbox", name="メッセージ")


def test_from_the_buyers_phone_to_the_shop_and_back(guide, sign_in, page):
    shop = Shop.objects.get(code="AMUSE_official")
    SavedText.objects.create(shop=shop, name="発送済み", body="{購入者名} 様、{注文番号} は発送済みです。")
    page.set_viewport_size({"width": 390, "height": 844})
    sign_in("yunjee")
    page.goto(guide.url + "/myqoo10/claims/639113332-1/")
    page.get_by_role("link", name="ショップに連絡する").click()
    page.get_by_role("textbox", name="メッセージ").fill("いつ届きますか。")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name="送信").click()
    expect(page.get_by_text("ショップにメッセージを送信しました。")).to_be_visible()

    page.set_viewport_size({"width": 1280, "height": 900})
    Message.objects.filter(order__number="639113332").update(state="answered")
    sign_in("amuse")
    page.goto(guide.url + "/shops/AMUSE_official/claims/639113332-1/")
    expect(page.get_by_role("link", name=re.compile("未回答 1件")).first).to_be_visible()
    Message.objects.filter(order__number="639113332").update(state="unanswered")
    page.evaluate("document.body.dispatchEvent(new CustomEvent('portal:tick'))")
    expect(page.get_by_role("banner").get_by_role("link", name=re.compile("未回答 2件"))).to_be_visible()

    page.get_by_role("link", name="お客様へのメッセージ").click()
    page.get_by_label("よく使う").select_option(label="発送済み")
    page.get_by_role("button", name="使う").click()
    expect(page.get_by_role("textbox", name="メッセージ")).to_have_value(
        "yunjee 様、639113332 は発送済みです。"
    )
    page.get_by_role("button", name="送信").click()
    expect(page.get_by_text("お客様にメッセージを送信しました。")).to_be_visible()
    expect(page.get_by_role("banner").get_by_role("link", name=re.compile("未回答 1件"))).to_be_visible()

    sign_in("yunjee")
    page.goto(guide.url + "/myqoo10/")
    expect(page.get_by_text("AMUSE_official からメッセージが届きました（639113332）")).to_be_visible()


def test_personal_data_are_asked_about_in_a_popup(guide, sign_in, page):
    sign_in("amuse")
    page.goto(guide.url + "/shops/AMUSE_official/inquiries/compose/?order=639113330")
    page.get_by_role("textbox", name="メッセージ").fill("090-1234-5678 までお電話ください。")
    page.get_by_role("button", name="送信").click()
    popup = page.get_by_role("dialog")
    expect(popup).to_contain_text("090-1234-5678")
    popup.get_by_role("button", name="戻る").click()
    expect(popup).to_be_hidden()
    expect(page.get_by_role("textbox", name="メッセージ")).to_have_value("090-1234-5678 までお電話ください。")
    page.get_by_role("button", name="送信").click()
    popup.get_by_role("button", name="OK").click()
    expect(page.get_by_text("お客様にメッセージを送信しました。")).to_be_visible()


def test_a_photo_goes_from_the_phone_to_the_shop(guide, sign_in, page, tmp_path):
    (tmp_path / "箱.jpg").write_bytes(image_bytes(size=(900, 600)))
    (tmp_path / "memo.txt").write_text("x")
    page.set_viewport_size({"width": 390, "height": 844})
    sign_in("yunjee")
    page.goto(guide.url + "/myqoo10/messages/639113330/")
    text_of(page).fill("箱がつぶれていました。")
    page.get_by_label("添付ファイル").set_input_files([tmp_path / "箱.jpg", tmp_path / "memo.txt"])
    expect(page.get_by_role("alert").filter(has_text="「memo.txt」は添付できません")).to_be_visible()
    expect(page.get_by_role("link", name="箱.jpg")).to_be_visible()
    expect(text_of(page)).to_have_value("箱がつぶれていました。")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name="送信").click()
    expect(page.get_by_text("ショップにメッセージを送信しました。")).to_be_visible()

    page.set_viewport_size({"width": 1280, "height": 900})
    sign_in("amuse")
    page.goto(guide.url + "/shops/AMUSE_official/claims/639113330-1/")
    picture = page.locator("#thread a.file img").first
    picture.scroll_into_view_if_needed()
    expect(picture).to_have_js_property("complete", True)
    assert picture.evaluate("image => image.naturalWidth") == 900
    assert picture.bounding_box()["width"] == 48


def test_a_file_too_large_is_refused_before_it_is_uploaded(guide, sign_in, page, tmp_path, settings):
    settings.FILE_MAX_BYTES = 1_000_000
    (tmp_path / "大.jpg").write_bytes(b"x" * 1_000_001)
    sign_in("amuse")
    page.goto(guide.url + COMPOSE)
    page.get_by_label("添付ファイル").set_input_files(tmp_path / "大.jpg")
    expect(page.get_by_role("alert").filter(has_text="「大.jpg」 1MBを超える")).to_be_visible()
    assert page.get_by_label("添付ファイル").evaluate("input => input.files.length") == 0


def test_a_draft_survives_a_reload_and_a_lost_session(guide, sign_in, page, context):
    sign_in("amuse")
    page.goto(guide.url + COMPOSE)
    text_of(page).fill("ご連絡ありがとうございます。")
    expect(page.locator("output")).to_have_text("14 / 4,000")
    expect(page.get_by_text("下書きを保存しました（10:00）")).to_be_visible()
    page.reload()
    expect(page.get_by_text("下書きを復元しました（7/13 10:00）")).to_be_visible()
    expect(text_of(page)).to_have_value("ご連絡ありがとうございます。")

    context.clear_cookies(name="sessionid")  # the session is lost while he types on
    text_of(page).press("End")
    text_of(page).press_sequentially("続きです。")
    page.wait_for_url(re.compile("/accounts/login/"))
    page.locator("[name=login]").fill("amuse")
    page.locator("[name=password]").fill("qsm-demo")
    page.get_by_role("button", name="ログイン").click()
    expect(text_of(page)).to_have_value("ご連絡ありがとうございます。続きです。")
    expect(page.get_by_text("下書きを保存しました（10:00）")).to_be_visible()
    assert Draft.objects.get().body == "ご連絡ありがとうございます。続きです。"

    page.get_by_role("button", name="送信").click()
    expect(page.get_by_text("お客様にメッセージを送信しました。")).to_be_visible()
    assert waiting_in(page) == []
    page.goto(guide.url + COMPOSE)
    expect(text_of(page)).to_have_value("")


def test_what_the_buyer_typed_is_there_after_the_sign_in(guide, sign_in, page, context):
    sign_in("yunjee")
    page.goto(guide.url + "/myqoo10/messages/639113330/")
    text_of(page).fill("いつ届きますか。")
    context.clear_cookies(name="sessionid")
    page.get_by_role("button", name="送信").click()
    page.locator("[name=login]").fill("yunjee")
    page.locator("[name=password]").fill("qsm-demo")
    page.get_by_role("button", name="ログイン").click()
    expect(text_of(page)).to_have_value("いつ届きますか。")
    page.get_by_role("button", name="送信").click()
    expect(page.get_by_text("ショップにメッセージを送信しました。")).to_be_visible()
    expect(text_of(page)).to_have_value("")
    assert waiting_in(page) == []


def test_two_tabs_keep_both_texts(guide, sign_in, page, context):
    sign_in("amuse")
    page.goto(guide.url + COMPOSE)
    text_of(page).fill("土台。")
    expect(page.get_by_text("下書きを保存しました")).to_be_visible()
    page.reload()
    other = context.new_page()
    other.goto(guide.url + COMPOSE)
    text_of(other).fill("土台。別の続き。")
    expect(other.get_by_text("下書きを保存しました")).to_be_visible()
    text_of(page).fill("土台。続き。")
    expect(page.get_by_text("両方残っています。")).to_be_visible()
    assert set(Draft.objects.values_list("body", flat=True)) == {"土台。続き。", "土台。別の続き。"}


def test_a_double_click_sends_once(guide, sign_in, page):
    sign_in("amuse")
    before = Message.objects.count()
    page.goto(guide.url + COMPOSE)
    text_of(page).fill("お待ちください。")
    page.get_by_role("button", name="送信").dblclick()
    expect(page.get_by_text(re.compile("送信しました。|送信済みです"))).to_be_visible()
    assert Message.objects.count() == before + 1


def test_the_threads_pages_turn_under_the_pane(guide, sign_in, page):
    order = Order.objects.get(number="639113330")
    for number in range(31):
        Message.objects.create(order=order, sender="buyer", title=f"{number}番", body="?", sent_at=NOW)
    sign_in("amuse")
    page.goto(guide.url + "/shops/AMUSE_official/claims/639113330-1/")
    thread = page.locator("#thread")
    expect(thread.get_by_text("30番")).to_be_visible()
    thread.get_by_role("link", name="次へ").click()
    expect(thread.get_by_text("0番", exact=True)).to_be_visible()
    expect(page.get_by_role("heading", name=re.compile("受信箱"))).to_be_focused()
    assert page.url.endswith("/claims/639113330-1/")
