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

from claims import access, transitions
from claims.deadlines import day_in_japan
from claims.entries import Entry
from claims.models import Claim, RejectionReason
from claims.reasons import Pickup, Reason
from claims.statuses import CELLS, Kind, Status
from claims.transitions import Refused
from tests import deeds
from tests.clock import japan
from tests.invariants import check_invariants, midnight_after
from tests.oracle import FIRST, RANKS, REFUNDED, STEPS, Told

PROFILE = settings(
    derandomize="LOOP_EXAMPLES" not in os.environ,  # e.g. LOOP_EXAMPLES=2000 for a night's search
    max_examples=int(os.environ.get("LOOP_EXAMPLES", "70")),
    stateful_step_count=30,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
CELLS_TOLD = {
    "cancel_requested": ["cancel_requested"],
    "canceling": ["cancel_refunding"],
    "cancel_done": ["cancel_done"],
    "return_requested": ["return_requested"],
    "returning": ["return_awaiting", "return_collected", "return_held", "return_refunding"],
    "return_held": ["return_held"],
    "return_collected": ["return_collected"],
    "return_done": ["return_done"],
    "exchange_open": ["exchange_requested", "exchange_approved"],
    "exchange_resending": ["exchange_resending"],
    "exchange_late": ["exchange_late"],
    "notice_received": ["notice_received"],
    "notice_confirmed": ["notice_confirmed"],
    "notice_late": ["notice_late"],
    "notice_refunded": ["notice_refunded"],
    "asked": ["asked"],
    "on_hold": ["on_hold"],
    "partially_refunded": ["partially_refunded"],
}
LOOP = ["ask", "repeat", "cancel", "accept", "reject"]
PROCESSING = ["approve", "release", *STEPS]
VERBS = [*LOOP, "drop", "settle", *PROCESSING]
PLACES = st.integers(0, 1)
# Of what is left of the order: nothing offered, 0 yen, a part, all of it, more than that.
OFFERS = st.sampled_from([0.2, 0.01, 0.5, None, 1, 0, 1.5])
BOARD_DAYS = 90
PIECES, PAID = 3, 1899


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
            ["goes on"] * 8
            + ["is processed"] * 7
            + ["what may not be"] * 4
            + ["days", "boundary"] * 2
            + ["an old answer", "an old answer", "sweep"] * 2
            + ["file", "drop", "a file says", "a file says"]
        ),
        nth=st.integers(0, 13),
        offer=OFFERS,
    )
    def happens(self, place, what, nth, offer):
        told = self.told[place][-1]
        old = told.attempts - (told.status == "asked")  # the last attempt that is over
        loop = [verb for verb in LOOP if told.can(verb, self.now)]
        steps = [verb for verb in PROCESSING if told.can(verb, self.now)]
        if what == "goes on" and loop and nth < 10:
            self.act(place, loop[nth % len(loop)], offer)
        elif what == "is processed" and steps and (nth % 2 or told.status not in FIRST.values()):
            self.act(place, steps[nth % len(steps)], offer)
        elif what == "what may not be":
            cannot = [verb for verb in VERBS if not told.can(verb, self.now)]
            self.act(place, cannot[nth % len(cannot)], offer)
        elif what == "an old answer" and old:
            self.answer(place, VERBS[2 + nth % 3], old)
        elif what == "drop":
            self.act(place, "drop" if nth % 4 else "settle", offer)
        elif what == "days":
            self.now += timedelta(days=nth % 8, minutes=7 * nth)
        elif what == "sweep":
            if nth % 2:
                self.to_the_boundary(told, nth)
            self.sweep()
        elif what == "a file says" and not (told.is_ended(self.now) and nth % 2):
            self.take(place, nth)
        elif what == "file" or told.is_ended(self.now):
            door = self.request if place == 0 and nth % 3 == 0 else self.file
            door(place, list(FIRST)[nth % 4], 1 + nth % 2)
        else:
            self.to_the_boundary(told, nth)

    def act(self, place, verb, offer):
        if verb in ("cancel", "accept", "reject"):
            return self.answer(place, verb, self.told[place][-1].attempts)
        told, claim = self.told[place][-1], Claim.objects.filter(order=self.orders[place]).latest("pk")
        if verb not in ("ask", "repeat"):
            return self.attempt(told, verb, lambda: getattr(deeds, verb)(claim, self.now))
        left = PAID - sum(claim.refund or 0 for claim in self.told[place])
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
            if verb == "refund":
                self.give_back(told)

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

    def give_back(self, told):
        """Piece by piece a share of what was paid, rounded down; the last piece takes the rest."""
        claims = next(claims for claims in self.told if told in claims)
        left = PAID - sum(claim.refund or 0 for claim in claims)
        pieces = sum(claim.pieces for claim in claims if claim.status in REFUNDED.values())
        told.refund = left if pieces >= PIECES else min(PAID * told.pieces // PIECES, left)

    def file(self, place, kind, pieces=1):
        last = self.told[place][-1] if self.told[place] else None
        order, status = self.orders[place], Status(FIRST[kind])
        self.begin(
            "file",
            lambda: deeds.file(order, status, self.now, Kind(kind), quantity=pieces),
            last is None or last.is_ended(self.now),
            place,
            kind,
            pieces,
        )

    def request(self, place, kind, pieces):
        """The buyer himself, from MyQoo10: his order was never shipped, so that he can only cancel it."""
        order, told = self.orders[place], self.told[place]
        gone = sum(claim.pieces for claim in told if claim.status in REFUNDED.values())
        said = {"reason": Reason.OTHER, "text": "やはり不要です。", "quantity": pieces}
        by = access.as_buyer(order.buyer, signed_in=True)

        def act():
            wish = said | {"pickup": Pickup.SENT}
            transitions.request_claim(order, kind=Kind(kind), by=by, now=self.now, **wish)

        fits = kind == "cancel" and pieces <= PIECES - gone
        self.begin("request", act, fits and told[-1].is_ended(self.now), place, kind, pieces)

    def begin(self, verb, act, allowed, place, kind, pieces):
        last = self.told[place][-1] if self.told[place] else None
        if self.succeeds(verb, act, allowed):
            if last and last.over(self.now):
                self.tried["offer lapsed", "done"] += last.offer is not None
                last.end(last.deadline)
            self.told[place].append(Told(kind, pieces, self.now))

    def take(self, place, nth):
        """A file says that the claim has come to a status of its kind."""
        told, order = self.told[place][-1], self.orders[place]
        claim = Claim.objects.filter(order=order).latest("pk")
        statuses = sorted({status for alike in RANKS[told.kind] for status in alike} | {"withdrawn"})
        status = statuses[nth % len(statuses)]
        entry = Entry(
            line=2,
            number=order.number,
            kind=Kind(told.kind),
            status=Status(status),
            requested=day_in_japan(claim.requested_at),
            claim_number=claim.number,
        )
        moves = told.hears(status, self.now)
        by = deeds.seller_of(claim)
        (plan,) = transitions.take_entries(order.shop, [entry], by=by, now=self.now)
        assert bool(entry.problems) == (moves is None), entry.problems
        assert plan.changes == bool(moves) or entry.problems
        self.tried["import", {True: "done", False: "agrees", None: "refused"}[moves]] += 1
        if moves:
            told.is_told(status, self.now)
            if status in REFUNDED.values():
                self.give_back(told)

    def to_the_boundary(self, told, nth):
        """To a second before, at, or after a deadline, the end of the shop's time or of a lock."""
        boundary = told.deadline or told.late or told.lock
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
        overdue = [told for claims in self.told for told in claims if told.overdue(self.now)]
        done = deeds.call_late(self.now)
        assert (done.completed, done.failed) == (len(overdue), [])
        self.tried["call late", "done" if overdue else "nothing due"] += 1
        for told in overdue:
            told.turn_late()

    @invariant()
    def rows_are_as_told(self):
        effective: Counter = Counter()
        for order, tellings in zip(self.orders, self.told, strict=True):
            claims = Claim.objects.filter(order=order).annotate(attempts=Count("withdrawals")).order_by("pk")
            for claim, told in zip(claims, tellings, strict=True):
                assert (claim.status, claim.deadline_at) == (told.status, told.deadline)
                assert (claim.status_before or None, claim.completed_at) == (told.before, told.ended_at)
                assert (claim.unlock_at, claim.attempts) == (told.lock, told.attempts)
                assert (claim.late_at, claim.paused_from or None) == (told.late, told.held_from)
                assert (claim.approved_at is not None, claim.offer) == (told.approved, told.offer)
                assert claim.refund == told.refund
                assert claim.effective_status(self.now) == told.effective(self.now)
                ended_at = told.deadline if told.over(self.now) else told.ended_at
                since = midnight_after(self.now, 1 - BOARD_DAYS)
                effective[told.effective(self.now)] += ended_at is None or ended_at >= since
        board = Claim.objects.board_counts(self.now)
        assert set(board) == set(CELLS_TOLD)
        for code, statuses in CELLS_TOLD.items():
            rows = Claim.objects.in_cell(CELLS[code], self.now).count()
            assert rows == board[code] == sum(effective[status] for status in statuses), code

    @invariant()
    def what_always_holds(self):
        check_invariants()


@pytest.mark.usefixtures("clerk", "viewer")
def test_any_history_keeps_what_always_holds(an_order, csma, rival):
    bought = {"quantity": PIECES, "total": PAID}
    Loop.orders = (an_order(**bought), an_order(buyer=csma, seller=rival, **bought))
    Loop.tried.clear()
    run_state_machine_as_test(Loop, settings=PROFILE)
    verbs = ["file", "request", "import", *VERBS]
    unseen = [(verb, how) for verb in verbs for how in ("done", "refused") if not Loop.tried[verb, how]]
    assert not unseen, "the histories never came to these"
    assert Loop.tried["sweep", "done"]
    assert Loop.tried["offer accepted", "done"]
    assert Loop.tried["offer lapsed", "done"]
    assert Loop.tried["too much offered", "refused"]
    assert Loop.tried["call late", "done"]
    assert Loop.tried["import", "agrees"]


def test_the_histories_try_every_verb():
    """A verb that is new has to come into the machine: each is named here by what does it there."""
    of_machine = {
        "request_withdrawal": "ask",
        "repeat_withdrawal": "repeat",
        "cancel_withdrawal": "cancel",
        "accept_withdrawal": "accept",
        "reject_withdrawal": "reject",
        "drop_claim": "drop",
        "settle_claim": "settle",
        "approve_claim": "approve",
        "collect_goods": "collect",
        "start_refund": "start_refund",
        "hold_refund": "hold",
        "release_refund": "release",
        "complete_refund": "refund",
        "resend": "resend",
        "complete_exchange": "complete_exchange",
        "file_claim": "file",
        "request_claim": "request",
        "take_entries": "import",
        "complete_lapsed": "sweep",
        "call_late": "call late",
    }
    verbs = {name for name in transitions.__all__ if name[0].islower()} - {"check_entries"}  # writes nothing
    assert set(of_machine) == verbs
    assert set(VERBS) < set(of_machine.values())
