"""部分返金: an offer with a request, owed when accepted or left unanswered, never above what was paid (SPEC 3)."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from claims import eligibility
from claims.models import Claim, Order
from claims.moves import Action
from claims.statuses import CELLS, Kind, Status
from claims.transitions import Refused
from claims.transitions.refund import record_refund
from tests import deeds
from tests.clock import NOW, japan
from tests.invariants import check_invariants

DAY = timedelta(days=1)
MIDNIGHT = japan("2021-07-20")  # after the seventh day of what is asked at NOW
ASKABLE = [
    Status.CANCEL_REQUESTED,
    Status.RETURN_REQUESTED,
    Status.EXCHANGE_REQUESTED,
    Status.EXCHANGE_APPROVED,
    Status.EXCHANGE_LATE,
]


@pytest.fixture(autouse=True)
def what_always_holds(db):
    """After each of these tests SPEC 7 is checked over everything in the database."""
    yield
    check_invariants()


def money_of(claim):
    """(refunded, kept aside) of the claim's order, and what the claim itself gave back."""
    order = Order.objects.get(pk=claim.order_id)
    claim.refresh_from_db()
    return order.refunded, order.offered, claim.refund or 0


# --- how much may be offered -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("offer", "refunded", "code"),
    [
        pytest.param(None, 0, None, id="none"),
        pytest.param(0, 0, "offer_out_of_range", id="0"),
        pytest.param(1, 0, None, id="1"),
        pytest.param(500, 0, None, id="500"),
        pytest.param(1899, 0, None, id="all-that-was-paid"),
        pytest.param(1900, 0, "offer_out_of_range", id="one-yen-more"),
        pytest.param(-1, 0, "offer_out_of_range", id="minus-1"),
        pytest.param(10**30, 0, "offer_out_of_range", id="more-than-there-is-money"),
        pytest.param(899, 1000, None, id="the-rest-after-an-earlier-refund"),
        pytest.param(900, 1000, "offer_out_of_range", id="one-yen-more-after-an-earlier-refund"),
        pytest.param(1, 1899, "nothing_to_offer", id="all-was-refunded"),
        pytest.param(None, 1899, None, id="all-was-refunded-and-nothing-offered"),
    ],
)
@pytest.mark.parametrize("repeated", [False, True], ids=["ask", "repeat"])
def test_from_1_yen_to_what_was_paid_and_not_yet_refunded(a_claim, offer, refunded, code, repeated):
    claim = a_claim(Status.ON_HOLD if repeated else Status.RETURN_REQUESTED, at=NOW - 5 * DAY)
    record_refund(a_claim(Status.WITHDRAWN, order=claim.order), refunded)
    ask = deeds.repeat if repeated else deeds.ask
    if code is None:
        withdrawal = ask(claim, offer=offer)
        assert (withdrawal.offer, claim.offer) == (offer, offer)
        assert money_of(claim) == (refunded, offer or 0, 0)
        return
    with pytest.raises(Refused) as refused:
        ask(claim, offer=offer)
    assert [reason.code for reason in refused.value.reasons] == [code]
    assert money_of(claim) == (refunded, 0, 0)
    assert claim.status != Status.ASKED


def test_the_refusal_says_how_much_may_be_offered(a_claim, an_order):
    order = an_order(total=12345, refunded=0)
    record_refund(a_claim(Status.WITHDRAWN, order=order), 345)
    order.refresh_from_db()
    (blocker,) = eligibility.offer_blockers(order, 20000)
    assert blocker.text == "部分返金の提案は1円から12,000円までです（注文金額 12,345円、返金済み 345円）。"


def test_no_reason_hides_another(a_claim):
    """What was typed wrong is said at once, not one thing after the other."""
    with pytest.raises(Refused) as refused:
        deeds.ask(a_claim(), reason="", offer=0, delivery_company="ヤマト運輸")
    codes = [reason.code for reason in refused.value.reasons]
    assert codes == ["reason_missing", "offer_out_of_range", "proof_incomplete"]


# --- how it ends -----------------------------------------------------------------------------------


@pytest.mark.parametrize("before", ASKABLE)
def test_accepted_it_ends_as_a_partial_refund(a_claim, before):
    claim = a_claim(before)
    deeds.ask(claim, offer=500)
    deeds.accept(claim, NOW + DAY)
    assert (claim.status, claim.completed_at) == (Status.PARTIALLY_REFUNDED, NOW + DAY)
    assert (claim.offer, claim.deadline_at, claim.status_before) == (None, None, "")
    assert money_of(claim) == (500, 0, 500)
    event = claim.events.get(action=Action.ACCEPTED)
    assert (event.from_status, event.to_status) == (Status.ASKED, Status.PARTIALLY_REFUNDED)


