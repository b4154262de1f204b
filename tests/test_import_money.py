"""取込 and money: what a claim that ends by a file gives back, never more than is left and not offered."""

import pytest

from claims.models import Order
from claims.statuses import Status
from tests import deeds
from tests.clock import NOW, japan
from tests.import_hands import a_row, checked, confirm, counts, csv_of, imported, problems
from tests.invariants import check_invariants

DONE = {"処理状態": "キャンセル完了", "キャンセル/返品完了日": "2021/07/13"}


@pytest.fixture
def offered(a_claim, an_order):
    """An open request of a return that offers 600 of 1,000 yen."""
    claim = a_claim(order=an_order(total=1000))
    deeds.ask(claim, offer=600)
    return claim


def ended(claim, **cells):
    """A row that tells of another claim on the order of this one, which ended today."""
    number = claim.order.number
    return {"注文番号": number, **DONE, "キャンセル/返品要請日": "2021/07/13", **cells}


@pytest.mark.parametrize(
    ("yen", "reason"),
    [("401", "提案中の部分返金（600円）と合わせると"), ("1001", "注文金額の合計（1000円）を超えています")],
)
def test_what_is_offered_is_given_back_by_no_file(seller, offered, yen, reason):
    _job, page = checked(seller, csv_of(ended(offered, 返金済み金額=yen)))
    ((_line, column, text),) = problems(page)
    assert (column, reason in text) == ("返金済み金額", True), "told in the preview already"


def test_what_is_left_beside_the_offer_is(seller, offered):
    assert counts(imported(seller, csv_of(ended(offered, 返金済み金額="400")))) == (1, 0, 0, 0)
    order = Order.objects.get()
    assert (order.refunded, order.offered) == (400, 600)
    check_invariants()


def test_a_share_above_what_is_left_is_refused_in_words(seller, offered):
    page = imported(seller, csv_of(ended(offered)))
    assert counts(page) == (0, 0, 0, 1)
    assert "返金" in problems(page)[0][2]
    assert Order.objects.get().refunded == 0
    check_invariants()


def test_an_offer_that_has_lapsed_unswept_is_owed_first(seller, offered, clock):
    clock.move_to(japan("2021-07-20 09:00"))
    page = imported(seller, csv_of(ended(offered, 返金済み金額="401")))
    assert counts(page) == (0, 0, 0, 1)
    assert counts(imported(seller, csv_of(ended(offered)))) == (1, 0, 0, 0)
    order = Order.objects.get()
    assert (order.refunded, order.offered) == (1000, 0), "the offer, then what is left"
    check_invariants()


def test_two_rows_of_a_file_that_together_give_back_too_much(seller, a_claim, an_order):
    order = an_order(total=1000)
    rows = [
        {"注文番号": order.number, **DONE, "キャンセル/返品要請日": f"2021/07/{day}", "返金済み金額": yen}
        for day, yen in ((12, "700"), (13, "1400"))
    ]
    page = imported(seller, csv_of(*rows))
    assert counts(page) == (1, 0, 0, 1)
    order.refresh_from_db()
    assert order.refunded == 700
    check_invariants()


def test_the_preview_tells_the_money(seller, a_claim, an_order):
    claim = a_claim(Status.RETURN_REFUNDING, order=an_order(total=1000))
    row = {
        "注文番号": claim.order.number,
        "処理状態": "返品完了",
        "キャンセル/返品要請日": f"{NOW:%Y/%m/%d}",
        "返金済み金額": "700",
    }
    new = a_row(注文金額の合計="1000", **{**DONE, "処理状態": "返品：部分返金", "返金済み金額": "400"})
    job, page = checked(seller, csv_of(row, new))
    assert "返品中 (返金中) → 返品完了（返金 700円）" in page.text
    assert "注文とクレームを新しく登録：返品：部分返金（返金 400円）" in page.text
    confirm(seller, job)
    check_invariants()
