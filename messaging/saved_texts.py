"""よく使う: the placeholders that a saved text may hold, and how they are filled in."""

from __future__ import annotations

import re
from datetime import datetime

from django.utils.translation import gettext as _

from claims import deadlines
from claims.eligibility import day
from claims.models import Claim, Order

PLACEHOLDERS = (
    "購入者名",
    "注文番号",
    "商品名",
    "ショップ名",
    "撤回期限",
    "配送会社",
    "送り状番号",
)
PLACEHOLDER = re.compile(r"\{([^{}\n]{1,20})\}")


def unknown(text: str) -> list[str]:
    """Names in braces that are no placeholder, so that a typing error is told when the text is saved."""
    return [name for name in dict.fromkeys(PLACEHOLDER.findall(text)) if name not in PLACEHOLDERS]


def has_placeholders(text: str) -> bool:
    """Whether `text` says something only together with an order."""
    return any(name in PLACEHOLDERS for name in PLACEHOLDER.findall(text))


def fill(text: str, order: Order | None, *, now: datetime, for_buyer: bool = True) -> str:
    """`text` with its placeholders filled from `order`, as its reader will see it.

    The buyer's name is full in what goes to himself, and masked for Qoo10 (SPEC 5).

    What the order does not have yet (no 送り状番号, no open claim) stays as 「（未定）」, to be seen
    and mended before sending. Without an order nothing is filled.
    """
    if order is None:
        return text
    claim = order.claims.order_by("-requested_at", "-pk").first()
    known = {
        "購入者名": order.buyer.name if for_buyer else order.buyer.masked_name,
        "注文番号": order.number,
        "商品名": order.item_title,
        "ショップ名": order.shop.name,
        "撤回期限": _deadline(claim, now),
        "配送会社": order.delivery_company,
        "送り状番号": order.tracking_number,
    }
    return PLACEHOLDER.sub(lambda match: _value(match, known), text)


def _value(match: re.Match[str], known: dict[str, str]) -> str:
    if match.group(1) not in known:
        return match.group()
    return known[match.group(1)] or _("（未定）")


def _deadline(claim: Claim | None, now: datetime) -> str:
    """The open request's last day; what it would be if asked now."""
    if claim is None:
        return ""
    over = (
        claim.deadline_at
        if claim.deadline_at and claim.deadline_at > now
        else deadlines.withdrawal_deadline(now)
    )
    return day(deadlines.last_day(over))
