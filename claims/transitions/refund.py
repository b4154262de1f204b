"""The one hand that records money: an order's refunded yen, in the transaction that ends the claim (SPEC 3)."""

from __future__ import annotations

from django.db.models import F, Sum

from claims import eligibility, money
from claims.models import Claim, Order
from claims.statuses import REFUNDED_IN_FULL
from claims.transitions.move import Refused


def record_refund(claim: Claim, yen: int) -> None:
    """Add `yen` (0 or more) to what the order of this locked claim has been refunded.

    Call it inside the claim's transaction. Raises Refused where it would exceed what was paid and not
    yet refunded; the conditional UPDATE decides, the constraint is the last line.
    """
    if yen < 0:
        raise ValueError(f"a refund of {yen} yen")
    order = Order.objects.filter(pk=claim.order_id, refunded__lte=F("total") - yen)
    if order.update(refunded=F("refunded") + yen) != 1:
        raise Refused([eligibility.refund_above(Order.objects.get(pk=claim.order_id))])


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
