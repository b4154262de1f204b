"""顧客ごと, 商品ごと: a shop's messages gathered by buyer or item, who waits longest first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Count, F, Max, Min, Q, QuerySet

from messaging.models import Message, MessageQuerySet, State

BY = {"customers": "buyer_id", "items": "item_code"}  # view → what its groups have in common


@dataclass(frozen=True)
class Group:
    """The messages of one buyer or about one item: how many, the newest, and since when one is unanswered."""

    key: Any
    count: int
    unanswered: int
    in_progress: int
    newest: Message
    waiting_since: datetime | None


def grouped(messages: MessageQuerySet, view: str) -> QuerySet[Any, Any]:
    """`messages` by what `view` gathers, the oldest unanswered first, then the newest.

    Counts and times only: one index holds them all (Message.Meta).
    """
    # Of columns that the index holds, never of the key: that would read the rows themselves.
    waiting = Q(state=State.UNANSWERED)
    return (
        messages.order_by()
        .values(key=F(BY[view]))
        .annotate(
            count=Count("*"),
            unanswered=Count("state", filter=waiting),
            in_progress=Count("state", filter=Q(state=State.IN_PROGRESS)),
            newest_at=Max("sent_at"),
            waiting_since=Min("sent_at", filter=waiting),
        )
        .order_by(F("waiting_since").asc(nulls_last=True), F("newest_at").desc(), "key")
    )


def with_newest(messages: MessageQuerySet, view: str, rows: Iterable[dict[str, Any]]) -> list[Group]:
    """The rows of one page of `grouped`, each with its newest message; one query more, however many."""
    rows = list(rows)
    if not rows:
        return []
    each = (Q(**{BY[view]: row["key"], "sent_at": row["newest_at"]}) for row in rows)
    newest = {}
    for message in messages.filter(reduce(or_, each)).select_related("order__buyer").order_by("pk"):
        newest[getattr(message, BY[view])] = message  # of two at one instant the later written
    return [
        Group(
            key=row["key"],
            count=row["count"],
            unanswered=row["unanswered"],
            in_progress=row["in_progress"],
            newest=newest[row["key"]],
            waiting_since=row["waiting_since"],
        )
        for row in rows
        if row["key"] in newest  # written between the two queries
    ]
