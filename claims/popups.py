"""What the popups of the withdrawal loop say: before, what will happen and when; after, that it is done."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from django.utils.translation import gettext as _

from claims import deadlines, money
from claims.eligibility import day
from claims.enclosure import NOTHING, Enclosure
from claims.models import Claim
from claims.moves import Action
from claims.statuses import Kind, label


@dataclass(frozen=True)
class Popup:
    """One popup: its title and its lines, each a label (may be empty) and a text.

    `promised` is the last day it names, so that a promise that midnight has overtaken is seen; `yen` the
    amount, which a file taken in meanwhile may change.
    """

    title: str
    lines: list[tuple[str, str]] = field(default_factory=list)
    promised: date | None = None
    yen: int | None = None


def before(claim: Claim, action: Action, *, now: datetime, enclosed: Enclosure = NOTHING) -> Popup:
    """What the seller is asked before `action` is done to `claim` at `now`, with what comes along."""
    kind = Kind(claim.kind).label
    lines = [
        (_("注文"), claim.order.number),
        (_("購入者"), claim.order.buyer.masked_name),
    ]
    if action in (Action.ASKED, Action.REPEATED):
        deadline = deadlines.withdrawal_deadline(now)
        last = deadlines.last_day(deadline)
        lines += [
            (_("購入者の回答期限"), _("%s 24:00") % day(last)),
            (_("回答がない場合"), _silence(enclosed.offer) % day(deadlines.day_in_japan(deadline))),
            *_enclosed_lines(enclosed),
            ("", _("購入者にQポストとメールで知らせます。")),
        ]
        title = (
            _("%sの撤回を再要請しますか？") if action == Action.REPEATED else _("%sの撤回を要請しますか？")
        )
        return Popup(title % kind, lines, last)
    opens_on = deadlines.day_in_japan(deadlines.unlock(now))
    lines += [
        (_("処理状態"), _("「%s」に戻ります") % label(claim.kind, claim.status_before)),
        (_("次の撤回要請"), _("%s からできます（それまで要請できません）") % day(opens_on)),
        *_taken_back(claim.offer),
        ("", _("購入者にQポストとメールで知らせます。")),
    ]
    return Popup(_("撤回要請をキャンセルしますか？"), lines, opens_on)


def after(claim: Claim, action: Action, *, now: datetime) -> Popup:
    """What the seller is told when `action` has been done; `claim` is as it is now."""
    if action in (Action.ASKED, Action.REPEATED) and claim.deadline_at:
        lines = [
            (_("撤回期限"), day(deadlines.last_day(claim.deadline_at))),
            *([(_("部分返金の提案"), money.in_words(claim.offer))] if claim.offer else []),
            ("", _("購入者にQポストとメールで知らせます。")),
        ]
        repeated = action == Action.REPEATED
        return Popup(_("撤回の再要請が完了しました") if repeated else _("撤回要請が完了しました"), lines)
    lines = [(_("処理状態"), claim.status_label(now))]
    if claim.unlock_at:
        lines.append((_("次の撤回要請"), _("%s からできます") % day(deadlines.day_in_japan(claim.unlock_at))))
    return Popup(_("撤回要請のキャンセルが完了しました"), lines)


def _silence(offer: int | None) -> str:
    return _("%s 0:00 に自動で撤回完了") if offer is None else _("%s 0:00 に自動で部分返金")


def _enclosed_lines(enclosed: Enclosure) -> list[tuple[str, str]]:
    lines = []
    if enclosed.offer is not None:
        text = _("購入者が同意した場合、または回答がない場合 %sを返金")
        lines.append((_("部分返金"), text % money.in_words(enclosed.offer)))
    if enclosed.tracking_number:
        lines.append((_("配送の証明"), f"{enclosed.delivery_company} {enclosed.tracking_number}"))
    if enclosed.files:
        lines.append((_("写真・書類"), "、".join(file.name for file in enclosed.files)))
    return lines


def _taken_back(offer: int | None) -> list[tuple[str, str]]:
    if offer is None:
        return []
    return [(_("部分返金"), _("%sの提案も取り消され、返金はありません") % money.in_words(offer))]
