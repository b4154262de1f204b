"""WHAT changes when a shop processes a claim: SPEC 2 step by step, the money, what is remembered."""

from datetime import timedelta

import pytest

from claims.models import ClaimEvent, HoldReason, Order, RefundHold, Reshipment
from claims.moves import Action, ActorKind
from claims.statuses import Status
from claims.transitions import Refused
from messaging.models import Notice
from tests import deeds
from tests.clock import NOW, japan
from tests.invariants import check_invariants

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def what_always_holds(db):
    """After each of these tests SPEC 7 is checked over everything in the database."""
    yield
    check_invariants()


# SPEC 2, 「Processing by the seller」, one line for each way.
WAYS = {
    "cancel": (
        Status.CANCEL_REQUESTED,
        [(deeds.approve, Status.CANCEL_REFUNDING), (deeds.refund, Status.CANCEL_DONE)],
    ),
    "return": (
        Status.RETURN_REQUESTED,
        [
            (deeds.approve, Status.RETURN_AWAITING),
            (deeds.collect, Status.RETURN_COLLECTED),
            (deeds.start_refund, Status.RETURN_REFUNDING),
            (deeds.refund, Status.RETURN_DONE),
        ],
    ),
    "return, held before the refund": (
        Status.RETURN_COLLECTED,
        [
            (deeds.hold, Status.RETURN_HELD),
            (deeds.release, Status.RETURN_COLLECTED),
            (deeds.start_refund, Status.RETURN_REFUNDING),
        ],
    ),
    "return, held in the refund, twice": (
        Status.RETURN_REFUNDING,
        [
            (deeds.hold, Status.RETURN_HELD),
            (deeds.release, Status.RETURN_REFUNDING),
            (deeds.hold, Status.RETURN_HELD),
            (deeds.release, Status.RETURN_REFUNDING),
            (deeds.refund, Status.RETURN_DONE),
        ],
    ),
    "exchange": (
        Status.EXCHANGE_REQUESTED,
        [
            (deeds.approve, Status.EXCHANGE_APPROVED),
            (deeds.resend, Status.EXCHANGE_RESENDING),
            (deeds.complete_exchange, Status.EXCHANGE_DONE),
        ],
    ),
    "notice, refunded": (
        Status.NOTICE_RECEIVED,
        [(deeds.approve, Status.NOTICE_CONFIRMED), (deeds.refund, Status.NOTICE_REFUNDED)],
    ),
    "notice, sent again": (
        Status.NOTICE_RECEIVED,
        [(deeds.approve, Status.NOTICE_CONFIRMED), (deeds.resend, Status.NOTICE_RESENT)],
    ),
    "notice, late": (
        Status.NOTICE_LATE,
        [(deeds.approve, Status.NOTICE_CONFIRMED), (deeds.refund, Status.NOTICE_REFUNDED)],
    ),
}


@pytest.mark.parametrize(("first", "steps"), WAYS.values(), ids=list(WAYS))
def test_step_by_step_to_the_end(a_claim, first, steps):
    """Each step one line of the log by the shop, one notice to the buyer; the last one ends the claim."""
    claim = a_claim(first)
    for number, (step, status) in enumerate(steps, 1):
        at, before = NOW + timedelta(minutes=number), claim.status
        step(claim, at)
        assert claim.status == status
        event = claim.events.latest("pk")
        assert (event.from_status, event.to_status, event.at) == (before, status, at)
        assert event.actor_kind == ActorKind.SELLER
        assert [notice.buyer.name for notice in event.notices.all()] == ["yunjee"]
        ended = status in ("cancel_done", "return_done", "exchange_done", "notice_refunded", "notice_resent")
        assert claim.completed_at == (at if ended else None)
    assert claim.events.count() == 1 + len(steps)


STEPS = [
    deeds.approve,
    deeds.collect,
    deeds.start_refund,
    deeds.hold,
    deeds.release,
    deeds.refund,
    deeds.resend,
    deeds.complete_exchange,
]


ALLOWED = {
    ("cancel_requested", "approve"),
    ("return_requested", "approve"),
    ("exchange_requested", "approve"),
    ("exchange_late", "approve"),
    ("notice_received", "approve"),
    ("notice_late", "approve"),
    ("on_hold", "approve"),
    ("return_awaiting", "collect"),
    ("return_collected", "start_refund"),
    ("return_collected", "hold"),
    ("return_refunding", "hold"),
    ("return_held", "release"),
    ("cancel_refunding", "refund"),
    ("return_refunding", "refund"),
    ("notice_confirmed", "refund"),
    ("exchange_approved", "resend"),
    ("notice_confirmed", "resend"),
    ("exchange_resending", "complete_exchange"),
}


def partly(a_claim):
    """A return that ended as 部分返金, of nothing but a yen."""
    claim = a_claim(Status.RETURN_REQUESTED)
    deeds.ask(claim, offer=1)
    deeds.accept(claim)
    return claim


@pytest.mark.parametrize("status", list(Status))
def test_a_step_that_is_not_the_next_changes_nothing(a_claim, status):
    """Every status × every step: it is done, or refused with a reason and nothing written."""
    kinds = {Status.ASKED: "return", Status.ON_HOLD: "exchange", Status.WITHDRAWN: "cancel"}
    for step in STEPS:
        claim = a_claim(status, kind=kinds.get(status)) if status != "partially_refunded" else partly(a_claim)
        before = ClaimEvent.objects.count(), Notice.objects.count()
        if (claim.status, step.__name__) in ALLOWED:
            step(claim)
            assert claim.status != status
            continue
        with pytest.raises(Refused) as refused:
            step(claim)
        assert all(reason.text for reason in refused.value.reasons)
        claim.refresh_from_db()
        assert claim.status == status
        assert before == (ClaimEvent.objects.count(), Notice.objects.count())
        assert Order.objects.get(pk=claim.order_id).refunded == (status == "partially_refunded")
        assert not RefundHold.objects.filter(event__claim=claim).exists()
        assert not Reshipment.objects.filter(event__claim=claim).exists()


