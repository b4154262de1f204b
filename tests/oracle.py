"""The oracle: what SPEC 2 and 3 say becomes of a claim, in plain Python; it imports no rule."""

from tests.invariants import LATE_DAYS, LOCK_DAYS, midnight_after

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
# How far a claim of each kind is; a file moves it no step back.
RANKS = {
    "cancel": [{"cancel_requested"}, {"cancel_refunding"}, {"cancel_done"}],
    "return": [
        {"return_requested"},
        {"return_awaiting"},
        {"return_collected"},
        {"return_held", "return_refunding"},
        {"return_done"},
    ],
    "exchange": [
        {"exchange_requested"},
        {"exchange_approved", "exchange_late"},
        {"exchange_resending"},
        {"exchange_done"},
    ],
    "non_receipt": [
        {"notice_received"},
        {"notice_late"},
        {"notice_confirmed"},
        {"notice_refunded", "notice_resent"},
    ],
}
OVER = {*REFUNDED.values(), "notice_resent", "exchange_done", "withdrawn"}


class Told:
    """The oracle: one claim as SPEC 2 and 3 tell it."""

    def __init__(self, kind, pieces, now):
        self.kind, self.status, self.pieces = kind, FIRST[kind], pieces
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
            if self.status in OVER:
                self.end(now, self.status)

    def rank(self, status):
        return next((n for n, alike in enumerate(RANKS[self.kind]) if status in alike), 9)

    def hears(self, status, now):
        """What a file does that says `status`: True where it moves the claim, False where it agrees, or None."""
        have = self.effective(now)
        if have in ("asked", "on_hold"):
            return False if status == self.before else None  # a file knows of no request
        if (have, status) == ("exchange_late", "exchange_approved"):
            return not self.approved
        if have in (status, LATE.get(status)):
            return False
        if self.is_ended(now) or self.rank(status) < self.rank(have):
            return None
        if status == "withdrawn":  # every claim of the histories is filed here: its buyer is asked
            return None
        return True

    def is_told(self, status, now):
        """The file moved it."""
        if self.overdue(now):
            self.turn_late()
        timely = self.status in LATE and status in LATE
        self.held_from = None
        if status == "return_held":
            self.held_from = self.status if self.status == "return_refunding" else "return_collected"
        self.status, self.late = status, self.late if timely else None
        self.approved = self.approved or status == "exchange_approved"
        if status in OVER:
            self.end(now, status)
