"""The columns of the grid, of 取引情報 and of the files: their labels, what stands in them, how it is written."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from claims import deadlines
from claims.models import Claim, GridSetting
from claims.statuses import Status
from qsm.accounts.models import Member

Value = str | int | date | None
Reader = Callable[[Claim, datetime], Value]


class Written(Enum):
    """How a column's values are written: in a cell of the grid, in a cell of a file."""

    TEXT = "text"
    NUMBER = "number"  # digits that name something: text everywhere, never calculated with
    DATE = "date"  # a day in Japan
    COUNT = "count"
    YEN = "yen"


@dataclass(frozen=True)
class Column:
    """A fact about a claim or its order. `code` stands in addresses and in what members have chosen.

    `read(claim, now)` is the whole fact, of a claim with `order__buyer` and `shop` at hand; `listed`, where
    it is given, is what lists may show of it (SPEC 5: names are masked). `sort` is the field of Claim that
    orders the grid by this column, empty where the grid does not offer it.
    """

    code: str
    label: Promise | str
    read: Reader
    written: Written = Written.TEXT
    in_grid: bool = False
    sort: str = ""
    listed: Reader | None = None
    width: int = 14  # characters of a file's column, full-width ones counted twice

    def shown(self, claim: Claim, now: datetime) -> Value:
        """What a list of many claims shows."""
        return (self.listed or self.read)(claim, now)


def _day(instant: datetime | None) -> date | None:
    return deadlines.day_in_japan(instant) if instant else None


def _refunded(claim: Claim, now: datetime) -> int:
    """What the order was given back, with the offer that has lapsed and the sweep has yet to record."""
    lapsed = (claim.offer or 0) if claim.has_lapsed(now) else 0
    return claim.order.refunded + lapsed


def _last_day(claim: Claim, now: datetime) -> date | None:
    if claim.effective_status(now) != Status.ASKED or claim.deadline_at is None:
        return None
    return deadlines.last_day(claim.deadline_at)


def _grid() -> Iterable[Column]:
    """The guide's twelve and 撤回期限, as the grid shows them at first (SPEC 4.2)."""
    yield Column(
        "status", _("処理状態"), lambda c, now: c.status_label(now), in_grid=True, sort="status", width=24
    )
    yield Column(
        "completed",
        _("キャンセル/返品完了日"),
        lambda c, now: _day(c.effectively_completed_at(now)),
        Written.DATE,
        in_grid=True,
        sort="completed_at",
        width=22,
    )
    yield Column("reason", _("キャンセル/返品理由"), lambda c, now: c.reason, in_grid=True, width=24)
    yield Column("non_receipt_reason", _("未受取理由"), lambda c, now: c.non_receipt_reason, in_grid=True)
    yield Column(
        "requested",
        _("キャンセル/返品要請日"),
        lambda c, now: _day(c.requested_at),
        Written.DATE,
        in_grid=True,
        sort="requested_at",
        width=22,
    )
    yield Column("pickup_method", _("返品の回収方法"), lambda c, now: c.pickup_method, in_grid=True, width=22)
    yield Column(
        "ordered",
        _("注文日"),
        lambda c, now: _day(c.ordered_at),
        Written.DATE,
        in_grid=True,
        sort="ordered_at",
    )
    yield Column("shipped", _("発送日"), lambda c, now: c.order.shipped_on, Written.DATE, in_grid=True)
    yield Column("deadline", _("撤回期限"), _last_day, Written.DATE, in_grid=True, sort="deadline_at")
    yield Column(
        "number", _("注文番号"), lambda c, now: c.order.number, Written.NUMBER, in_grid=True, sort="number"
    )
    yield Column(
        "cart_number", _("カート番号"), lambda c, now: c.order.cart_number, Written.NUMBER, in_grid=True
    )
    yield Column("item_code", _("商品番号"), lambda c, now: c.order.item_code, Written.NUMBER, in_grid=True)


def _pane() -> Iterable[Column]:
    """What 取引情報 shows beside them (SPEC 4.3); the pane's 要請日, 完了日 and 商品発送日 are the grid's."""
    yield Column("item_title", _("商品名"), lambda c, now: c.order.item_title, width=40)
    yield Column("quantity", _("数量"), lambda c, now: c.order.quantity, Written.COUNT, width=8)
    yield Column("option", _("オプション情報"), lambda c, now: c.order.option, width=30)
    yield Column("option_code", _("オプションコード"), lambda c, now: c.order.option_code, width=18)
    yield Column("payment_nation", _("決済サイト"), lambda c, now: c.order.payment_nation, width=12)
    yield Column("total", _("注文金額の合計"), lambda c, now: c.order.total, Written.YEN, width=16)
    yield Column("payment_method", _("決済手段"), lambda c, now: c.order.payment_method, width=16)
    yield Column("refunded", _("返金済み金額"), _refunded, Written.YEN)
    yield Column(
        "buyer",
        _("購入者名"),
        lambda c, now: c.order.buyer.name,
        listed=lambda c, now: c.order.buyer.masked_name,
        width=18,
    )
    yield Column("receiver", _("受取人名"), lambda c, now: c.order.receiver, width=18)
    yield Column(
        "receiver_tel",
        _("受取人連絡先 (固定)"),
        lambda c, now: c.order.receiver_tel,
        Written.NUMBER,
        width=20,
    )
    yield Column(
        "receiver_mobile",
        _("受取人連絡先 (携帯)"),
        lambda c, now: c.order.receiver_mobile,
        Written.NUMBER,
        width=20,
    )
    yield Column("delivery_company", _("配送会社"), lambda c, now: c.order.delivery_company)
    yield Column(
        "tracking_number", _("送り状番号"), lambda c, now: c.order.tracking_number, Written.NUMBER, width=18
    )
    yield Column("delivered", _("配達完了日"), lambda c, now: c.order.delivered_on, Written.DATE)
    yield Column("shipping_country", _("配送先の国"), lambda c, now: c.order.shipping_country)
    yield Column("zip_code", _("郵便番号"), lambda c, now: c.order.zip_code, Written.NUMBER)
    yield Column("shipping_address", _("配送先"), lambda c, now: c.order.shipping_address, width=40)
    yield Column("non_receipt_type", _("未受取タイプ"), lambda c, now: c.non_receipt_type, width=18)
    yield Column("external_ad", _("外部広告"), lambda c, now: c.order.external_ad)
    yield Column("claimed_quantity", _("申請数量"), lambda c, now: c.quantity, Written.COUNT, width=10)
    yield Column("reason_text", _("理由の詳細"), lambda c, now: c.reason_text, width=40)
    yield Column("shop", _("販売者名"), lambda c, now: c.shop.name, width=18)
    yield Column("claim_number", _("クレーム番号"), lambda c, now: c.number, Written.NUMBER, width=16)


COLUMNS: dict[str, Column] = {column.code: column for column in (*_grid(), *_pane())}
GRID: tuple[str, ...] = tuple(column.code for column in COLUMNS.values() if column.in_grid)


ALWAYS = "number"  # its link opens the claim


def visible_columns(member: Member) -> tuple[Column, ...]:
    """The columns of the grid of `member`, in the order that he has chosen."""
    return columns_of(GridSetting.of(member).columns)


def columns_of(codes: list[str]) -> tuple[Column, ...]:
    """The columns with these codes, 注文番号 in any case; the guide's where none is left.

    What is no code (of a column that a later version has dropped) is passed over.
    """
    known = [code for code in dict.fromkeys(codes) if code in COLUMNS] or list(GRID)
    return tuple(COLUMNS[code] for code in (known if ALWAYS in known else [ALWAYS, *known]))
