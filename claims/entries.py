"""WHETHER a row of an imported file may be taken: what it asks of an order and a claim, and why not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from claims import deadlines, money
from claims.models import Claim, Order
from claims.statuses import ASKABLE, ENDED, IN_LOOP, LATE_OF, OPEN, REFUNDED_IN_FULL, Kind, Status, label
from claims.texts import flat, one_line, tidy
from qsm.accounts.models import Shop

# How far a claim is: a file moves it to the same rank or a higher one, never back.
RANK: dict[Status, int] = {
    Status.CANCEL_REQUESTED: 0,
    Status.CANCEL_REFUNDING: 1,
    Status.CANCEL_DONE: 2,
    Status.RETURN_REQUESTED: 0,
    Status.RETURN_AWAITING: 1,
    Status.RETURN_COLLECTED: 2,
    Status.RETURN_HELD: 3,
    Status.RETURN_REFUNDING: 3,
    Status.RETURN_DONE: 4,
    Status.EXCHANGE_REQUESTED: 0,
    Status.EXCHANGE_LATE: 1,
    Status.EXCHANGE_APPROVED: 1,
    Status.EXCHANGE_RESENDING: 2,
    Status.EXCHANGE_DONE: 3,
    Status.NOTICE_RECEIVED: 0,
    Status.NOTICE_LATE: 1,
    Status.NOTICE_CONFIRMED: 2,
    Status.NOTICE_REFUNDED: 3,
    Status.NOTICE_RESENT: 3,
    Status.PARTIALLY_REFUNDED: 9,
    Status.WITHDRAWN: 9,
}
# A withdrawal needs the buyer's word (SPEC 3), and a file tells nobody: it may bring a claim that ended so
# elsewhere, and end so a claim that itself came by a file, never one that was filed here.
WITHDRAWALS = frozenset({Status.PARTIALLY_REFUNDED, Status.WITHDRAWN})
# What was bought stays as it was; a file that says otherwise speaks of another order.
FIXED = {"item_code", "quantity", "total"}
IN_LINES = {"reason_text"}  # the only text of a file that may have several lines
NEEDED = ("item_code", "item_title", "total")  # and 注文日 and 購入者名: without them there is no order


@dataclass(frozen=True)
class Problem:
    """Why a row is not taken: in which column (columns.py), in words."""

    column: str
    text: str


@dataclass
class Entry:
    """A row as it was understood. A date is a whole day in Japan, a datetime an instant.

    `order` and `claim` are the fields of their models that the row tells; what it leaves empty it does not
    tell. `same` are statuses that its source cannot tell from `status`.
    """

    line: int
    number: str = ""
    order: dict[str, Any] = field(default_factory=dict)
    ordered: date | None = None
    buyer: str = ""
    mail: str = ""
    shop_name: str = ""
    kind: Kind | None = None
    status: Status | None = None
    same: frozenset[Status] = frozenset()
    requested: date | None = None
    completed: date | None = None
    refunded: int | None = None  # the order's, all claims together
    refund: int | None = None  # this claim's alone
    claim: dict[str, Any] = field(default_factory=dict)
    claim_number: str = ""
    problems: list[Problem] = field(default_factory=list)

    def says(self, column: str, text: str) -> None:
        """Note why it cannot be taken."""
        self.problems.append(Problem(column, text))


@dataclass
class Plan:
    """What taking an entry changes; nothing where it may not be taken (the entry's problems say why)."""

    entry: Entry
    new_order: bool = False
    order: dict[str, Any] = field(default_factory=dict)
    found: Claim | None = None
    kind: Kind | None = None
    new_claim: bool = False
    to: Status | None = None
    completed_at: datetime | None = None
    refund: int | None = None  # None where the share of the claimed quantity counts
    claim: dict[str, Any] = field(default_factory=dict)

    @property
    def changes(self) -> bool:
        """Whether anything would be written."""
        return bool(self.new_order or self.new_claim or self.order or self.claim or self.to)


def day(moment: date) -> date:
    """The day in Japan of a day or an instant."""
    return deadlines.day_in_japan(moment) if isinstance(moment, datetime) else moment


def instant(moment: date, *, now: datetime, end: bool = False) -> datetime:
    """A day as an instant of it, its first or (`end`) its last that is not after `now`."""
    if isinstance(moment, datetime):
        return moment
    if not end:
        return deadlines.midnight(moment)
    return min(now, deadlines.midnight(moment + timedelta(days=1)) - timedelta(seconds=1))


def plan(
    entry: Entry, *, shop: Shop, order: Order | None, known: bool, claims: Sequence[Claim], now: datetime
) -> Plan:
    """What `entry` changes at `now`, given its order (None: not there yet) and the order's claims.

    `known` says that an earlier row of the same file brings the order. Reasons are added to the entry.
    """
    found = Plan(entry)
    if entry.shop_name and one_line(entry.shop_name) != one_line(shop.name):
        entry.says("shop", _("ほかの販売者の行です。"))
    if order is not None and order.shop_id != shop.pk:
        entry.says("number", _("この注文番号は取り込めません。番号をご確認ください。"))
        return found
    if order is not None:
        _compare_order(found, order)
    elif not known:
        found.new_order = True
        _demand_order(entry)
    if entry.status is not None:
        quantity = order.quantity if order else entry.order.get("quantity", 1)
        _plan_claim(found, order, claims, quantity=None if known else quantity, now=now)
    elif entry.claim or entry.requested or entry.completed:
        entry.says("status", _("処理状態が空欄です。クレームの行には処理状態を入力してください。"))
    return found


def _compare_order(found: Plan, order: Order) -> None:
    entry = found.entry
    if entry.ordered and day(entry.ordered) != deadlines.day_in_japan(order.ordered_at):
        entry.says("ordered", _differs(deadlines.day_in_japan(order.ordered_at).strftime("%Y/%m/%d")))
    if entry.buyer and one_line(entry.buyer) != one_line(order.buyer.name):
        entry.says("buyer", _("登録済みの注文の購入者名と異なります。"))
    for name, value in entry.order.items():
        have = getattr(order, name)
        if _is(name, have, value):
            continue
        if name in FIXED:
            entry.says(name, _differs(have))
        else:
            found.order[name] = value


def _demand_order(entry: Entry) -> None:
    missing = [name for name in NEEDED if name not in entry.order]
    missing += ["ordered"] * (entry.ordered is None) + ["buyer"] * (not entry.buyer)
    for column in missing:
        entry.says(column, _("新しい注文には必要です。空欄のため取り込めません。"))


def _plan_claim(
    found: Plan, order: Order | None, claims: Sequence[Claim], *, quantity: int | None, now: datetime
) -> None:
    entry = found.entry
    today = deadlines.day_in_japan(now)
    for column, moment in (("requested", entry.requested), ("completed", entry.completed)):
        if moment and (day(moment) > today or (isinstance(moment, datetime) and moment > now)):
            entry.says(column, _("未来の日付です。"))
    claim = found.found = _match(entry, claims)
    kind = found.kind = _kind(entry, claim)
    pieces = entry.claim.get("quantity", 1)
    if quantity is not None and pieces > quantity:
        entry.says("claimed_quantity", _("注文の数量（%s）より多くなっています。") % quantity)
    if entry.status == Status.PARTIALLY_REFUNDED and kind == Kind.NON_RECEIPT:
        entry.status = Status.NOTICE_REFUNDED
    status = entry.status
    if status in OPEN and entry.completed:
        entry.says("completed", _("処理が終わっていないクレームに完了日があります。"))
    if claim:
        _plan_move(found, claim, now)
        if entry.problems or not found.to:
            return
    else:
        _plan_filing(found, order, claims, quantity=quantity, now=now)
    if found.to in ENDED:
        found.completed_at = _end(found, claim, now)
    _plan_refund(found, order, claims, now)


def _match(entry: Entry, claims: Sequence[Claim]) -> Claim | None:
    """The claim that the row speaks of: of its kind and day of request; its number tells twins apart.

    A number that none of them bears is a problem: the row moves no claim that it does not name.
    """
    same = [claim for claim in claims if entry.kind is None or claim.kind == entry.kind]
    if entry.requested:
        on = day(entry.requested)
        same = [claim for claim in same if deadlines.day_in_japan(claim.requested_at) == on]
    named = [claim for claim in same if claim.number == entry.claim_number]
    if same and entry.claim_number and not named:
        entry.says(
            "claim_number", _("この注文の該当するクレームの番号は「%s」ではありません。") % entry.claim_number
        )
    return (named or same)[-1] if same else None


def _kind(entry: Entry, claim: Claim | None) -> Kind:
    if claim:
        return Kind(claim.kind)
    return entry.kind or Kind.NON_RECEIPT  # 部分返金 of QAPI: of a notice, where no other claim is known


def _plan_move(found: Plan, claim: Claim, now: datetime) -> None:
    entry, status = found.entry, found.entry.status
    have = claim.effective_status(now)
    if status is None:
        return
    stays = have in {status, LATE_OF.get(status), *entry.same}
    if have in IN_LOOP:
        # Qoo10 does not know of the request: what it says of the claim is its status before.
        stays = stays or bool({Status(claim.status_before)} & {status, *entry.same})
    if have == Status.EXCHANGE_LATE and status == Status.EXCHANGE_APPROVED:
        stays = claim.approved_at is not None
    if stays:
        _compare_claim(found, claim, have, now)
        return
    if have in IN_LOOP:
        entry.says(
            "status",
            _(
                "「%(have)s」のクレームです。ファイルの「%(says)s」は撤回要請と矛盾するため取り込めません。"
                "先に取引情報で撤回要請を終えてください。"
            )
            % {"have": claim.status_label(now), "says": label(claim.kind, status)},
        )
    elif status in IN_LOOP:
        entry.says("status", _("撤回要請は取り込めません。取引情報から要請してください。"))
    elif have in ENDED or RANK[status] < RANK[have]:
        entry.says(
            "status",
            _("「%(have)s」から「%(says)s」へ戻すことはできません。")
            % {"have": claim.status_label(now), "says": label(claim.kind, status)},
        )
    elif status in WITHDRAWALS and getattr(claim, "filed_here", False):
        entry.says("status", _withdraw_instead(claim, status, have))
    else:
        found.to = status
        found.claim = _told(entry, claim)
        if found.claim and getattr(claim, "filed_here", False):
            _refuse_told(entry, found.claim, _AS_FILED)


def _withdraw_instead(claim: Claim, status: Status, have: Status) -> str:
    if have in ASKABLE:
        way = _("取引情報から撤回要請をして、購入者の回答をお待ちください。")
    else:
        way = _("Qoo10へのお問い合わせ > [払戻し・クレーム撤回] > [クレーム撤回] までご連絡ください。")
    why = _("購入者がここで申請したクレームは、ファイルの「%s」では終えられません。")
    return why % label(claim.kind, status) + way


def _told(entry: Entry, claim: Claim) -> dict[str, Any]:
    told = {}
    for name, value in entry.claim.items():
        have = getattr(claim, name)
        if not _is(name, have, value):
            told[name] = value
    return told


def _is(name: str, have: Any, value: Any) -> bool:
    """Whether a field already holds what the row says, both read as a file is read."""
    if not isinstance(have, str):
        return bool(have == value)
    return (tidy(have) if name in IN_LINES else flat(have)) == value


def _compare_claim(found: Plan, claim: Claim, have: Status, now: datetime) -> None:
    entry = found.entry
    completed_at = claim.effectively_completed_at(now)
    if entry.completed and completed_at and day(entry.completed) != deadlines.day_in_japan(completed_at):
        entry.says("completed", _differs(deadlines.day_in_japan(completed_at).strftime("%Y/%m/%d")))
    told = _told(entry, claim)
    if told and getattr(claim, "filed_here", False) and have not in ENDED | IN_LOOP:
        _refuse_told(entry, told, _AS_FILED)
    elif told and (have in ENDED or have in IN_LOOP):
        text = (
            _("終わったクレームの内容は変えられません。")
            if have in ENDED
            else _("撤回要請中または撤回保留のクレームの内容は変えられません。")
        )
        _refuse_told(entry, told, text)
    else:
        found.claim = told


_AS_FILED = gettext_lazy("購入者がここで申請した内容は、ファイルでは変えられません。")


def _refuse_told(entry: Entry, told: Mapping[str, Any], why: Promise | str) -> None:
    for name in told:
        entry.says({"quantity": "claimed_quantity"}.get(name, name), str(why))


def _plan_filing(
    found: Plan, order: Order | None, claims: Sequence[Claim], *, quantity: int | None, now: datetime
) -> None:
    entry, status = found.entry, found.entry.status
    ordered = order.ordered_at if order else entry.ordered
    # A source that does not tell the claimed pieces speaks of all that was bought.
    claimed = {} if quantity is None else {"quantity": quantity}
    found.new_claim, found.to, found.claim = True, status, claimed | entry.claim
    if status in IN_LOOP:
        entry.says(
            "status", _("撤回要請は取り込めません。クレームを取り込んだあと、取引情報から要請してください。")
        )
    if entry.requested is None:
        entry.says("requested", _("新しいクレームには必要です。空欄のため取り込めません。"))
    elif ordered and day(entry.requested) < day(ordered):
        entry.says("requested", _("注文日より前の日付です。"))
    if status in OPEN and any(claim.effective_status(now) in OPEN for claim in claims):
        entry.says("status", _("この注文には処理中の別のクレームがあります。"))


def _end(found: Plan, claim: Claim | None, now: datetime) -> datetime:
    """When the claim ended, as the row tells it; not before it was asked for, last changed or late."""
    entry = found.entry
    if entry.completed is None:
        return now
    ended = instant(entry.completed, now=now, end=True)
    asked = claim.requested_at if claim else instant(entry.requested or entry.completed, now=now)
    if ended < asked:
        entry.says("completed", _("要請日より前の日付です。"))
    elif claim and any(ended < changed for changed in _changes(claim, now)):
        entry.says("completed", _("クレームの最後の変更より前の日付です。"))
    return ended


def _changes(claim: Claim, now: datetime) -> list[datetime]:
    """Its last change in the log, and when it became late, which the sweep may have yet to write there."""
    late = claim.late_at if claim.is_overdue(now) else None
    return [at for at in (getattr(claim, "changed_at", None), late) if at]


def _plan_refund(found: Plan, order: Order | None, claims: Sequence[Claim], now: datetime) -> None:
    """How much the claim that ends gives back: what the row says, else its pieces' share (None)."""
    entry = found.entry
    if found.to not in REFUNDED_IN_FULL | {Status.PARTIALLY_REFUNDED}:
        return
    # What an open request offers counts as gone, and is owed once it has lapsed, swept or not (SPEC 3).
    lapsed = sum(claim.offer or 0 for claim in claims if claim.has_lapsed(now))
    have, kept = (order.refunded + lapsed, order.offered - lapsed) if order else (0, 0)
    total = order.total if order else entry.order.get("total")
    found.refund = yen = entry.refund
    if yen is None and entry.refunded is not None:
        found.refund = yen = entry.refunded - have
    if yen is None and order:
        yen = _share(found, order, claims, refunded=have)
    if found.to == Status.PARTIALLY_REFUNDED and not yen:
        entry.says("refunded", _("部分返金には返金済み金額が必要です。"))
    elif yen is not None and yen < 0:
        entry.says("refunded", _("登録済みの返金額（%s）より少なくなっています。") % money.in_words(have))
    elif yen is not None and total is not None and have + yen > total:
        entry.says("refunded", _("注文金額の合計（%s）を超えています。") % money.in_words(total))
    elif yen is not None and total is not None and have + kept + yen > total:
        beside = _("提案中の部分返金（%s）と合わせると、注文金額の合計を超えます。")
        entry.says("refunded", beside % money.in_words(kept))


def _share(found: Plan, order: Order, claims: Sequence[Claim], *, refunded: int) -> int | None:
    """Yen of a full refund of the claimed pieces, as ending the claim will record it; None for a part."""
    if found.to not in REFUNDED_IN_FULL:
        return None
    pieces = found.claim.get("quantity", found.found.quantity if found.found else 1)
    others = [claim for claim in claims if claim is not found.found and claim.status in REFUNDED_IN_FULL]
    return money.full_refund(
        total=order.total,
        quantity=order.quantity,
        claimed=min(pieces, order.quantity),
        returned=sum(claim.quantity for claim in others),
        refunded=refunded,
    )


def _differs(have: Any) -> str:
    return _("登録済みの「%s」と異なります。") % have


def in_words(found: Plan, now: datetime) -> str:
    """What taking the entry changes, in a line."""
    refund = _("（返金 %s）") % money.in_words(found.refund) if found.refund else ""
    if found.new_order and found.to:
        return _("注文とクレームを新しく登録：%s") % label(str(found.kind), found.to) + refund
    if found.new_order:
        return _("注文を新しく登録")
    if found.new_claim and found.to:
        return _("クレームを新しく登録：%s") % label(str(found.kind), found.to) + refund
    parts = []
    if found.to and found.found:
        parts.append(f"{found.found.status_label(now)} → {label(found.found.kind, found.to)}{refund}")
    fields: Mapping[str, Any] = {name: Order._meta.get_field(name) for name in found.order}
    fields = {**fields, **{f"{name} ": Claim._meta.get_field(name) for name in found.claim}}
    parts += [str(one.verbose_name) for one in fields.values()]
    return "、".join(parts)
