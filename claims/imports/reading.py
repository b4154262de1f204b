"""A file opened: what format it is by its content, not by its name, and its rows one by one."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from itertools import islice
from typing import BinaryIO

from django.conf import settings
from django.utils.translation import gettext as _

from claims.entries import Entry
from claims.imports.heads import KEY, SEARCHED, Heads, label_of

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # old Excel, and new Excel under a password
ZIP = b"PK\x03\x04"


class Unreadable(Exception):
    """The file cannot be read at all, or not further; the text says why and what to do."""


class Reading:
    """An opened file: its entries as they are read, and what of it is passed over.

    With `most` no more than so many rows are read. Close `entries` before the file, where they are not
    read to their end.
    """

    def __init__(
        self,
        format: str,
        source: Generator[Entry | None],
        ignored: Sequence[str] = (),
        most: int | None = None,
    ) -> None:
        self.format = format
        self.ignored = list(ignored)
        self.rows = 0  # read so far, empty ones too
        self.entries = self._counted(source, most)

    def _counted(self, source: Generator[Entry | None], most: int | None) -> Generator[Entry]:
        taken = 0
        with closing(source):
            for self.rows, entry in enumerate(source, 1):
                if entry is not None:
                    taken += 1
                    if taken > settings.IMPORT_MAX_ROWS:
                        raise Unreadable(
                            _("行が多すぎます。1ファイル%s行までです。ファイルを分けてください。")
                            % f"{settings.IMPORT_MAX_ROWS:,}"
                        )
                    yield entry
                if self.rows == most:
                    return


def is_light(file: BinaryIO) -> bool:
    """Whether so much of `file` as its rows ask for is quickly read: else its first row may take a minute."""
    from claims.imports import xlsx_file

    file.seek(0)
    packed = file.read(len(ZIP)) == ZIP
    file.seek(0)
    return not packed or xlsx_file.is_light(file)


def open_reading(file: BinaryIO, *, most: int | None = None) -> Reading:
    """Open `file` (seekable): .xlsx, CSV in UTF-8 or Shift_JIS, or the JSON of QAPI's GetClaimInfo_V3.

    With `most` no more than so many of its rows are read, empty ones too.
    Raises Unreadable at once for what is none of them, has no 注文番号 or is too large; while the entries
    are read, for what breaks later.
    """
    from claims.imports import csv_file, qapi, xlsx_file

    file.seek(0, 2)
    size = file.tell()
    file.seek(0)
    if size == 0:
        raise Unreadable(_("空のファイルです。"))
    if size > settings.IMPORT_MAX_BYTES:
        raise Unreadable(
            _("ファイルが大きすぎます。%sMBまでです。期間を分けて作成してください。")
            % (settings.IMPORT_MAX_BYTES // 1_000_000)
        )
    start = file.read(4096)
    file.seek(0)
    if start.startswith(OLE):
        raise Unreadable(
            _(
                "古い形式（.xls）か、パスワード付きのExcelファイルです。パスワードを外し、.xlsxで保存し直してください。"
            )
        )
    if start.startswith(ZIP):
        return _of_rows("xlsx", xlsx_file.rows(file), most)
    if start.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"["):
        return Reading("json", qapi.entries(file), most=most)
    return _of_rows("csv", csv_file.rows(file), most)


def _of_rows(format: str, rows: Generator[tuple[int, Sequence[object]]], most: int | None) -> Reading:
    from claims.imports.rows import understand

    try:
        heads = _heads(rows)
    except Unreadable:
        rows.close()
        raise

    def entries() -> Generator[Entry | None]:
        with closing(rows):
            for line, row in rows:
                cells = heads.cells(row)
                yield understand(line, cells) if cells else None

    return Reading(format, entries(), heads.ignored, most)


def _heads(rows: Iterator[tuple[int, Sequence[object]]]) -> Heads:
    above = []
    for _line, row in islice(rows, SEARCHED):
        heads = Heads(row)
        if heads.has_key:
            break
        above.append(heads)
    else:
        raise Unreadable(_missing_key(above))
    if heads.twice:
        raise Unreadable(_("列「%s」が2つ以上あります。1つにしてください。") % "」「".join(heads.twice))
    return heads


def _missing_key(above: list[Heads]) -> str:
    text = _("列「%s」がありません。1行目に列の見出しがあるファイルを選んでください。") % label_of(KEY)
    if not any(code for heads in above for code in heads.codes):
        return text
    return text + _("ほかの列はあります。見出しの表記をご確認ください。")
