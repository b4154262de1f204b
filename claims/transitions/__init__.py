"""WHAT changes: the verbs, the only hands that move a claim (the table is moves.py)."""

from claims.transitions.filing import drop_claim, file_claim, request_claim
from claims.transitions.loop import (
    accept_withdrawal,
    cancel_withdrawal,
    reject_withdrawal,
    repeat_withdrawal,
    request_withdrawal,
)
from claims.transitions.move import Refused
from claims.transitions.processing import approve_claim
from claims.transitions.sweep import Sweep, complete_lapsed

__all__ = [
    "Refused",
    "Sweep",
    "accept_withdrawal",
    "approve_claim",
    "cancel_withdrawal",
    "complete_lapsed",
    "drop_claim",
    "file_claim",
    "reject_withdrawal",
    "repeat_withdrawal",
    "request_claim",
    "request_withdrawal",
]
