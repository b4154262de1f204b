"""The guide's four procedures, step by step, as sections 1 to 4 tell them."""

import re

import pytest
from playwright.sync_api import expect

from claims.models import Claim
from claims.statuses import Status


@pytest.fixture
def desk(guide, sign_in, page):
    """amuse before キャンセル/返品/未受取."""
    sign_in("amuse")
    page.goto(guide.url)
    page.get_by_role("navigation", name="メニュー").get_by_role("link", name="キャンセル/返品/未受取").click()
    expect(page.get_by_role("heading", name="キャンセル & 未受取")).to_be_visible()
    return page


def open_cell(page, name):
    page.get_by_role("link", name=name).click()
    expect(page.get_by_role("heading", name=name)).to_be_visible()


def double_click(page, number):
    page.wait_for_load_state()  # its scripts listen
    row = page.get_by_role("row").filter(has_text=number)
    row.dblclick()
    expect(page.get_by_role("heading", name=number)).to_be_visible()


def test_1_ask_for_a_withdrawal(desk, guide, browser):
    open_cell(desk, "返品要請 2件")
    rows = desk.get_by_role("region", name="注文一覧の表").locator("tbody").get_by_role("row")
    expect(rows).to_have_count(2)
    double_click(desk, "639113332")
    pane = desk.get_by_role("region", name="639113332")
    expect(pane.get_by_label("N", exact=True)).to_be_checked()
    reason = pane.get_by_role("textbox", name="要請理由")
    expect(reason).to_be_disabled()
    pane.get_by_label("Y", exact=True).check()
    expect(pane.get_by_text("2021/07/19")).to_be_visible()
    reason.fill("ショップの撤回要請理由")
    pane.get_by_role("button", name="返品の撤回要請").click()
    popup = desk.get_by_role("dialog")
    expect(popup).to_contain_text("返品の撤回を要請しますか？")
    expect(popup).to_contain_text("7/19(月) 24:00")
    expect(popup).to_contain_text("7/20(火) 0:00 に自動で撤回完了")
    popup.get_by_role("button", name="OK").click()
    expect(popup).to_contain_text("撤回要請が完了しました")
    popup.get_by_role("button", name="確認").click()
    expect(popup).to_be_hidden()
    expect(desk.get_by_role("link", name="返品要請 1件")).to_be_visible()
    expect(desk.get_by_role("link", name="撤回要請 4件")).to_be_visible()
    expect(rows).to_have_count(1)
    expect(pane).to_contain_text("返品：撤回要請")
    assert Claim.objects.get(number="639113332-1").withdrawals.get().reason == "ショップの撤回要請理由"


def test_1_myqoo10_counts_the_request(desk, guide, sign_in):
    desk.goto(guide.url + "/shops/AMUSE_official/claims/639113332-1/")
    desk.get_by_label("Y", exact=True).check()
    desk.get_by_role("textbox", name="要請理由").fill("発送済みです。")
    desk.get_by_role("button", name="返品の撤回要請").click()
    desk.get_by_role("dialog").get_by_role("button", name="OK").click()
    expect(desk.get_by_role("dialog")).to_contain_text("完了しました")
    sign_in("yunjee")
    desk.goto(guide.url + "/myqoo10/")
    expect(desk.get_by_role("heading", name="撤回要請 3件")).to_be_visible()
    expect(desk.get_by_text("639113332").first).to_be_visible()


def test_2_look_requests_up_by_status(desk):
    open_cell(desk, "撤回要請 3件")
    row = desk.get_by_role("row").filter(has_text="638358846")
    for text in ("返品：撤回要請", "選択事項変更", "2021/07/11", "210324412", "624712702"):
        expect(row).to_contain_text(text)
    double_click(desk, "638358846")
    pane = desk.get_by_role("region", name="638358846")
    for text in ("csマ", "test太郎自宅", "Qxpress", "東京都千代田区三番町2-11-11"):
        expect(pane).to_contain_text(text)
    expect(desk).to_have_url(re.compile(r"/claims/638358846-1/\?cell=asked"))


