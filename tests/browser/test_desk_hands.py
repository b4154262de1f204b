"""The desk under keyboard, history, two tabs, a double click, and without JavaScript."""

import re

import pytest
from playwright.sync_api import expect

from claims.models import Claim
from claims.statuses import Status

CLAIM = "/shops/AMUSE_official/claims/639113332-1/"
REASON = "発送済みです。"


@pytest.fixture
def desk(guide, sign_in, page):
    sign_in("amuse")
    page.goto(guide.url + "/shops/AMUSE_official/claims/?cell=return_requested")
    return page


def type_reason(page, text=REASON):
    page.get_by_label("Y", exact=True).check()
    page.get_by_role("textbox", name="要請理由").fill(text)


def test_by_keyboard_alone(desk):
    row = desk.get_by_role("row").filter(has_text="639113332")
    row.focus()
    desk.keyboard.press("Enter")
    heading = desk.get_by_role("heading", name="639113332")
    expect(heading).to_be_focused()
    desk.get_by_label("N", exact=True).focus()
    desk.keyboard.press("ArrowUp")
    expect(desk.get_by_role("textbox", name="要請理由")).to_be_focused()
    desk.keyboard.type("test")
    desk.get_by_role("button", name="返品の撤回要請").focus()
    desk.keyboard.press("Enter")
    popup = desk.get_by_role("dialog")
    expect(popup).to_be_visible()
    desk.keyboard.press("Escape")
    expect(popup).to_be_hidden()
    expect(desk.get_by_role("textbox", name="要請理由")).to_have_value("test")
    desk.get_by_role("button", name="返品の撤回要請").focus()
    desk.keyboard.press("Enter")
    expect(popup.get_by_role("button", name="OK")).to_be_focused()
    desk.keyboard.press("Enter")
    expect(popup).to_contain_text("完了しました")
    desk.keyboard.press("Enter")
    expect(popup).to_be_hidden()
    expect(heading).to_be_focused()


def test_back_forward_and_reload_show_whole_pages(desk):
    for number in ("639113332", "639113330"):
        desk.get_by_role("link", name=number, exact=True).click()
        expect(desk.get_by_role("heading", name=number)).to_be_visible()
    desk.go_back()
    expect(desk.get_by_role("heading", name="639113332")).to_be_visible()
    expect(desk.get_by_role("link", name="返品要請 2件")).to_be_visible()
    desk.reload()
    expect(desk.get_by_role("heading", name="639113332")).to_be_visible()
    expect(desk.get_by_role("link", name="返品要請 2件")).to_be_visible()
    desk.go_forward()
    expect(desk.get_by_role("heading", name="639113330")).to_be_visible()
    expect(desk.get_by_role("navigation", name="メニュー")).to_be_visible()


def test_a_double_click_on_ok_asks_once(desk):
    desk.get_by_role("row").filter(has_text="639113332").dblclick()
    type_reason(desk)
    desk.get_by_role("button", name="返品の撤回要請").click()
    desk.get_by_role("dialog").get_by_role("button", name="OK").dblclick()
    expect(desk.get_by_role("link", name="撤回要請 4件")).to_be_visible()
    assert Claim.objects.get(number="639113332-1").withdrawals.count() == 1


def test_the_second_of_two_tabs_is_told_and_changes_nothing(desk, guide, context):
    other = context.new_page()
    for tab in (desk, other):
        tab.goto(guide.url + CLAIM)
        type_reason(tab, text="最初" if tab is desk else "二番目")
        tab.get_by_role("button", name="返品の撤回要請").click()
        expect(tab.get_by_role("dialog")).to_be_visible()
    desk.get_by_role("dialog").get_by_role("button", name="OK").click()
    expect(desk.get_by_role("dialog")).to_contain_text("完了しました")
    other.get_by_role("dialog").get_by_role("button", name="OK").click()
    expect(other.get_by_role("alert").filter(has_text="撤回要請中")).to_be_visible()
    assert Claim.objects.get(number="639113332-1").withdrawals.get().reason == "最初"


def test_a_server_that_does_not_answer_leaves_the_typed_text(desk, guide, allowed_errors):
    allowed_errors += ["Failed to load resource", "htmx:"]
    desk.goto(guide.url + CLAIM)
    type_reason(desk)
    desk.route("**/withdrawal/**", lambda route: route.abort())
    desk.get_by_role("button", name="返品の撤回要請").click()
    expect(desk.get_by_role("alert").filter(has_text="サーバーに接続できませんでした")).to_be_visible()
    expect(desk.get_by_role("textbox", name="要請理由")).to_have_value(REASON)


def test_select_all_and_one_by_one(desk):
    everything = desk.get_by_label("全体選択")
    everything.check()
    expect(desk.get_by_text("2件を選択中")).to_be_visible()
    desk.get_by_label("注文 639113332 を選択").uncheck()
    expect(desk.get_by_text("1件を選択中")).to_be_visible()
    assert everything.evaluate("box => box.indeterminate")


def test_the_numbers_are_fresh_without_a_reload(desk, guide):
    guide.clock.move_to("2021-07-14 00:00:00+09:00")
    desk.evaluate("document.body.dispatchEvent(new CustomEvent('portal:tick'))")
    expect(desk.get_by_role("link", name="撤回要請 2件")).to_be_visible()
    expect(desk.locator("#announcer")).to_have_text(re.compile("撤回要請 2件"))


class TestWithoutJavaScript:
    @pytest.fixture
    def browser_context_args(self, browser_context_args):
        return {**browser_context_args, "java_script_enabled": False}

    def test_the_whole_first_procedure(self, desk):
        desk.get_by_role("link", name="639113332", exact=True).click()
        type_reason(desk, text="")
        desk.get_by_role("button", name="返品の撤回要請").click()
        expect(desk.get_by_text("理由を入力してください。")).to_be_visible()
        type_reason(desk)
        desk.get_by_role("button", name="返品の撤回要請").click()
        popup = desk.get_by_role("dialog")
        popup.get_by_role("button", name="戻る").click()
        expect(popup).to_be_hidden()
        expect(desk.get_by_role("textbox", name="要請理由")).to_have_value(REASON)
        desk.get_by_role("button", name="返品の撤回要請").click()
        popup.get_by_role("button", name="OK").click()
        expect(popup).to_contain_text("撤回要請が完了しました")
        expect(desk.get_by_role("link", name="撤回要請 4件")).to_be_visible()
        desk.reload()
        expect(desk.get_by_role("dialog")).to_have_count(0)
        assert Claim.objects.get(number="639113332-1").status == Status.ASKED
