"""A request with 部分返金, a proof and a photo: the seller at the desk, the buyer on his phone (SPEC 3)."""

import re

import pytest
from playwright.sync_api import expect

from claims import links
from claims.models import Claim, Order
from claims.statuses import Status
from tests.pictures import image_bytes

NUMBER = "639113332-1"


@pytest.fixture
def photo(tmp_path):
    path = tmp_path / "箱の写真.jpg"
    path.write_bytes(image_bytes(size=(1200, 900)))
    return path


@pytest.fixture
def pane(guide, sign_in, page):
    """amuse before the return of the guide's section 1, Y chosen and a reason typed."""
    sign_in("amuse")
    page.goto(f"{guide.url}/shops/AMUSE_official/claims/{NUMBER}/?cell=return_requested")
    pane = page.get_by_role("region", name="639113332")
    expect(pane.get_by_label("部分返金の提案")).to_be_disabled()
    pane.get_by_label("Y", exact=True).check()
    pane.get_by_role("textbox", name="要請理由").fill("すでに発送しております。")
    return pane


@pytest.fixture
def phone(guide, browser):
    """The buyer's phone."""
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True, locale="ja-JP"
    )
    yield context.new_page()
    context.close()


def ask(pane, page, photo):
    pane.get_by_label("部分返金の提案").fill("５００")
    pane.get_by_label("配送会社").fill("ヤマト運輸")
    pane.get_by_label("送り状番号").fill("4000-1234-5678")
    pane.get_by_label("添付ファイル").set_input_files(photo)
    pane.get_by_role("button", name="返品の撤回要請").click()
    popup = page.get_by_role("dialog")
    expect(popup).to_contain_text("購入者が同意した場合、または回答がない場合 500円を返金")
    expect(popup).to_contain_text("箱の写真.jpg")
    popup.get_by_role("button", name="OK").click()
    expect(popup).to_contain_text("撤回要請が完了しました")
    popup.get_by_role("button", name="確認").click()


def test_the_seller_offers_and_the_buyer_agrees_on_his_phone(pane, page, photo, phone, guide):
    ask(pane, page, photo)
    expect(pane).to_contain_text("部分返金の提案")
    expect(pane.get_by_role("link", name=re.compile("箱の写真.jpg"))).to_be_visible()
    attempt = Claim.objects.get(number=NUMBER).withdrawals.get()
    phone.goto(f"{guide.url}/r/{links.sign(attempt.pk)}/")
    expect(phone.get_by_role("heading", name="部分返金の提案 500円")).to_be_visible()
    expect(phone.get_by_text("同意すると 500円 が返金され、商品はお手元に残ります。")).to_be_visible()
    expect(phone.get_by_role("link", name="配送状況を見る")).to_have_attribute(
        "href", re.compile("400012345678")
    )
    image = phone.get_by_role("link", name=re.compile("箱の写真.jpg")).locator("img")
    image.scroll_into_view_if_needed()
    phone.wait_for_function("document.querySelector('.file img').naturalWidth > 0")
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
    phone.get_by_role("button", name="返品をやめて商品を受け取る").click()
    popup = phone.get_by_role("dialog")
    expect(popup).to_contain_text("500円 が返金され")
    popup.get_by_role("button", name="OK").click()
    expect(phone.get_by_text("部分返金 500円を記録しました。")).to_be_visible()
    page.reload()
    expect(page.get_by_role("link", name="部分返金 1件")).to_be_visible()
    expect(pane).to_contain_text("返品：部分返金")
    expect(pane).to_contain_text("返金済み金額 500円")
    assert Order.objects.get(number="639113332").refunded == 500


def test_a_refusal_and_a_step_back_lose_nothing(pane, page, photo):
    pane.get_by_label("部分返金の提案").fill("99999")
    pane.get_by_label("添付ファイル").set_input_files(photo)
    pane.get_by_role("button", name="返品の撤回要請").click()
    expect(pane.get_by_text("部分返金の提案は1円から4,990円までです")).to_be_visible()
    expect(pane.get_by_role("textbox", name="要請理由")).to_have_value("すでに発送しております。")
    expect(pane.get_by_label("部分返金の提案")).to_have_value("99999")
    expect(pane.get_by_role("link", name=re.compile("箱の写真.jpg"))).to_be_visible()
    pane.get_by_label("部分返金の提案").fill("500")
    pane.get_by_label("部分返金の提案").press("Enter")
    popup = page.get_by_role("dialog")
    expect(popup).to_contain_text("500円を返金")
    popup.get_by_role("button", name="戻る").click()
    expect(popup).to_be_hidden()
    expect(pane.get_by_label("部分返金の提案")).to_have_value("500")
    pane.get_by_role("button", name="「箱の写真.jpg」を削除").click()
    expect(pane.get_by_role("link", name=re.compile("箱の写真.jpg"))).to_have_count(0)
    expect(pane.get_by_label("部分返金の提案")).to_have_value("500")
    assert Claim.objects.get(number=NUMBER).status == Status.RETURN_REQUESTED


def test_an_offer_left_unanswered_is_a_partial_refund_at_midnight(pane, page, photo, guide):
    ask(pane, page, photo)
    guide.clock.move_to("2021-07-20 00:00:00+09:00")
    page.goto(f"{guide.url}/shops/AMUSE_official/claims/?cell=partially_refunded")
    expect(page.get_by_role("link", name="部分返金 1件")).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="639113332")).to_contain_text("返品：部分返金")


def test_the_form_fits_a_phone(guide, sign_in, page):
    sign_in("amuse")
    page.set_viewport_size({"width": 390, "height": 844})
    for number in (NUMBER, "639726483-1"):
        page.goto(f"{guide.url}/shops/AMUSE_official/claims/{number}/")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), number
