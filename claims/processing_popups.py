"""What the popups of a shop's processing say: before, what will happen; after, that it is done (SPEC 4.5)."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from claims import money, moves, steps
from claims.eligibility import day
from claims.models import Claim, HoldReason
from claims.moves import Action
from claims.popups import Popup
from claims.statuses import ENDED, Kind, label
from claims.transitions.refund import yen_in_full


def before(claim: Claim, action: Action, *, said: dict[str, Any], now: datetime) -> Popup:
    """What the seller is asked before `action` is done to `claim` at `now`; `said` is what he typed."""
    words = steps.words(claim.kind, action)
    to = moves.target(action, claim.effective_status(now), claim.came_from)
    yen = None
    lines = [
        (_("注文"), claim.order.number),
        (_("購入者"), claim.order.buyer.masked_name),
        (_("処理状態"), _("「%s」になります") % label(claim.kind, to or claim.status)),
        *_details(said),
    ]
    told = _("購入者にQポストとメールで知らせます。")
    if action == Action.APPROVED and claim.kind != Kind.NON_RECEIPT:
        told = _("承認すると取り消せません。") + told
        return Popup(_("%sを承認しますか？") % _approved(claim), [*lines, ("", told)])
    if action == Action.REFUNDED:
        yen = yen_in_full(claim)
        lines.append((_("返金額"), money.in_words(yen)))
        told = _("返金の完了を記録し、クレームを終了します（この画面から送金はされません）。") + told
    elif to in ENDED:
        told = _("クレームを終了します。") + told
    return Popup(_("「%s」を実行しますか？") % words, [*lines, ("", told)], yen=yen)


def after(claim: Claim, action: Action, *, now: datetime) -> Popup:
    """What the seller is told when `action` has been done; `claim` is as it is now."""
    lines = [(_("処理状態"), claim.status_label(now))]
    if action == Action.APPROVED and claim.kind != Kind.NON_RECEIPT:
        return Popup(_("承認が完了しました"), lines)
    if action == Action.REFUNDED and claim.refund is not None:
        lines.append((_("返金額"), money.in_words(claim.refund)))
    return Popup(_("「%s」が完了しました") % steps.words(claim.kind, action), lines)


def _details(said: dict[str, Any]) -> list[tuple[str, str]]:
    lines = []
    if "reason" in said:
        lines.append((_("保留理由"), str(HoldReason(said["reason"]).label)))
    if said.get("text"):
        lines.append((_("詳しい理由"), said["text"]))
    if "shipped_on" in said:
        lines += [
            (_("配送会社"), said["delivery_company"]),
            (_("送り状番号"), said["tracking_number"]),
            (_("再配送日"), day(said["shipped_on"])),
        ]
    return lines


def _approved(claim: Claim) -> str:
    """What the shop approves: 返品要請, and its like for the other kinds."""
    return {
        Kind.CANCEL: _("キャンセル要請"),
        Kind.RETURN: _("返品要請"),
        Kind.EXCHANGE: _("交換申請"),
    }[Kind(claim.kind)]
