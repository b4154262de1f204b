"""Sending the mails of notices: at least once, and never twice knowingly (SPEC 5)."""

from __future__ import annotations

import hashlib
import logging
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone, translation

from messaging import notices
from messaging.models import Notice

log = logging.getLogger(__name__)

BATCH = 20


def send_due() -> int:
    """Send every mail that is due, and return how many went out.

    Each is leased for settings.NOTICE_LEASE_SECONDS first, sent outside any transaction and then
    marked; the lease of a sender that died runs out, and another sends the mail again under the same
    Message-ID. A failure is tried again later, and parked after settings.NOTICE_ATTEMPTS.
    """
    sent = 0
    while batch := _lease(now=timezone.now()):
        connection = get_connection()
        for notice in batch:
            sent += _send(notice, connection)
        connection.close()
    return sent


def send_again(notices: QuerySet[Notice], *, now: datetime) -> list[Notice]:
    """Make the mails among `notices` that were given up due again, as if never tried; returns those."""
    with transaction.atomic():
        given_up = Notice.objects.filter(pk__in=notices.values("pk"), mail=Notice.Mail.PARKED)
        due = list(given_up.select_for_update())
        Notice.objects.filter(pk__in=[notice.pk for notice in due]).update(
            mail=Notice.Mail.PENDING, attempts=0, next_attempt_at=now, leased_until=None
        )
    return due


def _lease(*, now: datetime) -> list[Notice]:
    free = Q(leased_until__isnull=True) | Q(leased_until__lte=now)
    due = Notice.objects.filter(free, mail=Notice.Mail.PENDING, next_attempt_at__lte=now)
    with transaction.atomic():
        keys = list(
            due.order_by("next_attempt_at", "pk")
            .select_for_update(skip_locked=True)
            .values_list("pk", flat=True)[:BATCH]
        )
        until = now + timedelta(seconds=settings.NOTICE_LEASE_SECONDS)
        Notice.objects.filter(pk__in=keys).update(leased_until=until, attempts=F("attempts") + 1)
    return list(
        Notice.objects.select_related(*notices.RELATED, "buyer__user", "member__user", "member__shop")
        .filter(pk__in=keys)
        .order_by("pk")
    )


def _send(notice: Notice, connection: BaseEmailBackend) -> bool:
    # Still ours, under our own lease: otherwise somebody else is sending it.
    mine = Notice.objects.filter(
        pk=notice.pk, mail=Notice.Mail.PENDING, leased_until=notice.leased_until, attempts=notice.attempts
    )
    if notice.leased_until is None or notice.leased_until <= timezone.now() or not mine.exists():
        return False
    if notices.is_obsolete(notice, now=timezone.now()):
        mine.update(mail=Notice.Mail.OBSOLETE, leased_until=None)
        return False
    try:
        _mail(notice, connection).send()
    except Exception as error:
        # One mail that cannot go must not hold the others. Its text may name the address: keep the kind only.
        connection.close()
        code = getattr(error, "smtp_code", "")
        log.warning("mail of notice %s failed: %s %s", notice.pk, type(error).__name__, code)
        parked = notice.attempts >= settings.NOTICE_ATTEMPTS
        mine.update(
            mail=Notice.Mail.PARKED if parked else Notice.Mail.PENDING,
            last_error=f"{type(error).__name__} {code}".strip(),
            next_attempt_at=timezone.now() + timedelta(minutes=min(2 ** (notice.attempts - 1), 60)),
            leased_until=None,
        )
        return False
    mine.update(mail=Notice.Mail.SENT, sent_at=timezone.now(), leased_until=None, last_error="")
    return True


def _mail(notice: Notice, connection: BaseEmailBackend) -> EmailMessage:
    address, language = notice.addressee()
    if not address:  # taken back since; Django would send to nobody and call it sent
        raise ValueError("no address")
    with translation.override(language):
        return EmailMessage(
            subject=notices.subject(notice),
            body=notices.mail_text(notice),
            to=[address],
            headers={"Message-ID": message_id(notice), "Auto-Submitted": "auto-generated"},
            connection=connection,
        )


def message_id(notice: Notice) -> str:
    """The same for every attempt at one notice, so that a second copy can be told."""
    digest = hashlib.sha256(notice.key.encode()).hexdigest()[:32]
    return f"<{digest}@{urlsplit(settings.PUBLIC_URL).hostname}>"
