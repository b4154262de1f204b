"""The buyer on his phone, by the mail's link and signed in (SPEC 6)."""

import re

import pytest
from playwright.sync_api import expect

from claims import links
from claims.models import Claim, Withdrawal
from claims.statuses import Status

PHONE = {"width": 390, "height": 844}


@pytest.fixture
def browser_context_args(browser_context_args):
    return {**browser_context_args, "viewport": PHONE, "has_touch": True, "is_mobile": True}


@pytest.fixture
def request_of_csma(guide):
    return Withdrawal.objects.get(claim__number="638358846-1")


@pytest.fixture
def opened_link(guide, page, request_of_csma):
    page.goto(f"{guide.url}/r/{links.sign(request_of_csma.pk)}/")
    expect(page.get_by_role("heading", name="ショップからのお願い（1回目）")).to_be_visible()
    return page


def fits(page):
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url


def test_the_link_opens_the_request_at_an_address_without_its_token(opened_link, request_of_csma):
    expect(opened_link).to_have_url(re.compile(rf"/myqoo10/requests/{request_of_csma.pk}/$"))
    for text in ("7/17(土) 24:00", "あと4日", "7/18(日) 0:00 に返品の申請が自動で取り下げられます"):
        expect(opened_link.get_by_text(text)).to_be_visible()
    fits(opened_link)
    request_of_csma.refresh_from_db()
    assert request_of_csma.outcome == "open"


def test_he_rejects_with_a_reason_and_the_shop_sees_it_on_hold(opened_link, guide, sign_in):
    opened_link.get_by_role("button", name="返品を続ける（拒否）").click()
    popup = opened_link.get_by_role("dialog")
    popup.get_by_role("button", name="OK").click()
    expect(popup).to_contain_text("拒否の理由を選択してください。")
    popup.get_by_label("拒否の理由").select_option(label="ショップ提案内容に同意不可")
    popup.get_by_label("詳しい理由").fill("色が違います。")
    fits(opened_link)
    popup.get_by_role("button", name="OK").click()
    expect(opened_link.get_by_role("heading", name="回答を受け付けました")).to_be_visible()
    sign_in("amuse")
    opened_link.goto(f"{guide.url}/shops/AMUSE_official/claims/638358846-1/?cell=on_hold")
    pane = opened_link.get_by_role("region", name="638358846")
    for text in (
        "返品：撤回保留",
        "ショップ提案内容に同意不可",
        "色が違います。",
        "7/18(日)から要請できます",
    ):
        expect(pane).to_contain_text(text)
    fits(opened_link)


def test_he_agrees_and_the_link_is_over(opened_link, guide, request_of_csma):
    opened_link.get_by_role("button", name="返品をやめて商品を受け取る（撤回に同意）").click()
    popup = opened_link.get_by_role("dialog")
    expect(popup).to_contain_text("同意すると取り消せません。")
    popup.get_by_role("button", name="戻る").click()
    expect(popup).to_have_count(0)
    opened_link.get_by_role("button", name="返品をやめて商品を受け取る（撤回に同意）").click()
    opened_link.get_by_role("dialog").get_by_role("button", name="OK").click()
    expect(opened_link.get_by_text("撤回に同意しました。")).to_be_visible()
    assert Claim.objects.get(number="638358846-1").status == Status.WITHDRAWN
    response = opened_link.goto(f"{guide.url}/r/{links.sign(request_of_csma.pk)}/")
    assert response.status == 410
    expect(opened_link.get_by_text("同意済みです")).to_be_visible()
    expect(opened_link.get_by_role("link", name="ログイン").last).to_be_visible()


def test_signed_in_he_finds_his_requests_and_answers(guide, sign_in, page):
    sign_in("yunjee")
    page.goto(guide.url + "/myqoo10/")
    expect(page.get_by_role("heading", name="撤回要請 2件")).to_be_visible()
    fits(page)
    page.get_by_role("link", name=re.compile("キャンセルの撤回要請")).first.click()
    expect(page.get_by_role("button", name="キャンセルを続ける（拒否）")).to_be_visible()
    fits(page)
    for target in page.get_by_role("button").all():
        assert target.bounding_box()["height"] >= 44, target.text_content()


@pytest.mark.parametrize("path", ["", "?cell=asked", "?tab=search", "638358846-1/", "639726483-1/"])
def test_the_desk_fits_a_phone(guide, sign_in, page, path):
    sign_in("amuse")
    page.goto(f"{guide.url}/shops/AMUSE_official/claims/{path}")
    fits(page)


def test_on_a_phone_a_row_opens_with_one_tap(guide, sign_in, page):
    sign_in("amuse")
    page.goto(f"{guide.url}/shops/AMUSE_official/claims/?cell=asked")
    page.get_by_role("link", name="638358846").tap()
    expect(page.get_by_role("heading", name="638358846")).to_be_in_viewport()
