"""The grid and 選択条件照会 by hand: rows, checks, keys, columns, saved searches, many claims at once."""

import re
from datetime import timedelta
from io import BytesIO

import pytest
from openpyxl import load_workbook
from playwright.sync_api import expect

from claims.models import BulkRun, Claim, GridSetting, Order
from claims.statuses import Status
from qsm.accounts.models import Buyer, Member
from tests import deeds
from tests.clock import NOW

DESK = "/shops/AMUSE_official/claims/"
REQUESTED = f"{DESK}?cell=return_requested&sort=number"
ROWS = 24


@pytest.fixture
def numbers(guide):
    """Orders of 24 more 返品要請, in the order of their numbers; the guide has two, with smaller ones."""
    shop = Member.objects.get(user__username="amuse").shop
    buyer = Buyer.objects.get(user__username="yunjee")
    for at in range(ROWS):
        order = Order.objects.create(
            shop=shop,
            buyer=buyer,
            number=str(700000001 + at),
            item_code="852997700",
            item_title="ピーチミスト" if at % 2 else "アイビーガム",
            total=1899,
            ordered_at=NOW - timedelta(days=at % 12 + 1),
        )
        deeds.file(order, Status.RETURN_REQUESTED, NOW - timedelta(hours=at))
    GridSetting.objects.create(member=Member.objects.get(user__username="amuse"), per_page=20)
    return ["639113330", "639113332", *(str(700000001 + at) for at in range(ROWS))]


@pytest.fixture
def grid(guide, sign_in, page, numbers):
    """amuse before 26 返品要請 by their numbers, 20 a page."""
    sign_in("amuse")
    page.goto(guide.url + REQUESTED)
    return page


def row(page, number):
    return page.locator(f'tr[data-row="{number}-1"]')


def box(page, number):
    return page.get_by_label(f"注文 {number} を選択")


def checked(page):
    return page.locator("#grid tbody input:checked").evaluate_all(
        "boxes => boxes.map(box => box.value.slice(0, -2))"
    )


def shown(page):
    return page.locator("#grid [data-open]").all_text_contents()


def focused_row(page):
    return page.evaluate("document.activeElement.dataset.row?.slice(0, -2)")


# --- opening ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["double click", "Enter", "Enter on its box", "link"])
def test_a_row_opens(grid, numbers, how):
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


def test_a_double_click_on_a_box_only_checks(grid, numbers):
    box(grid, numbers[0]).dblclick()
    box(grid, numbers[1]).click()
    expect(grid.get_by_text("1件を選択中")).to_be_visible()
    expect(grid.get_by_role("heading", name=numbers[0])).to_have_count(0)


def test_back_shows_search_page_sort_and_open_claim_as_before(guide, grid, numbers):
    grid.goto(f"{guide.url}{DESK}?tab=search")
    grid.get_by_label("検索").fill("ぴーちみすと")
    grid.keyboard.press("Enter")
    expect(grid.locator(".count-found")).to_have_text("12件")
    grid.get_by_role("button", name="30日", exact=True).click()
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
    grid.go_back()
    expect(grid.get_by_role("heading", name=seen[1])).to_be_visible()
    expect(row(grid, seen[1])).to_have_attribute("aria-current", "true")
    grid.go_back()
    expect(grid.locator(".pane-empty")).to_be_visible()
    expect(grid.locator(".chip")).to_have_count(2)
    expect(grid.get_by_role("navigation", name="ページ").locator("[aria-current]")).to_have_text("2")
    expect(grid.get_by_role("columnheader", name="注文番号")).to_have_attribute("aria-sort", "ascending")
    assert shown(grid) == seen
    grid.go_back()
    expect(grid.get_by_role("textbox", name="検索")).to_have_value("ぴーちみすと")
    expect(grid.locator(".count-found")).to_have_text("12件")


# --- selection -------------------------------------------------------------------------------------


def test_checks_are_counted_and_taken_off(grid, numbers):
    bar = grid.locator(".picked-bar")
    expect(bar).to_be_hidden()
    box(grid, numbers[0]).check()
    box(grid, numbers[5]).check()
    expect(bar.get_by_text("2件を選択中")).to_be_visible()
    everything = grid.get_by_label("全体選択")
    assert everything.evaluate("box => box.indeterminate")
    everything.check()
    expect(bar.get_by_text("20件を選択中")).to_be_visible()
    grid.get_by_role("button", name="選択を解除").click()
    expect(bar).to_be_hidden()
    assert checked(grid) == []
    assert not everything.is_checked()
    assert not everything.evaluate("box => box.indeterminate")


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


