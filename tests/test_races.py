"""Races with real threads on the real database: one winner, a word for the others (SPEC 7)."""

from datetime import timedelta
from functools import partial

import pytest
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from claims import access, transitions
from claims.models import Claim, ClaimEvent, Order, Outcome, RejectionReason, Withdrawal
from claims.moves import Action
from claims.reasons import Pickup, Reason
from claims.statuses import Kind, Status
from claims.transitions import Refused
from tests import deeds
from tests.clock import NOW
from tests.invariants import check_invariants
from tests.racing import one_winner, race

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 15
DAY = timedelta(days=1)


def answers(claim, now):
    """The three who may end the open attempt: what each would do at `now`."""
    attempt, buyer, seller = deeds.open_attempt(claim), deeds.buyer_of(claim), deeds.seller_of(claim)

    def fresh():
        return Withdrawal.objects.get(pk=attempt.pk)

    return {
        "accept": lambda: transitions.accept_withdrawal(fresh(), by=buyer, now=now),
        "reject": lambda: transitions.reject_withdrawal(
            fresh(), reason=RejectionReason.PROPOSAL, text="", by=buyer, now=now
        ),
        "cancel": lambda: transitions.cancel_withdrawal(fresh(), by=seller, now=now),
        "drop": lambda: transitions.drop_claim(Claim.objects.get(pk=claim.pk), by=buyer, now=now),
    }


ENDS = {
    "accept": Status.WITHDRAWN,
    "drop": Status.WITHDRAWN,
    "reject": Status.ON_HOLD,
    "cancel": Status.RETURN_REQUESTED,
}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("accept", "cancel"),
        ("accept", "reject"),
        ("reject", "cancel"),
        ("accept", "accept"),
        ("drop", "cancel"),
    ],
)
def test_two_answers_to_one_request(a_claim, one, other):
    for _round in range(ROUNDS):
        claim = a_claim(Status.ASKED)
        by_name = answers(claim, NOW)
        results = race(by_name[one], by_name[other])
        if {one, other} == {"drop", "cancel"} and not any(
            isinstance(result, Exception) for result in results
        ):
            continue  # cancelled first, and then the claim itself was dropped: both count
        winner = (one, other)[one_winner(results)]
        claim.refresh_from_db()
        assert claim.status == ENDS[winner]
    check_invariants()


@pytest.mark.parametrize("answer", ["accept", "reject", "cancel"])
def test_an_answer_of_the_last_second_against_the_sweep_of_midnight(a_claim, answer):
    """Both are in their right: exactly one counts, and the buyer is told if it was not his."""
    for _round in range(ROUNDS):
        claim = a_claim(Status.ASKED)
        act = answers(claim, claim.deadline_at - timedelta(seconds=1))[answer]
        answered, swept = race(act, lambda claim=claim: deeds.sweep(claim.deadline_at))
        assert not swept.failed
        if isinstance(answered, Refused):
            assert answered.reasons[0].code == "ended_lapsed"
            assert swept.completed == 1
        else:
            assert (answered, swept.completed) == (None, 0)
        deeds.sweep(claim.deadline_at)
        claim.refresh_from_db()
        assert claim.status == (Status.WITHDRAWN if swept.completed else ENDS[answer])
    check_invariants()


def test_an_impatient_seller_clicks_eight_times(a_claim):
    for _round in range(ROUNDS):
        claim = a_claim(at=NOW - DAY)
        by = deeds.seller_of(claim)

        def ask(claim=claim, by=by):
            return transitions.request_withdrawal(
                Claim.objects.get(pk=claim.pk), reason="発送済み", by=by, now=NOW
            )

        results = race(*[ask] * 8)
        one_winner(results)
        assert {r.reasons[0].code for r in results if isinstance(r, Refused)} == {"already_asked"}
        assert claim.withdrawals.count() == 1
    check_invariants()


def test_two_repeats(a_claim):
    for _round in range(ROUNDS):
        claim = a_claim(Status.ON_HOLD, at=NOW - 5 * DAY)
        by = deeds.seller_of(claim)

        def repeat(claim=claim, by=by):
            return transitions.repeat_withdrawal(Claim.objects.get(pk=claim.pk), reason="再", by=by, now=NOW)

        one_winner(race(repeat, repeat))
        assert [attempt.attempt for attempt in claim.withdrawals.all()] == [1, 2]
    check_invariants()


