"""The nouns: Order, Claim, Withdrawal, ClaimEvent, RefundHold, Reshipment, Attachment, jobs on files."""

from claims.models.attachment import Attachment
from claims.models.claim import REASON_MAX, Claim, ClaimQuerySet
from claims.models.event import ClaimEvent
from claims.models.job import ExportJob, ImportJob, Job, JobState
from claims.models.order import Order
from claims.models.processing import HoldReason, RefundHold, Reshipment
from claims.models.withdrawal import Channel, Outcome, RejectionReason, Withdrawal

__all__ = [
    "REASON_MAX",
    "Attachment",
    "Channel",
    "Claim",
    "ClaimEvent",
    "ClaimQuerySet",
    "ExportJob",
    "HoldReason",
    "ImportJob",
    "Job",
    "JobState",
    "Order",
    "Outcome",
    "RefundHold",
    "RejectionReason",
    "Reshipment",
    "Withdrawal",
]
