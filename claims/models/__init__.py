"""The nouns: Order, Claim, Withdrawal, ClaimEvent, Attachment."""

from claims.models.attachment import Attachment
from claims.models.claim import REASON_MAX, Claim, ClaimQuerySet
from claims.models.event import ClaimEvent
from claims.models.order import Order
from claims.models.withdrawal import Channel, Outcome, RejectionReason, Withdrawal

__all__ = [
    "REASON_MAX",
    "Attachment",
    "Channel",
    "Claim",
    "ClaimEvent",
    "ClaimQuerySet",
    "Order",
    "Outcome",
    "RejectionReason",
    "Withdrawal",
]
