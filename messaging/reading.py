"""WHAT the shop has read: the verbs that mark it (SPEC 5)."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet

from claims import access
from messaging.models import Message, Notice
from qsm.accounts.models import Member

UNREAD_CAP = 999  # beyond, a number says no more than that there are many


def open_message(message: Message, *, by: Member, now: datetime) -> None:
    """`by` opens what a buyer wrote: no longer bold for anybody. It does not answer it.

    The eyes of a read-only member change nothing: who has to answer still sees what is new.
    """
    if access.may_change(by):
        unseen = Message.objects.of_shop(by.shop).from_buyers().filter(pk=message.pk, seen_at__isnull=True)
        unseen.update(seen_at=now)


def open_notice(notice: Notice, *, by: Member, now: datetime) -> None:
    """`by` opens what the marketplace told the shop: 既読; not by a read-only member's eyes."""
    if access.may_change(by):
        mark_read(Notice.objects.filter(pk=notice.pk), by=by, now=now)


def mark_read(notices: QuerySet[Notice], *, by: Member, now: datetime) -> int:
    """既読にする. Returns how many were unread; raises PermissionDenied for a read-only member."""
    access.as_seller(by)
    return notices.filter(shop=by.shop, read_at__isnull=True).update(read_at=now)


def unread(member: Member) -> int:
    """How many of the marketplace's notices the shop has not opened, up to one more than UNREAD_CAP."""
    return Notice.objects.filter(shop=member.shop, read_at__isnull=True)[: UNREAD_CAP + 1].count()
