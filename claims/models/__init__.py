"""The nouns: Order, Claim, Withdrawal, ClaimEvent, Attachment, and what members chose and had done."""

from claims.models.attachment import Attachment
from claims.models.bulk import BulkRun
from claims.models.claim import REASON_MAX, Claim, ClaimQuerySet
from claims.models.event import ClaimEvent
from claims.models.order import FOLDED_NUMBERS, FOLDED_WORDS, Order
from claims.models.preference import GridSetting, SavedView
from claims.models.withdrawal import Channel, Outcome, RejectionReason, Withdrawal

__all__ = [
    "FOLDED_NUMBERS",
    "FOLDED_WORDS",
    "REASON_MAX",
    "Attachment",
    "BulkRun",
    "Channel",
    "Claim",
    "ClaimEvent",
    "ClaimQuerySet",
    "GridSetting",
    "Order",
    "Outcome",
    "RejectionReason",
    "SavedView",
    "Withdrawal",
]
