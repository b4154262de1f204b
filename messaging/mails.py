"""What the mail of a notice looks like: text and HTML, headers, links."""

from __future__ import annotations

import hashlib
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.core.validators import validate_email
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from claims import links
from messaging import mail_choices, notices
from messaging.models import Notice


class Undeliverable(Exception):
    """The notice can be mailed to nobody: its reader has no address, or one that is none."""


def compose(notice: Notice, connection: BaseEmailBackend | None = None) -> EmailMultiAlternatives:
    """The mail of `notice`, in its reader's language. Raises Undeliverable."""
    to = _address_of(notice)
    with translation.override(notice.language or settings.LANGUAGE_CODE):
        context = _context(notice)
        mail = EmailMultiAlternatives(
            subject=context["subject"],
            body=render_to_string("messaging/mail.txt", context),
            to=[to],
            headers=_headers(notice, context["unsubscribe"]),
            connection=connection,
        )
        mail.attach_alternative(render_to_string("messaging/mail.html", context), "text/html")
    return mail


def message_id(notice: Notice) -> str:
    """The same for every attempt at one notice, so that a second copy can be told."""
    digest = hashlib.sha256(notice.key.encode()).hexdigest()[:32]
    return f"<{digest}@{urlsplit(settings.PUBLIC_URL).hostname}>"


def address(notice: Notice) -> str:
    """The absolute address that the mail names; for a request, the link that needs no login."""
    if request := notices.asked_for(notice):
        return settings.PUBLIC_URL + reverse("withdrawal_link", args=[links.sign(request.pk)])
    return settings.PUBLIC_URL + notices.path(notice)


def unsubscribe_address(notice: Notice) -> str:
    """The absolute address that switches mails like this one off; empty where that cannot be (SPEC 5)."""
    reader = notice.reader
    group = mail_choices.group_of(notice.topic, reader) if reader else None
    if reader is None or group is None:
        return ""
    return settings.PUBLIC_URL + reverse("unsubscribe", args=[mail_choices.sign(reader, group)])


def _address_of(notice: Notice) -> str:
    to = notice.buyer.mail_address if notice.buyer else notice.member.user.email if notice.member else ""
    try:
        validate_email(to)  # else Django would send to nobody and call it sent, or to two at once
    except ValidationError:
        raise Undeliverable from None
    return to


def _context(notice: Notice) -> dict[str, Any]:
    return {
        "language": translation.get_language(),
        "subject": notices.subject(notice),
        "text": notices.text(notice),
        "address": address(notice),
        "needs_answer": notice.needs_answer,
        "unsubscribe": unsubscribe_address(notice),
    }


def _headers(notice: Notice, unsubscribe: str) -> dict[str, str]:
    headers = {"Message-ID": message_id(notice), "Auto-Submitted": "auto-generated"}
    if unsubscribe:  # RFC 8058: the reader's mail program posts there, with one click and no login
        headers |= {
            "List-Unsubscribe": f"<{unsubscribe}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        }
    return headers
