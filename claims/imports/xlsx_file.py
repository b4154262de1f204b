"""Excel sheets, row by row in little memory; checked before, for a small file can unpack to any size."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Generator, Sequence
from typing import BinaryIO
from xml.etree.ElementTree import ParseError

from django.utils.translation import gettext as _
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from claims.imports.reading import Unreadable

MEMBERS_MAX = 2000
SHEET_MAX = 1_000_000_000  # bytes unpacked: a row of all columns has about 3 kB
BOOK_MAX = 1_500_000_000  # all parts together: no more is unpacked, whatever else they say
PART_MAX = 100_000_000  # what is held in memory: texts, styles
ROW_MAX = 2_000_000  # a row is held in memory too
ROWS_MAX = 1_048_576  # a sheet has no more
ROW_ENDS = re.compile(rb"</?(?:\w+:)?row[\s/>]")
ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
CHUNK = 1 << 20


def rows(file: BinaryIO) -> Generator[tuple[int, Sequence[object]]]:
    """The rows of the first sheet with their numbers; formulas are their last values.

    Raises Unreadable for what is no sound .xlsx, or would unpack to too much.
    """
    broken = _("Excelファイル（.xlsx）として読み取れません。Excelで開いて保存し直してください。")
    try:
        with zipfile.ZipFile(file) as archive:
            _check(archive)
        file.seek(0)
        book = load_workbook(file, read_only=True, data_only=True, keep_links=False)
        try:
            sheets = book.worksheets
            if not sheets:
                raise Unreadable(_("シートがありません。"))
            sheets[0].reset_dimensions()
            for number, row in enumerate(sheets[0].iter_rows(values_only=True), 1):
                if number > ROWS_MAX:
                    raise Unreadable(broken)
                yield number, [_unescaped(cell) for cell in row]
        finally:
            book.close()
    except Unreadable:
        raise
    except (
        zipfile.BadZipFile,
        InvalidFileException,
        ParseError,
        KeyError,
        ValueError,
        TypeError,
        IndexError,
        AttributeError,
        EOFError,
        OSError,
        OverflowError,
        NotImplementedError,
        RuntimeError,
    ) as error:
        raise Unreadable(broken) from error


def _unescaped(cell: object) -> object:
    # The format's own way to write a control character, and to write what looks like one.
    return ESCAPED.sub(lambda found: chr(int(found[1], 16)), cell) if isinstance(cell, str) else cell


def _check(archive: zipfile.ZipFile) -> None:
    too_large = Unreadable(
        _(
            "このExcelファイルは展開すると大きくなりすぎます。必要な行と列だけを新しいブックに貼り付けてください。"
        )
    )
    parts = archive.infolist()
    if len(parts) > MEMBERS_MAX or sum(part.file_size for part in parts) > BOOK_MAX:
        raise too_large
    for part in parts:
        if part.flag_bits & 1:
            raise Unreadable(_("パスワード付きのファイルは読み取れません。パスワードを外してください。"))
        is_sheet = "worksheets/" in part.filename
        if part.file_size > (SHEET_MAX if is_sheet else PART_MAX):
            raise too_large
        if part.filename.endswith((".xml", ".rels")):
            _check_part(archive, part, too_large, rows_only=is_sheet)


def _check_part(
    archive: zipfile.ZipFile, part: zipfile.ZipInfo, too_large: Unreadable, *, rows_only: bool
) -> None:
    """No declarations of entities, and no row without end: both would fill the memory while it is read."""
    since, tail = 0, b""
    with archive.open(part) as content:
        while chunk := content.read(CHUNK):
            window = tail + chunk
            if b"<!DOCTYPE" in window or b"<!ENTITY" in window or b"\0" in window:
                raise Unreadable(_("Excelファイルに使えない内容があります。Excelで保存し直してください。"))
            if rows_only:
                last = None
                for last in ROW_ENDS.finditer(window):  # noqa: B007 - the last one counts
                    pass
                since = len(window) - last.end() if last else since + len(chunk)
                if since > ROW_MAX:
                    raise too_large
            tail = window[-64:]
