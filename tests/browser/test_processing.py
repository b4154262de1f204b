"""A shop processes an exchange and a held refund, by keyboard and mouse; the buyer follows on his phone."""

import pytest
from playwright.sync_api import expect

from claims.models import Claim, Order
from claims.statuses import Status
from tests import deeds
from tests.clock import NOW

NUMBER = "639113332-1"


@pytest.fixture
def open_pane(guide, sign_in, page):
    """amuse before a claim: `open_pane("639113332-1")`."""

    def go(number):
        sign_in("amuse")
        page.goto(f"{guide.url}/shops/AMUSE_official/claims/{number}/")
        return page.get_by_role("region", name=number.split("-")[0])

    return go


def confirm(page, title, *lines):
    """The two popups of one step, by the keyboard alone."""
    popup = page.get_by_role("dialog")
    expect(popup.get_by_role("heading", name=title)).to_be_visible()
    for line in lines:
        expect(popup).to_contain_text(line)
    expect(popup.get_by_role("button", name="OK")).to_be_focused()
    page.keyboard.press("Enter")
    expect(popup.get_by_role("heading", name="完了しました")).to_be_visible()
    page.keyboard.press("Enter")
    expect(popup).to_be_hidden()


def test_an_exchange_from_approval_to_its_end_by_keyboard(open_pane, page, guide):
    claim = deeds.file(Order.objects.get(number="639200243"), Status.EXCHANGE_REQUESTED)
    pane = open_pane(claim.number)
    expect(pane.get_by_role("button", name="再配送")).to_be_disabled()
    pane.get_by_role("button", name="交換申請受付 / 承認").press("Enter")
    confirm(page, "交換申請を承認しますか？", "「交換承認」になります")
    expect(pane.locator(".pane-bar")).to_contain_text("交換承認")
    expect(page.get_by_role("link", name="交換申請/確認 1件")).to_be_visible()

    pane.locator("#id_resent_company").fill("ヤマト運輸")
    pane.locator("#id_resent_number").fill("４０００-１２３４-５６７８")
    pane.locator("#id_resent_number").press("Enter")
    confirm(page, "「再配送」を実行しますか？", "400012345678", "7/13(火)")
    expect(page.get_by_role("link", name="再配送中 1件")).to_be_visible()
    expect(pane.get_by_role("link", name="検索（再配送の状況を開く）")).to_be_visible()

    done = pane.get_by_role("button", name="交換完了の確認")
    expect(done).to_have_class("primary")
    done.press("Enter")
    confirm(page, "「交換完了の確認」を実行しますか？", "クレームを終了します")
    expect(page.get_by_role("link", name="再配送中 0件")).to_be_visible()
    expect(pane.get_by_role("row", name="再配送 交換承認 → 交換：再配送中")).to_be_visible()
    claim.refresh_from_db()
    assert claim.status == Status.EXCHANGE_DONE


def test_a_refund_is_held_with_a_422_in_between_and_the_buyer_reads_why(open_pane, page, guide, sign_in):
    claim = Claim.objects.get(number=NUMBER)
    deeds.approve(claim, NOW)
    deeds.collect(claim, NOW)
    pane = open_pane(NUMBER)
    send = pane.get_by_role("button", name="返金保留", exact=True)
    send.click()
    expect(pane.get_by_text("保留理由を選択してください。")).to_be_visible()
    pane.get_by_label("保留理由").select_option(label="その他")
    send.click()
    expect(pane.get_by_text("理由を入力してください。")).to_be_visible()
    expect(pane.get_by_label("保留理由")).to_have_value("other")
    pane.get_by_label("詳しい理由").fill("付属の鏡が\n入っていません。")
    send.click()
    popup = page.get_by_role("dialog")
    expect(popup).to_contain_text("付属の鏡が")
    popup.get_by_role("button", name="戻る").click()
    expect(popup).to_be_hidden()
    expect(pane.get_by_label("詳しい理由")).to_have_value("付属の鏡が\n入っていません。")
    send.click()
    confirm(page, "「返金保留」を実行しますか？", "入っていません。")
    expect(page.get_by_role("link", name="返金保留 1件")).to_be_visible()

    sign_in("yunjee")
    page.goto(f"{guide.url}/myqoo10/claims/{NUMBER}/")
    expect(page.get_by_text("ショップが返金を保留しています。")).to_be_visible()
    expect(page.get_by_text("付属の鏡が").first).to_be_visible()

    pane = open_pane(NUMBER)
    pane.get_by_role("button", name="返金保留の解除").press("Enter")
    confirm(page, "「返金保留の解除」を実行しますか？", "「返品：回収完了/返金要請」になります")
    expect(page.get_by_role("link", name="返金保留 0件")).to_be_visible()


def test_a_colleague_was_faster_and_the_page_says_so(open_pane, page):
    pane = open_pane(NUMBER)
    pane.get_by_role("button", name="返品要請受付 / 承認").click()
    popup = page.get_by_role("dialog")
    expect(popup).to_be_visible()
    deeds.approve(Claim.objects.get(number=NUMBER), NOW)
    popup.get_by_role("button", name="OK").click()
    expect(pane.get_by_role("alert")).to_contain_text("すでに済んでいます")
    expect(pane.locator(".pane-bar")).to_contain_text("返品中 (回収待ち)")
    assert Claim.objects.get(number=NUMBER).events.count() == 2


@pytest.mark.parametrize("step", [None, deeds.collect, deeds.start_refund, deeds.hold])
def test_the_steps_fit_a_phone(open_pane, page, step):
    claim = Claim.objects.get(number=NUMBER)
    for deed in (deeds.approve, deeds.collect, deeds.start_refund, deeds.hold):
        if step is None:
            break
        deed(claim, NOW)
        if deed is step:
            break
    page.set_viewport_size({"width": 390, "height": 844})
    open_pane(NUMBER)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
