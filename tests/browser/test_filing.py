"""The buyer files a return on his phone, with photos, and the shop's board has it (SPEC 6)."""

import re

import pytest
from playwright.sync_api import expect

from claims.models import Claim
from tests.pictures import image_bytes

PHONE = {"width": 390, "height": 844}


@pytest.fixture
def browser_context_args(browser_context_args):
    return {**browser_context_args, "viewport": PHONE, "has_touch": True, "is_mobile": True}


@pytest.fixture
def on_the_phone(guide, sign_in, page):
    """yunjee, who has dropped the return of 639113330 to file it better."""
    sign_in("yunjee")
    page.goto(f"{guide.url}/myqoo10/claims/639113330-1/")
    page.get_by_role("button", name="返品の申請を取り下げる").tap()
    page.get_by_role("dialog").get_by_role("button", name="OK").tap()
    expect(page.get_by_text("返品・交換は7/18(日)まで申請できます。")).to_be_visible()
    return page


def fits(page):
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url


def photo(name):
    return {"name": name, "mimeType": "image/jpeg", "buffer": image_bytes(size=(800, 600))}


def test_he_files_a_return_with_two_photos_and_the_shop_sees_it(on_the_phone, guide, sign_in):
    page = on_the_phone
    page.get_by_role("link", name="もう一度申請する").tap()
    expect(page.get_by_role("button", name="キャンセルの申請")).to_be_disabled()
    fits(page)
    page.get_by_role("link", name="返品の申請").tap()
    expect(page.get_by_role("heading", name="返品の申請")).to_be_visible()
    fits(page)
    page.get_by_label("理由").select_option(label="配送中の破損")
    page.get_by_label("詳しい内容").fill("箱がつぶれ、中身が割れていました。")
    page.get_by_label("添付ファイル").set_input_files([photo("箱.jpg"), photo("中身.jpg")])
    page.get_by_role("button", name="確認へ進む").tap()
    expect(page.get_by_text("返品の回収方法を選択してください。")).to_be_visible()
    expect(page.get_by_label("詳しい内容")).to_have_value("箱がつぶれ、中身が割れていました。")
    fits(page)
    page.get_by_label("返品の回収方法").select_option(label="購入者が直接返送(これから)")
    page.get_by_role("button", name="確認へ進む").tap()
    popup = page.get_by_role("dialog", name="返品を申請しますか？")
    expect(popup).to_contain_text("2枚")
    popup.get_by_role("button", name="戻る").tap()
    expect(popup).to_have_count(0)
    expect(page.get_by_label("詳しい内容")).to_have_value("箱がつぶれ、中身が割れていました。")
    page.get_by_role("button", name="確認へ進む").tap()
    popup.get_by_role("button", name="OK").tap()
    expect(page.get_by_text("返品の申請を受け付けました。ショップに知らせます。")).to_be_visible()
    expect(page.get_by_text("ショップの確認をお待ちください。")).to_be_visible()
    fits(page)
    for link in ("箱.jpg", "中身.jpg"):
        image = page.get_by_role("link", name=re.compile(link)).locator("img")
        expect(image).to_be_visible()
        assert image.evaluate("image => image.decode().then(() => image.naturalWidth)") == 800
    sign_in("amuse")
    page.goto(f"{guide.url}/shops/AMUSE_official/claims/")
    expect(page.get_by_role("link", name="返品要請 2件")).to_be_visible()
    page.get_by_role("link", name="返品要請 2件").tap()
    page.get_by_role("link", name="639113330").tap()
    pane = page.get_by_role("region", name="639113330")
    for text in ("配送中の破損", "責任: 配送会社", "中身が割れていました。", "箱.jpg", "中身.jpg"):
        expect(pane).to_contain_text(text)
    fits(page)


def test_a_double_tap_on_ok_files_once(on_the_phone, guide):
    page = on_the_phone
    page.goto(f"{guide.url}/myqoo10/orders/639113330/file/return/")
    page.get_by_label("理由").select_option(label="注文キャンセル")
    page.get_by_label("返品の回収方法").select_option(index=1)
    page.get_by_role("button", name="確認へ進む").tap()
    popup = page.get_by_role("dialog")
    expect(popup).to_be_visible()
    sent = []
    page.on("request", lambda request: request.method == "POST" and sent.append(request.url))
    popup.get_by_role("button", name="OK").dblclick()
    expect(page.get_by_text("返品の申請を受け付けました。")).to_be_visible()
    assert len(sent) == 1
    assert Claim.objects.filter(order__number="639113330").count() == 2, "the dropped one and this"


def test_every_target_of_the_order_is_large_enough_for_a_thumb(on_the_phone, guide):
    page = on_the_phone
    for path in ("", "file/return/"):
        page.goto(f"{guide.url}/myqoo10/orders/639113330/{path}")
        for target in (
            page.get_by_role("main").locator("button, .button, select, input:not([type=hidden])").all()
        ):
            if target.is_visible():
                assert target.bounding_box()["height"] >= 44, target.evaluate("element => element.outerHTML")
