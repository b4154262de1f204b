"""CSV: UTF-8 with or without its mark, Shift_JIS as Excel writes it, UTF-16 with tabs."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Generator, Sequence
from typing import BinaryIO

from django.utils.translation import gettext as _

from claims.exports import from_csv
from claims.imports.reading import Unreadable

CHUNK = 1 << 20
FIELD_MAX = 40_000  # characters; a cell of a sheet has 32,767


def rows(file: BinaryIO) -> Generator[tuple[int, Sequence[object]]]:
    """The rows with the numbers of the lines on which they end. Raises Unreadable for what is no CSV."""
    encoding = _encoding(file)
    file.seek(0)
    text = io.TextIOWrapper(file, encoding, newline="")
    try:
        head = text.readline(CHUNK)
        text.seek(0)
        lines = csv.reader(text, delimiter="\t" if head.count("\t") > head.count(",") else ",")
        csv.field_size_limit(FIELD_MAX)
        while True:
            try:
                row = next(lines)
            except StopIteration:
                return
            except csv.Error as error:
                raise Unreadable(
                    _('%s行目を読み取れません。引用符（"）の閉じ忘れがないかご確認ください。')
                    % (lines.line_num or 1)
                ) from error
            yield lines.line_num, [from_csv(cell) for cell in row]
    finally:
        text.detach()


def _encoding(file: BinaryIO) -> str:
    start = file.read(4)
    file.seek(0)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        candidates = ["utf-16"]
    else:
        candidates = ["utf-8-sig", "cp932"]
    for encoding in candidates:
        if _decodes(file, encoding):
            return encoding
    raise Unreadable(
        _("文字を読み取れません。Excel（.xlsx）か、文字コードがUTF-8またはShift_JISのCSVを選んでください。")
    )


def _decodes(file: BinaryIO, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    file.seek(0)
    try:
        while chunk := file.read(CHUNK):
            if "\0" in decoder.decode(chunk):
                return False
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True
