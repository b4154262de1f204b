"""The grid by hand: rows that open, checks, keys, columns, files."""

import re

import pytest
from playwright.sync_api import expect

from claims.models import GridSetting
from tests.browser.grid_hands import DESK, box, checked, column, focused_row, heads, results, row, shown

# --- opening ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["double click", "Enter", "Enter on its box", "link"])
def test_a_row_opens(grid, numbers, how):
    files = []
    grid.on("download", lambda file: files.append(file))
    if how == "double click":
        row(grid, numbers[3]).get_by_text("返品要請").dblclick()
    elif how == "link":
        row(grid, numbers[3]).get_by_role("link").click()
    else:
        (row(grid, numbers[3]) if how == "Enter" else box(grid, numbers[3])).focus()
        grid.keyboard.press("Enter")
    expect(grid.get_by_role("heading", name=numbers[3])).to_be_focused()
    expect(row(grid, numbers[3])).to_have_attribute("aria-current", "true")
    assert f"/claims/{numbers[3]}-1/?cell=return_requested&sort=number" in grid.url
    row(grid, numbers[4]).get_by_text("返品要請").dblclick()
    expect(grid.get_by_role("heading", name=numbers[4])).to_be_visible()
    expect(grid.locator("tr[aria-current]")).to_have_count(1)
    assert not files, "Enter on a box would press the form's first button, Excel"


def test_a_double_click_on_a_box_only_checks(grid, numbers):
    box(grid, numbers[0]).dblclick()
    box(grid, numbers[1]).click()
    expect(grid.get_by_text("1件を選択中")).to_be_visible()
    expect(grid.get_by_role("heading", name=numbers[0])).to_have_count(0)


# --- selection -------------------------------------------------------------------------------------


def test_checks_are_counted_and_taken_off(grid, numbers):
    bar = grid.locator(".picked-bar")
    expect(bar).to_be_hidden()
    box(grid, numbers[0]).check()
    box(grid, numbers[5]).check()
    expect(bar.get_by_text("2件を選択中")).to_be_visible()
    everything = grid.get_by_label("全体選択")
    expect(everything).to_have_js_property("indeterminate", True)
    everything.check()
    expect(bar.get_by_text("20件を選択中")).to_be_visible()
    grid.get_by_role("button", name="選択を解除").click()
    expect(bar).to_be_hidden()
    assert checked(grid) == []
    expect(everything).not_to_be_checked()
    expect(everything).to_have_js_property("indeterminate", False)


def test_all_that_is_found_in_two_steps_and_back(grid, numbers):
    grid.get_by_label("全体選択").check()
    grid.get_by_role("link", name="照会結果 26件すべてを選択").press("Enter")
    bar = grid.locator(".picked-bar")
    expect(bar.get_by_text("照会結果 26件すべてを選択しました")).to_be_visible()
    clear = bar.get_by_role("link", name="選択を解除")
    expect(clear).to_be_focused()
    assert all(one.is_disabled() for one in grid.locator("#grid tbody input").all())
    clear.press("Enter")
    expect(bar).to_be_hidden()
    expect(grid.get_by_label("全体選択")).to_be_focused()
    assert checked(grid) == []
    box(grid, numbers[2]).check()
    expect(bar.get_by_text("1件を選択中")).to_be_visible()


def test_a_range_by_shift_and_click(grid, numbers):
    box(grid, numbers[2]).click()
    box(grid, numbers[6]).click(modifiers=["Shift"])
    assert checked(grid) == numbers[2:7]
    expect(grid.get_by_text("5件を選択中")).to_be_visible()
    box(grid, numbers[4]).click(modifiers=["Shift"])
    assert numbers[4] not in checked(grid), "a range ends as the row that was clicked"
    box(grid, numbers[9]).click()
    box(grid, numbers[7]).click(modifiers=["Shift"])
    assert set(numbers[7:10]) <= set(checked(grid)), "upwards as well"
    assert grid.evaluate("String(getSelection())") == ""


def test_a_fresh_grid_has_no_old_beginning_of_a_range(grid, numbers):
    box(grid, numbers[2]).click()
    grid.get_by_role("link", name="照会結果 26件すべてを選択").click()
    grid.get_by_role("link", name="選択を解除").click()
    expect(grid.locator(".picked-bar")).to_be_hidden()
    box(grid, numbers[6]).click(modifiers=["Shift"])
    assert checked(grid) == [numbers[6]]


