"""WHO: what a person may see, and in whose name he acts (SPEC 1)."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet

from claims.models import FOLDED_NUMBERS, Attachment, Channel, Claim, ClaimQuerySet, Order, Withdrawal
from claims.moves import ActorKind
from qsm.accounts.models import Buyer, Member, Role, User


@dataclass(frozen=True)
class Actor:
    """Somebody who does something to a claim: in which capacity, through which door.

    `user` is None for the clock and for a buyer who came by the link of a mail.
    """

    kind: ActorKind
    channel: Channel
    user: User | None = None


SYSTEM = Actor(ActorKind.SYSTEM, Channel.CLOCK)
# Whoever may type commands on the portal's machine; it does not know his name.
COMMAND = Actor(ActorKind.OPERATOR, Channel.COMMAND)


def memberships(user: User) -> QuerySet[Member]:
    """The shops `user` works for."""
    return Member.objects.filter(user=user).select_related("shop", "user", "grid_setting")


def may_change(member: Member) -> bool:
    """Whether `member` may change the shop's data: everybody but the read-only."""
    return member.role != Role.READ_ONLY


def as_seller(member: Member) -> Actor:
    """The actor that `member` is at the desk; raises PermissionDenied for a read-only member (SPEC 1: 403)."""
    if not may_change(member):
        raise PermissionDenied
    return Actor(ActorKind.SELLER, Channel.DESK, member.user)


def as_operator(user: User) -> Actor:
    """The actor that `user` is in the admin, whose door lets in operators alone."""
    return Actor(ActorKind.OPERATOR, Channel.ADMIN, user)


def as_buyer(buyer: Buyer, *, signed_in: bool) -> Actor:
    """The actor that `buyer` is: signed in to MyQoo10, or come by the link of a mail."""
    if signed_in:
        return Actor(ActorKind.BUYER, Channel.MYQOO10, buyer.user)
    return Actor(ActorKind.BUYER, Channel.MAIL_LINK)


def claims_of_shop(member: Member) -> ClaimQuerySet:
    """The claims that `member` may see: his shop's."""
    claims = Claim.objects.filter(shop=member.shop).select_related("order__buyer__user", "shop")
    # Texts for PostgreSQL to search in: nobody reads them.
    return claims.defer(
        *(f"order__{name}" for name in (*FOLDED_NUMBERS, "search_text")), "order__buyer__folded_name"
    )


def claims_of_buyer(user: User) -> QuerySet[Claim]:
    """The claims that `user` has filed as a buyer."""
    return Claim.objects.filter(order__buyer__user=user).select_related("order__buyer__user", "shop")


def orders_of_buyer(user: User) -> QuerySet[Order]:
    """The orders that `user` has placed as a buyer."""
    return Order.objects.filter(buyer__user=user).select_related("shop", "buyer__user")


def requests_to_buyer(user: User) -> QuerySet[Withdrawal]:
    """The withdrawal requests that shops have put to `user` as a buyer, ended ones included."""
    return requests().filter(claim__order__buyer__user=user)


def requests() -> QuerySet[Withdrawal]:
    """Every request, for the one whose mailed link the caller has verified."""
    return Withdrawal.objects.select_related("claim__order__buyer__user", "claim__shop")


def attachments_of(user: User) -> QuerySet[Attachment]:
    """The files that `user` may open: his shops', those of his own orders, all of them as an operator.

    What was not sent yet is its uploader's alone; an inquiry's files are no buyer's.
    """
    sent_or_own = Q(sent_at__isnull=False) | Q(uploaded_by=user)
    as_member = Q(shop__in=memberships(user).values("shop"))
    as_buyer = Q(order__buyer__user=user, for_buyer=True)
    if user.is_staff and user.has_perm("claims.view_attachment"):
        return Attachment.objects.all()
    return Attachment.objects.filter(sent_or_own, as_member | as_buyer)


def drafts_of(user: User, order: Order) -> QuerySet[Attachment]:
    """The files that `user` has uploaded about `order` and not sent yet; oldest first."""
    return Attachment.objects.filter(uploaded_by=user, order=order, sent_at__isnull=True)


def attachments_of_request(withdrawal: Withdrawal) -> QuerySet[Attachment]:
    """The files that came with this very request, for its buyer; his own of the claim, too."""
    of_it = Q(withdrawal=withdrawal) | Q(claim=withdrawal.claim)
    return Attachment.objects.filter(of_it, for_buyer=True, sent_at__isnull=False)
