"""A row of a sheet or a CSV, understood: every cell in its type, or why not."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any

from django.db.models import Field
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from claims.deadlines import JAPAN
from claims.entries import IN_LINES, Entry
from claims.models import Claim, Order
from claims.statuses import FACTS, Kind, Status, label
from claims.texts import flat, one_line, tidy

# Columns that are fields of the same name; of those under another name, the field.
ORDER_TEXTS = {
    "cart_number", "item_code", "item_title", "option", "option_code", "payment_nation", "payment_method",
    "receiver", "receiver_tel", "receiver_mobile", "delivery_company", "tracking_number", "shipping_country",
    "zip_code", "shipping_address", "external_ad",
}  # fmt: skip
CLAIM_TEXTS = {"reason", "reason_text", "pickup_method", "non_receipt_reason", "non_receipt_type"}
ORDER_DAYS = {"shipped": "shipped_on", "delivered": "delivered_on"}
MOST = 2_147_483_647  # what a column of the database holds
NUMBER = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]*")
DAY = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?"
    r"(?:[ T]?(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?(Z|[+-]\d{2}:\d{2})?)?"
)
BARE = re.compile(r"(\d{4})(\d{2})(\d{2})(?:(\d{2})(\d{2})(\d{2}))?")


class Wrong(Exception):
    """A cell that cannot be taken; the text says why."""


@cache
def statuses(language: str | None) -> dict[str, tuple[Kind | None, Status]]:
    """Every way to write 処理状態 in the active `language`: as the grid shows it, bare where that tells the kind."""
    found: dict[str, tuple[Kind | None, Status]] = {}
    for status, facts in FACTS.items():
        for kind in facts.kinds:
            found[one_line(label(kind, status))] = (kind, status)
        if len(facts.kinds) == 1:
            found.setdefault(one_line(str(status.label)), (next(iter(facts.kinds)), status))
    return found


def understand(line: int, cells: Mapping[str, object]) -> Entry:
    """The entry that a row's cells make; what cannot be taken is among its problems."""
    entry = Entry(line)
    for code, cell in cells.items():
        try:
            put(entry, code, cell)
        except Wrong as wrong:
            entry.says(code, str(wrong))
    if not entry.number and not any(problem.column == "number" for problem in entry.problems):
        entry.says("number", _("空欄です。注文番号を入力してください。"))
    return entry


def put(entry: Entry, code: str, cell: object) -> None:
    """Note one cell of a row. Raises Wrong."""
    special: dict[str, Callable[[Entry, object], None]] = {
        "number": _number,
        "status": _status,
        "quantity": lambda entry, cell: entry.order.update(quantity=pieces(cell)),
        "claimed_quantity": lambda entry, cell: entry.claim.update(quantity=pieces(cell)),
        "total": lambda entry, cell: entry.order.update(total=yen(cell)),
        "total_and_method": _total_and_method,
        "receiver_phones": _phones,
    }
    if code in special:
        special[code](entry, cell)
    elif code in ORDER_TEXTS:
        if text := short(cell, Order._meta.get_field(code)):
            entry.order[code] = text
    elif code in CLAIM_TEXTS:
        if text := short(cell, Claim._meta.get_field(code), lines=code in IN_LINES):
            entry.claim[code] = text
    elif code in ORDER_DAYS:
        when = moment(cell)
        entry.order[ORDER_DAYS[code]] = when.astimezone(JAPAN).date() if isinstance(when, datetime) else when
    elif code in ("ordered", "requested", "completed"):
        setattr(entry, code, moment(cell))
    elif code == "refunded":
        entry.refunded = yen(cell)
    elif code == "buyer":
        entry.buyer = _within(words(cell), 100)
    elif code == "mail":
        entry.mail = words(cell).lower()
    elif code == "shop":
        entry.shop_name = words(cell)
    elif code == "claim_number":
        entry.claim_number = one_line(words(cell))


def words(cell: object) -> str:
    """A cell as text, on one line; 639113330.0 of a sheet is 639113330."""
    return flat(_written(cell))