def test_asking_against_approving(a_claim):
    """No request stands on a status that may not be asked, whoever of the shop was faster."""
    for _round in range(ROUNDS):
        claim = a_claim(at=NOW - DAY)
        by = deeds.seller_of(claim)
        results = race(
            lambda claim=claim, by=by: transitions.request_withdrawal(
                claim, reason="発送済み", by=by, now=NOW
            ),
            lambda claim=claim, by=by: transitions.approve_claim(claim, by=by, now=NOW),
        )
        winner = one_winner(results)
        claim.refresh_from_db()
        assert claim.status == (Status.ASKED, Status.RETURN_AWAITING)[winner]
    check_invariants()


def test_a_drop_against_a_request_sent_a_moment_later(a_claim):
    for _round in range(ROUNDS):
        claim = a_claim(at=NOW - DAY)
        seller, buyer = deeds.seller_of(claim), deeds.buyer_of(claim)
        results = race(
            lambda claim=claim, by=buyer: transitions.drop_claim(claim, by=by, now=NOW),
            lambda claim=claim, by=seller: transitions.request_withdrawal(
                claim, reason="発送済み", by=by, now=NOW + timedelta(milliseconds=3)
            ),
        )
        winner = one_winner(results)
        claim.refresh_from_db()
        assert claim.status == (Status.WITHDRAWN, Status.ASKED)[winner]
    check_invariants()


def test_two_claims_filed_at_once_on_one_order(an_order):
    for _round in range(ROUNDS):
        order = an_order()
        one_winner(race(*[lambda order=order: deeds.file(order, Status.RETURN_REQUESTED)] * 2))
        assert order.claims.count() == 1
    check_invariants()


def test_two_tabs_file_on_one_order(an_order):
    """The buyer's own door: the second tab is told of the first one's claim, whatever its kind."""
    for _round in range(ROUNDS):
        order = an_order(shipped_on=NOW.date() - DAY, delivered_on=NOW.date(), quantity=2)
        by = access.as_buyer(order.buyer, signed_in=True)

        def file(kind, order=order, by=by):
            wish = {"reason": Reason.DEFECT, "text": "", "quantity": 1, "pickup": Pickup.WILL_SEND}
            return transitions.request_claim(order, kind=kind, by=by, now=NOW, **wish)

        results = race(*[partial(file, kind) for kind in (Kind.RETURN, Kind.EXCHANGE, Kind.RETURN)])
        one_winner(results)
        assert {r.reasons[0].code for r in results if isinstance(r, Refused)} == {"claim_open"}
        assert order.claims.count() == 1
    check_invariants()


def test_a_claim_filed_anew_against_the_sweep(a_claim):
    for _round in range(ROUNDS):
        old = a_claim(Status.ASKED)
        new, swept = race(
            lambda old=old: deeds.file(old.order, Status.RETURN_REQUESTED, old.deadline_at),
            lambda old=old: deeds.sweep(old.deadline_at),
        )
        assert isinstance(new, Claim), new
        assert not swept.failed
        old.refresh_from_db()
        assert old.status == Status.WITHDRAWN
    check_invariants()


# --- offers: owed once, whoever ends the request ----------------------------------------------------


def offering(a_claim, yen):
    """A claim whose open request offers `yen`."""
    claim = a_claim()
    deeds.ask(claim, offer=yen)
    return claim


@pytest.mark.parametrize(
    ("one", "other"), [("accept", "accept"), ("accept", "drop"), ("accept", "reject"), ("accept", "cancel")]
)
def test_two_answers_to_one_offer(a_claim, one, other):
    for _round in range(ROUNDS):
        claim = offering(a_claim, 500)
        by_name = answers(claim, NOW)
        one_winner(race(by_name[one], by_name[other]))
        claim.refresh_from_db()
        owed = 500 if claim.status == Status.PARTIALLY_REFUNDED else 0
        assert (claim.order.refunded, claim.order.offered) == (owed, 0)
    check_invariants()


@pytest.mark.parametrize("answer", ["accept", "reject", "cancel"])
def test_an_answer_of_the_last_second_against_the_sweep_refunds_at_most_once(a_claim, answer):
    for _round in range(ROUNDS):
        claim = offering(a_claim, 1899)
        act = answers(claim, claim.deadline_at - timedelta(seconds=1))[answer]
        deadline = claim.deadline_at
        results = race(act, *[partial(deeds.sweep, deadline)] * 3)
        assert not any(isinstance(result, Exception) for result in results[1:]), results
        assert sum(swept.completed for swept in results[1:]) + deeds.sweep(deadline).completed <= 1
        claim.refresh_from_db()
        owed = 1899 if claim.status == Status.PARTIALLY_REFUNDED else 0
        assert (claim.order.refunded, claim.order.offered) == (owed, 0)
        assert (claim.status == Status.PARTIALLY_REFUNDED) == (
            answer == "accept" or isinstance(results[0], Refused)
        )
    check_invariants()


