"""A buyer writes from his phone, the seller sees N without reloading and answers (SPEC 5)."""

import re

from playwright.sync_api import expect

from messaging.models import Message, SavedText
from qsm.accounts.models import Shop


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
