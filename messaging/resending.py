"""A form that is sent again: a double click, a second tab, or another text under the same send key."""

from __future__ import annotations

from typing import Any

from django.utils import dateformat, timezone
from django.utils.translation import gettext as _

from messaging.models import Inquiry, Message


def says(sent: Message | Inquiry, words: dict[str, Any]) -> bool:
    """Whether `sent` is what stands in the form: then it is no second message."""
    return (sent.title, sent.body) == (words["title"], words["body"])


def already_sent(sent: Message | Inquiry) -> str:
    """What the second click is told, on the way to what the first has sent."""
    return _("この内容は送信済みです（%s）。二重には送信していません。") % _at(sent)


def sent_otherwise(sent: Message | Inquiry) -> str:
    """Why another text is not sent at once by a form that has sent one."""
    text = _(
        "この画面のメッセージは、別の内容で送信済みです（%s）。入力した内容はまだ送信していません。"
        "続けて送る場合は、もう一度「送信」を押してください。"
    )
    return text % _at(sent)


def _at(sent: Message | Inquiry) -> str:
    return dateformat.format(timezone.localtime(sent.sent_at), "n/j G:i")
