"""取込: what a file may not do to claims that are here, and the words that say what to do instead."""

import pytest

from claims.models import Claim, Order
from claims.statuses import FACTS, IN_LOOP, OPEN, Kind, Status, label
from tests import deeds
from tests.clock import NOW, japan
from tests.import_hands import a_row, checked, counts, csv_of, imported, problems
from tests.invariants import check_invariants

NEW, CHANGED, UNCHANGED, REFUSED = (1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1)
WITHDRAWALS = [Status.WITHDRAWN, Status.PARTIALLY_REFUNDED]
WAY_OUT = "Qoo10へのお問い合わせ > [払戻し・クレーム撤回] > [クレーム撤回]"
RUNNING = [
    (status, kind, end)
    for status in Status
    if status in OPEN - IN_LOOP
    for kind in sorted(FACTS[status].kinds)
    for end in WITHDRAWALS
    if kind in FACTS[end].kinds
]


def row_of(claim, **cells):
    """A row that speaks of this claim, which was asked for today."""
    said = {"注文番号": claim.order.number, "キャンセル/返品要請日": f"{NOW:%Y/%m/%d}"}
    return {**said, "処理状態": claim.status_label(NOW), **cells}


# --- a withdrawal is the buyer's to agree to ---------------------------------------------------------


@pytest.mark.parametrize(("status", "kind", "end"), RUNNING)
def test_a_claim_filed_here_is_withdrawn_by_no_file(seller, a_claim, status, kind, end):
    claim = a_claim(status, kind=kind)
    data = csv_of(row_of(claim, 処理状態=label(kind, end), 返金済み金額="1"))
    _job, preview = checked(seller, data)
    assert counts(preview) == REFUSED
    for page in (preview, imported(seller, data)):
        ((_line, column, reason),) = problems(page)
        assert column == "処理状態"
        assert (WAY_OUT in reason, "取引情報から撤回要請" in reason) == (
            not FACTS[status].askable,
            FACTS[status].askable,
        )
    claim.refresh_from_db()
    assert (claim.status, claim.order.refunded) == (status, 0)
    check_invariants()


@pytest.mark.parametrize("end", WITHDRAWALS)
@pytest.mark.parametrize("status", [Status.RETURN_REQUESTED, Status.RETURN_REFUNDING])
def test_a_claim_that_came_by_a_file_may_be_withdrawn_by_one(seller, status, end):
    imported(seller, csv_of(a_row(処理状態=label(Kind.RETURN, status))))
    data = csv_of(a_row(処理状態=label(Kind.RETURN, end), 返金済み金額="400"))
    assert counts(imported(seller, data)) == CHANGED
    claim = Claim.objects.get()
    assert claim.status == end
    assert claim.order.refunded == (400 if end == Status.PARTIALLY_REFUNDED else 0)
    assert counts(imported(seller, data)) == UNCHANGED
    check_invariants()


@pytest.mark.parametrize("end", WITHDRAWALS)
def test_two_rows_of_one_file_bring_a_claim_and_withdraw_it(seller, end):
    rows = [a_row(), a_row(処理状態=label(Kind.RETURN, end), 返金済み金額="400")]
    _job, preview = checked(seller, csv_of(*rows))
    assert problems(preview) == []
    assert problems(imported(seller, csv_of(*rows))) == []
    assert Claim.objects.get().status == end
    check_invariants()


@pytest.mark.parametrize("end", WITHDRAWALS)
def test_history_from_elsewhere_comes_beside_a_claim_filed_here(seller, a_claim, end):
    claim = a_claim()
    day = {"キャンセル/返品要請日": "2021/07/12"}
    data = csv_of(row_of(claim, 処理状態=label(Kind.RETURN, end), 返金済み金額="400", **day))
    assert counts(imported(seller, data)) == NEW
    claim.refresh_from_db()
    assert claim.status == Status.RETURN_REQUESTED
    check_invariants()


@pytest.mark.parametrize("end", WITHDRAWALS)
def test_what_was_withdrawn_here_agrees(seller, a_claim, end):
    claim = a_claim()
    deeds.ask(claim, offer=400 if end == Status.PARTIALLY_REFUNDED else None)
    deeds.accept(claim)
    assert counts(imported(seller, csv_of(row_of(claim)))) == UNCHANGED


