"""Drafts: what is being written is kept until it is sent; no page writes over what it has not seen."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from claims import files as kept_files
from claims.models import Attachment, Order
from messaging.models import Category, Draft, Inquiry, Message
from qsm.accounts.models import Member


def of(member: Member, order: Order | None, channel: str) -> QuerySet[Draft]:
    """What `member` is writing about `order` on this channel, the last saved first."""
    return Draft.objects.filter(member=member, order=order, channel=channel)


@transaction.atomic
def save(
    member: Member,
    order: Order | None,
    channel: str,
    *,
    key: UUID,
    screen: UUID,
    read: UUID | None,
    category: Category,
    title: str,
    body: str,
    files: Sequence[Attachment],
    now: datetime,
) -> Draft | None:
    """Keep what stands on `screen`, a page whose message has the send key `key`, as the draft of that key.

    Where another page has saved something else in it since, which this one neither saved nor has `read`
    (the `saved_by` it was drawn with), both texts stay: this one becomes a draft of its own, with a new
    send key. Returns the draft; None where nothing is to be kept: no words and no files, or sent already.
    """
    lock(member)
    if Message.objects.filter(send_key=key).exists() or Inquiry.objects.filter(send_key=key).exists():
        return None  # this saving was on its way while it was sent
    draft = Draft.objects.filter(member=member, send_key=key).first()
    if draft and _is_somebody_elses(draft, order, channel, screen, read, (category, title, body)):
        draft, key = None, uuid.uuid4()
    if not body and not title and not files:
        if draft:
            draft.delete()
        return None
    draft = draft or Draft(member=member, order=order, channel=channel, send_key=key)
    draft.category, draft.title, draft.body = category, title, body
    draft.saved_by, draft.saved_at = screen, now
    draft.save()
    draft.files.set(files)
    return draft


@transaction.atomic
def discard(draft: Draft) -> None:
    """Throw a draft away, and its files where no other draft has them."""
    files = list(draft.files.all())
    draft.delete()
    kept_files.discard([file for file in files if not file.drafts.exists()])


def sent(key: UUID, member: Member) -> None:
    """What had this send key has become a message: its draft goes, in the same transaction."""
    Draft.objects.filter(member=member, send_key=key).delete()


def lock(member: Member) -> None:
    """Saving and sending of one member come one after the other, so that no draft outlives its message."""
    Member.objects.select_for_update(no_key=True).filter(pk=member.pk).first()


def _is_somebody_elses(
    draft: Draft,
    order: Order | None,
    channel: str,
    screen: UUID,
    read: UUID | None,
    words: tuple[Category, str, str],
) -> bool:
    if (draft.order_id, draft.channel) != (order and order.pk, channel):
        return True
    known = draft.saved_by in (screen, read)
    return not known and (draft.category, draft.title, draft.body) != words
