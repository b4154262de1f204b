"""The table: which action leads from which status to which, and whose it is (SPEC 2 and 3)."""

from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext_lazy as _

from claims.statuses import ASKABLE, FACTS, LATE_OF, OPEN, Kind, Status


class ActorKind(models.TextChoices):
    """Who acted."""

    SELLER = "seller", _("ショップ")
    BUYER = "buyer", _("購入者")
    OPERATOR = "operator", _("運営")
    SYSTEM = "system", _("自動")


class Action(models.TextChoices):
    """What happens to a claim; the codes of the log."""

    FILED = "filed", _("クレーム受付")
    ASKED = "asked", _("撤回要請")
    REPEATED = "repeated", _("撤回の再要請")
    CANCELLED = "cancelled", _("撤回要請のキャンセル")
    ACCEPTED = "accepted", _("撤回に同意")
    REJECTED = "rejected", _("撤回を拒否")
    LAPSED = "lapsed", _("自動撤回")
    DROPPED = "dropped", _("クレームの取り下げ")
    APPROVED = "approved", _("承認")
    COLLECTED = "collected", _("回収完了/返金要請")
    REFUNDING = "refunding", _("返金の開始")
    HELD = "held", _("返金保留")
    RELEASED = "released", _("返金保留の解除")
    REFUNDED = "refunded", _("返金の確認")
    RESENT = "resent", _("再配送")
    EXCHANGED = "exchanged", _("交換完了の確認")
    LATE = "late", _("処理の遅延")
    IMPORTED = "imported", _("取込")
    SETTLED = "settled", _("運営による撤回")


@dataclass(frozen=True)
class Move:
    """Who may do an action, and where it leads from each status that it may start from.

    A target of None is the status that the claim had before: before the withdrawal was asked, or
    before the refund was held. `with_offer` is where it leads instead while the open request offers a
    partial refund.
    """

    by: ActorKind
    to: dict[Status, Status | None]
    with_offer: Status | None = None


APPROVAL = {
    Status.CANCEL_REQUESTED: Status.CANCEL_REFUNDING,
    Status.RETURN_REQUESTED: Status.RETURN_AWAITING,
    Status.EXCHANGE_REQUESTED: Status.EXCHANGE_APPROVED,
    Status.EXCHANGE_LATE: Status.EXCHANGE_APPROVED,
    Status.NOTICE_RECEIVED: Status.NOTICE_CONFIRMED,
    Status.NOTICE_LATE: Status.NOTICE_CONFIRMED,
}
_PARTLY = Status.PARTIALLY_REFUNDED

# The status in which a claim begins that its buyer files.
FIRST = {
    Kind.CANCEL: Status.CANCEL_REQUESTED,
    Kind.RETURN: Status.RETURN_REQUESTED,
    Kind.EXCHANGE: Status.EXCHANGE_REQUESTED,
    Kind.NON_RECEIPT: Status.NOTICE_RECEIVED,
}

