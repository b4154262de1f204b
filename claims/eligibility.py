"""WHETHER: why something may not be done to a claim now; empty means it may."""

from dataclasses import dataclass
from datetime import date, datetime

from django.utils import dateformat, formats
from django.utils.translation import gettext as _

from claims import carriers, deadlines, money, moves
from claims.enclosure import Enclosure
from claims.models import REASON_MAX, Claim, Order, Outcome, Withdrawal
from claims.moves import Action
from claims.statuses import ENDED, Kind, Status


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
    if action == Action.LAPSED:
        return [] if claim.has_lapsed(now) else [Blocker("not_lapsed", _("撤回期限がまだ過ぎていません。"))]
    if action == Action.LATE:
        return [] if claim.is_overdue(now) else [Blocker("not_late", _("処理期限がまだ過ぎていません。"))]
    status = claim.effective_status(now)
    found = []
    if moves.target(action, status, claim.came_from) is None or claim.has_lapsed(now):
        found.append(_wrong_status(claim, action, status, now))
    elif status == Status.EXCHANGE_LATE and action in (Action.APPROVED, Action.RESENT):
        # It has the exits of what it was before: 交換申請, or 交換承認 once it is approved (SPEC 2).
        if action == Action.APPROVED and claim.approved_at:
            found.append(_done(claim, action, now))
        if action == Action.RESENT and not claim.approved_at:
            found.append(Blocker("not_approved", _("先に承認してください。")))
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
        return [Blocker("reason_missing", _("理由を入力してください。相手にそのまま表示されます。"))]
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
        return [Blocker("tracking_number_odd", _odd_number(company))]
    return []


def enclosure_blockers(order: Order, enclosed: Enclosure) -> list[Blocker]:
    """Why what comes with a request on `order` cannot be sent."""
    proof = proof_blockers(enclosed.delivery_company, enclosed.tracking_number)
    return offer_blockers(order, enclosed.offer) + proof


def reshipment_blockers(
    claim: Claim, *, delivery_company: str, tracking_number: str, shipped_on: date, now: datetime
) -> list[Blocker]:
    """Why what was typed of a 再配送 cannot be taken; each code is the name of its field."""
    found = []
    named = 1 <= len(delivery_company) <= 50
    if not named:
        found.append(Blocker("delivery_company", _("配送会社を50文字以内で入力してください。")))
    if not tracking_number:
        found.append(Blocker("tracking_number", _("送り状番号を入力してください。")))
    elif named and not carriers.could_be(delivery_company, tracking_number):
        found.append(Blocker("tracking_number", _odd_number(delivery_company)))
    first, last = deadlines.reshipment_days(claim.requested_at, now)
    if not first <= shipped_on <= last:
        text = _("再配送日は%(first)sから%(last)sまでの日を入力してください。")
        found.append(Blocker("shipped_on", text % {"first": day(first), "last": day(last)}))
    return found


def _odd_number(company: str) -> str:
    text = _("%(company)sの送り状番号は%(form)sです。番号をご確認ください。")
    return text % {"company": company, "form": carriers.number_in_words(company)}


def changed_meanwhile() -> Blocker:
    """The refusal of whoever comes second in a race."""
    return Blocker("changed", _("ほかの操作で状態が変わりました。最新の状態をご確認ください。"))


def promise_overtaken() -> Blocker:
    """The refusal of an OK to a popup whose day midnight has overtaken: the new day is shown first."""
    return Blocker("promise_overtaken", _("確認の間に日付が変わりました。新しい期限をご確認ください。"))


def amount_overtaken() -> Blocker:
    """The refusal of an OK to a popup whose amount is no longer right: the new one is shown first."""
    return Blocker("amount_overtaken", _("確認の間に返金額が変わりました。新しい金額をご確認ください。"))


def claim_open(order: Order) -> Blocker:
    """The refusal of a second open claim on one order (SPEC 2)."""
    return Blocker("claim_open", _("注文 %s には処理中のクレームがあります。") % order.number)


def refund_above(order: Order) -> Blocker:
    """The refusal of a refund above what was paid and not yet refunded (SPEC 3)."""
    text = _("返金額は、お支払い済みで未返金の金額（%s）を超えられません。")
    left = money.refundable(total=order.total, refunded=order.refunded + order.offered)
    return Blocker("refund_above", text % money.in_words(left))


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
    if action == Action.SETTLED and status == Status.ASKED:
        text = _("撤回要請中です。購入者の回答か撤回期限（%s）をお待ちください。")
        return Blocker(
            "asked", text % (day(deadlines.last_day(claim.deadline_at)) if claim.deadline_at else "")
        )
    if action in moves.PROCESSING:
        return _not_yet_or_no_more(claim, action, status, now)
    return Blocker("wrong_status", _("現在の処理状態（%s）ではこの操作はできません。") % label)


def _not_yet_or_no_more(claim: Claim, action: Action, status: Status, now: datetime) -> Blocker:
    """Why the shop may not do this step of the processing in `status`, and what comes first."""
    label = claim.status_label(now)
    if status == Status.ASKED:
        return Blocker(
            "asked",
            _("撤回要請中は処理できません。処理する場合は、先に「撤回要請のキャンセル」をしてください。"),
        )
    if status in ENDED:
        return Blocker("ended", _("このクレームは終了しているため、この操作はできません（%s）。") % label)
    if status == Status.ON_HOLD:
        return Blocker("on_hold", _("撤回保留中です。処理を進める場合は、先に承認してください。"))
    starts = moves.starts(action, Kind(claim.kind))
    if action not in (Action.HELD, Action.RELEASED) and moves.is_past(action, Kind(claim.kind), status):
        return _done(claim, action, now)
    if status == Status.RETURN_HELD and action == Action.HELD:
        return Blocker("held", _("すでに返金保留中です。"))
    if status == Status.RETURN_HELD:
        return Blocker("held", _("返金保留中です。先に「返金保留の解除」をしてください。"))
    where = "・".join(f"「{start.label}」" for start in starts)
    text = _("%(where)sのときにできます（現在：%(label)s）。") % {"where": where, "label": label}
    return Blocker("wrong_status", text)


def _done(claim: Claim, action: Action, now: datetime) -> Blocker:
    return Blocker("done", _("すでに済んでいます（現在：%s）。") % claim.status_label(now))


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
