"""The nouns: orders, claims and all that belongs to them; what members chose and had done."""

from claims.models.attachment import Attachment
from claims.models.bulk import BulkRun
from claims.models.claim import REASON_MAX, Claim, ClaimQuerySet
from claims.models.event import ClaimEvent
from claims.models.job import ExportJob, ImportJob, Job, JobState
from claims.models.order import FOLDED_NUMBERS, Order
from claims.models.preference import GridSetting, SavedView
from claims.models.processing import HoldReason, RefundHold, Reshipment
from claims.models.withdrawal import Channel, Outcome, RejectionReason, Withdrawal

__all__ = [
    "FOLDED_NUMBERS",
    "REASON_MAX",
    "Attachment",
    "BulkRun",
    "Channel",
    "Claim",
    "ClaimEvent",
    "ClaimQuerySet",
    "ExportJob",
    "GridSetting",
    "HoldReason",
    "ImportJob",
    "Job",
    "JobState",
    "Order",
    "Outcome",
    "RefundHold",
    "RejectionReason",
    "Reshipment",
    "SavedView",
    "Withdrawal",
]
