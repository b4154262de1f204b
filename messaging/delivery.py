"""Sending the mails of notices: at least once, and never twice knowingly (SPEC 5)."""

from __future__ import annotations

import logging
from contextlib import suppress
from datetime import datetime, timedelta
from smtplib import SMTPDataError, SMTPException, SMTPRecipientsRefused, SMTPServerDisconnected
from time import monotonic

from django.conf import settings
from django.core.mail import BadHeaderError, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from messaging import mails, notices
from messaging.models import Notice

log = logging.getLogger(__name__)

BATCH = 20
BACK_OFF_MAX = 60  # minutes
CLOSING = 421  # 「service not available, closing transmission channel」


class ServerGone(Exception):
    """The mail server hung up or fell silent in the middle of a mail."""


def send_due() -> int:
    """Send every mail that is due, and return how many went out.

    Each is leased for settings.NOTICE_LEASE_SECONDS first, sent outside any transaction and then
    marked; the lease of a sender that died runs out, and another sends the mail again under the same
    Message-ID. What the server refuses is tried again later and parked in the end (`_failed`). Where the
    server itself cannot be reached, or is lost twice on end, the run ends and the rest is given back
    untried: the next tick begins anew. No mail is begun after settings.NOTICE_RUN_SECONDS.
    """
    over = monotonic() + settings.NOTICE_RUN_SECONDS
    sent = lost = 0
    connection = get_connection()
    try:
        while batch := _lease(now=timezone.now()):
            for at, notice in enumerate(batch):
                if lost == 2 or monotonic() > over or not _open(connection):
                    _give_back(batch[at:])
                    return sent
                try:
                    sent += _send(notice, connection)
                    lost = 0
                except ServerGone:
                    lost += 1
    finally:
        _close(connection)
    return sent


def send_again(notices: QuerySet[Notice], *, now: datetime) -> list[Notice]:
    """Make the mails among `notices` that were given up due again, as if never tried; returns those."""
    with transaction.atomic():
        given_up = Notice.objects.parked().filter(pk__in=notices.values("pk"))
        due = list(given_up.select_for_update())
        Notice.objects.filter(pk__in=[notice.pk for notice in due]).update(
            mail=Notice.Mail.PENDING, attempts=0, failing_since=None, next_attempt_at=now, leased_until=None
        )
    return due


def _lease(*, now: datetime) -> list[Notice]:
    free = Q(leased_until__isnull=True) | Q(leased_until__lte=now)
    due = Notice.objects.filter(free, mail=Notice.Mail.PENDING, next_attempt_at__lte=now)
    with transaction.atomic():
        keys = list(
            due.order_by("attempts", "next_attempt_at", "pk")
            .select_for_update(skip_locked=True)
            .values_list("pk", flat=True)[:BATCH]
        )
        until = now + timedelta(seconds=settings.NOTICE_LEASE_SECONDS)
        Notice.objects.filter(pk__in=keys).update(leased_until=until)
    return list(Notice.objects.with_causes().filter(pk__in=keys).order_by("attempts", "pk"))


def _ours(notice: Notice) -> QuerySet[Notice]:
    """The notice while it is still leased by us: otherwise somebody else is sending it."""
    return Notice.objects.filter(pk=notice.pk, mail=Notice.Mail.PENDING, leased_until=notice.leased_until)


def _give_back(batch: list[Notice]) -> None:
    """Let others send these at once; none of them was tried."""
    for notice in batch:
        _ours(notice).update(leased_until=None)


def _open(connection: BaseEmailBackend) -> bool:
    try:
        connection.open()
    except OSError as error:  # SMTPException is one too
        log.warning("the mail server cannot be reached: %s", _kind(error))
        return False
    return True


def _close(connection: BaseEmailBackend) -> None:
    with suppress(OSError):
        connection.close()


def _send(notice: Notice, connection: BaseEmailBackend) -> bool:
    """Send one leased mail and mark it; whether it went out. Raises ServerGone after a mark of failure."""
    now = timezone.now()
    if notice.leased_until is None or notice.leased_until <= now:
        return False
    if notices.is_obsolete(notice, now=now):
        _ours(notice).update(mail=Notice.Mail.OBSOLETE, leased_until=None)
        return False
    # Counted before it is tried: a mail that kills its sender does not look untried for ever.
    if not _ours(notice).update(attempts=F("attempts") + 1):
        return False
    notice.attempts += 1
    try:
        mails.compose(notice, connection).send()
    except Exception as error:
        # One mail that cannot go must not hold the others. Its text may name the address: keep the kind only.
        log.warning("mail of notice %s failed: %s", notice.pk, _kind(error))
        _close(connection)
        _failed(notice, error)
        if _lost(error):
            raise ServerGone from error
        return False
    # Whoever holds the lease by now: it is sent.
    Notice.objects.filter(pk=notice.pk, mail=Notice.Mail.PENDING).update(
        mail=Notice.Mail.SENT, sent_at=timezone.now(), leased_until=None, failing_since=None, last_error=""
    )
    return True


def _failed(notice: Notice, error: Exception) -> None:
    """Try again after 1, 2, 4 … 60 minutes, or park.

    What will never be taken is parked after settings.NOTICE_ATTEMPTS; what may yet be (4xx, time-outs,
    our own errors) only when it has failed for settings.NOTICE_GIVE_UP_DAYS as well.
    """
    now = timezone.now()
    since = notice.failing_since or now
    patience = timedelta(0) if _for_ever(error) else timedelta(days=settings.NOTICE_GIVE_UP_DAYS)
    parked = notice.attempts >= settings.NOTICE_ATTEMPTS and now - since >= patience
    _ours(notice).update(
        mail=Notice.Mail.PARKED if parked else Notice.Mail.PENDING,
        last_error=_kind(error),
        failing_since=since,
        next_attempt_at=now + timedelta(minutes=min(2 ** min(notice.attempts - 1, 6), BACK_OFF_MAX)),
        leased_until=None,
    )


def _codes(error: Exception) -> list[int]:
    if isinstance(error, SMTPRecipientsRefused):
        return [code for code, _text in error.recipients.values()]
    code = getattr(error, "smtp_code", None)
    return [code] if isinstance(code, int) else []


def _kind(error: Exception) -> str:
    return " ".join([type(error).__name__, *map(str, _codes(error))])[:200]


def _for_ever(error: Exception) -> bool:
    """Whether this very mail will never be taken: 5xx for its recipient or its content, or no address."""
    if isinstance(error, SMTPRecipientsRefused | SMTPDataError):
        return all(code >= 500 for code in _codes(error))
    return isinstance(error, mails.Undeliverable | BadHeaderError | UnicodeError)


def _lost(error: Exception) -> bool:
    """Whether the server is gone: it hung up, fell silent, or said that it closes."""
    silent = isinstance(error, OSError) and not isinstance(error, SMTPException)
    return silent or isinstance(error, SMTPServerDisconnected) or CLOSING in _codes(error)