# --- days --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("day", "taken"), [("2021/07/15", REFUSED), ("2021/07/16", CHANGED)])
@pytest.mark.parametrize("swept", [False, True])
def test_nothing_ends_before_it_became_late(seller, a_claim, clock, day, taken, swept):
    claim = a_claim(Status.EXCHANGE_APPROVED)
    clock.move_to(japan("2021-07-20 09:00"))
    if swept:
        deeds.call_late(japan("2021-07-20 09:00"))
    data = csv_of(row_of(claim, 処理状態="交換完了", **{"キャンセル/返品完了日": day}))
    _job, preview = checked(seller, data)
    page = imported(seller, data)
    assert counts(preview) == counts(page) == taken
    if taken == REFUSED:
        assert problems(page) == problems(preview)
        assert problems(page)[0][1:] == (
            "キャンセル/返品完了日",
            "クレームの最後の変更より前の日付です。",
        )
    check_invariants()


@pytest.mark.parametrize(("day", "taken"), [("2021/07/07", REFUSED), ("2021/07/08", NEW)])
def test_nothing_is_asked_for_before_it_was_ordered(seller, an_order, day, taken):
    """Also where the row leaves 注文日 empty: the order knows it."""
    order = an_order(ordered_at=japan("2021-07-08 12:00"))
    said = {"注文番号": order.number, "処理状態": "返品要請", "キャンセル/返品要請日": day}
    _job, preview = checked(seller, csv_of(said))
    assert counts(preview) == taken
    if taken == REFUSED:
        assert problems(preview) == [("2", "キャンセル/返品要請日", "注文日より前の日付です。")]


# --- the number of a claim ----------------------------------------------------------------------------


@pytest.mark.parametrize("number", ["nonsense-9", "{order}-2", "{order}"])
def test_a_number_that_no_claim_bears_moves_no_other(seller, a_claim, number):
    claim = a_claim()
    number = number.format(order=claim.order.number)
    data = csv_of(row_of(claim, クレーム番号=number, 処理状態="返品中 (回収待ち)"))
    page = imported(seller, data)
    assert counts(page) == REFUSED
    ((_line, column, reason),) = problems(page)
    assert (column, number in reason) == ("クレーム番号", True)
    claim.refresh_from_db()
    assert claim.status == Status.RETURN_REQUESTED


def test_a_number_of_a_claim_of_another_kind_moves_no_other(seller, a_claim):
    first = a_claim(Status.CANCEL_DONE)
    second = a_claim(order=first.order)
    page = imported(seller, csv_of(row_of(second, クレーム番号=first.number, 処理状態="返品中 (回収待ち)")))
    assert [column for _line, column, _reason in problems(page)] == ["クレーム番号"]


def test_the_number_that_a_new_claim_gets_is_known_to_the_preview(seller):
    """A row said twice, with the number that the export will give it: the second is of the first's claim."""
    rows = [a_row(クレーム番号="700000001-1")] * 2
    _job, preview = checked(seller, csv_of(*rows))
    assert problems(preview) == []
    assert counts(imported(seller, csv_of(*rows))) == (1, 0, 1, 0)


def test_a_claim_of_a_new_order_gets_a_number_of_ours(seller):
    assert counts(imported(seller, csv_of(a_row(クレーム番号="nonsense-9")))) == NEW
    assert Claim.objects.get().number == "700000001-1"
    assert Order.objects.count() == 1


# --- what its buyer said stays as he said it ---------------------------------------------------------


@pytest.mark.parametrize("status", [Status.RETURN_REQUESTED, Status.RETURN_AWAITING])
def test_no_file_rewrites_what_a_buyer_filed_here(seller, a_claim, status):
    claim = a_claim(reason="商品不良・破損")
    data = csv_of(
        row_of(claim, **{"処理状態": label(Kind.RETURN, status), "キャンセル/返品理由": "配送遅延"})
    )
    page = imported(seller, data)
    assert counts(page) == REFUSED
    ((_line, column, reason),) = problems(page)
    assert (column, "購入者がここで申請した内容は" in reason) == ("キャンセル/返品理由", True)
    claim.refresh_from_db()
    assert (claim.reason, claim.status) == ("商品不良・破損", Status.RETURN_REQUESTED)


def test_what_came_by_a_file_is_told_anew_by_one(seller):
    imported(seller, csv_of(a_row()))
    assert counts(imported(seller, csv_of(a_row(**{"キャンセル/返品理由": "配送遅延"})))) == CHANGED
    assert Claim.objects.get().reason == "配送遅延"
