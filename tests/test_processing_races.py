"""Races of the processing with real threads on the real database: each step once (SPEC 2, 7)."""

from functools import partial

import pytest
from django.db import transaction
from django.db.models import F

from claims import transitions
from claims.models import Claim, HoldReason, Order, Reshipment
from claims.statuses import Status
from claims.transitions import Refused
from tests import deeds
from tests.clock import NOW
from tests.desk_hands import ok, press
from tests.invariants import check_invariants
from tests.racing import one_winner, race

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 10


def step_of(verb, claim, **said):
    """The shop takes a step on the claim as it is read at that moment."""
    by = deeds.seller_of(claim)
    return lambda: verb(Claim.objects.get(pk=claim.pk), by=by, now=NOW, **said)


PARCEL = {"delivery_company": "佐川急便", "tracking_number": "360012345678", "shipped_on": NOW.date()}
HELD = {"reason": HoldReason.DAMAGED, "text": "箱がつぶれています。"}
TWICE = {
    "approve": (transitions.approve_claim, Status.RETURN_REQUESTED, {}),
    "collect": (transitions.collect_goods, Status.RETURN_AWAITING, {}),
    "start refund": (transitions.start_refund, Status.RETURN_COLLECTED, {}),
    "hold": (transitions.hold_refund, Status.RETURN_REFUNDING, HELD),
    "release": (transitions.release_refund, Status.RETURN_HELD, {}),
    "refund": (transitions.complete_refund, Status.RETURN_REFUNDING, {}),
    "resend": (transitions.resend, Status.EXCHANGE_APPROVED, PARCEL),
    "exchange": (transitions.complete_exchange, Status.EXCHANGE_RESENDING, {}),
}


@pytest.mark.parametrize("name", TWICE)
def test_a_step_clicked_four_times_is_done_once(a_claim, name):
    verb, status, said = TWICE[name]
    for _round in range(ROUNDS):
        claim = a_claim(status)
        one_winner(race(*[step_of(verb, claim, **said)] * 4))
        claim.refresh_from_db()
        assert claim.events.count() == 2
        assert claim.order.refunded == (1899 if name == "refund" else 0)
        assert claim.order.refunded == (claim.refund or 0), "the yen are recorded once"
    check_invariants()


@pytest.mark.parametrize(
    ("one", "other", "status"),
    [
        ("start refund", "hold", Status.RETURN_COLLECTED),
        ("refund", "hold", Status.RETURN_REFUNDING),
        ("refund", "resend", Status.NOTICE_CONFIRMED),
    ],
)
def test_two_steps_from_one_status(a_claim, one, other, status):
    """One colleague refunds, the other holds; or sends the goods again: never both."""
    for _round in range(ROUNDS):
        claim = a_claim(status)
        acts = [step_of(TWICE[name][0], claim, **TWICE[name][2]) for name in (one, other)]
        results = race(*acts)
        claim.refresh_from_db()
        if (one, claim.status) == ("start refund", Status.RETURN_HELD) and claim.events.count() == 3:
            assert results == [None, None]  # begun, and then held: both are right
            continue
        winner = (one, other)[one_winner(results)]
        assert claim.events.count() == 2
        assert claim.order.refunded == (1899 if winner == "refund" else 0)
    check_invariants()


def test_a_release_against_a_hold(a_claim):
    """Two tabs on a held refund: the second hold is refused, or comes after the release; never lost between."""
    for _round in range(ROUNDS):
        claim = a_claim(Status.RETURN_HELD)
        released, held = race(
            step_of(transitions.release_refund, claim), step_of(transitions.hold_refund, claim, **HELD)
        )
        assert released is None
        claim.refresh_from_db()
        if isinstance(held, Refused):
            assert (claim.status, claim.paused_from) == (Status.RETURN_COLLECTED, "")
        else:
            assert (claim.status, claim.paused_from) == (Status.RETURN_HELD, Status.RETURN_COLLECTED)
    check_invariants()


@pytest.mark.parametrize("status", [Status.RETURN_REQUESTED, Status.ON_HOLD])
def test_an_approval_against_a_buyer_who_drops(a_claim, status):
    for _round in range(ROUNDS):
        claim = a_claim(status)
        buyer = deeds.buyer_of(claim)
        results = race(
            step_of(transitions.approve_claim, claim),
            lambda claim=claim, by=buyer: transitions.drop_claim(claim, by=by, now=NOW),
        )
        winner = one_winner(results)
        claim.refresh_from_db()
        assert claim.status == (Status.RETURN_AWAITING, Status.WITHDRAWN)[winner]
    check_invariants()


def test_a_parcel_sent_again_against_a_buyer_who_drops(a_claim):
    for _round in range(ROUNDS):
        claim = a_claim(Status.EXCHANGE_APPROVED)
        buyer = deeds.buyer_of(claim)
        results = race(
            step_of(transitions.resend, claim, **PARCEL),
            lambda claim=claim, by=buyer: transitions.drop_claim(claim, by=by, now=NOW),
        )
        winner = one_winner(results)
        claim.refresh_from_db()
        assert claim.status == (Status.EXCHANGE_RESENDING, Status.WITHDRAWN)[winner]
        assert Reshipment.objects.filter(event__claim=claim).exists() is (winner == 0)
    check_invariants()


def test_the_last_second_of_the_shop_against_the_sweep_of_midnight(a_claim):
    """Late or not, it is approved; if the sweep was first the log says so."""
    for _round in range(ROUNDS):
        claim = a_claim(Status.NOTICE_RECEIVED)
        midnight, by = claim.late_at, deeds.seller_of(claim)
        approved, swept = race(
            lambda claim=claim, by=by, at=midnight: transitions.approve_claim(claim, by=by, now=at),
            lambda at=midnight: deeds.call_late(at),
        )
        assert approved is None
        assert not swept.failed
        claim.refresh_from_db()
        assert claim.status == Status.NOTICE_CONFIRMED
        assert list(claim.events.order_by("pk").values_list("action", flat=True)) == [
            "filed",
            "late",
            "approved",
        ]
    check_invariants()


def test_a_double_click_on_ok_at_the_desk_is_a_calm_word(a_claim, client_of, amuse, clock):
    """Four requests of one popup at once: one 303, the others 409 with the pane; one event, one sum."""
    for _round in range(ROUNDS):
        claim = a_claim(Status.CANCEL_REFUNDING)
        seller = client_of(amuse)
        popup = press(seller, claim, "refunded")
        answers = race(*[partial(ok, seller, popup)] * 4)
        assert sorted(answer.status_code for answer in answers) == [303, 409, 409, 409]
        claim.refresh_from_db()
        assert claim.events.count() == 2
        assert claim.order.refunded == 1899
    check_invariants()


# --- control: the tests above are not useless ----------------------------------------------------


def naive_refund(claim_id):
    """How it would be written by somebody who never thought of a second click."""
    with transaction.atomic():
        claim = Claim.objects.select_related("order").get(pk=claim_id)
        if claim.status != Status.RETURN_REFUNDING:
            raise Refused([])
        Order.objects.filter(pk=claim.order_id).update(refunded=F("refunded") + 300)
        Claim.objects.filter(pk=claim_id).update(status=Status.RETURN_DONE, completed_at=NOW, refund=300)


def test_control_naive_code_refunds_twice(a_claim):
    for _round in range(200):
        claim = a_claim(Status.RETURN_REFUNDING)
        race(*[partial(naive_refund, claim.pk)] * 2)
        claim.order.refresh_from_db()
        if claim.order.refunded == 600:
            return
    pytest.fail("nobody ever raced: the harness is no good")
