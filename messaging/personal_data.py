"""Personal data in what is about to be sent: shown and asked about once more; card numbers refused (SPEC 5)."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from django.utils.translation import gettext as _

from claims.eligibility import Blocker
from claims.models import Order


@dataclass(frozen=True)
class Finding:
    """Something personal in a text: what kind of thing, and the words themselves."""

    kind: str
    words: str


MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
# A number that may be written with hyphens, dots, spaces or brackets between its digits.
NUMBER = re.compile(r"(?<![\d-])\+?\d(?:[ ().-]{0,2}\d){8,18}(?![\d-]|\s?円)")
POSTAL_CODE = re.compile(r"〒?\s*(?<!\d)\d{3}-?\d{4}(?!\d)")
ADDRESS = re.compile(r"東京都|北海道|(?:京都|大阪)府|[一-龥]{2,3}県|[一-龥ぁ-んァ-ヶ]{1,8}[市区町村郡]")
POSTAL_REACH = 40  # characters around a postal code in which an address makes it one
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
    cards = card_numbers(text, order)
    found = [Finding(_("カード番号"), card) for card in cards]
    found += [Finding(_("メールアドレス"), match.group()) for match in MAIL.finditer(plain)]
    found += [
        Finding(_("電話番号"), words) for words, digits in _numbers(plain, order) if _is_phone(words, digits)
    ]
    for match in POSTAL_CODE.finditer(plain):
        around = plain[max(match.start() - POSTAL_REACH, 0) : match.end() + POSTAL_REACH]
        if ADDRESS.search(around):
            found.append(Finding(_("郵便番号と住所"), match.group().strip()))
    return list(dict.fromkeys(found))


def card_numbers(text: str, order: Order | None) -> list[str]:
    """Card numbers in `text`: 14 to 16 digits of a known prefix with Luhn's check, none of `order`'s own."""
    return [words for words, digits in _numbers(_plain(text), order) if _is_card(digits)]


def card_refusal() -> Blocker:
    """Why a text with a card number is not sent, and what to do."""
    text = _(
        "カード番号と思われる数字が含まれているため送信できません。カード番号を削除してから送信してください。"
    )
    return Blocker("card_number", text)


def masked(text: str, order: Order | None) -> str:
    """`text` with every finding replaced by ＊＊＊, for a translator outside the house."""
    plain = unicodedata.normalize("NFKC", text)
    for finding in find(text, order):
        plain = plain.replace(finding.words, "＊＊＊")
    return plain


def _plain(text: str) -> str:
    """Half-width, with one kind of hyphen."""
    return re.sub(r"[‐‑–—―−ー](?=\d)", "-", unicodedata.normalize("NFKC", text))


def _numbers(plain: str, order: Order | None) -> list[tuple[str, str]]:
    own = set()
    if order:
        own = {order.number, order.cart_number, order.item_code, re.sub(r"\D", "", order.tracking_number)}
    found = [(match.group(), re.sub(r"\D", "", match.group())) for match in NUMBER.finditer(plain)]
    return [(words, digits) for words, digits in found if digits not in own]


def _is_phone(words: str, digits: str) -> bool:
    if words.startswith("+"):
        return 10 <= len(digits) <= 15
    return digits.startswith("0") and len(digits) in (10, 11)


def _is_card(digits: str) -> bool:
    fits = any(prefix.match(digits) and len(digits) in lengths for prefix, lengths in CARD_PREFIXES)
    return fits and _luhn(digits)


def _luhn(digits: str) -> bool:
    doubled = [int(digit) * (2 if at % 2 else 1) for at, digit in enumerate(reversed(digits))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0
