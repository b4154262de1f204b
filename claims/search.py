"""What a typed text finds: numbers by their beginning, pasted ones by the list, words wherever they stand."""

from __future__ import annotations

import re
import unicodedata

from django.db.models import F, Q

from claims.models import ClaimQuerySet
from qsm.folding import NUMBERS_MAX, Fold, fold

WORDS_MAX = 10
NUMBERS = ("number", "cart_number", "item_code", "tracking_number")
_BETWEEN = re.compile(r"[\s,、;/|]+")


def parts(typed: str) -> list[str]:
    """The words or numbers of `typed`, each once, in their order, as searches compare them."""
    folded = map(fold, _BETWEEN.split(unicodedata.normalize("NFKC", typed)))
    return list(dict.fromkeys(part for part in folded if part))


def are_numbers(words: list[str]) -> bool:
    """Whether these are numbers, at least nearly whole ones: six digits or more in each, 「EE123456789JP」 too."""
    return bool(words) and all(
        re.fullmatch(r"[0-9a-z]{6,40}", word) and sum(map(str.isdigit, word)) >= 6 for word in words
    )


def is_too_much(typed: str) -> bool:
    """Whether `typed` holds more numbers than NUMBERS_MAX, or more words than WORDS_MAX."""
    words = parts(typed)
    return len(words) > (NUMBERS_MAX if are_numbers(words) else WORDS_MAX)


def claims_with(claims: ClaimQuerySet, typed: str) -> ClaimQuerySet:
    """Those of a shop's `claims` in whose order all of `typed` is found.

    One number (a part of 注文番号, カート番号, 商品番号 or 送り状番号 from its beginning) and a list of whole
    numbers are found by index. Words, each of which must stand in one of those, 商品名, 受取人名 or 購入者名,
    are looked for in every order of the shop.
    """
    words = parts(typed)
    # Says nothing new, but lets PostgreSQL begin at the orders of the shop.
    claims = claims.filter(order__shop=F("shop"))
    if are_numbers(words):
        claims = claims.alias(**{f"folded_{name}": Fold(f"order__{name}") for name in NUMBERS})
        how, value = ("startswith", words[0]) if len(words) == 1 else ("in", words)
        condition = Q()
        for name in NUMBERS:
            condition |= Q(**{f"folded_{name}__{how}": value})
        return claims.filter(condition)
    for word in words:
        claims = claims.filter(
            Q(order__search_text__contains=word) | Q(order__buyer__folded_name__contains=word)
        )
    return claims


def not_found(claims: ClaimQuerySet, typed: str) -> list[str]:
    """The numbers of a pasted list that the order of none of `claims` bears, as searches compare them."""
    words = parts(typed)
    if len(words) < 2 or not are_numbers(words):
        return []
    there = claims_with(claims, typed).order_by().values_list(*(f"order__{name}" for name in NUMBERS))
    known = {fold(number) for row in there for number in row}
    return [word for word in words if word not in known]
