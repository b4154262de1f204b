"""WHETHER a buyer may file a claim on an order now, and until when (SPEC 2, 6)."""

from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings
from django.utils.translation import gettext as _

from claims import deadlines
from claims.eligibility import Blocker, day, reason_blockers
from claims.models import Claim, Order
from claims.statuses import OPEN, REFUNDED_IN_FULL, Kind


@dataclass(frozen=True)
class Filing:
    """Whether a claim of `kind` can be filed on an order: why not, and how many pieces are left for it.

    `until` is the last day (in Japan) on which it can be, None where no day ends it.
    """

    kind: Kind
    blockers: list[Blocker]
    pieces: int
    until: date | None = None


def of(order: Order, kind: Kind, *, now: datetime) -> Filing:
    """Whether the buyer may file a claim of `kind` on `order` at `now` (aware), and until when (SPEC 6).

    キャンセル until 発送日; 返品 and 交換 from 配達完了日 for settings.FILING_DAYS days, those under an open
    request not counted; 未受取 from 発送日. One claim is open at a time (SPEC 2). Reads the order's claims and
    their requests, prefetched or not.
    """
    claims = list(order.claims.all())
    effective = {claim.pk: claim.effective_status(now) for claim in claims}
    returned = sum(claim.quantity for claim in claims if effective[claim.pk] in REFUNDED_IN_FULL)
    pieces = max(order.quantity - returned, 0)
    today = deadlines.day_in_japan(now)
    until = None
    found = []
    if open_ones := [claim for claim in claims if effective[claim.pk] in OPEN]:
        found.append(_claim_in_the_way(open_ones[0], now))
    if not pieces:
        found.append(Blocker("all_refunded", _("この注文の商品は、すべて返金が済んでいます。")))
    if kind == Kind.CANCEL:
        found += _gone(order)
    elif kind == Kind.NON_RECEIPT:
        found += _not_gone(order, today)
    elif order.delivered_on is None or order.delivered_on > today:
        found.append(_not_delivered(order))
    else:
        ends_at = deadlines.filing_end(order.delivered_on, _days_under_request(claims, now))
        until = deadlines.last_day(ends_at)
        if ends_at <= now:
            found.append(_too_late(until))
    return Filing(kind, found, pieces, until)


def blockers(order: Order, kind: Kind, *, now: datetime) -> list[Blocker]:
    """Why the buyer may not file a claim of `kind` on `order` at `now`; read by his pages and by the verb."""
    return of(order, kind, now=now).blockers


def quantity_blockers(quantity: int, pieces: int) -> list[Blocker]:
    """Why a claim cannot be for `quantity` pieces where `pieces` are left."""
    if 1 <= quantity <= pieces:
        return []
    return [Blocker("quantity", _("数量は1から%sまでで入力してください。") % pieces)]


def detail_blockers(text: str, *, required: bool) -> list[Blocker]:
    """Why the text beside a filed reason cannot be taken: 1,000 characters at most, and some where `required`."""
    if required and not text.strip():
        return [Blocker("detail_missing", _("「その他」を選んだときは、詳しい内容を入力してください。"))]
    return reason_blockers(text) if text.strip() else []


def _claim_in_the_way(claim: Claim, now: datetime) -> Blocker:
    text = _("この注文には処理中の申請（%s）があるため、新しい申請はできません。終わってから申請できます。")
    return Blocker("claim_open", text % claim.status_label(now))


def _gone(order: Order) -> list[Blocker]:
    if gone_on := order.shipped_on or order.delivered_on:
        text = _("%sに発送済みのため、キャンセルはできません。商品の到着後に返品・交換を申請できます。")
        return [Blocker("shipped", text % day(gone_on))]
    return []


def _not_gone(order: Order, today: date) -> list[Blocker]:
    gone_on = order.shipped_on or order.delivered_on
    if gone_on is None:
        return [Blocker("not_shipped", _("まだ発送されていません。発送日から申請できます。"))]
    if gone_on > today:
        text = _("%sの発送予定です。その日から申請できます。")
        return [Blocker("not_shipped", text % day(gone_on), opens_on=gone_on)]
    return []


def _not_delivered(order: Order) -> Blocker:
    text = _("商品の配達が完了した日から%s日間申請できます。") % settings.FILING_DAYS
    return Blocker("not_delivered", text, opens_on=order.delivered_on)


def _too_late(until: date) -> Blocker:
    text = _("申請できる期間は%sで終わりました。お困りのことがあれば、ショップにご連絡ください。")
    return Blocker("too_late", text % day(until))


def _days_under_request(claims: list[Claim], now: datetime) -> set[date]:
    days: set[date] = set()
    for claim in claims:
        for request in claim.withdrawals.all():
            ended_at = request.ended_at or min(request.deadline_at, now)
            days |= deadlines.days_open(request.requested_at, ended_at)
    return days
