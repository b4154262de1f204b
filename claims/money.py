"""HOW MUCH: what is left to refund of an order, and what a full refund comes to; pure, in whole yen."""

from django.utils import formats
from django.utils.translation import gettext as _


def in_words(yen: int) -> str:
    """An amount as people read it: 1,899円."""
    return _("%s円") % formats.number_format(yen, force_grouping=True)


def refundable(*, total: int, refunded: int) -> int:
    """Yen paid and not yet refunded: what a refund, partial or full, may not exceed (SPEC 3)."""
    return max(total - refunded, 0)


def full_refund(*, total: int, quantity: int, claimed: int, returned: int, refunded: int) -> int:
    """Yen that a full refund of `claimed` pieces of an order of `quantity` pieces gives back (SPEC 3).

    The claimed quantity's share of `total`, rounded down; with the last piece comes the rest. `returned`
    pieces were refunded in full before, `refunded` yen are given back already; never more than is left.
    """
    left = refundable(total=total, refunded=refunded)
    if returned + claimed >= quantity:
        return left
    return min(total * claimed // quantity, left)
