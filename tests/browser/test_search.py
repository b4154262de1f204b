"""選択条件照会 by hand: conditions and chips, pasted numbers, saved searches, the way back."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.grid_hands import DESK, checked, row, shown


def test_back_shows_search_page_sort_and_open_claim_as_before(guide, grid, numbers):
    grid.goto(f"{guide.url}{DESK}?tab=search")
    grid.get_by_label("検索").fill("ぴーちみすと")
    grid.keyboard.press("Enter")
    expect(grid.locator(".count-found")).to_have_text("12件")
    grid.get_by_role("button", name="30日", exact=True).click()
    expect(grid).to_have_url(re.compile("range=30"))
    grid.get_by_role("link", name="注文番号", exact=True).click()
    expect(grid.get_by_role("columnheader", name="注文番号")).to_have_attribute("aria-sort", "ascending")
    grid.goto(f"{guide.url}{DESK}?tab=search&status=return_requested&range=30&sort=number&page=2")
    seen = shown(grid)
    assert seen == numbers[20:]
    row(grid, seen[1]).get_by_text("返品要請").dblclick()
    expect(grid.get_by_role("heading", name=seen[1])).to_be_visible()
    row(grid, seen[2]).get_by_text("返品要請").dblclick()
    expect(grid.get_by_role("heading", name=seen[2])).to_be_visible()
    grid.get_by_role("link", name="お問い合わせ管理").click()
    grid.go_back()
    expect(grid.get_by_role("heading", name=seen[2])).to_be_visible()
    assert shown(grid) == seen
    grid.wait_for_load_state()
    grid.go_back()
    expect(grid.get_by_role("heading", name=seen[1])).to_be_visible()
    expect(row(grid, seen[1])).to_have_attribute("aria-current", "true")
    grid.wait_for_load_state()  # its scripts hear of the next step back
    grid.go_back()
    expect(grid.locator(".pane-empty")).to_be_visible()
    expect(grid.locator(".chip")).to_have_count(2)
    expect(grid.get_by_role("navigation", name="ページ").locator("[aria-current]")).to_have_text("2")
    expect(grid.get_by_role("columnheader", name="注文番号")).to_have_attribute("aria-sort", "ascending")
    assert shown(grid) == seen
    grid.go_back()
    expect(grid.get_by_role("textbox", name="検索")).to_have_value("ぴーちみすと")
    expect(grid.locator(".count-found")).to_have_text("12件")


def test_keys_are_letters_where_one_types(guide, grid):
    grid.goto(f"{guide.url}{DESK}?tab=search")
    grid.get_by_label("検索").focus()
    grid.keyboard.type("jkx")
    expect(grid.get_by_label("検索")).to_have_value("jkx")
    expect(grid.get_by_label("検索")).to_be_focused()
    assert checked(grid) == []


def test_shift_and_enter_begins_a_line_in_the_search(guide, grid):
    grid.goto(f"{guide.url}{DESK}?tab=search")
    grid.get_by_label("検索").fill("700000001")
    grid.keyboard.press("Shift+Enter")
    grid.keyboard.type("700000003")
    expect(grid.get_by_label("検索")).to_have_value("700000001\n700000003")
    grid.keyboard.press("Enter")
    expect(grid.locator(".count-found")).to_have_text("2件")


def test_conditions_ranges_and_chips(guide, grid):
    grid.goto(f"{guide.url}{DESK}?tab=search")
    grid.get_by_label("返品要請", exact=True).check()
    grid.get_by_role("button", name="7日", exact=True).click()
    chips = grid.locator(".chip")
    expect(chips).to_have_count(2)
    expect(grid.get_by_label("開始日")).to_have_value("2021-07-07")
    expect(grid.get_by_label("終了日")).to_have_value("2021-07-13")
    expect(grid.locator(".count-found")).to_have_text("26件")
    grid.get_by_label("検索").fill("ピーチミスト")
    grid.get_by_role("button", name="照会", exact=True).first.click()
    expect(chips).to_have_count(3)
    expect(grid.get_by_role("button", name="7日", exact=True)).to_have_attribute("aria-pressed", "true")
    grid.get_by_role("link", name=re.compile("条件を外す 要請日")).click()
    expect(chips).to_have_count(2)
    expect(grid.get_by_label("開始日")).to_have_value("")
    grid.get_by_role("link", name=re.compile("条件を外す 検索")).click()
    expect(grid.get_by_role("textbox", name="検索")).to_have_value("")
    expect(grid.get_by_label("返品要請", exact=True)).to_be_checked()
    grid.get_by_role("link", name="すべて解除").click()
    expect(chips).to_have_count(0)


def test_numbers_pasted_from_a_sheet(guide, grid, context):
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    grid.goto(f"{guide.url}{DESK}?tab=search")
    grid.evaluate("navigator.clipboard.writeText('700000001\\r\\n７０００００００2\\t999999999')")
    grid.get_by_label("検索").focus()
    grid.keyboard.press("Control+v")
    grid.keyboard.press("Enter")
    expect(grid.locator(".count-found")).to_have_text("2件")
    expect(grid.get_by_text(re.compile("次の 1件の番号にはクレームがありません"))).to_contain_text(
        "999999999"
    )


def test_a_text_that_no_address_can_carry_stays_in_its_field(guide, grid):
    grid.goto(f"{guide.url}{DESK}?tab=search")
    field = grid.get_by_role("textbox", name="検索")
    field.fill("あ" * 1000)
    grid.keyboard.press("Enter")
    assert "長すぎます" in field.evaluate("field => field.validationMessage")
    expect(grid).to_have_url(f"{guide.url}{DESK}?tab=search")
    field.fill("あ" * 700)
    grid.keyboard.press("Enter")
    expect(grid.locator(".count-found")).to_have_text("0件")


def test_a_search_is_kept_opened_renamed_and_deleted(guide, grid):
    grid.goto(f"{guide.url}{DESK}?tab=search&status=return_requested&q=ピーチミスト")
    grid.get_by_text("この条件を保存").click()
    grid.get_by_role("button", name="保存", exact=True).click()
    expect(grid.get_by_role("alert")).to_have_text("名前を入力してください。")
    grid.get_by_role("columnheader", name="注文番号").get_by_role("link").click()
    expect(grid.get_by_role("columnheader", name="注文番号")).to_have_attribute("aria-sort", "ascending")
    grid.get_by_text("この条件を保存").click()
    grid.get_by_label("名前").fill("朝のミスト")
    grid.keyboard.press("Enter")
    mine = grid.get_by_role("navigation", name="保存した条件")
    expect(mine.get_by_role("link", name="朝のミスト")).to_have_attribute("aria-current", "page")
    mine.get_by_role("link", name="すべて").click()
    expect(grid.locator(".chip")).to_have_count(0)
    mine.get_by_role("link", name="朝のミスト").click()
    expect(grid.locator(".chip")).to_have_count(2)
    expect(grid.locator(".count-found")).to_have_text("12件")
    mine.get_by_role("link", name="名前の変更・削除").click()
    grid.get_by_role("textbox", name="名前").fill("ミスト")
    grid.keyboard.press("Enter")
    expect(grid.get_by_role("link", name="ミスト", exact=True)).to_be_visible()
    grid.get_by_text("削除", exact=True).click()
    grid.get_by_role("button", name="「ミスト」を削除する").click()
    expect(grid.get_by_text("「ミスト」を削除しました。")).to_be_visible()
    expect(grid.get_by_text("保存した条件はまだありません。")).to_be_visible()


class TestWithoutJavaScript:
    @pytest.fixture
    def browser_context_args(self, browser_context_args):
        return {**browser_context_args, "java_script_enabled": False}

    def test_a_search_and_its_sheet(self, grid, guide):
        grid.goto(f"{guide.url}{DESK}?tab=search")
        grid.get_by_label("検索").fill("ピーチミスト")
        grid.get_by_role("button", name="照会", exact=True).first.click()
        expect(grid.locator(".count-found")).to_have_text("12件")
        grid.get_by_role("button", name="今日", exact=True).click()
        expect(grid.locator(".chip")).to_have_count(2)