@pytest.mark.parametrize("before", ASKABLE)
def test_left_unanswered_it_is_owed_all_the_same(a_claim, before):
    claim = a_claim(before)
    deeds.ask(claim, offer=500)
    assert deeds.sweep(MIDNIGHT + timedelta(seconds=1)).completed == 1
    claim.refresh_from_db()
    assert (claim.status, claim.completed_at) == (Status.PARTIALLY_REFUNDED, MIDNIGHT)
    assert money_of(claim) == (500, 0, 500)
    event = claim.events.get(action=Action.LAPSED)
    assert (event.to_status, event.at) == (Status.PARTIALLY_REFUNDED, MIDNIGHT)
    assert deeds.sweep(MIDNIGHT + DAY).completed == 0
    assert money_of(claim) == (500, 0, 500), "once"


def test_dropping_while_an_offer_stands_is_accepting_it(a_claim):
    claim = a_claim()
    deeds.ask(claim, offer=500)
    deeds.drop(claim, NOW + DAY)
    assert claim.status == Status.PARTIALLY_REFUNDED
    assert claim.withdrawals.get().outcome == "accepted"
    assert money_of(claim) == (500, 0, 500)


@pytest.mark.parametrize(
    ("end", "status"), [(deeds.reject, Status.ON_HOLD), (deeds.cancel, Status.RETURN_REQUESTED)]
)
def test_rejected_or_cancelled_nothing_is_owed(a_claim, end, status):
    claim = a_claim()
    deeds.ask(claim, offer=500)
    end(claim, NOW + DAY)
    assert (claim.status, claim.offer) == (status, None)
    assert money_of(claim) == (0, 0, 0)
    assert claim.withdrawals.get().offer == 500, "what was offered stays to be read"


@pytest.mark.parametrize("end", [deeds.drop, deeds.approve])
def test_a_rejected_offer_is_not_owed_however_the_claim_ends_later(a_claim, end):
    claim = a_claim()
    deeds.ask(claim, offer=500)
    deeds.reject(claim)
    end(claim)
    assert claim.status in (Status.WITHDRAWN, Status.RETURN_AWAITING)
    assert money_of(claim) == (0, 0, 0)


@pytest.mark.parametrize(("first", "second"), [(500, None), (None, 700), (500, 700), (700, 500)])
def test_each_attempt_offers_anew(a_claim, first, second):
    claim = a_claim(at=NOW - 10 * DAY)
    deeds.ask(claim, NOW - 10 * DAY, offer=first)
    deeds.reject(claim, NOW - 10 * DAY)
    deeds.repeat(claim, NOW - 5 * DAY, offer=second)
    deeds.accept(claim, NOW - 4 * DAY)
    assert claim.status == (Status.PARTIALLY_REFUNDED if second else Status.WITHDRAWN)
    assert money_of(claim) == (second or 0, 0, second or 0)
    assert list(claim.withdrawals.values_list("offer", flat=True)) == [first, second]


def test_without_an_offer_it_ends_as_before(a_claim):
    claim = a_claim(Status.ASKED)
    deeds.accept(claim)
    assert claim.status == Status.WITHDRAWN
    assert money_of(claim) == (0, 0, 0)


def test_the_next_claim_of_the_order_can_offer_what_is_left(a_claim, an_order):
    an_order(total=1000)
    for offer, left in ((400, 600), (600, 0)):
        claim = a_claim(order=Order.objects.get())
        with pytest.raises(Refused):
            deeds.ask(claim, offer=left + offer + 1)
        deeds.ask(claim, offer=offer)
        deeds.accept(claim)
    assert money_of(claim) == (1000, 0, 600)


# --- what is offered can always be paid -------------------------------------------------------------


@pytest.mark.parametrize("total", [499, 0])
def test_an_order_cannot_become_cheaper_than_what_is_offered_on_it(a_claim, total):
    """Neither the admin nor an import: the offer stands, and nobody can take it away."""
    claim = a_claim()
    deeds.ask(claim, offer=500)
    with pytest.raises(IntegrityError, match="order_refunded_within_total"), transaction.atomic():
        Order.objects.filter(pk=claim.order_id).update(total=total)
    Order.objects.filter(pk=claim.order_id).update(total=500)
    deeds.accept(claim)
    assert money_of(claim) == (500, 0, 500)


def test_no_other_refund_takes_what_is_offered(a_claim, an_order):
    order = an_order(total=1000)
    other, claim = a_claim(Status.WITHDRAWN, order=order), a_claim(order=order)
    deeds.ask(claim, offer=500)
    with pytest.raises(Refused) as refused:
        record_refund(other, 501)
    assert "500円" in refused.value.reasons[0].text
    record_refund(other, 500)
    assert deeds.sweep(MIDNIGHT).completed == 1
    assert money_of(claim) == (1000, 0, 500)


def test_a_price_that_fell_since_the_page_was_drawn_is_seen(a_claim):
    """The row decides, not what the caller had read."""
    claim = a_claim()
    stale = Claim.objects.select_related("order").get(pk=claim.pk)
    Order.objects.update(total=499)
    with pytest.raises(Refused) as refused:
        deeds.ask(stale, offer=500)
    assert refused.value.reasons[0].code == "offer_out_of_range"
    assert "499円まで" in refused.value.reasons[0].text


