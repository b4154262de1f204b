"""Enclosure: what a shop sends along with a request, a partial refund, a proof of shipping and files (SPEC 3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from claims.models import Attachment


@dataclass(frozen=True)
class Enclosure:
    """What comes with one attempt, each attempt anew; all of it may be missing.

    `offer` is in whole yen; `files` are unsent attachments of whoever asks.
    """

    offer: int | None = None
    delivery_company: str = ""
    tracking_number: str = ""
    files: Sequence[Attachment] = ()


NOTHING = Enclosure()
