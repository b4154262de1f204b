"""What MyQoo10 tells a buyer in plain words: what he may file and until when, where his claim stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from claims import filing, money
from claims.eligibility import Blocker, day
from claims.filing import Filing
from claims.models import Claim, ClaimEvent, Order, Reshipment, Withdrawal
from claims.moves import Action, ActorKind
from claims.popups import Popup
from claims.statuses import REFUNDED_IN_FULL, Kind, Status

WHAT: dict[Kind, Promise | str] = {
    Kind.CANCEL: gettext_lazy("キャンセル"),
    Kind.RETURN: gettext_lazy("返品"),
    Kind.EXCHANGE: gettext_lazy("交換"),
    Kind.NON_RECEIPT: gettext_lazy("未受取"),
}


@dataclass(frozen=True)
class Offer:
    """A kind of claim on the page of an order: its button, and until when, or why not."""

    kind: Kind
    filing: Filing

    @property
    def what(self) -> str:
        """What the buyer files."""
        return str(WHAT[self.kind])

    @property
    def until(self) -> str:
        """Until when it can be filed, as a sentence."""
        if self.filing.until:
            return _("%sまで申請できます。") % day(self.filing.until)
        if self.kind == Kind.CANCEL:
            return _("発送されるまで申請できます。")
        return _("発送日から申請できます。期限はありません。")


@dataclass(frozen=True)
class Offers:
    """Every kind on one order; `in_the_way` is what keeps all of them from being filed."""

    kinds: list[Offer]
    in_the_way: list[Blocker]

    def say(self, *kinds: Kind) -> list[str]:
        """Which of `kinds` can be filed now and until when; those with the same end in one sentence."""
        ends: dict[str, list[str]] = {}
        for offer in self.kinds:
            if offer.kind in kinds and not offer.filing.blockers:
                ends.setdefault(offer.until, []).append(offer.what)
        return [
            _("%(what)sは%(until)s") % {"what": "・".join(kinds), "until": end} for end, kinds in ends.items()
        ]


def offers(order: Order, *, now: datetime) -> Offers:
    """What the buyer may file on `order` at `now`, for his pages (filing.py decides)."""
    kinds = [Offer(kind, filing.of(order, kind, now=now)) for kind in Kind]
    first, *others = (offer.filing.blockers for offer in kinds)
    common = [blocker for blocker in first if all(blocker in blockers for blockers in others)]
    return Offers(kinds, common)


def may_file(order: Order, found: Offers, *, today: date) -> list[str]:
    """What a list says can be filed on the order; 未受取 only while nothing says that it was delivered."""
    arrived = order.delivered_on is not None and order.delivered_on <= today
    return found.say(*(kind for kind in Kind if not (arrived and kind == Kind.NON_RECEIPT)))


def may_file_again(claim: Claim, found: Offers) -> tuple[list[str], str]:
    """Until when the buyer may file again what has ended as `claim`; or nothing, and why not."""
    alike = {Kind.RETURN, Kind.EXCHANGE} if claim.kind in (Kind.RETURN, Kind.EXCHANGE) else {Kind(claim.kind)}
    sentences = found.say(*alike)
    (offer,) = (offer for offer in found.kinds if offer.kind == claim.kind)
    return sentences, "" if sentences else " ".join(blocker.text for blocker in offer.filing.blockers)


def shipping(order: Order, *, today: date) -> str:
    """Where the goods are, on `today` in Japan."""
    if order.delivered_on and order.delivered_on <= today:
        return _("%s 配達完了") % day(order.delivered_on)
    if order.shipped_on:
        return _("%s 発送") % day(order.shipped_on)
    return _("発送前")


def popup(order: Order, kind: Kind, *, reason: str, quantity: int, photos: int) -> Popup:
    """What the buyer is asked before his claim is filed."""
    what = str(WHAT[kind])
    lines = [
        (_("注文"), order.number),
        (_("理由"), reason),
        (_("数量"), str(quantity)),
        (_("写真"), _("%s枚") % photos if photos else _("なし")),
        ("", _("%(shop)s に申請を知らせます。ショップの確認をお待ちください。") % {"shop": order.shop.name}),
    ]
    if kind != Kind.NON_RECEIPT:
        lines.append(
            (
                "",
                _("ショップから取り下げのお願い（撤回要請）が届いたときは、7日以内に回答してください。"),
            )
        )
    return Popup(_("%sを申請しますか？") % what, lines)


@dataclass(frozen=True)
class Standing:
    """Where a claim stands, and what comes next."""

    text: Promise | str
    next: Promise | str = ""


_WAIT = gettext_lazy("ショップの確認をお待ちください。")
_OVER = gettext_lazy("この申請は終わりました。")

STANDING: dict[Status, Standing] = {
    Status.CANCEL_REQUESTED: Standing(gettext_lazy("キャンセルを申請しました。"), _WAIT),
    Status.CANCEL_REFUNDING: Standing(
        gettext_lazy("ショップがキャンセルを承認しました。返金の手続きをしています。"),
        gettext_lazy("返金の完了をお待ちください。"),
    ),
    Status.CANCEL_DONE: Standing(gettext_lazy("キャンセルと返金が完了しました。"), _OVER),
    Status.RETURN_REQUESTED: Standing(gettext_lazy("返品を申請しました。"), _WAIT),
    Status.RETURN_AWAITING: Standing(
        gettext_lazy("ショップが返品を承認しました。商品の回収を待っています。"),
        gettext_lazy("返送や集荷がまだのときは、ショップの案内に沿って商品をお渡しください。"),
    ),
    Status.RETURN_COLLECTED: Standing(
        gettext_lazy("ショップに商品が届きました。返金の手続きに進みます。"),
        gettext_lazy("返金の完了をお待ちください。"),
    ),
    Status.RETURN_HELD: Standing(
        gettext_lazy("ショップが返金を保留しています。"),
        gettext_lazy("ショップからの連絡をご確認ください。解決すると返金の手続きに戻ります。"),
    ),
    Status.RETURN_REFUNDING: Standing(
        gettext_lazy("返金の手続きをしています。"), gettext_lazy("返金の完了をお待ちください。")
    ),
    Status.RETURN_DONE: Standing(gettext_lazy("返品と返金が完了しました。"), _OVER),
    Status.EXCHANGE_REQUESTED: Standing(gettext_lazy("交換を申請しました。"), _WAIT),
    Status.EXCHANGE_APPROVED: Standing(
        gettext_lazy("ショップが交換を承認しました。"), gettext_lazy("交換品の発送をお待ちください。")
    ),
    Status.EXCHANGE_LATE: Standing(
        gettext_lazy("交換の処理が遅れています。"),
        gettext_lazy("ショップの対応をお待ちください。お急ぎのときはショップにご連絡ください。"),
    ),
    Status.EXCHANGE_RESENDING: Standing(
        gettext_lazy("交換品が発送されました。"), gettext_lazy("商品の到着をお待ちください。")
    ),
    Status.EXCHANGE_DONE: Standing(gettext_lazy("交換が完了しました。"), _OVER),
    Status.NOTICE_RECEIVED: Standing(gettext_lazy("商品の未受取を申請しました。"), _WAIT),
    Status.NOTICE_CONFIRMED: Standing(
        gettext_lazy("ショップが配送の状況を確認しています。"),
        gettext_lazy("返金または再配送の連絡をお待ちください。"),
    ),
    Status.NOTICE_LATE: Standing(
        gettext_lazy("ショップの確認が遅れています。"),
        gettext_lazy("ショップの対応をお待ちください。お急ぎのときはショップにご連絡ください。"),
    ),
    Status.NOTICE_REFUNDED: Standing(gettext_lazy("届かなかった商品の返金が完了しました。"), _OVER),
    Status.NOTICE_RESENT: Standing(
        gettext_lazy("商品がもう一度発送されました。"), gettext_lazy("商品の到着をお待ちください。")
    ),
    Status.ASKED: Standing(
        gettext_lazy("ショップから、申請を取り下げてほしいとのお願いが届いています。"),
        gettext_lazy("期限までに、同意するか拒否するかをお選びください。"),
    ),
    Status.ON_HOLD: Standing(
        gettext_lazy("取り下げのお願いを拒否しました。申請は続いています。"),
        gettext_lazy("ショップの対応をお待ちください。"),
    ),
    Status.PARTIALLY_REFUNDED: Standing(
        gettext_lazy("一部の返金で申請を取り下げました。商品はお手元に残ります。"), _OVER
    ),
    Status.WITHDRAWN: Standing(gettext_lazy("申請は取り下げられました。"), _OVER),
}

# What happened, where the log's own word is the desk's.
HAPPENED: dict[str, Promise | str] = {
    Action.FILED: gettext_lazy("申請"),
    Action.ASKED: gettext_lazy("取り下げのお願い（撤回要請）"),
    Action.REPEATED: gettext_lazy("取り下げのお願い（撤回の再要請）"),
    Action.CANCELLED: gettext_lazy("取り下げのお願いの取り消し"),
    Action.ACCEPTED: gettext_lazy("取り下げに同意"),
    Action.REJECTED: gettext_lazy("取り下げを拒否"),
    Action.LAPSED: gettext_lazy("期限切れで自動的に取り下げ"),
    Action.DROPPED: gettext_lazy("申請の取り下げ"),
    Action.APPROVED: gettext_lazy("申請の承認"),
    Action.COLLECTED: gettext_lazy("商品の到着を確認"),
    Action.REFUNDING: gettext_lazy("返金の手続きを開始"),
    Action.HELD: gettext_lazy("返金の保留"),
    Action.RELEASED: gettext_lazy("返金の保留を解除"),
    Action.REFUNDED: gettext_lazy("返金の完了"),
    Action.RESENT: gettext_lazy("商品をもう一度発送"),
    Action.EXCHANGED: gettext_lazy("交換の完了"),
    Action.LATE: gettext_lazy("ショップの処理の遅れ"),
    Action.IMPORTED: gettext_lazy("ショップの記録を反映"),
    Action.SETTLED: gettext_lazy("Qoo10による申請の取り下げ"),
}


@dataclass(frozen=True)
class Step:
    """A line of the claim's history as its buyer reads it."""

    at: datetime
    who: str
    what: str
    status: str
    words: str = ""
    # The attempt that this line began, with what came along: an offer, a proof, files.
    request: Withdrawal | None = None
    parcel: Reshipment | None = None


