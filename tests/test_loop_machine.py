"""Any history: seller, buyer, clock and sweep at random, against a small oracle in plain Python."""

import os
from collections import Counter
from datetime import timedelta

import pytest
from django.db import transaction
from django.db.models import Count
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from claims import transitions
from claims.models import Claim, RejectionReason
from claims.statuses import CELLS, Kind, Status
from claims.transitions import Refused
from tests import deeds
from tests.clock import japan
from tests.invariants import LOCK_DAYS, check_invariants, midnight_after

PROFILE = settings(
    derandomize="LOOP_EXAMPLES" not in os.environ,  # e.g. LOOP_EXAMPLES=2000 for a night's search
    max_examples=int(os.environ.get("LOOP_EXAMPLES", "24")),
    stateful_step_count=30,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
FIRST = {"cancel": "cancel_requested", "return": "return_requested", "exchange": "exchange_requested"}
GRANTED = {
    "cancel_requested": "cancel_refunding",
    "return_requested": "return_awaiting",
    "exchange_requested": "exchange_approved",
}
ASKABLE = {"cancel_requested", "return_requested", "exchange_requested", "exchange_approved"}
CELLS_TOLD = {
    "cancel_requested": ["cancel_requested"],
    "canceling": ["cancel_refunding"],
    "return_requested": ["return_requested"],
    "returning": ["return_awaiting"],
    "exchange_open": ["exchange_requested", "exchange_approved"],
    "asked": ["asked"],
    "on_hold": ["on_hold"],
    "partially_refunded": ["partially_refunded"],
}
ENDED = {"withdrawn", "partially_refunded"}
VERBS = ["ask", "repeat", "cancel", "accept", "reject", "drop", "approve"]
PLACES = st.integers(0, 1)
# Of what is left of the order: nothing offered, 0 yen, a part, all of it, more than that.
OFFERS = st.sampled_from([0.2, 0.01, 0.5, None, 1, 0, 1.5])


class Told:
    """The oracle: one claim as SPEC 3 tells it."""

    def __init__(self, kind):
        self.status = FIRST[kind]
        self.before = self.deadline = self.lock = self.offer = None
        self.attempts = 0
        self.ended_at = None
        self.refund = None

    def over(self, now):
        return self.status == "asked" and now >= self.deadline

    def effective(self, now):
        return self.end_of_request() if self.over(now) else self.status

    def end_of_request(self):
        return "partially_refunded" if self.offer else "withdrawn"

    def end(self, at):
        self.status, self.before, self.deadline, self.ended_at = self.end_of_request(), None, None, at
        self.refund, self.offer = self.offer, None

    def can(self, what, now):
        status, locked = self.effective(now), self.lock is not None and now < self.lock
        return {
            "ask": status in ASKABLE and not locked,
            "repeat": status == "on_hold" and not locked,
            "cancel": status == "asked",
            "accept": status == "asked",
            "reject": status == "asked",
            "drop": status in ASKABLE | {"asked", "on_hold"},
            "approve": status in GRANTED or status == "on_hold",
        }[what]

    def does(self, what, now, offer=None):
        if what in ("ask", "repeat"):
            self.offer = offer
            self.before = self.before or self.status
            self.status, self.deadline = "asked", midnight_after(now, 7)
            self.attempts += 1
        elif what == "cancel":
            self.status, self.before, self.deadline, self.offer = self.before, None, None, None
            self.lock = midnight_after(now, LOCK_DAYS)
        elif what == "reject":
            self.status, self.deadline, self.offer = "on_hold", None, None
            self.lock = midnight_after(now, LOCK_DAYS)
        elif what in ("accept", "drop"):
            self.end(now)
        else:
            status = self.before or self.status
            self.status, self.before = GRANTED.get(status, status), None


class Loop(RuleBasedStateMachine):
    """Two orders at two shops; every claim of each is remembered by the oracle.

    One rule, since Hypothesis switches rules off by whole examples and a loop needs all of them.
    """

    orders = ()
    tried: Counter = Counter()

    def __init__(self):
        super().__init__()
        self.savepoint = transaction.atomic()
        self.savepoint.__enter__()
        self.now = japan("2021-07-13 10:00")
        self.told = [[], []]
        self.file(0, "return")
        self.file(1, "exchange")

    def teardown(self):
        transaction.set_rollback(True)
        self.savepoint.__exit__(None, None, None)

    @rule(
        place=PLACES,
        what=st.sampled_from(
            ["goes on"] * 6 + ["anything"] * 3 + ["an old answer", "days", "boundary", "sweep", "file"]
        ),
        nth=st.integers(0, 13),
        offer=OFFERS,
    )
    def happens(self, place, what, nth, offer):
        told = self.told[place][-1]
        loop = [verb for verb in VERBS[:5] if told.can(verb, self.now)]
        if what == "goes on" and loop and nth < 10:
            self.act(place, loop[nth % len(loop)], offer)
        elif what == "anything":
            self.act(place, VERBS[nth % len(VERBS)], offer)
        elif what == "an old answer" and told.attempts > 1:
            self.answer(place, VERBS[2 + nth % 3], told.attempts - 1)
        elif what == "days":
            self.now += timedelta(days=nth % 8, minutes=7 * nth)
        elif what == "sweep":
            self.sweep()
        elif what == "file" or told.effective(self.now) in ENDED:
            self.file(place, list(FIRST)[nth % 3])
        else:
            self.to_the_boundary(told, nth)

    def act(self, place, verb, offer):
        if verb in ("cancel", "accept", "reject"):
            return self.answer(place, verb, self.told[place][-1].attempts)
        told, claim = self.told[place][-1], Claim.objects.filter(order=self.orders[place]).latest("pk")
        if verb not in ("ask", "repeat"):
            return self.attempt(told, verb, lambda: getattr(deeds, verb)(claim, self.now))
        left = 1899 - sum(claim.refund or 0 for claim in self.told[place])
        yen = None if offer is None else round(offer * left)
        return self.attempt(
            told,
            verb,
            lambda: getattr(deeds, verb)(claim, self.now, offer=yen),
            fits=yen is None or 1 <= yen <= left,
            offer=yen,
        )

    def answer(self, place, verb, number):
        """Answer the attempt of this number; all but the last are always over."""
        told = self.told[place][-1]
        if number == 0:
            return
        claim = Claim.objects.filter(order=self.orders[place]).latest("pk")
        withdrawal = claim.withdrawals.get(attempt=number)
        by = deeds.seller_of(claim) if verb == "cancel" else deeds.buyer_of(claim)

        def act():
            if verb == "accept":
                transitions.accept_withdrawal(withdrawal, by=by, now=self.now)
            elif verb == "cancel":
                transitions.cancel_withdrawal(withdrawal, by=by, now=self.now)
            else:
                reason = RejectionReason.PROPOSAL
                transitions.reject_withdrawal(withdrawal, reason=reason, text="", by=by, now=self.now)

        self.attempt(told, verb, act, is_last=number == told.attempts)

    def attempt(self, told, verb, act, is_last=True, fits=True, offer=None):
        """Do it: it succeeds exactly where the oracle says so, and where what is offered fits."""
        if not fits and told.can(verb, self.now):
            self.tried["too much offered", "refused"] += 1
        if self.succeeds(verb, act, is_last and fits and told.can(verb, self.now)):
            if told.offer and verb in ("accept", "drop"):
                self.tried["offer accepted", "done"] += 1
            told.does(verb, self.now, offer)

    def succeeds(self, verb, act, allowed):
        try:
            with transaction.atomic():
                act()
            refused = []
        except Refused as refusal:
            refused = refusal.reasons
            assert refused, "a refusal without a reason"
        assert allowed == (refused == []), f"{verb}: {refused}"
        self.tried[verb, "done" if allowed else "refused"] += 1
        return allowed

    def file(self, place, kind):
        last = self.told[place][-1] if self.told[place] else None
        free = last is None or last.effective(self.now) in ENDED
        order, status = self.orders[place], Status(FIRST[kind])
        if self.succeeds("file", lambda: deeds.file(order, status, self.now, Kind(kind)), free):
            if last and last.over(self.now):
                self.tried["offer lapsed", "done"] += last.offer is not None
                last.end(last.deadline)
            self.told[place].append(Told(kind))

    def to_the_boundary(self, told, nth):
        """To a second before, at, or after a deadline or the end of a lock."""
        boundary = told.deadline or told.lock
        if boundary is not None:
            self.now = max(self.now, boundary + timedelta(seconds=nth % 3 - 1))

    def sweep(self):
        due = [told for claims in self.told for told in claims if told.over(self.now)]
        done = deeds.sweep(self.now)
        assert (done.completed, done.failed) == (len(due), [])
        self.tried["sweep", "done" if due else "nothing due"] += 1
        self.tried["offer lapsed", "done"] += sum(1 for told in due if told.offer)
        for told in due:
            told.end(told.deadline)

    @invariant()
    def rows_are_as_told(self):
        effective: Counter = Counter()
        for order, tellings in zip(self.orders, self.told, strict=True):
            claims = Claim.objects.filter(order=order).annotate(attempts=Count("withdrawals")).order_by("pk")
            for claim, told in zip(claims, tellings, strict=True):
                assert (claim.status, claim.deadline_at) == (told.status, told.deadline)
                assert (claim.status_before or None, claim.completed_at) == (told.before, told.ended_at)
                assert (claim.unlock_at, claim.attempts) == (told.lock, told.attempts)
                assert (claim.offer, claim.refund) == (told.offer, told.refund)
                assert claim.effective_status(self.now) == told.effective(self.now)
                status = told.effective(self.now)
                since = midnight_after(self.now, -89)
                effective[status] += status not in ENDED or (told.ended_at or told.deadline) >= since
        board = Claim.objects.filter(order__in=self.orders).board_counts(self.now)
        for code, statuses in CELLS_TOLD.items():
            counted = Claim.objects.in_cell(CELLS[code], self.now).count()
            assert counted == board[code] == sum(effective[status] for status in statuses), code

    @invariant()
    def what_always_holds(self):
        check_invariants()


@pytest.mark.usefixtures("clerk", "viewer")
def test_any_history_keeps_what_always_holds(an_order, csma, rival):
    Loop.orders = (an_order(), an_order(buyer=csma, seller=rival))
    Loop.tried.clear()
    run_state_machine_as_test(Loop, settings=PROFILE)
    unseen = [
        (verb, how) for verb in ["file", *VERBS] for how in ("done", "refused") if not Loop.tried[verb, how]
    ]
    assert not unseen, "the histories never came to these"
    assert Loop.tried["sweep", "done"]
    assert Loop.tried["offer accepted", "done"]
    assert Loop.tried["offer lapsed", "done"]
    assert Loop.tried["too much offered", "refused"]
