"""Many claims at once by hand: asked, approved, refused, and once only."""

import re

from playwright.sync_api import expect

from claims.models import BulkRun, Claim
from tests import deeds
from tests.browser.grid_hands import DESK, box, checked, results, row


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
