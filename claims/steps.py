"""The buttons with which a shop processes a claim, kind by kind, and how each stands now (SPEC 4.4)."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from claims.eligibility import Blocker, blockers
from claims.models import Claim
from claims.moves import Action
from claims.reasons import Remedy
from claims.statuses import Kind

# In the order in which they are pressed; what leads aside comes last.
BUTTONS: dict[Kind, dict[Action, Promise | str]] = {
    Kind.CANCEL: {
        Action.APPROVED: _("キャンセル要請受付 / 承認"),
        Action.REFUNDED: _("返金の確認"),
    },
    Kind.RETURN: {
        Action.APPROVED: _("返品要請受付 / 承認"),
        Action.COLLECTED: _("回収完了/返金要請"),
        Action.REFUNDING: _("返金の開始"),
        Action.REFUNDED: _("返金の確認"),
        Action.HELD: _("返金保留"),
        Action.RELEASED: _("返金保留の解除"),
    },
    Kind.EXCHANGE: {
        Action.APPROVED: _("交換申請受付 / 承認"),
        Action.RESENT: _("再配送"),
        Action.EXCHANGED: _("交換完了の確認"),
    },
    Kind.NON_RECEIPT: {
        Action.APPROVED: _("通知の確認"),
        Action.REFUNDED: _("返金"),
        Action.RESENT: _("再配送"),
    },
}


@dataclass(frozen=True)
class Step:
    """One button: what it says, and why it would be refused now; nothing means it may be pressed."""

    action: Action
    label: str
    blocked: list[Blocker]
    is_next: bool = False

    @property
    def id(self) -> str:
        """What the button is called in the page."""
        return "approve" if self.action == Action.APPROVED else self.action.value


def steps(claim: Claim, now: datetime) -> list[Step]:
    """Every button of the claim's kind, as it stands at `now`; the reasons are the verbs' own.

    One at most `is_next`: what leads on to the end of the claim.
    """
    labels = BUTTONS[Kind(claim.kind)]
    blocked = {action: blockers(claim, action, now=now) for action in labels}
    onward = _next(claim, [action for action in labels if not blocked[action]])
    return [
        Step(action, str(label), blocked[action], is_next=action == onward)
        for action, label in labels.items()
    ]


def _next(claim: Claim, may: list[Action]) -> Action | None:
    """The step of those that the shop `may` take now that leads on: the first of them."""
    if Action.REFUNDED in may and Action.RESENT in may:  # a notice ends as its buyer wishes
        wished: dict[str, Action] = {Remedy.REFUND: Action.REFUNDED, Remedy.RESEND: Action.RESENT}
        return wished.get(claim.non_receipt_wish)
    return next(iter(may), None)


def why_none(found: list[Step]) -> str:
    """The one reason that blocks every step alike; empty where they differ, or one may be pressed."""
    reasons = {tuple(blocker.text for blocker in step.blocked) for step in found}
    return "".join(reasons.pop()) if len(reasons) == 1 else ""


def words(kind: str, action: str) -> str:
    """What was done, in a line of the history: the button's words, or the action's own."""
    return str(BUTTONS[Kind(kind)].get(Action(action), Action(action).label))
