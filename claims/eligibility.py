"""WHETHER: why something may not be done to a claim now; empty means it may."""

from dataclasses import dataclass
from datetime import date, datetime

from django.utils import dateformat, formats
from django.utils.translation import gettext as _

from claims import carriers, deadlines, money, moves
from claims.enclosure import Enclosure
from claims.models import REASON_MAX, Claim, Order, Outcome, Withdrawal
from claims.moves import Action
from claims.statuses import Kind, Status


@dataclass(frozen=True)
class Blocker:
    """One reason why not, as people read it; what to do is part of the text.

    `opens_on` is the day (in Japan) on which time alone removes it; `ask_operator` says that the way
    out is the inquiry 払戻し・クレーム撤回 > クレーム撤回 (the guide, section 1).
    """

    code: str
    text: str
    opens_on: date | None = None
    ask_operator: bool = False


def day(value: date) -> str:
    """A day as refusals, popups and notices write it: 8/4(火)."""
    return dateformat.format(value, "n/j(D)")


def locked_until(claim: Claim, now: datetime) -> date | None:
    """The day on which the claim's lock opens, None where it is not locked at `now` (SPEC 3)."""
    if claim.unlock_at is None or claim.unlock_at <= now:
        return None
    return deadlines.day_in_japan(claim.unlock_at)


def blockers(claim: Claim, action: Action, *, now: datetime) -> list[Blocker]:
    """Why `action` may not be done to `claim` at `now` (aware); read by the pane and by the verbs.

    Sources: SPEC 2 (which statuses may be asked), SPEC 3 (the loop, lock and deadline).
    """
    status = claim.effective_status(now)
    found = []
    if moves.target(action, status, claim.status_before) is None or claim.has_lapsed(now):
        if action == Action.LAPSED and claim.has_lapsed(now):
            return []
        found.append(_wrong_status(claim, action, status, now))
    elif action == Action.LAPSED:
        found.append(Blocker("not_lapsed", _("撤回期限がまだ過ぎていません。")))
    over = (Status.ASKED, Status.WITHDRAWN, Status.PARTIALLY_REFUNDED)
    if action in (Action.ASKED, Action.REPEATED) and status not in over:
        opens_on = locked_until(claim, now)
        if opens_on and not (found and found[0].ask_operator):
            found.append(
                Blocker(
                    "locked",
                    _("前回のキャンセルまたは拒否から5日以内は再要請ができません。%(day)sから要請できます。")
                    % {"day": day(opens_on)},
                    opens_on=opens_on,
                )
            )
        if not claim.order.buyer.can_be_told:
            found.append(
                Blocker(
                    "unreachable",
                    _(
                        "購入者のメールアドレスもMyQoo10アカウントも登録されていないため、撤回要請を知らせることが"
                        "できません。購入者に知らせる方法がない要請は送信できません。"
                    ),
                    ask_operator=True,
                )
            )
    return found


def answer_blockers(withdrawal: Withdrawal, action: Action, *, now: datetime) -> list[Blocker]:
    """Why `action` (an answer, a cancel) may not be done to this very attempt at `now`."""
    outcome = withdrawal.effective_outcome(now)
    if outcome != Outcome.OPEN:
        return [Blocker(f"ended_{outcome}", _ended_text(withdrawal, outcome))]
    return blockers(withdrawal.claim, action, now=now)


def reason_blockers(reason: str) -> list[Blocker]:
    """Why a typed reason cannot be taken: 1 to 1,000 characters after trimming (SPEC 3)."""
    length = len(reason.strip())
    if length == 0:
        return [Blocker("reason_missing", _("理由を入力してください。購入者にそのまま表示されます。"))]
    if length > REASON_MAX:
        text = _("理由は%(max)s文字以内で入力してください（現在 %(length)s文字）。")
        return [
            Blocker(
                "reason_long",
                text % {"max": formats.number_format(REASON_MAX, force_grouping=True), "length": length},
            )
        ]
    return []


def offer_blockers(order: Order, yen: int | None) -> list[Blocker]:
    """Why `yen` cannot be offered on `order`: 1 yen to what was paid and not yet refunded (SPEC 3)."""
    left = money.refundable(total=order.total, refunded=order.refunded)
    if yen is None or 1 <= yen <= left:
        return []
    if left == 0:
        text = _(
            "この注文には返金できる金額が残っていないため、部分返金は提案できません。空欄にしてください。"
        )
        return [Blocker("nothing_to_offer", text)]
    text = _("部分返金の提案は1円から%(left)sまでです（注文金額 %(total)s、返金済み %(refunded)s）。")
    amounts = {"left": left, "total": order.total, "refunded": order.refunded}
    amounts_in_words = {name: money.in_words(amount) for name, amount in amounts.items()}
    return [Blocker("offer_out_of_range", text % amounts_in_words)]


