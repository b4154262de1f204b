"""What the people of the cast do to a claim, through the verbs and as themselves."""

from datetime import datetime

from claims import access, transitions
from claims.access import Actor
from claims.deadlines import day_in_japan
from claims.enclosure import Enclosure
from claims.models import Claim, HoldReason, Order, Outcome, RejectionReason, Withdrawal
from claims.statuses import Kind, Status
from qsm.accounts.models import Member, Role, User
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


def settle(claim: Claim, at: datetime = NOW) -> None:
    """運営による撤回, by any operator."""
    operator = User.objects.filter(is_staff=True).first()
    operator = operator or User.objects.create(username="unei", email="unei@example.com", is_staff=True)
    transitions.settle_claim(claim, by=access.as_operator(operator), now=at)
    claim.refresh_from_db()


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


def collect(claim: Claim, at: datetime = NOW) -> None:
    """回収完了/返金要請."""
    transitions.collect_goods(claim, by=seller_of(claim), now=at)
    claim.refresh_from_db()


def start_refund(claim: Claim, at: datetime = NOW) -> None:
    """返金の開始."""
    transitions.start_refund(claim, by=seller_of(claim), now=at)
    claim.refresh_from_db()


def hold(
    claim: Claim, at: datetime = NOW, reason: HoldReason = HoldReason.RETURN_FEE, text: str = ""
) -> None:
    """返金保留."""
    transitions.hold_refund(claim, reason=reason, text=text, by=seller_of(claim), now=at)
    claim.refresh_from_db()


def release(claim: Claim, at: datetime = NOW) -> None:
    """返金保留の解除."""
    transitions.release_refund(claim, by=seller_of(claim), now=at)
    claim.refresh_from_db()


def refund(claim: Claim, at: datetime = NOW) -> None:
    """返金の確認."""
    transitions.complete_refund(claim, by=seller_of(claim), now=at)
    claim.refresh_from_db()


def resend(claim: Claim, at: datetime = NOW, **parcel) -> None:
    """再配送, sent off on the day itself unless told otherwise."""
    parcel = {"delivery_company": "ヤマト運輸", "tracking_number": "4000-1234-5678"} | parcel
    parcel.setdefault("shipped_on", day_in_japan(at))
    transitions.resend(claim, by=seller_of(claim), now=at, **parcel)
    claim.refresh_from_db()


def complete_exchange(claim: Claim, at: datetime = NOW) -> None:
    """交換完了の確認."""
    transitions.complete_exchange(claim, by=seller_of(claim), now=at)
    claim.refresh_from_db()


def call_late(at: datetime) -> transitions.Sweep:
    """遅延: one sweep."""
    return transitions.call_late(now=at)


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
