"""The one hand that records money: an order's refunded yen, in the transaction that ends the claim (SPEC 3)."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import F, Sum

from claims import eligibility, money
from claims.models import Claim, Order
from claims.statuses import REFUNDED_IN_FULL
from claims.transitions.move import Refused


def record_refund(claim: Claim, yen: int) -> None:
    """Add `yen` (0 or more) to what the order of this locked claim has been refunded; the claim keeps it too.

    Call it inside the claim's transaction. Raises Refused where it would exceed what was paid and not
    yet refunded or offered; the conditional UPDATE decides, the constraint is the last line.
    """
    if yen < 0:
        raise ValueError(f"a refund of {yen} yen")
    order = Order.objects.filter(pk=claim.order_id, refunded__lte=F("total") - F("offered") - yen)
    if order.update(refunded=F("refunded") + yen) != 1:
        raise Refused([eligibility.refund_above(Order.objects.get(pk=claim.order_id))])
    Claim.objects.filter(pk=claim.pk).update(refund=yen)


def keep_aside(claim: Claim, yen: int) -> None:
    """Keep the `yen` that a request of this locked claim offers, so that nobody can refund them otherwise.

    What is kept aside can always be paid: nothing else may be refunded out of it, and the order's total
    cannot be lowered below it. Raises Refused where it is more than is left of the order.
    """
    free = Order.objects.filter(pk=claim.order_id, offered=0, refunded__lte=F("total") - yen)
    if free.update(offered=yen) != 1:
        order = Order.objects.get(pk=claim.order_id)
        raise Refused(eligibility.offer_blockers(order, yen) or [eligibility.changed_meanwhile()])


def give_free(claim: Claim) -> None:
    """The request of this locked claim ended without its offer (rejected, cancelled): nothing is owed."""
    Order.objects.filter(pk=claim.order_id, offered__gt=0).update(offered=0)


def refund_offers(claims: Sequence[Claim]) -> None:
    """The offers of these locked claims are owed (accepted or lapsed): refund what was kept aside for them.

    Raises RuntimeError where it was not, and then nothing is written.
    """
    owed = [claim.order_id for claim in claims if claim.offer is not None]
    if not owed:
        return
    kept = Order.objects.filter(pk__in=owed, offered__gt=0)
    if kept.update(refunded=F("refunded") + F("offered"), offered=0) != len(owed):
        raise RuntimeError(f"what was offered on the orders {owed} was not kept aside")


def yen_in_full(claim: Claim) -> int:
    """Yen that ending `claim` by a full refund gives back, as the order stands now (money.py).

    Of the claim's quantity no more counts than the order has pieces.
    """
    order = Order.objects.get(pk=claim.order_id)
    before = order.claims.filter(status__in=REFUNDED_IN_FULL).exclude(pk=claim.pk)
    return money.full_refund(
        total=order.total,
        quantity=order.quantity,
        claimed=min(claim.quantity, order.quantity),
        returned=before.aggregate(pieces=Sum("quantity"))["pieces"] or 0,
        refunded=order.refunded,
    )