def proof_blockers(company: str, number: str) -> list[Blocker]:
    """Why a proof of shipping cannot be sent: both or none, and a number that the carrier could have given."""
    if bool(company) != bool(number):
        return [
            Blocker("proof_incomplete", _("配送会社と送り状番号は、両方入力するか両方空欄にしてください。"))
        ]
    if number and not carriers.could_be(company, number):
        text = _("%(company)sの送り状番号は%(form)sです。番号をご確認ください。")
        form = carriers.number_in_words(company)
        return [Blocker("tracking_number_odd", text % {"company": company, "form": form})]
    return []


def enclosure_blockers(order: Order, enclosed: Enclosure) -> list[Blocker]:
    """Why what comes with a request on `order` cannot be sent."""
    proof = proof_blockers(enclosed.delivery_company, enclosed.tracking_number)
    return offer_blockers(order, enclosed.offer) + proof


def changed_meanwhile() -> Blocker:
    """The refusal of whoever comes second in a race."""
    return Blocker("changed", _("ほかの操作で状態が変わりました。最新の状態をご確認ください。"))


def promise_overtaken() -> Blocker:
    """The refusal of an OK to a popup whose day midnight has overtaken: the new day is shown first."""
    return Blocker("promise_overtaken", _("確認の間に日付が変わりました。新しい期限をご確認ください。"))


def claim_open(order: Order) -> Blocker:
    """The refusal of a second open claim on one order (SPEC 2)."""
    return Blocker("claim_open", _("注文 %s には処理中のクレームがあります。") % order.number)


def refund_above(order: Order) -> Blocker:
    """The refusal of a refund above what was paid and not yet refunded (SPEC 3)."""
    text = _("返金額は、お支払い済みで未返金の金額（%s円）を超えられません。")
    left = money.refundable(total=order.total, refunded=order.refunded + order.offered)
    return Blocker("refund_above", text % formats.number_format(left, force_grouping=True))


def _wrong_status(claim: Claim, action: Action, status: Status, now: datetime) -> Blocker:
    label = claim.status_label(now)
    if claim.has_lapsed(now):
        text = _("期限切れ・自動撤回済みです。撤回期限を過ぎたため、クレームは撤回されました。")
        if claim.offer is not None:
            text += _("ご提案どおり%sの部分返金となります。") % money.in_words(claim.offer)
        return Blocker("lapsed", text)
    if action == Action.ASKED and status == Status.ASKED:
        return Blocker("already_asked", _("すでに撤回要請中です。購入者の回答をお待ちください。"))
    if action == Action.ASKED and status == Status.ON_HOLD:
        return Blocker("on_hold", _("撤回保留中です。「撤回の再要請」から要請してください。"))
    if action == Action.ASKED:
        return Blocker("not_askable", _not_askable_text(claim, label), ask_operator=True)
    if action == Action.REPEATED:
        return Blocker("not_on_hold", _("撤回保留中ではないため、再要請はできません（現在：%s）。") % label)
    if action in (Action.CANCELLED, Action.ACCEPTED, Action.REJECTED):
        return Blocker("not_asked", _("現在、撤回要請中ではありません（現在：%s）。") % label)
    if action == Action.APPROVED and status == Status.ASKED:
        return Blocker(
            "asked",
            _("撤回要請中は承認できません。承認する場合は、先に「撤回要請のキャンセル」をしてください。"),
        )
    return Blocker("wrong_status", _("現在の処理状態（%s）ではこの操作はできません。") % label)


def _not_askable_text(claim: Claim, label: str) -> str:
    if claim.kind == Kind.NON_RECEIPT:
        return _("未受取通知は撤回要請ができません。")
    return _("処理状態が「%s」のクレームは撤回要請ができません。") % label


def _ended_text(withdrawal: Withdrawal, outcome: Outcome) -> str:
    ended_at = withdrawal.ended_at or withdrawal.deadline_at
    on = {"day": day(deadlines.day_in_japan(ended_at))}
    return {
        Outcome.ACCEPTED: _("この撤回要請には%(day)sに同意済みです。クレームは撤回されました。"),
        Outcome.REJECTED: _("この撤回要請は%(day)sに拒否済みです。クレームは続いています。"),
        Outcome.CANCELLED: _("この撤回要請は%(day)sにショップが取り消しました。クレームは続いています。"),
        Outcome.LAPSED: _("期限切れ・自動撤回済みです。%(day)s 0:00にクレームは撤回されました。"),
    }[outcome] % on