def _written(cell: object) -> str:
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    if isinstance(cell, datetime):
        return f"{cell:%Y/%m/%d}"
    return tidy(str(cell))


def short(cell: object, field: Any, *, lines: bool = False) -> str:
    """A text that fits its field. Raises Wrong."""
    text = _written(cell) if lines else words(cell)
    most = field.max_length if isinstance(field, Field) else None
    return _within(text, most or 1000)


def _within(text: str, most: int) -> str:
    if len(text) > most:
        raise Wrong(
            _("%(most)s文字までです（%(length)s文字あります）。") % {"most": most, "length": len(text)}
        )
    return text


def yen(cell: object) -> int:
    """A whole amount, 0 or more: 1899, 「1,899円」, 「¥1,899」. Raises Wrong."""
    text = one_line(_written(cell)).strip("¥\\円 ").replace(",", "")
    return _whole(text, least=0, wrong=_("「%s」は金額ではありません。0以上の整数（円）にしてください。"))


def pieces(cell: object) -> int:
    """A number of pieces, 1 or more. Raises Wrong."""
    text = one_line(_written(cell)).removesuffix("個").replace(",", "")
    return _whole(text, least=1, wrong=_("「%s」は数量ではありません。1以上の整数にしてください。"))


def _whole(text: str, *, least: int, wrong: str) -> int:
    refused = Wrong(wrong % text[:30])
    if len(text) > 30:
        raise refused
    try:
        value = Decimal(text)
        if not value.is_finite() or value != value.to_integral_value() or not least <= value <= MOST:
            raise refused
    except InvalidOperation:
        raise refused from None
    return int(value)


def moment(cell: object) -> date:
    """A day, or an instant where the cell tells the time too (of Japan, if it names no zone). Raises Wrong."""
    if isinstance(cell, datetime):
        at_midnight = not (cell.hour or cell.minute or cell.second)
        found: date = cell.date() if at_midnight else cell.replace(tzinfo=JAPAN, microsecond=0)
    elif isinstance(cell, date):
        found = cell
    else:
        found = _moment_of(one_line(_written(cell)))
    if not 2000 <= found.year <= 2099:
        raise Wrong(_("2000年から2099年までの日付にしてください。"))
    return found


def _moment_of(text: str) -> date:
    wrong = Wrong(_("「%s」は日付ではありません。2021/07/29 の形にしてください。") % text[:30])
    match = DAY.fullmatch(text) or BARE.fullmatch(text)
    if not match:
        raise wrong
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
    zone_of = match[7] if match.re is DAY else None
    try:
        if match[4] is None:
            return date(year, month, day)
        zone = datetime.fromisoformat(f"2000-01-01T00:00{zone_of}").tzinfo if zone_of else JAPAN
        return datetime(year, month, day, hour, minute, second, tzinfo=zone or UTC)
    except (ValueError, OverflowError):
        raise wrong from None


def _number(entry: Entry, cell: object) -> None:
    text = one_line(_written(cell))
    if len(text) > 20 or not NUMBER.fullmatch(text):
        raise Wrong(_("「%s」は注文番号ではありません。英数字20文字までです。") % text[:30])
    entry.number = text


def _status(entry: Entry, cell: object) -> None:
    text = one_line(_written(cell))
    known = statuses(get_language())
    if text not in known:
        if text in {one_line(str(status.label)) for status in Status}:
            raise Wrong(_("「%s」の前に種類を付けてください（例：返品：%s）。") % (text[:30], text[:30]))
        raise Wrong(_("「%s」という処理状態はありません。一覧の表記にしてください。") % text[:30])
    entry.kind, entry.status = known[text]


def _total_and_method(entry: Entry, cell: object) -> None:
    amount, _slash, method = _written(cell).partition("/")
    entry.order["total"] = yen(amount)
    if method := short(method, Order._meta.get_field("payment_method")):
        entry.order["payment_method"] = method


def _phones(entry: Entry, cell: object) -> None:
    fixed, _slash, mobile = words(cell).partition("/")
    for name, text in (("receiver_tel", fixed), ("receiver_mobile", mobile)):
        if text := short(text, Order._meta.get_field(name)):
            entry.order[name] = text