def history(claim: Claim, events: Sequence[ClaimEvent]) -> list[Step]:
    """The buyer's part of the claim's log, newest first: what, when, by whom in general, and the reasons."""
    steps = [
        Step(
            event.at,
            _who(event),
            _what(event),
            str(Status(event.to_status).label),
            _words(claim, event),
            event.withdrawal if event.action in (Action.ASKED, Action.REPEATED) else None,
            getattr(event, "reshipment", None),
        )
        for event in events
        if event.from_status != event.to_status  # a file that told the shop more is no step of his claim
    ]
    return steps[::-1]


def _who(event: ClaimEvent) -> str:
    return {
        ActorKind.BUYER: _("あなた"),
        ActorKind.SELLER: _("ショップ"),
        ActorKind.OPERATOR: _("Qoo10"),
        ActorKind.SYSTEM: _("自動"),
    }[ActorKind(event.actor_kind)]


def _what(event: ClaimEvent) -> str:
    return str(HAPPENED.get(event.action) or event.get_action_display())


def _words(claim: Claim, event: ClaimEvent) -> str:
    """What came with it: his own reason of the claim, the shop's of a request or a hold, his of a rejection."""
    if event.action == Action.FILED:
        return claim.reason or claim.non_receipt_reason
    request = event.withdrawal
    if request and event.action in (Action.ASKED, Action.REPEATED):
        return request.reason
    if request and event.action == Action.REJECTED:
        return " ".join(filter(None, [str(request.get_rejection_reason_display()), request.rejection_text]))
    if hold := getattr(event, "refund_hold", None):
        return "\n".join(filter(None, [hold.get_reason_display(), hold.text]))
    if event.to_status in (*REFUNDED_IN_FULL, Status.PARTIALLY_REFUNDED) and claim.refund is not None:
        return _("返金額 %s") % money.in_words(claim.refund)
    return ""
