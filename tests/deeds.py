"""What the people of the cast do to a claim, through the verbs and as themselves."""

from datetime import datetime

from claims import access, transitions
from claims.access import Actor
from claims.enclosure import Enclosure
from claims.models import Claim, Order, Outcome, RejectionReason, Withdrawal
from claims.statuses import Kind, Status
from qsm.accounts.models import Member, Role
from tests.clock import NOW

REASON = "すでに発送しております。取り下げをお願いいたします。"


def seller_of(claim: Claim) -> Actor:
    """The owner of the claim's shop, at the desk."""
    return access.as_seller(Member.objects.get(shop=claim.shop, role=Role.OWNER))


def buyer_of(claim: Claim) -> Actor:
    """The claim's buyer: signed in where he has an account, else by the link of the mail."""
    buyer = claim.order.buyer
    return access.as_buyer(buyer, signed_in=buyer.user is not None)


def open_attempt(claim: Claim) -> Withdrawal:
    """The attempt that is unanswered in the database."""
    return claim.withdrawals.get(outcome=Outcome.OPEN)


def file(order: Order, status: Status, at: datetime = NOW, kind: Kind | None = None, **details) -> Claim:
    """A claim of the order's buyer, written down in `status`."""
    kind = kind or kind_of(status)
    by = access.as_buyer(order.buyer, signed_in=order.buyer.user is not None)
    return transitions.file_claim(order, kind=kind, status=status, by=by, now=at, **details)


def ask(claim: Claim, at: datetime = NOW, reason: str = REASON, **enclosed) -> Withdrawal:
    """撤回要請; `enclosed` is what comes with it, `offer=500`."""
    withdrawal = transitions.request_withdrawal(
        claim, reason=reason, by=seller_of(claim), now=at, enclosed=Enclosure(**enclosed)
    )
    claim.refresh_from_db()
    return withdrawal


def repeat(claim: Claim, at: datetime = NOW, reason: str = REASON, **enclosed) -> Withdrawal:
    """撤回の再要請; `enclosed` as in ask()."""
    withdrawal = transitions.repeat_withdrawal(
        claim, reason=reason, by=seller_of(claim), now=at, enclosed=Enclosure(**enclosed)
    )
    claim.refresh_from_db()
    return withdrawal


def cancel(claim: Claim, at: datetime = NOW) -> None:
    """撤回要請のキャンセル."""
    transitions.cancel_withdrawal(open_attempt(claim), by=seller_of(claim), now=at)
    claim.refresh_from_db()


def accept(claim: Claim, at: datetime = NOW) -> None:
    """撤回に同意."""
    transitions.accept_withdrawal(open_attempt(claim), by=buyer_of(claim), now=at)
    claim.refresh_from_db()


def reject(
    claim: Claim, at: datetime = NOW, reason: RejectionReason = RejectionReason.PROPOSAL, text: str = ""
) -> None:
    """拒否."""
    transitions.reject_withdrawal(open_attempt(claim), reason=reason, text=text, by=buyer_of(claim), now=at)
    claim.refresh_from_db()


def drop(claim: Claim, at: datetime = NOW) -> None:
    """クレームの取り下げ."""
    transitions.drop_claim(claim, by=buyer_of(claim), now=at)
    claim.refresh_from_db()


def approve(claim: Claim, at: datetime = NOW) -> None:
    """承認."""
    transitions.approve_claim(claim, by=seller_of(claim), now=at)
    claim.refresh_from_db()


def sweep(at: datetime) -> transitions.Sweep:
    """自動撤回: one sweep."""
    return transitions.complete_lapsed(now=at)


def kind_of(status: Status) -> Kind:
    """The kind whose claims have `status`; 返品, the guide's example, where several have."""
    for kind, prefix in (
        (Kind.CANCEL, "cancel_"),
        (Kind.EXCHANGE, "exchange_"),
        (Kind.NON_RECEIPT, "notice_"),
    ):
        if status.startswith(prefix):
            return kind
    return Kind.RETURN