# --- the effective status, before any sweep ---------------------------------------------------------


def test_a_lapsed_offer_is_a_partial_refund_to_the_second(a_claim):
    claim = a_claim()
    deeds.ask(claim, offer=500)
    second = timedelta(seconds=1)
    for now, status, completed in (
        (MIDNIGHT - second, Status.ASKED, None),
        (MIDNIGHT, Status.PARTIALLY_REFUNDED, MIDNIGHT),
        (MIDNIGHT + 90 * DAY, Status.PARTIALLY_REFUNDED, MIDNIGHT),
    ):
        assert claim.effective_status(now) == status
        assert claim.effectively_completed_at(now) == completed
        for asked_for in (Status.ASKED, Status.WITHDRAWN, Status.PARTIALLY_REFUNDED):
            found = Claim.objects.effectively(asked_for, now=now).exists()
            assert found == (asked_for == status), (now, asked_for)


def test_an_answer_after_midnight_is_told_what_it_became(a_claim):
    claim = a_claim()
    deeds.ask(claim, offer=500)
    with pytest.raises(Refused) as refused:
        deeds.drop(claim, MIDNIGHT)
    assert refused.value.reasons[0].code == "lapsed"
    assert "500円の部分返金" in refused.value.reasons[0].text


def test_a_new_claim_at_midnight_finds_the_offer_refunded(a_claim, an_order):
    order = an_order()
    old = a_claim(order=order)
    deeds.ask(old, offer=1000)
    new = a_claim(order=order, at=MIDNIGHT)
    assert money_of(old) == (1000, 0, 1000)
    with pytest.raises(Refused):
        deeds.ask(new, MIDNIGHT, offer=900)
    deeds.ask(new, MIDNIGHT, offer=899)


@pytest.mark.parametrize("swept", [False, True], ids=["before the sweep", "after the sweep"])
@pytest.mark.parametrize("late", [0, 1, 89, 90, 91, 400])
def test_the_board_counts_it_for_ninety_days_swept_or_not(a_claim, swept, late):
    """The number on the board is the number of rows that a click shows, and a recount by hand."""
    offered, plain, fresh = a_claim(), a_claim(Status.ASKED), a_claim(at=MIDNIGHT)
    deeds.ask(offered, offer=500)
    deeds.ask(fresh, MIDNIGHT, offer=1)
    now = MIDNIGHT + late * DAY
    if swept:
        deeds.sweep(now)
    lapsed_later = now >= MIDNIGHT + 7 * DAY
    expected = int(late <= 89) + int(lapsed_later and late - 7 <= 89)
    counts = Claim.objects.all().board_counts(now)
    assert counts["partially_refunded"] == expected
    assert counts["asked"] == int(not lapsed_later)
    for code, cell in CELLS.items():
        assert Claim.objects.in_cell(cell, now).count() == counts[code], code
    assert plain.effective_status(now) == Status.WITHDRAWN


@pytest.mark.parametrize("kind", [Kind.CANCEL, Kind.RETURN, Kind.EXCHANGE])
def test_it_reads_as_its_kind_and_partial_refund(a_claim, kind):
    first = {
        Kind.CANCEL: Status.CANCEL_REQUESTED,
        Kind.RETURN: Status.RETURN_REQUESTED,
        Kind.EXCHANGE: Status.EXCHANGE_REQUESTED,
    }[kind]
    claim = a_claim(first)
    deeds.ask(claim, offer=1)
    assert claim.status_label(MIDNIGHT) == f"{kind.label}：部分返金"


def test_a_batch_of_offers_and_plain_requests_is_completed_together(a_claim):
    claims = [a_claim() for _ in range(6)]
    for place, claim in enumerate(claims):
        deeds.ask(claim, offer=100 * place or None)
    assert deeds.sweep(MIDNIGHT).completed == 6
    assert [money_of(claim)[0] for claim in claims] == [0, 100, 200, 300, 400, 500]
    ends = [claim.status for claim in claims]
    assert ends == [Status.WITHDRAWN] + [Status.PARTIALLY_REFUNDED] * 5


def test_an_offer_that_was_not_kept_aside_stops_its_own_claim_only(a_claim, caplog):
    """Somebody wrote into the tables: that row is logged and left, the rest go on."""
    broken, sound = a_claim(), a_claim()
    for claim in (broken, sound):
        deeds.ask(claim, offer=500)
    Order.objects.filter(pk=broken.order_id).update(offered=0)
    done = deeds.sweep(MIDNIGHT)
    assert (done.completed, done.failed) == (1, [broken.pk])
    assert money_of(sound) == (500, 0, 500)
    assert "was not kept aside" in caplog.text
    Order.objects.filter(pk=broken.order_id).update(offered=500)
    assert deeds.sweep(MIDNIGHT).completed == 1
