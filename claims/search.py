"""What a typed text finds: numbers by their beginning, pasted ones by the list, words wherever they stand."""

from __future__ import annotations

import re

from django.db.models import F, Q

from claims.models import FOLDED_NUMBERS, ClaimQuerySet
from qsm.accounts.models import Buyer
from qsm.folding import NUMBERS_MAX, fold, pieces

WORDS_MAX = 10
FEW = 10_000  # as many as the grid's pages can hold
NUMBERS = tuple(f"order__{name}" for name in FOLDED_NUMBERS)
# What a column of numbers, copied from the grid or a file, has at its top.
HEADS = {fold(head) for head in ("注文番号", "カート番号", "商品番号", "送り状番号")}
BUYERS_MAX = 1000  # of one name: looked up first; more are compared row by row


def parts(typed: str) -> list[str]:
    """The words or numbers of `typed`, each once, in their order, as searches compare them."""
    folded = list(dict.fromkeys(part for part in map(fold, pieces(typed)) if part))
    numbers = [part for part in folded if part not in HEADS]  # a column is often copied with its head
    return numbers if are_numbers(numbers) else folded


def are_numbers(words: list[str]) -> bool:
    """Whether these are numbers of any kind, at least nearly whole: six digits or more in each, 「EE123456789JP」 too.

    A list of order numbers alone, as お問い合わせ管理 takes it, is folding.numbers_in().
    """
    return bool(words) and all(
        re.fullmatch(r"[0-9a-z]{6,40}", word) and sum(map(str.isdigit, word)) >= 6 for word in words
    )


def is_too_much(typed: str) -> bool:
    """Whether `typed` holds more numbers than NUMBERS_MAX, or more words than WORDS_MAX."""
    words = parts(typed)
    return len(words) > (NUMBERS_MAX if are_numbers(words) else WORDS_MAX)


def claims_with(claims: ClaimQuerySet, typed: str) -> ClaimQuerySet:
    """Those of a shop's `claims` in whose order all of `typed` is found.

    One number (注文番号, カート番号, 商品番号 or 送り状番号 from its beginning) and a list of whole numbers are
    found by index. Words, each of which must stand in one of those, 商品名, 受取人名 or 購入者名, are looked
    for in every order of the shop.
    """
    # Saying the shop twice lets PostgreSQL begin at the orders. Left alone it would look for the first page
    # along the order of the grid, and on the way to a rare word pass every claim (tests/bench/desk.py): so
    # the few that fit are found first. Where many do, the first page is never far.
    fitting = claims.filter(_fits(parts(typed)), order__shop=F("shop"))
    few = list(fitting.order_by().values_list("pk", flat=True)[: FEW + 1])
    return claims.filter(pk__in=few) if len(few) <= FEW else fitting


def _fits(words: list[str]) -> Q:
    if are_numbers(words):
        how, value = ("startswith", words[0]) if len(words) == 1 else ("in", words)
        return _in_one_of(NUMBERS, how, value)
    condition = Q()
    for word in words:
        condition &= Q(order__search_text__contains=word) | _of_buyers(word)
    return condition


def _of_buyers(word: str) -> Q:
    """Claims of the buyers in whose name `word` stands; few of them cost no join with every order."""
    named = Buyer.objects.filter(folded_name__contains=word).values_list("pk", flat=True)
    few = list(named[: BUYERS_MAX + 1])
    if len(few) > BUYERS_MAX:
        return Q(order__buyer__folded_name__contains=word)
    return Q(order__buyer__in=few) if few else Q()


def _in_one_of(fields: tuple[str, ...], how: str, value: str | list[str]) -> Q:
    condition = Q()
    for field in fields:
        condition |= Q(**{f"{field}__{how}": value})
    return condition


def not_found(claims: ClaimQuerySet, typed: str) -> list[str]:
    """The numbers of a pasted list that the order of none of a shop's `claims` bears, as searches compare them."""
    words = parts(typed)
    if len(words) < 2 or not are_numbers(words):
        return []
    left = dict.fromkeys(words)
    for field in NUMBERS:  # each number once, however many claims bear it
        bearing = claims.order_by().filter(Q(**{f"{field}__in": list(left)}), order__shop=F("shop"))
        for number in bearing.values_list(field, flat=True).distinct():
            del left[number]
    return list(left)
