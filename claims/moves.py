"""The table: which action leads from which status to which, and whose it is (SPEC 2 and 3)."""

from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext_lazy as _

from claims.statuses import ASKABLE, Kind, Status


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


@dataclass(frozen=True)
class Move:
    """Who may do an action, and where it leads from each status that it may start from.

    A target of None is the status that the claim had before the withdrawal was asked.
    """

    by: ActorKind
    to: dict[Status, Status | None]


APPROVAL = {
    Status.CANCEL_REQUESTED: Status.CANCEL_REFUNDING,
    Status.RETURN_REQUESTED: Status.RETURN_AWAITING,
    Status.EXCHANGE_REQUESTED: Status.EXCHANGE_APPROVED,
    Status.EXCHANGE_LATE: Status.EXCHANGE_APPROVED,
    Status.NOTICE_RECEIVED: Status.NOTICE_CONFIRMED,
    Status.NOTICE_LATE: Status.NOTICE_CONFIRMED,
}

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
    Action.ACCEPTED: Move(ActorKind.BUYER, {Status.ASKED: Status.WITHDRAWN}),
    Action.REJECTED: Move(ActorKind.BUYER, {Status.ASKED: Status.ON_HOLD}),
    Action.LAPSED: Move(ActorKind.SYSTEM, {Status.ASKED: Status.WITHDRAWN}),
    Action.DROPPED: Move(ActorKind.BUYER, dict.fromkeys(ASKABLE | {Status.ON_HOLD}, Status.WITHDRAWN)),
    Action.APPROVED: Move(ActorKind.SELLER, {**APPROVAL, Status.ON_HOLD: None}),
}


def target(action: Action, status: Status, status_before: str = "") -> Status | None:
    """The status to which `action` leads from `status`, or None where it may not start.

    `status_before` is the status that a claim in the loop had before. Approving one on hold leads
    where approving it before would have led; an exchange approved before stays approved (SPEC 3).
    """
    move = MOVES.get(action)
    if move is None or status not in move.to:
        return None
    to = move.to[status]
    if to is not None:
        return to
    before = Status(status_before)
    return APPROVAL.get(before, before) if action == Action.APPROVED else before