def test_a_change_of_one_claim_keeps_the_checks_of_the_others(grid, numbers):
    for number in (numbers[0], numbers[12], numbers[15]):
        box(grid, number).check()
    scrolled = grid.locator(".grid-box").evaluate("box => box.scrollTop")
    assert scrolled > 0
    row(grid, numbers[12]).get_by_role("link").click()
    grid.get_by_label("Y", exact=True).check()
    grid.get_by_role("textbox", name="要請理由").fill("発送済みです。")
    grid.get_by_role("button", name="返品の撤回要請").click()
    grid.get_by_role("dialog").get_by_role("button", name="OK").click()
    expect(row(grid, numbers[12])).to_have_count(0)
    expect(grid.get_by_text("2件を選択中")).to_be_visible()
    assert checked(grid) == [numbers[0], numbers[15]]
    assert grid.locator(".grid-box").evaluate("box => box.scrollTop") > 0


# --- keys ------------------------------------------------------------------------------------------


def test_keys_move_select_and_open(grid, numbers):
    grid.keyboard.press("j")
    assert focused_row(grid) == numbers[0]
    for key, at in (("j", 1), ("ArrowDown", 2), ("k", 1), ("ArrowUp", 0), ("k", 0)):
        grid.keyboard.press(key)
        assert focused_row(grid) == numbers[at], key
    grid.keyboard.press("x")
    assert checked(grid) == [numbers[0]]
    for _ in range(3):
        grid.keyboard.press("ArrowDown")
    grid.keyboard.press("Shift+ ")
    assert checked(grid) == numbers[:4]
    grid.keyboard.press("x")
    assert checked(grid) == numbers[:3]
    expect(grid.get_by_text("3件を選択中")).to_be_visible()
    grid.keyboard.press("Enter")
    expect(grid.get_by_role("heading", name=numbers[3])).to_be_focused()
    grid.keyboard.press("j")
    assert focused_row(grid) == numbers[4], "from the claim that is open"
    grid.keyboard.press("Control+k")
    assert focused_row(grid) == numbers[4], "the browser's own keys stay its own"


def test_a_member_may_switch_the_keys_off(grid, numbers):
    grid.get_by_role("link", name="オフにする").click()
    grid.get_by_label(re.compile("キーボード操作")).uncheck()
    grid.get_by_role("button", name="保存して一覧に戻る").last.click()
    expect(grid).to_have_url(re.compile(r"\?cell=return_requested&sort=number$"))
    row(grid, numbers[0]).focus()
    for key in ("j", "ArrowDown", "x", "Shift+ "):
        grid.keyboard.press(key)
    assert (focused_row(grid), checked(grid)) == (numbers[0], [])
    grid.keyboard.press("Enter")
    expect(grid.get_by_role("heading", name=numbers[0])).to_be_visible()


# --- columns ---------------------------------------------------------------------------------------


def test_columns_move_by_keyboard_and_the_focus_stays_with_them(grid):
    before = heads(grid)
    grid.get_by_role("link", name="表示設定").click()
    down = grid.get_by_role("button", name="処理状態を下へ")
    down.focus()
    for place in (1, 2):
        grid.keyboard.press("Enter")
        expect(grid.locator(".columns").first.locator("label").nth(place)).to_have_text("処理状態")
        expect(down).to_be_focused()
    grid.get_by_role("button", name="処理状態を上へ").focus()
    for place, stays in ((1, "up"), (0, "down")):  # at the top only the other one can be pressed
        grid.keyboard.press("Enter")
        expect(grid.locator(".columns").first.locator("label").nth(place)).to_have_text("処理状態")
        expect(grid.locator(f"#{stays}-status")).to_be_focused()
    grid.keyboard.press("Enter")
    grid.get_by_role("checkbox", name="商品名").check()
    grid.get_by_role("checkbox", name="カート番号").uncheck()
    grid.get_by_role("button", name="商品番号を上へ").click()
    expect(grid.get_by_role("checkbox", name="商品名")).to_be_checked()
    expect(grid.get_by_role("checkbox", name="カート番号")).not_to_be_checked()
    grid.get_by_role("button", name="保存して一覧に戻る").last.click()
    wanted = [before[1], before[0], *before[2:]]
    wanted.remove("カート番号")
    wanted.insert(wanted.index("注文番号"), wanted.pop(wanted.index("商品番号")))
    expect(grid).to_have_url(re.compile(r"\?cell=return_requested&sort=number$"))
    assert heads(grid) == [*wanted, "商品名"]


