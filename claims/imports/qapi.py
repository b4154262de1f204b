"""The JSON answer of Qoo10's ShippingBasic.GetClaimInfo_V3: its fields under their names there, its codes."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Generator, Iterator
from typing import Any, BinaryIO

from django.utils.translation import gettext as _

from claims.entries import Entry
from claims.imports.reading import Unreadable
from claims.imports.rows import Wrong, pieces, put, yen
from claims.statuses import RETURNING, Kind, Status
from claims.texts import one_line

CHUNK = 1 << 16
OBJECT_MAX = 1_000_000  # characters of one row
HEAD_MAX = 10_000
RESULT = re.compile(r'"ResultCode"\s*:\s*"?(-?\d+)')
MESSAGE = re.compile(r'"ResultMsg"\s*:\s*("(?:[^"\\]|\\.){0,300}")')
ROWS = re.compile(r'\s*\[|\s*\{.*?"ResultObject"\s*:\s*\[', re.DOTALL)
FIELDS = {
    "orderNo": "number",
    "packNo": "cart_number",
    "itemCode": "item_code",
    "itemTitle": "item_title",
    "orderQty": "quantity",
    "paymentNation": "payment_nation",
    "paymentAmount": "total",
    "deliveryCompany": "delivery_company",
    "trackingNo": "tracking_number",
    "deliveryCompanyReturn": "pickup_method",
    "receiver": "receiver",
    "receiverTel": "receiver_tel",
    "receiverMobile": "receiver_mobile",
    "buyer": "buyer",
    "orderDate": "ordered",
    "shippingDate": "shipped",
    "DeliveredDate": "delivered",
    "requestDate": "requested",
    "cancelRefundDate": "completed",
    "reason": "reason",
}
DAYS = {"ordered", "shipped", "delivered", "requested", "completed"}
NO_DAY = ("0001-01-01", "1900-01-01", "0000-00-00")
# Its statuses (SPEC 2); of one that stands for several ours is the first that it surely is.
CODES: dict[int, tuple[Kind, Status, frozenset[Status]]] = {
    1: (Kind.CANCEL, Status.CANCEL_REQUESTED, frozenset()),
    2: (Kind.CANCEL, Status.CANCEL_REFUNDING, frozenset()),
    3: (Kind.CANCEL, Status.CANCEL_DONE, frozenset()),
    4: (Kind.RETURN, Status.RETURN_REQUESTED, frozenset()),
    5: (Kind.RETURN, Status.RETURN_AWAITING, RETURNING),
    6: (Kind.RETURN, Status.RETURN_DONE, frozenset()),
    11: (Kind.EXCHANGE, Status.EXCHANGE_REQUESTED, frozenset()),
    12: (Kind.EXCHANGE, Status.EXCHANGE_APPROVED, frozenset()),
    13: (Kind.EXCHANGE, Status.EXCHANGE_RESENDING, frozenset()),
    14: (Kind.NON_RECEIPT, Status.NOTICE_REFUNDED, frozenset()),
}
PARTIAL = 15
UNPAID = 16
# Kept as they are, in the language of the desk.
DUTY = {"SC": "未受取", "SL": "一部未受取"}
WISH = {"ND": "再配送希望", "NC": "返金希望"}


def entries(file: BinaryIO) -> Generator[Entry]:
    """The entries of an answer, one for each object of its ResultObject. Raises Unreadable."""
    text = io.TextIOWrapper(file, "utf-8-sig")
    try:
        for number, row in enumerate(_objects(text), 1):
            yield understand(number, row)
    except UnicodeDecodeError as error:
        raise Unreadable(_("文字を読み取れません。JSONはUTF-8で保存してください。")) from error
    finally:
        text.detach()


def _objects(text: io.TextIOBase) -> Iterator[dict[str, Any]]:
    broken = _("JSONとして読み取れません。GetClaimInfo_V3 の応答をそのまま保存したファイルを選んでください。")
    buffer = text.read(CHUNK)
    start = ROWS.match(buffer, 0, HEAD_MAX)
    head = buffer[: start.end() if start else HEAD_MAX]
    _refuse_error(head, buffer)
    if not start:
        raise Unreadable(broken)
    decoder = json.JSONDecoder()
    at = start.end()
    while True:
        rest = buffer[at:].lstrip(" \t\r\n,")
        if rest.startswith("]"):
            after = (rest + text.read(HEAD_MAX))[:HEAD_MAX]
            _refuse_error(after, after + head)
            return
        try:
            row, end = decoder.raw_decode(rest)
            # An end of the buffer may cut a row short, never make it whole.
            buffer, at = rest, end
        except (ValueError, RecursionError) as error:
            more = text.read(CHUNK)
            if not more or len(rest) > OBJECT_MAX or isinstance(error, RecursionError):
                raise Unreadable(broken) from error
            buffer, at = rest + more, 0
            continue
        if not isinstance(row, dict):
            raise Unreadable(broken)
        yield row


def _refuse_error(part: str, around: str) -> None:
    """Raises Unreadable where this part, before or after the rows, has a code of failure; its words are around."""
    code = RESULT.search(part)
    if code and int(code[1]) != 0:
        said = MESSAGE.search(around)
        message = json.loads(said[1]) if said else code[1]
        raise Unreadable(_("Qoo10がエラーを返した応答です：%s") % one_line(message)[:100])


def understand(number: int, row: dict[str, Any]) -> Entry:
    """The entry that an object of the answer makes; what cannot be taken is among its problems."""
    entry = Entry(number)
    for name, code in FIELDS.items():
        value = row.get(name)
        if value is None or value == "" or isinstance(value, dict | list):
            continue
        if code in DAYS and str(value).startswith(NO_DAY):
            continue
        try:
            put(entry, code, value)
        except Wrong as wrong:
            entry.says(code, str(wrong))
    if not entry.number and not entry.problems:
        entry.says("number", _("orderNo がありません。"))
    if str(row.get("currency") or "JPY").upper() != "JPY":
        entry.says("total", _("円の注文だけを取り込めます。"))
    try:
        _status(entry, row)
        _duty(entry, row)
    except Wrong as wrong:
        entry.says("status", str(wrong))
    return entry


def _status(entry: Entry, row: dict[str, Any]) -> None:
    text = one_line(str(row.get("claimStatus", "")))
    found = re.fullmatch(r"(\d{1,3})|.*\((\d{1,3})\)", text[:60])
    code = int(found[1] or found[2]) if found else 0
    if code == UNPAID:
        raise Wrong(_("未納の注文のキャンセル（16）は取り込みの対象外です。"))
    if code == PARTIAL:
        # Of the claim that was open, whatever its kind; else of a notice (未受取部分返金完了).
        entry.status = Status.PARTIALLY_REFUNDED
        entry.same = frozenset({Status.NOTICE_REFUNDED})
    elif code in CODES:
        entry.kind, entry.status, entry.same = CODES[code]
    else:
        raise Wrong(_("claimStatus「%s」は知られていない処理状態です。") % text[:30])
    if code in (PARTIAL, 14):
        if row.get("nrPartRefundCnt") and pieces_or_none(row["nrPartRefundCnt"]):
            entry.claim["quantity"] = pieces(row["nrPartRefundCnt"])
        if amount := yen(row.get("nrPartRefundBalance") or 0):
            entry.refund = amount


def pieces_or_none(value: object) -> int | None:
    """A number of pieces, None for none of them (0)."""
    return None if str(value).strip() in ("0", "0.0", "") else pieces(value)


def _duty(entry: Entry, row: dict[str, Any]) -> None:
    duty, wish = (str(row.get(name) or "").strip().upper() for name in ("nrDutyTarget", "nrSolType"))
    if duty in DUTY:
        entry.claim["non_receipt_reason"] = DUTY[duty]
        entry.claim["non_receipt_type"] = f"{DUTY[duty]}（{WISH[wish]}）" if wish in WISH else DUTY[duty]
