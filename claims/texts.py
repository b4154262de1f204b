"""Text as the portal keeps it: one form of each character, no control characters, trimmed."""

import re
import unicodedata

# Control characters but for tab and line end, lone surrogates, and what is never a character of any text:
# XML, and so a sheet, cannot hold them.
UNWANTED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def tidy(text: str) -> str:
    """`text` in NFC, its line ends unified, without control characters, white space trimmed at both ends."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return unicodedata.normalize("NFC", UNWANTED.sub("", text)).strip()


def flat(text: str) -> str:
    """`text` tidied, on one line."""
    return " ".join(tidy(text).split("\n"))


def one_line(text: str) -> str:
    """`text` tidied and of one width, as numbers, days and labels are compared: １２ is 12."""
    return " ".join(unicodedata.normalize("NFKC", tidy(text)).split())