def test_page_size_order_and_reset(grid, numbers):
    assert len(shown(grid)) == 20
    grid.get_by_role("link", name="表示設定").click()
    grid.get_by_label("1ページの件数").select_option("50")
    grid.get_by_label("並び順").select_option("-number")
    grid.get_by_label("発送日", exact=True).uncheck()
    grid.get_by_role("button", name="保存して一覧に戻る").last.click()
    expect(grid.locator("#grid [data-open]")).to_have_count(26)
    assert "発送日" not in heads(grid)
    grid.get_by_role("link", name=re.compile("返品要請 26件")).click()
    expect(grid.get_by_role("columnheader", name="注文番号")).to_have_attribute("aria-sort", "descending")
    assert shown(grid) == numbers[::-1]
    grid.get_by_role("link", name="表示設定").click()
    grid.get_by_role("button", name="初期設定に戻す").click()
    expect(grid.get_by_label("発送日", exact=True)).to_be_checked()
    expect(grid.get_by_label("1ページの件数")).to_have_value("50")
    assert not GridSetting.objects.exists()


# --- files, a phone, no scripts ----------------------------------------------------------------------


def test_excel_takes_what_is_checked_else_what_is_found(grid, numbers):
    with grid.expect_download() as found:
        grid.get_by_role("button", name="Excel").click()
    assert column(found.value) == numbers
    box(grid, numbers[1]).check()
    box(grid, numbers[3]).check()
    with grid.expect_download() as picked:
        grid.get_by_role("button", name="Excel").click()
    assert column(picked.value) == [numbers[1], numbers[3]]
    expect(grid.get_by_text("2件を選択中")).to_be_visible()


def test_on_a_phone_the_grid_and_its_pages_fit(grid, guide):
    grid.set_viewport_size({"width": 390, "height": 844})
    box(grid, "639113330").check()
    expect(grid.locator(".picked-bar")).to_be_in_viewport()
    for address in ("", "?tab=search&since=2021-02-30", "?tab=search&q=x&range=7", "settings/", "searches/"):
        grid.goto(f"{guide.url}{DESK}{address}")
        assert grid.evaluate("document.documentElement.scrollWidth <= innerWidth"), address


class TestWithoutJavaScript:
    @pytest.fixture
    def browser_context_args(self, browser_context_args):
        return {**browser_context_args, "java_script_enabled": False}

    def test_selection_bulk_and_excel(self, grid, numbers):
        expect(grid.locator("[data-select-all]")).to_be_hidden()
        grid.get_by_role("link", name="このページをすべて選択").click()
        assert grid.locator("#grid tbody input:checked").count() == 20
        with grid.expect_download() as picked:
            grid.get_by_role("button", name="Excel").click()
        assert column(picked.value) == numbers[:20]
        grid.get_by_role("link", name="選択を解除").click()
        assert grid.locator("#grid tbody input:checked").count() == 0
        expect(grid.get_by_role("button", name="一括撤回要請")).to_be_hidden()
        box(grid, numbers[1]).check()
        expect(grid.get_by_role("link", name="照会結果 26件すべてを選択")).to_be_visible()
        grid.get_by_role("button", name="一括撤回要請").click()
        grid.get_by_label(re.compile("要請理由")).fill("発送済みです。")
        grid.get_by_role("button", name="OK").click()
        expect(grid.get_by_text("1件 完了")).to_be_visible()
        assert results(grid) == {numbers[1]: "完了"}
        grid.get_by_role("link", name="一覧に戻る").click()
        box(grid, numbers[3]).check()
        grid.get_by_role("link", name="照会結果 25件すべてを選択").click()
        grid.get_by_role("button", name="一括承認").click()
        expect(grid.get_by_role("heading", level=1)).to_have_text("25件を承認しますか？")
