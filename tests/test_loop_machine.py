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
from tests.invariants import LATE_DAYS, LOCK_DAYS, check_invariants, midnight_after

PROFILE = settings(
    derandomize="LOOP_EXAMPLES" not in os.environ,  # e.g. LOOP_EXAMPLES=2000 for a night's search
    max_examples=int(os.environ.get("LOOP_EXAMPLES", "60")),
    stateful_step_count=30,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
FIRST = {
    "cancel": "cancel_requested",
    "return": "return_requested",
    "exchange": "exchange_requested",
    "non_receipt": "notice_received",
}
GRANTED = {
    "cancel_requested": "cancel_refunding",
    "return_requested": "return_awaiting",
    "exchange_requested": "exchange_approved",
    "exchange_late": "exchange_approved",
    "notice_received": "notice_confirmed",
    "notice_late": "notice_confirmed",
}
ASKABLE = {
    "cancel_requested",
    "return_requested",
    "exchange_requested",
    "exchange_approved",
    "exchange_late",
}
LATE = {
    "exchange_requested": "exchange_late",
    "exchange_approved": "exchange_late",
    "notice_received": "notice_late",
}
REFUNDED = {
    "cancel_refunding": "cancel_done",
    "return_refunding": "return_done",
    "notice_confirmed": "notice_refunded",
}
RESENT = {
    "exchange_approved": "exchange_resending",
    "exchange_late": "exchange_resending",
    "notice_confirmed": "notice_resent",
}
STEPS = {
    "collect": {"return_awaiting": "return_collected"},
    "start_refund": {"return_collected": "return_refunding"},
    "hold": {"return_collected": "return_held", "return_refunding": "return_held"},
    "refund": REFUNDED,
    "resend": RESENT,
    "complete_exchange": {"exchange_resending": "exchange_done"},
}
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


class Told:
    """The oracle: one claim as SPEC 2 and 3 tell it."""

    def __init__(self, kind, pieces, now):
        self.status, self.pieces = FIRST[kind], pieces
        self.before = self.deadline = self.lock = self.held_from = self.offer = None
        self.late = midnight_after(now, LATE_DAYS) if self.status in LATE else None
        self.approved = False
        self.attempts = 0
        self.ended_at = self.refund = None

    def over(self, now):
        return self.status == "asked" and now >= self.deadline

    def overdue(self, now):
        return self.late is not None and now >= self.late

    def effective(self, now):
        if self.overdue(now):
            return LATE[self.status]
        return self.end_of_request() if self.over(now) else self.status

    def end_of_request(self):
        return "partially_refunded" if self.offer else "withdrawn"

    def is_ended(self, now):
        return self.over(now) or self.ended_at is not None

    def end(self, at, status=None):
        self.status, self.before, self.deadline = status or self.end_of_request(), None, None
        self.ended_at, self.late = at, None
        self.refund, self.offer = self.offer, None

    def turn_late(self):
        self.status, self.late = LATE[self.status], None

    def can(self, what, now):
        status, locked = self.effective(now), self.lock is not None and now < self.lock
        if what in STEPS:
            return status in STEPS[what] and (status != "exchange_late" or self.approved)
        return {
            "ask": status in ASKABLE and not locked,
            "repeat": status == "on_hold" and not locked,
            "cancel": status == "asked",
            "accept": status == "asked",
            "reject": status == "asked",
            "drop": status in ASKABLE | {"asked", "on_hold"},
            "approve": (status in GRANTED and not (status == "exchange_late" and self.approved))
            or status == "on_hold",
            "release": status == "return_held",
            "settle": status != "asked" and not self.is_ended(now),
        }[what]

    def does(self, what, now, offer=None):
        if self.overdue(now):
            self.turn_late()
        if what in ("ask", "repeat"):
            self.offer = offer
            self.before = self.before or self.status
            self.status, self.deadline, self.late = "asked", midnight_after(now, 7), None
            self.attempts += 1
        elif what == "cancel":
            self.status, self.before, self.deadline, self.offer = self.before, None, None, None
            self.lock = midnight_after(now, LOCK_DAYS)
            self.late = midnight_after(now, LATE_DAYS) if self.status in LATE else None
        elif what == "reject":
            self.status, self.deadline, self.offer = "on_hold", None, None
            self.lock = midnight_after(now, LOCK_DAYS)
        elif what in ("accept", "drop", "settle"):
            self.held_from = None
            self.end(now)
        elif what == "release":
            self.status, self.held_from = self.held_from, None
        elif what == "approve":
            if self.status == "on_hold":
                self.late = midnight_after(now, LATE_DAYS)
            status = self.before or self.status
            self.status, self.before, self.approved = GRANTED.get(status, status), None, True
            self.late = self.late if self.status in LATE else None
        else:
            self.held_from = self.status if what == "hold" else None
            self.status, self.late = STEPS[what][self.status], None
            if self.status in {*REFUNDED.values(), "notice_resent", "exchange_done"}:
                self.end(now, self.status)


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
            + ["an old answer", "sweep"] * 2
            + ["file", "drop"]
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
            self.act(place, "drop" if nth % 3 else "settle", offer)
        elif what == "days":
            self.now += timedelta(days=nth % 8, minutes=7 * nth)
        elif what == "sweep":
            if nth % 2:
                self.to_the_boundary(told, nth)
            self.sweep()
        elif what == "file" or told.is_ended(self.now):
            self.file(place, list(FIRST)[nth % 4], 1 + nth % 2)
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

        def act():
            deeds.file(order, status, self.now, Kind(kind), quantity=pieces)

        if self.succeeds("file", act, last is None or last.is_ended(self.now)):
            if last and last.over(self.now):
                self.tried["offer lapsed", "done"] += last.offer is not None
                last.end(last.deadline)
            self.told[place].append(Told(kind, pieces, self.now))

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
    unseen = [
        (verb, how) for verb in ["file", *VERBS] for how in ("done", "refused") if not Loop.tried[verb, how]
    ]
    assert not unseen, "the histories never came to these"
    assert Loop.tried["sweep", "done"]
    assert Loop.tried["offer accepted", "done"]
    assert Loop.tried["offer lapsed", "done"]
    assert Loop.tried["too much offered", "refused"]
    assert Loop.tried["call late", "done"]
