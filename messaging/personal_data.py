"""Personal data in what is about to be sent: shown and asked about once more; card numbers refused (SPEC 5)."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from django.utils.translation import gettext as _

from claims.eligibility import Blocker
from claims.models import Order


@dataclass(frozen=True)
class Finding:
    """Something personal in a text: what kind of thing, and the words themselves."""

    kind: str
    words: str


# Where in the text, from and to, and what kind of thing.
Place = tuple[int, int, str]

MASK = "＊＊＊"
MAIL = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
# 090-1234-5678, 03(1234)5678, 0312345678: its length is asked of the digits.
PHONE = re.compile(r"(?<!\d)(?<!\d-)\(?0\d{1,4}\)?[ .-]{0,2}\(?\d{1,4}\)?[ .-]{0,2}\d{3,4}(?!\d)(?!-\d)")
PHONE_ABROAD = re.compile(r"\+ ?\d(?:[ ().-]{0,2}\d){8,14}(?!\d)")
POSTAL_CODE = re.compile(r"(?<!\d)(?<!\d-)(?:〒 ?)?\d{3}-?\d{4}(?!\d)(?!-\d)")
PREFECTURE = r"(?:東京都|北海道|(?:京都|大阪)府|[一-龥]{2,3}県)"
# From a prefecture, or from a town with something after it, to the end of the line or the sentence.
ADDRESS = re.compile(rf"(?:{PREFECTURE}|[一-龥]{{1,6}}[市区町村郡](?=[ 一-龥ぁ-んァ-ヶ\d]))[^\n。、,]*")
# Without a postal code it is an address where a prefecture, a town and a house number follow each other.
WHOLE_ADDRESS = re.compile(
    rf"{PREFECTURE} ?[^\s\d。、,]{{1,20}}?[市区町村郡][^\n。、,\d]{{0,20}}\d[^\n。、,]*"
)
POSTAL_REACH = 40  # characters around a postal code in which an address makes it one
DIGITS = re.compile(r"\d+")
CARD_LENGTHS = range(14, 17)
CARD_PREFIXES = (
    (re.compile(r"4"), {16}),
    (re.compile(r"5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720"), {16}),
    (re.compile(r"3[47]"), {15}),
    (re.compile(r"35(?:2[89]|[3-8])"), {16}),
    (re.compile(r"30[0-5]|3095|36|3[89]"), {14}),
    (re.compile(r"6011|64[4-9]|65|62"), {16}),
)


def find(text: str, order: Order | None) -> list[Finding]:
    """Mail addresses, phone numbers and addresses in `text`, full-width or half; card numbers too.

    Numbers of `order` itself (注文番号, カート番号, 商品番号, 送り状番号) are nobody's.
    """
    plain = _plain(text)
    return list(dict.fromkeys(Finding(kind, plain[start:end]) for start, end, kind in _places(plain, order)))


def fingerprint(text: str) -> str:
    """What an OK to the findings of `text` is bound to: another text has another one."""
    return hashlib.sha256(text.encode()).hexdigest()


def card_numbers(text: str, order: Order | None) -> list[str]:
    """Card numbers in `text`: 14 to 16 digits of a known prefix with Luhn's check, none of `order`'s own."""
    plain = _plain(text)
    return [plain[start:end] for start, end, _kind in _cards(plain, _own_numbers(order))]


def card_refusal() -> Blocker:
    """Why a text with a card number is not sent, and what to do."""
    text = _(
        "カード番号と思われる数字が含まれているため送信できません。カード番号を削除してから送信してください。"
    )
    return Blocker("card_number", text)


def masked(text: str, order: Order | None) -> str:
    """`text` with every finding replaced by ＊＊＊, for a translator outside the house."""
    # The same length as _plain's, so that its places fit; ー stays a letter here.
    written = unicodedata.normalize("NFKC", text)
    parts, at = [], 0
    for start, end, _kind in sorted(_places(_plain(text), order)):
        if end > at:
            parts += [written[at : max(start, at)], MASK]
            at = end
    return "".join([*parts, written[at:]])


def _plain(text: str) -> str:
    """Half-width, with one kind of hyphen and of space; as long as the text's NFKC."""
    hyphens = re.sub(r"(?<=[\d)])[‐‑‒–—―−ー](?=[\d(])", "-", unicodedata.normalize("NFKC", text))
    return hyphens.replace("\t", " ")


def _places(plain: str, order: Order | None) -> Iterator[Place]:
    own = _own_numbers(order)
    yield from _cards(plain, own)
    yield from ((*match.span(), _("メールアドレス")) for match in MAIL.finditer(plain))
    yield from _phones(plain, own)
    yield from _addresses(plain, own)


def _own_numbers(order: Order | None) -> set[str]:
    if order is None:
        return set()
    numbers = (order.number, order.cart_number, order.item_code, order.tracking_number)
    return {_digits(number) for number in numbers}


def _digits(words: str) -> str:
    return re.sub(r"\D", "", words)


def _phones(plain: str, own: set[str]) -> Iterator[Place]:
    for match in PHONE.finditer(plain):
        digits = _digits(match.group())
        if len(digits) in (10, 11) and digits not in own:
            yield *match.span(), _("電話番号")
    yield from ((*match.span(), _("電話番号")) for match in PHONE_ABROAD.finditer(plain))


def _addresses(plain: str, own: set[str]) -> Iterator[Place]:
    covered = 0
    for code in POSTAL_CODE.finditer(plain):
        before = ADDRESS.search(plain, max(code.start() - POSTAL_REACH, covered), code.start())
        after = ADDRESS.search(plain, code.end())
        if after and after.start() > code.end() + POSTAL_REACH:
            after = None
        if _digits(code.group()) in own or not (after or before):
            continue
        start = before.start() if before else code.start()
        end = after.end() if after else code.end()
        covered = end
        yield start, end, _("郵便番号と住所")
    for whole in WHOLE_ADDRESS.finditer(plain, covered):
        yield *whole.span(), _("住所")


def _cards(plain: str, own: set[str]) -> Iterator[Place]:
    """Whole groups of digits, up to two separators between them, written as cards are."""
    groups = list(DIGITS.finditer(plain))
    at = 0
    while at < len(groups):
        for last in range(at, min(at + CARD_LENGTHS[-1], len(groups))):
            run = groups[at : last + 1]
            if last > at and not re.fullmatch(r"[ .-]{1,2}", plain[run[-2].end() : run[-1].start()]):
                break
            digits = "".join(group.group() for group in run)
            if digits not in own and _is_card(digits) and _is_written_as_card(run):
                yield run[0].start(), run[-1].end(), _("カード番号")
                at = last
                break
        at += 1


def _is_written_as_card(run: list[re.Match[str]]) -> bool:
    """In groups of one length (the last may be shorter), or as 4-6-5 and 4-6-4: not any numbers in a row."""
    sizes = [len(group.group()) for group in run]
    alike = all(one == other for one, other in pairwise(sizes[:-1])) and sizes[-1] <= sizes[0]
    return alike or tuple(sizes) in {(4, 6, 5), (4, 6, 4)}


def _is_card(digits: str) -> bool:
    fits = any(prefix.match(digits) and len(digits) in lengths for prefix, lengths in CARD_PREFIXES)
    return fits and _luhn(digits)


def _luhn(digits: str) -> bool:
    doubled = [int(digit) * (2 if at % 2 else 1) for at, digit in enumerate(reversed(digits))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0
