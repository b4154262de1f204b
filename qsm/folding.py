"""Tolerant search: one folding of texts, in Python and in PostgreSQL, and order numbers pasted at once."""

import re
import unicodedata

from django.db.models import Func, TextField, Value
from django.db.models.functions import Concat

# Hiragana stands at a fixed distance from katakana: ァ–ヶ, ヽ, ヾ.
_KATAKANA = "".join(map(chr, [*range(0x30A1, 0x30F7), 0x30FD, 0x30FE]))
_HIRAGANA = "".join(chr(ord(char) - 0x60) for char in _KATAKANA)
# Forms of one kanji that names are written with; everybody types the one at the front.
_KANJI = (
    "高髙 崎﨑嵜 浜濱濵 辺邊邉 斉斎齋齊 沢澤 広廣 桜櫻 国國 栄榮 竜龍 瀬瀨 徳德 恵惠 真眞 島嶋嶌 弥彌 黒黑 "
    "吉𠮷 富冨 柳栁 曽曾 静靜 寿壽 実實 円圓 関關 鴎鷗 薮藪籔 桧檜 万萬 来來 会會 学學 県縣 条條 当當"
)
_VARIANTS = {variant: group[0] for group in _KANJI.split() for variant in group[1:]}
# Dashes, waves, ー and ・, every kind of space, marks that only choose a glyph.
_LEFT_OUT = (
    "-\u00ad‐‑‒–—―⁃−─━﹘ーｰ~∼∽〜〰･・·"
    " \t\n\v\f\r\u0085\u00a0\u1680\u180e\u2028\u2029\u202f\u205f\u3000"
    + "".join(map(chr, [*range(0x2000, 0x2010), 0x2060, 0xFEFF, *range(0xFE00, 0xFE10)]))
    + "".join(map(chr, range(0xE0100, 0xE0110)))
)
_FROM = _KATAKANA + "".join(_VARIANTS) + _LEFT_OUT
_TO = _HIRAGANA + "".join(_VARIANTS.values())
_CAPITALS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_TABLE = str.maketrans(_CAPITALS + _KATAKANA + "".join(_VARIANTS), _CAPITALS.lower() + _TO, _LEFT_OUT)


def fold(text: str) -> str:
    """`text` as searches compare it: without width, case, kana, dashes, spaces and variants of kanji.

    「ｱｲﾋﾞｰ ガム」 and 「あいびがむ」 are the same. Empty where `text` holds nothing to compare.
    """
    return unicodedata.normalize("NFKC", text).translate(_TABLE)


class Fold(Func):
    """fold() of a text column, by PostgreSQL itself; immutable, so that a GeneratedField may keep it.

    A column that keeps it is written anew by a migration when the tables above change.
    """

    arity = 1
    output_field = TextField()
    # COLLATE "C" lowers A to Z and nothing else, whatever the database's locale: as Python does above.
    template = f"translate(lower(normalize(%(expressions)s, NFKC) COLLATE \"C\"), '{_FROM}', '{_TO}')"


def folded(*columns: str) -> Func:
    """The columns folded, one a line; nobody can type the line break into a search, so no find spans two."""
    parts = [part for column in columns for part in (Value("\n"), Fold(column))]
    return Concat(*parts[1:], output_field=TextField()) if len(columns) > 1 else Fold(columns[0])


NUMBERS_MAX = 200  # numbers looked for at once: as many as an address can carry
_BETWEEN = re.compile(r"[\s,、;/|]+")
_NUMBER = re.compile(r"[0-9][0-9-]{3,19}")


def pieces(text: str) -> list[str]:
    """What stands in `text` between line breaks, tabs, spaces, commas and the like; widths made one."""
    return [piece for piece in _BETWEEN.split(unicodedata.normalize("NFKC", text)) if piece]


def numbers_in(text: str) -> list[str]:
    """The order numbers that `text` consists of, each once, in their order: pasted from a sheet or a mail.

    Line breaks, tabs, spaces, commas and 、 stand between them; full-width digits are digits. Empty
    where anything else is in it: then it is a text, not numbers.
    """
    found = pieces(text)
    if not all(_NUMBER.fullmatch(piece) for piece in found):
        return []
    return list(dict.fromkeys(found))