def test_a_claim_filed_anew_against_the_sweep_of_an_offer(a_claim):
    """Both lock claim and order, in the same order: nobody waits for the other for ever."""
    for _round in range(ROUNDS):
        old = offering(a_claim, 500)
        new, swept = race(
            lambda old=old: deeds.file(old.order, Status.RETURN_REQUESTED, old.deadline_at),
            lambda old=old: deeds.sweep(old.deadline_at),
        )
        assert isinstance(new, Claim), new
        assert not swept.failed
        old.refresh_from_db()
        assert (old.status, old.order.refunded) == (Status.PARTIALLY_REFUNDED, 500)
    check_invariants()


def test_an_order_made_cheaper_against_an_offer(a_claim):
    """Whoever is first is in his right; never is more offered than was paid."""
    for _round in range(ROUNDS):
        claim = a_claim(at=NOW - DAY)
        orders = Order.objects.filter(pk=claim.order_id)
        cheaper, asked = race(
            lambda orders=orders: orders.update(total=499),
            lambda claim=claim: deeds.ask(Claim.objects.get(pk=claim.pk), offer=500),
        )
        total, offered = orders.values_list("total", "offered").get()
        if isinstance(asked, Refused):
            assert (total, offered) == (499, 0)
        else:
            assert isinstance(cheaper, IntegrityError)
            assert (total, offered) == (1899, 500)
    check_invariants()


def test_four_sweeps_at_once_share_the_work(a_claim, settings):
    settings.SWEEP_BATCH = 7
    for claims in (40, 25):
        made = [a_claim(Status.ASKED) for _ in range(claims)]
        results = race(*[partial(deeds.sweep, made[0].deadline_at)] * 4)
        assert all(isinstance(result, transitions.Sweep) for result in results), results
        assert sum(result.completed for result in results) == claims
        assert not any(result.failed for result in results)
        assert ClaimEvent.objects.filter(action=Action.LAPSED, claim__in=made).count() == claims
    check_invariants()


# --- controls: the tests above are not useless ---------------------------------------------------


def test_control_without_the_lock_both_pass_the_checks_and_the_update_decides(a_claim, monkeypatch):
    """Take the row lock away: now losers come as far as the conditional UPDATE, and still only one wins."""
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **options: self)
    codes = set()
    for _round in range(200):
        claim = a_claim(Status.ASKED)
        by_name = answers(claim, NOW)
        results = race(by_name["accept"], by_name["reject"])
        one_winner(results)
        codes |= {result.reasons[0].code for result in results if isinstance(result, Refused)}
        if "changed" in codes:
            break
    assert "changed" in codes, "nobody ever raced: the harness is no good"
    check_invariants()


def naive_accept(attempt_id, outcome, status):
    """How it would be written by somebody who never thought of a second click."""
    with transaction.atomic():
        attempt = Withdrawal.objects.select_related("claim").get(pk=attempt_id)
        if attempt.outcome != Outcome.OPEN:
            raise Refused([])
        event = ClaimEvent(
            claim=attempt.claim,
            withdrawal=attempt,
            action=outcome,
            from_status=Status.ASKED,
            to_status=status,
            at=NOW,
            recorded_at=NOW,
            actor_kind="buyer",
            channel="myqoo10",
        )
        attempt.outcome, attempt.ended_at = outcome, NOW
        attempt.ended_by_kind, attempt.ended_through = "buyer", "myqoo10"
        attempt.save()
        event.save()


def test_control_naive_code_lets_two_win_and_only_the_constraint_stops_it(a_claim):
    for _round in range(200):
        claim = a_claim(Status.ASKED)
        attempt = deeds.open_attempt(claim)
        results = race(
            *[lambda pk=attempt.pk: naive_accept(pk, Outcome.ACCEPTED, Status.WITHDRAWN)] * 2,
        )
        if any(isinstance(result, IntegrityError) for result in results):
            break
    else:
        pytest.fail("nobody ever raced: the harness is no good")
    ends = ClaimEvent.objects.filter(withdrawal=attempt, action=Action.ACCEPTED)
    assert ends.count() == 1, "the constraint is the last line"
