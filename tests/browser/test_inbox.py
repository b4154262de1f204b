"""お問い合わせ管理 by hand: on a phone, and closing several messages at once."""

import re

import pytest
from playwright.sync_api import expect

from claims.models import Order
from messaging.models import Message
from tests.clock import NOW

INBOX = "/shops/AMUSE_official/inquiries/"


@pytest.fixture
def inbox(guide, sign_in, page):
    """amuse's inbox with four messages of buyers, three unanswered."""
    orders = Order.objects.filter(shop__code="AMUSE_official").exclude(number="639113332").order_by("-pk")[:3]
    for order, state in zip(orders, ["unanswered", "unanswered", "answered"], strict=True):
        words = {"title": f"{order.number} 配送の状況", "body": "いつ届きますか。"}
        Message.objects.create(order=order, sender="buyer", sent_at=NOW, state=state, **words)
    sign_in("amuse")
    page.goto(guide.url + INBOX)
    return page


def fits(page):
    return page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_several_are_closed_without_an_answer(inbox):
    page, body = inbox, inbox.locator("tbody")
    rows = body.get_by_role("row").count()
    expect(page.get_by_text("チェックしたメッセージを")).to_be_visible()
    page.get_by_label("全体選択").check()
    expect(page.get_by_text(f"{rows}件を選択中")).to_be_visible()
    body.get_by_role("checkbox").first.uncheck()
    expect(page.get_by_text(f"{rows - 1}件を選択中")).to_be_visible()
    assert page.get_by_label("全体選択").evaluate("box => box.indeterminate")
    page.get_by_label("全体選択").check()
    page.get_by_role("button", name="回答済にする（回答不要）").click()

    popup = page.get_by_role("dialog")
    expect(popup).to_be_visible()
    expect(popup.get_by_role("heading")).to_have_text(re.compile(r"件を回答済（回答不要）にしますか？"))
    popup.get_by_role("button", name="戻る").click()
    expect(popup).to_be_hidden()
    expect(page.get_by_text(f"{rows}件を選択中")).to_be_visible()
    assert Message.objects.filter(needs_no_answer=True).count() == 0

    page.get_by_role("button", name="回答済にする（回答不要）").click()
    expect(popup.get_by_role("button", name="OK")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text(re.compile(r"^\d件の状態を変更しました。"))).to_be_visible()
    expect(body.get_by_text("未回答")).to_have_count(0)
    expect(page.get_by_role("banner").get_by_text("未回答")).to_have_count(0)
    assert Message.objects.filter(needs_no_answer=True).count() == 3


def test_on_a_phone_rows_are_cards_and_every_screen_fits(guide, inbox):
    page = inbox
    page.set_viewport_size({"width": 390, "height": 844})
    for query in ("", "?view=customers", "?view=items", "?tab=qoo10", "?tab=inquiries", "?order=abc&since=x"):
        page.goto(guide.url + INBOX + query)
        assert fits(page), query
    page.goto(guide.url + INBOX)
    card = page.locator("tbody tr").first
    assert card.bounding_box()["width"] <= 390
    assert (
        card.locator("td.title").evaluate("cell => getComputedStyle(cell, '::before').content")
        == '"タイトル"'
    )
    card.get_by_role("checkbox").check()
    expect(page.get_by_text("1件を選択中")).to_be_in_viewport()
    page.get_by_label("詳細検索").fill("ﾊｲｿｳ の状況")
    page.get_by_role("button", name="照会").click()
    expect(page.locator("tbody tr")).to_have_count(0)
    page.get_by_label("詳細検索").fill("配送の　状況")
    page.get_by_role("button", name="照会").click()
    expect(page.locator("tbody tr")).to_have_count(3)
    page.locator("tbody a").first.click()
    expect(page.get_by_role("heading", name=re.compile("配送の状況"))).to_be_visible()
    assert fits(page)
    page.get_by_role("link", name="一覧に戻る").click()
    expect(page.get_by_label("詳細検索")).to_have_value("配送の　状況")
    page.get_by_role("link", name="顧客ごとの問い合わせ").click()
    expect(page.get_by_text("最も古い未回答").first).to_be_attached()


def test_numbers_pasted_from_a_sheet_are_searched_at_once(inbox):
    page = inbox
    numbers = list(Message.objects.values_list("order__number", flat=True))[:2]
    page.get_by_label("注文番号").fill("\n".join(numbers))
    page.get_by_role("button", name="照会").click()
    expect(page.locator("tbody tr")).to_have_count(2)
    expect(page.get_by_label("注文番号")).to_have_value("\n".join(numbers))


def test_the_panes_own_n_comes_without_a_reload(guide, inbox):
    page = inbox
    page.goto(guide.url + "/shops/AMUSE_official/claims/639113332-1/")
    link = page.locator("#order-waiting")
    expect(link).to_have_text("受信箱")
    order = Order.objects.get(number="639113332")
    Message.objects.create(order=order, sender="buyer", title="x", body="x", sent_at=NOW)
    page.evaluate("document.body.dispatchEvent(new CustomEvent('portal:tick'))")
    expect(link).to_contain_text("未回答 1件")
