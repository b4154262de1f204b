"""取込 and money: what a claim that ends by a file gives back, never more than is left and not offered."""

import pytest

from claims.models import Claim, Order
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
    [("401", "提案中の部分返金（600円）と合わせると"), ("1001", "注文金額の合計（1,000円）を超えています")],
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
    data = csv_of(ended(offered))
    told = [("2", "返金済み金額", "提案中の部分返金（600円）と合わせると、注文金額の合計を超えます。")]
    _job, preview = checked(seller, data)
    assert (counts(preview), problems(preview)) == ((0, 0, 0, 1), told), "told in the preview already"
    page = imported(seller, data)
    assert (counts(page), problems(page)) == ((0, 0, 0, 1), told)
    assert Order.objects.get().refunded == 0
    check_invariants()


@pytest.mark.parametrize(("pieces", "offer"), [(1, 667), (2, 334)])
def test_the_preview_counts_the_share_of_the_claimed_pieces(seller, a_claim, an_order, pieces, offer):
    claim = a_claim(order=an_order(total=1000, quantity=3))
    deeds.ask(claim, offer=offer)
    data = csv_of(ended(claim, 申請数量=str(pieces)))
    _job, preview = checked(seller, data)
    assert counts(preview) == counts(imported(seller, data)) == (1, 0, 0, 0)
    check_invariants()


@pytest.mark.parametrize(("pieces", "offer"), [(1, 668), (2, 335), (3, 1)])
def test_and_one_yen_more_does_not_fit(seller, a_claim, an_order, pieces, offer):
    claim = a_claim(order=an_order(total=1000, quantity=3))
    deeds.ask(claim, offer=offer)
    _job, preview = checked(seller, csv_of(ended(claim, 申請数量=str(pieces))))
    assert [column for _line, column, _text in problems(preview)] == ["返金済み金額"]


def test_the_last_piece_takes_the_rest_in_the_preview_too(seller, a_claim, an_order):
    order = an_order(total=1000, quantity=3)
    before = {"注文番号": order.number, **DONE, "キャンセル/返品要請日": "2021/07/12", "申請数量": "2"}
    assert counts(imported(seller, csv_of(before))) == (1, 0, 0, 0)  # 666 yen
    claim = a_claim(order=order)
    deeds.ask(claim, offer=1)
    _job, preview = checked(seller, csv_of(ended(claim)))
    assert [column for _line, column, _text in problems(preview)] == ["返金済み金額"], "334 of 333"


@pytest.mark.parametrize(
    ("yen", "reason"),
    [
        ("1001", "注文金額の合計（1,000円）を超えています"),
        ("599", "登録済みの返金額（600円）より少なくなっています"),
        ("401", "登録済みの返金額（600円）より少なくなっています"),
    ],
)
def test_an_offer_that_has_lapsed_unswept_is_given_back_already(seller, offered, clock, yen, reason):
    clock.move_to(japan("2021-07-20 09:00"))
    data = csv_of(ended(offered, 返金済み金額=yen))
    _job, preview = checked(seller, data)
    for page in (preview, imported(seller, data)):
        assert counts(page) == (0, 0, 0, 1)
        assert reason in problems(page)[0][2]


@pytest.mark.parametrize(("cells", "given"), [({}, 1000), ({"返金済み金額": "800"}, 800)])
def test_an_offer_that_has_lapsed_unswept_is_owed_first(seller, offered, clock, cells, given):
    clock.move_to(japan("2021-07-20 09:00"))
    data = csv_of(ended(offered, **cells))
    _job, preview = checked(seller, data)
    assert counts(preview) == counts(imported(seller, data)) == (1, 0, 0, 0)
    order = Order.objects.get()
    assert (order.refunded, order.offered) == (given, 0), "the offer, then what the row says or is left"
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


@pytest.mark.parametrize(("cells", "pieces", "yen"), [({}, 3, 1000), ({"申請数量": "1"}, 1, 333)])
def test_a_row_without_claimed_pieces_speaks_of_all_that_was_bought(seller, cells, pieces, yen):
    whole = {"数量": "3", "注文金額の合計": "1000"}
    imported(seller, csv_of(a_row(処理状態="キャンセル要請", **whole, **cells)))
    claim = Claim.objects.get()
    assert claim.quantity == pieces
    deeds.approve(claim)
    deeds.refund(claim)
    assert claim.refund == Order.objects.get().refunded == yen
    imported(seller, csv_of(a_row(注文番号="700000002", **whole, **DONE, **cells)))
    assert Order.objects.get(number="700000002").refunded == yen
    check_invariants()
