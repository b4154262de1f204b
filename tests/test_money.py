"""HOW MUCH: the vectors of a full refund, and that an order never gives back more than was paid (SPEC 3)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claims import money
from claims.models import Order
from claims.statuses import Status
from claims.transitions import Refused
from claims.transitions.refund import record_refund, yen_in_full
from tests import deeds


@pytest.mark.parametrize(
    ("total", "quantity", "claimed", "returned", "refunded", "yen"),
    [
        pytest.param(1899, 1, 1, 0, 0, 1899, id="the-only-piece"),
        pytest.param(1000, 3, 1, 0, 0, 333, id="a-third-rounded-down"),
        pytest.param(1000, 3, 1, 1, 333, 333, id="another-third"),
        pytest.param(1000, 3, 1, 2, 666, 334, id="the-last-piece-takes-the-rest"),
        pytest.param(1000, 3, 2, 0, 0, 666, id="two-thirds"),
        pytest.param(1000, 3, 2, 1, 333, 667, id="the-last-two"),
        pytest.param(1000, 3, 3, 0, 0, 1000, id="all-at-once"),
        pytest.param(1000, 1, 1, 0, 300, 700, id="after-a-partial-refund"),
        pytest.param(1000, 4, 1, 0, 900, 100, id="never-above-what-is-left"),
        pytest.param(1000, 1, 1, 0, 1000, 0, id="nothing-left"),
        pytest.param(0, 1, 1, 0, 0, 0, id="nothing-paid"),
        pytest.param(1, 2, 1, 0, 0, 0, id="one-yen-two-pieces"),
        pytest.param(1, 2, 1, 1, 0, 1, id="one-yen-the-last-piece"),
    ],
)
def test_a_full_refund(total, quantity, claimed, returned, refunded, yen):
    found = money.full_refund(
        total=total, quantity=quantity, claimed=claimed, returned=returned, refunded=refunded
    )
    assert found == yen


@given(
    total=st.integers(0, 2**31), pieces=st.lists(st.integers(1, 50), min_size=1, max_size=8), data=st.data()
)
def test_however_an_order_comes_back_it_gives_back_what_was_paid(total, pieces, data):
    """Piece by piece, with partial refunds in between: never too much, and all of it with the last piece."""
    refunded = returned = 0
    for claimed in pieces:
        refunded += data.draw(st.integers(0, money.refundable(total=total, refunded=refunded)))
        yen = money.full_refund(
            total=total, quantity=sum(pieces), claimed=claimed, returned=returned, refunded=refunded
        )
        assert yen >= 0
        refunded, returned = refunded + yen, returned + claimed
        assert refunded <= total
    assert refunded == total


def test_a_refund_is_added_to_what_the_order_was_refunded_before(a_claim):
    claim = a_claim()
    for yen, refunded in ((0, 0), (1, 1), (1898, 1899), (0, 1899)):
        record_refund(claim, yen)
        assert Order.objects.get().refunded == refunded


@pytest.mark.parametrize("yen", [1900, 10**30])
def test_more_than_is_left_is_refused_with_what_is_left(a_claim, yen):
    claim = a_claim()
    record_refund(claim, 899)
    with pytest.raises(Refused) as refused:
        record_refund(claim, yen)
    assert "1,000円" in refused.value.reasons[0].text
    assert Order.objects.get().refunded == 899


def test_a_negative_refund_is_nobodys(a_claim):
    with pytest.raises(ValueError, match="-1"):
        record_refund(a_claim(), -1)


def test_pieces_refunded_by_claims_before_count(a_claim, an_order):
    """Three pieces come back one by one; a claim withdrawn in between gives nothing back."""
    order = an_order(quantity=3, total=1000)
    for end, yen in (
        (Status.RETURN_DONE, 333),
        (Status.WITHDRAWN, 333),
        (Status.CANCEL_DONE, 333),
        (Status.NOTICE_REFUNDED, 334),
    ):
        claim = deeds.file(order, end, quantity=1)
        assert yen_in_full(claim) == yen
        if end != Status.WITHDRAWN:
            record_refund(claim, yen)
    assert Order.objects.get().refunded == 1000


def test_a_claim_of_more_than_was_bought_counts_as_all_of_it(a_claim, an_order):
    assert yen_in_full(a_claim(order=an_order(quantity=2, total=999), quantity=5)) == 999