MOVES: dict[Action, Move] = {
    Action.ASKED: Move(ActorKind.SELLER, dict.fromkeys(ASKABLE, Status.ASKED)),
    Action.REPEATED: Move(ActorKind.SELLER, {Status.ON_HOLD: Status.ASKED}),
    Action.CANCELLED: Move(ActorKind.SELLER, {Status.ASKED: None}),
    Action.ACCEPTED: Move(ActorKind.BUYER, {Status.ASKED: Status.WITHDRAWN}, with_offer=_PARTLY),
    Action.REJECTED: Move(ActorKind.BUYER, {Status.ASKED: Status.ON_HOLD}),
    Action.LAPSED: Move(ActorKind.SYSTEM, {Status.ASKED: Status.WITHDRAWN}, with_offer=_PARTLY),
    Action.DROPPED: Move(ActorKind.BUYER, dict.fromkeys(ASKABLE | {Status.ON_HOLD}, Status.WITHDRAWN)),
    Action.APPROVED: Move(ActorKind.SELLER, {**APPROVAL, Status.ON_HOLD: None}),
    Action.COLLECTED: Move(ActorKind.SELLER, {Status.RETURN_AWAITING: Status.RETURN_COLLECTED}),
    Action.REFUNDING: Move(ActorKind.SELLER, {Status.RETURN_COLLECTED: Status.RETURN_REFUNDING}),
    Action.HELD: Move(
        ActorKind.SELLER,
        dict.fromkeys((Status.RETURN_COLLECTED, Status.RETURN_REFUNDING), Status.RETURN_HELD),
    ),
    Action.RELEASED: Move(ActorKind.SELLER, {Status.RETURN_HELD: None}),
    Action.REFUNDED: Move(
        ActorKind.SELLER,
        {
            Status.CANCEL_REFUNDING: Status.CANCEL_DONE,
            Status.RETURN_REFUNDING: Status.RETURN_DONE,
            Status.NOTICE_CONFIRMED: Status.NOTICE_REFUNDED,
        },
    ),
    # 交換遅延 has the exits of what it was before: those of 交換承認 once it is approved (eligibility.py).
    Action.RESENT: Move(
        ActorKind.SELLER,
        {
            Status.EXCHANGE_APPROVED: Status.EXCHANGE_RESENDING,
            Status.EXCHANGE_LATE: Status.EXCHANGE_RESENDING,
            Status.NOTICE_CONFIRMED: Status.NOTICE_RESENT,
        },
    ),
    Action.EXCHANGED: Move(ActorKind.SELLER, {Status.EXCHANGE_RESENDING: Status.EXCHANGE_DONE}),
    Action.LATE: Move(ActorKind.SYSTEM, dict(LATE_OF)),
    # What a seller may not ask any more, the marketplace may settle when he has asked it to (SPEC 1, 2).
    Action.SETTLED: Move(ActorKind.OPERATOR, dict.fromkeys(OPEN - {Status.ASKED}, Status.WITHDRAWN)),
}
# What the shop does to a claim besides asking to withdraw it; the pane's right block.
PROCESSING = (
    Action.APPROVED,
    Action.COLLECTED,
    Action.REFUNDING,
    Action.HELD,
    Action.RELEASED,
    Action.REFUNDED,
    Action.RESENT,
    Action.EXCHANGED,
)


# What a claim that was late or held anywhere has come to at least.
SURELY_REACHED = {
    Status.RETURN_HELD: Status.RETURN_COLLECTED,
    Status.EXCHANGE_LATE: Status.EXCHANGE_REQUESTED,
    Status.NOTICE_LATE: Status.NOTICE_RECEIVED,
}


def starts(action: Action, kind: Kind) -> list[Status]:
    """The timely statuses of a claim of `kind`, outside the withdrawal loop, from which `action` may start."""
    found = [status for status in Status if status in MOVES[action].to and FACTS[status].kinds == {kind}]
    return [status for status in found if status not in LATE_OF.values()]


def is_past(action: Action, kind: Kind, status: Status) -> bool:
    """Whether a claim of `kind` in `status` has this step of the processing behind it.

    Statuses stand in the order in which a claim comes by them; one late or held has behind it what it
    surely has.
    """
    order = list(Status)
    reached = SURELY_REACHED.get(status, status)
    return all(order.index(start) < order.index(reached) for start in starts(action, kind))


def target(action: Action, status: Status, before: str = "", *, offer: int | None = None) -> Status | None:
    """The status to which `action` leads from `status`, or None where it may not start.

    `before` is the status that a claim in the loop, or held, had before (Claim.came_from), `offer` the yen
    that its open request offers: accepted or lapsed it ends as 部分返金, else as 撤回完了. Approving one on
    hold leads where approving it before would have led; an exchange approved before stays approved (SPEC 3).
    """
    move = MOVES.get(action)
    if move is None or status not in move.to:
        return None
    to = move.to[status]
    if offer is not None and move.with_offer is not None:
        return move.with_offer
    if to is not None:
        return to
    came_from = Status(before)
    return APPROVAL.get(came_from, came_from) if action == Action.APPROVED else came_from
