"""WHAT changes: the verbs, the only hands that move a claim (the table is moves.py)."""

from claims.transitions.filing import drop_claim, file_claim, request_claim
from claims.transitions.importing import Seen, check_entries, take_entries
from claims.transitions.lateness import call_late
from claims.transitions.loop import (
    accept_withdrawal,
    cancel_withdrawal,
    reject_withdrawal,
    repeat_withdrawal,
    request_withdrawal,
)
from claims.transitions.move import Refused
from claims.transitions.processing import (
    approve_claim,
    collect_goods,
    complete_exchange,
    complete_refund,
    hold_refund,
    release_refund,
    resend,
    start_refund,
)
from claims.transitions.settling import settle_claim
from claims.transitions.sweep import Sweep, complete_lapsed

__all__ = [
    "Refused",
    "Seen",
    "Sweep",
    "accept_withdrawal",
    "approve_claim",
    "call_late",
    "cancel_withdrawal",
    "check_entries",
    "collect_goods",
    "complete_exchange",
    "complete_lapsed",
    "complete_refund",
    "drop_claim",
    "file_claim",
    "hold_refund",
    "reject_withdrawal",
    "release_refund",
    "repeat_withdrawal",
    "request_claim",
    "request_withdrawal",
    "resend",
    "settle_claim",
    "start_refund",
    "take_entries",
]
