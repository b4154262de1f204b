"""What a search is given: a text to fold, or order numbers pasted at once."""

import re
import unicodedata

from qsm.accounts.folding import Fold, fold, folded

__all__ = ["NUMBERS_MAX", "Fold", "fold", "folded", "numbers_in"]

NUMBERS_MAX = 200  # numbers looked for at once: as many as an address can carry
_BETWEEN = re.compile(r"[\s,、;/|]+")
_NUMBER = re.compile(r"[0-9][0-9-]{3,19}")


def numbers_in(text: str) -> list[str]:
    """The order numbers that `text` consists of, each once, in their order: pasted from a sheet or a mail.

    Line breaks, tabs, spaces, commas and 、 stand between them; full-width digits are digits. Empty
    where anything else is in it: then it is a text, not numbers.
    """
    parts = [part for part in _BETWEEN.split(unicodedata.normalize("NFKC", text)) if part]
    if not all(_NUMBER.fullmatch(part) for part in parts):
        return []
    return list(dict.fromkeys(parts))
