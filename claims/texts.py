"""Text as the portal keeps it: one form of each character, no control characters, trimmed."""

import unicodedata

# Never characters of any text; XML, and so a sheet, cannot hold them.
NO_CHARACTERS = dict.fromkeys((0xFFFE, 0xFFFF))


def tidy(text: str) -> str:
    """`text` in NFC, its line ends unified, without control characters, white space trimmed at both ends."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    kept = (char for char in text if char in "\n\t" or unicodedata.category(char) not in ("Cc", "Cs"))
    return unicodedata.normalize("NFC", "".join(kept).translate(NO_CHARACTERS)).strip()


def flat(text: str) -> str:
    """`text` tidied, on one line."""
    return " ".join(tidy(text).split("\n"))


def one_line(text: str) -> str:
    """`text` tidied and of one width, as numbers, days and labels are compared: １２ is 12."""
    return " ".join(unicodedata.normalize("NFKC", tidy(text)).split())