def test_2_look_requests_up_by_period_and_status(desk):
    desk.get_by_role("link", name="選択条件照会").click()
    desk.get_by_label("期間").select_option(label="要請日")
    desk.get_by_label("開始日").fill("2021-07-11")
    desk.get_by_label("終了日").fill("2021-07-11")
    desk.get_by_role("group", name="処理状態").get_by_label("撤回要請").check()
    desk.get_by_role("button", name="照会").click()
    expect(desk.get_by_role("heading", name="照会結果")).to_contain_text("1件")
    expect(desk.get_by_role("row").filter(has_text="638358846")).to_be_visible()


def test_2_an_unanswered_message_shows_n_and_leads_to_the_inquiries(desk):
    open_cell(desk, "返品要請 2件")
    double_click(desk, "639113330")
    pane = desk.get_by_role("region", name="639113330")
    expect(pane).to_contain_text("From: yun*** / To: AMUSE_official")
    expect(pane).to_contain_text("未回答")
    pane.get_by_role("link", name=re.compile("受信箱.*未回答 1件")).click()
    expect(desk.get_by_role("heading", name="お問い合わせ管理")).to_be_visible()
    expect(desk.get_by_text("639113330よりキャンセル関連のお問い合わせ").first).to_be_visible()


def test_3_cancel_a_request(desk):
    open_cell(desk, "撤回要請 3件")
    double_click(desk, "638358846")
    desk.get_by_role("button", name="撤回要請のキャンセル").click()
    popup = desk.get_by_role("dialog")
    expect(popup).to_contain_text("「返品要請」に戻ります")
    expect(popup).to_contain_text("7/18(日) からできます")
    popup.get_by_role("button", name="OK").click()
    expect(popup).to_contain_text("撤回要請のキャンセルが完了しました")
    popup.get_by_role("button", name="確認").click()
    expect(desk.get_by_role("link", name="撤回要請 2件")).to_be_visible()
    pane = desk.get_by_role("region", name="638358846")
    expect(pane.get_by_role("button", name="返品の撤回要請")).to_be_disabled()
    expect(pane).to_contain_text("7/18(日)から要請できます")
    assert Claim.objects.get(number="638358846-1").status == Status.RETURN_REQUESTED


def test_4_ask_again_after_a_rejection(desk):
    open_cell(desk, "撤回保留 3件")
    double_click(desk, "639726483")
    pane = desk.get_by_role("region", name="639726483")
    for text in ("保留日", "ショップ提案内容に同意不可", "再要請時の撤回期限", "2021/07/19"):
        expect(pane).to_contain_text(text)
    for note in (
        "撤回期限は要請日より7日となります。",
        "顧客が撤回要請の拒否をして5日以内は再要請ができません。",
    ):
        expect(pane).to_contain_text(note)
    pane.get_by_role("textbox", name="再要請の理由").fill("送料はショップが負担いたします。")
    pane.get_by_role("button", name="撤回の再要請").click()
    popup = desk.get_by_role("dialog")
    expect(popup).to_contain_text("返品の撤回を再要請しますか？")
    popup.get_by_role("button", name="OK").click()
    expect(popup).to_contain_text("撤回の再要請が完了しました")
    popup.get_by_role("button", name="確認").click()
    expect(desk.get_by_role("link", name="撤回保留 2件")).to_be_visible()
    expect(desk.get_by_role("link", name="撤回要請 4件")).to_be_visible()


def test_4_a_locked_one_shows_the_day_it_opens(desk, guide):
    locked = Claim.objects.get(status=Status.ON_HOLD, kind="cancel")
    desk.goto(f"{guide.url}/shops/AMUSE_official/claims/{locked.number}/")
    expect(desk.get_by_role("button", name="撤回の再要請")).to_be_disabled()
    expect(desk.get_by_text("7/17(土)に再要請した場合 7/23(金)")).to_be_visible()
    expect(desk.get_by_text("7/17(土)から要請できます")).to_be_visible()


def test_a_request_whose_window_is_over_is_gone_at_midnight_without_any_sweep(desk, guide):
    expect(desk.get_by_role("link", name="撤回要請 3件")).to_be_visible()
    guide.clock.move_to("2021-07-14 00:00:00+09:00")
    desk.reload()
    expect(desk.get_by_role("link", name="撤回要請 2件")).to_be_visible()