# --- 返金保留 --------------------------------------------------------------------------------------


def test_a_hold_keeps_its_reason_and_where_it_came_from(a_claim):
    claim = a_claim(Status.RETURN_REFUNDING)
    deeds.hold(claim, NOW, HoldReason.DAMAGED, "\u3000箱がつぶれています。 ")
    assert (claim.status, claim.paused_from) == (Status.RETURN_HELD, Status.RETURN_REFUNDING)
    deeds.release(claim, NOW)
    assert (claim.status, claim.paused_from) == (Status.RETURN_REFUNDING, "")
    deeds.hold(claim, NOW, HoldReason.CHECKING)
    kept = RefundHold.objects.order_by("pk").values_list("reason", "text", "event__action")
    assert list(kept) == [("damaged", "箱がつぶれています。", "held"), ("checking", "", "held")]


@pytest.mark.parametrize(
    ("reason", "text", "code"),
    [
        pytest.param(HoldReason.RETURN_FEE, "", None, id="a-reason-needs-no-text"),
        pytest.param(HoldReason.OTHER, "", "reason_missing", id="other-needs-text"),
        pytest.param(HoldReason.OTHER, "\u3000 \n", "reason_missing", id="other-spaces"),
        pytest.param(HoldReason.OTHER, "色" * 1000, None, id="other-1000"),
        pytest.param(HoldReason.RETURN_FEE, "色" * 1001, "reason_long", id="1001"),
    ],
)
def test_what_a_hold_says(a_claim, reason, text, code):
    claim = a_claim(Status.RETURN_COLLECTED)
    if code is None:
        deeds.hold(claim, NOW, reason, text)
        assert RefundHold.objects.get().text == text
        return
    with pytest.raises(Refused) as refused:
        deeds.hold(claim, NOW, reason, text)
    assert [each.code for each in refused.value.reasons] == [code]
    claim.refresh_from_db()
    assert claim.status == Status.RETURN_COLLECTED


# --- 再配送 ----------------------------------------------------------------------------------------


def test_a_parcel_sent_again_is_kept_apart_from_the_first(a_claim, an_order):
    order = an_order(delivery_company="Qxpress", tracking_number="QX1")
    claim = a_claim(Status.EXCHANGE_APPROVED, order=order)
    deeds.resend(claim, delivery_company=" 佐川急便 ", tracking_number=" ３６００-1234 5678 ")
    parcel = Reshipment.objects.get()
    assert (parcel.delivery_company, parcel.tracking_number) == ("佐川急便", "360012345678")
    assert (parcel.shipped_on, parcel.event.action) == (japan("2021-07-13").date(), Action.RESENT)
    order.refresh_from_db()
    assert (order.delivery_company, order.tracking_number) == ("Qxpress", "QX1")


# --- money ---------------------------------------------------------------------------------------

ENDS = [Status.CANCEL_REFUNDING, Status.RETURN_REFUNDING, Status.NOTICE_CONFIRMED]


@pytest.mark.parametrize("status", ENDS)
def test_the_end_by_a_full_refund_raises_what_the_order_was_refunded(a_claim, an_order, status):
    claim = a_claim(status, order=an_order(quantity=3, total=1000), quantity=2)
    deeds.refund(claim)
    claim.order.refresh_from_db()
    assert (claim.refund, claim.order.refunded) == (666, 666)


def test_three_pieces_one_by_one_give_back_all_that_was_paid(a_claim, an_order):
    order = an_order(quantity=3, total=1000)
    for yen in (333, 333, 334):
        claim = a_claim(Status.RETURN_REFUNDING, order=order, quantity=1)
        deeds.refund(claim)
        assert claim.refund == yen
    order.refresh_from_db()
    assert order.refunded == 1000


def test_after_a_partial_refund_the_rest_is_left(a_claim, an_order):
    order = an_order(total=1000)
    partly = a_claim(Status.RETURN_REQUESTED, order=order)
    deeds.ask(partly, offer=300)
    deeds.accept(partly)
    claim = a_claim(Status.CANCEL_REFUNDING, order=order)
    deeds.refund(claim)
    order.refresh_from_db()
    assert (partly.refund, claim.refund, order.refunded) == (300, 700, 1000)


@pytest.mark.parametrize("status", [Status.EXCHANGE_RESENDING, Status.NOTICE_CONFIRMED])
def test_other_ends_give_nothing_back(a_claim, status):
    claim = a_claim(status)
    step = deeds.complete_exchange if status == Status.EXCHANGE_RESENDING else deeds.resend
    step(claim)
    claim.order.refresh_from_db()
    assert (claim.refund, claim.order.refunded) == (None, 0)


# --- 承認日, and an approval after a rejection -----------------------------------------------------


def test_the_day_of_the_approval_is_kept(a_claim):
    claim = a_claim(Status.RETURN_REQUESTED)
    deeds.approve(claim, NOW + DAY)
    deeds.collect(claim, NOW + 2 * DAY)
    assert claim.approved_at == NOW + DAY


def test_a_claim_approved_after_a_rejection_goes_all_the_way(a_claim):
    claim = a_claim(Status.ON_HOLD, kind="exchange")
    for step in (deeds.approve, deeds.resend, deeds.complete_exchange):
        step(claim, NOW + DAY)
    assert claim.status == Status.EXCHANGE_DONE