# --- search ----------------------------------------------------------------------------------------


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


# --- columns ---------------------------------------------------------------------------------------


def heads(page):
    return [text.strip(" ▲▼\n") for text in page.locator("#grid thead th").all_inner_texts()][1:]


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


# --- many at once ----------------------------------------------------------------------------------


def results(page):
    cells = page.locator(".bulk-table tbody tr").evaluate_all(
        "rows => rows.map(row => [...row.cells].slice(0, 2).map(cell => cell.innerText))"
    )
    return dict(cells)


def test_several_are_asked_at_once_each_with_its_result_and_a_double_click_asks_once(grid, guide, numbers):
    grid.goto(f"{guide.url}{DESK}?tab=search&sort=number&status=return_requested&status=asked&page=1")
    asked = "638358846"
    for number in (asked, numbers[0], numbers[4]):
        box(grid, number).check()
    grid.get_by_role("button", name="一括撤回要請").click()
    expect(grid.get_by_role("heading", level=1)).to_have_text("2件の撤回を要請しますか？")
    expect(grid.get_by_role("row").filter(has_text=asked)).to_contain_text("すでに撤回要請中です")
    grid.get_by_role("link", name="戻る").click()
    assert sorted(checked(grid)) == sorted([asked, numbers[0], numbers[4]])
    expect(grid.get_by_text("3件を選択中")).to_be_visible()
    grid.get_by_role("button", name="一括撤回要請").click()
    grid.get_by_role("button", name="OK").click()
    expect(grid.get_by_role("alert")).to_contain_text("理由を入力してください。")
    grid.get_by_label(re.compile("要請理由")).fill("発送済みです。")
    grid.get_by_role("button", name="OK").dblclick()
    expect(grid.get_by_text("2件 完了")).to_be_visible()
    assert results(grid) == {numbers[0]: "完了", numbers[4]: "完了", asked: "行っていません"}
    for number in (numbers[0], numbers[4]):
        assert Claim.objects.get(order__number=number).withdrawals.count() == 1
    assert BulkRun.objects.count() == 1
    grid.reload()
    expect(grid.get_by_text("2件 完了")).to_be_visible()
    grid.get_by_role("link", name="一覧に戻る").click()
    expect(row(grid, numbers[4])).to_contain_text("返品：撤回要請")
    grid.go_back()
    expect(grid.get_by_text("2件 完了")).to_be_visible()
    assert BulkRun.objects.count() == 1


def test_all_that_is_found_is_refused_where_the_number_has_moved(grid, numbers):
    grid.get_by_label("全体選択").check()
    grid.get_by_role("link", name="照会結果 26件すべてを選択").click()
    expect(grid.get_by_text("26件すべてを選択しました")).to_be_visible()
    deeds.drop(Claim.objects.get(order__number=numbers[7]))
    grid.get_by_role("button", name="一括承認").click()
    expect(grid.get_by_role("alert").filter(has_text="25件に変わったため")).to_be_visible()
    assert not BulkRun.objects.exists()
    grid.get_by_role("link", name="2ページ").click()
    expect(grid).to_have_url(re.compile(r"/claims/\?.*page=2"))


def test_all_that_is_found_is_approved(grid, numbers):
    grid.get_by_label("全体選択").check()
    grid.get_by_role("link", name="照会結果 26件すべてを選択").click()
    expect(grid.get_by_text("26件すべてを選択しました")).to_be_visible()
    grid.get_by_role("button", name="一括承認").click()
    expect(grid.get_by_role("heading", level=1)).to_have_text("26件を承認しますか？")
    grid.get_by_role("button", name="OK").click()
    expect(grid.get_by_text("26件 完了")).to_be_visible()
    assert set(results(grid)) == set(numbers)


def column(download):
    sheet = load_workbook(BytesIO(download.path().read_bytes())).active
    head, *rows = sheet.iter_rows(values_only=True)
    return sorted(row[head.index("注文番号")] for row in rows)


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

    def test_a_search_and_its_sheet(self, grid, guide):
        grid.goto(f"{guide.url}{DESK}?tab=search")
        grid.get_by_label("検索").fill("ピーチミスト")
        grid.get_by_role("button", name="照会", exact=True).first.click()
        expect(grid.locator(".count-found")).to_have_text("12件")
        grid.get_by_role("button", name="今日", exact=True).click()
        expect(grid.locator(".chip")).to_have_count(2)
