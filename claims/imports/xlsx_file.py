"""Excel sheets, row by row in little memory: a small file can unpack to any size."""

from __future__ import annotations

import os
import re
import tempfile
import zipfile
from array import array
from collections.abc import Generator, Sequence
from typing import IO, Any, BinaryIO, cast
from xml.etree.ElementTree import Element, ParseError, iterparse

from django.utils.translation import gettext as _
from openpyxl.cell.text import Text
from openpyxl.packaging.manifest import Manifest
from openpyxl.reader.excel import ExcelReader
from openpyxl.styles.stylesheet import apply_stylesheet
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet._reader import DATA_TAG, ROW_TAG, WorkSheetParser
from openpyxl.xml.constants import SHARED_STRINGS, SHEET_MAIN_NS

from claims.imports.reading import Unreadable

MEMBERS_MAX = 2000
STREAM_MAX = 1_000_000_000  # bytes unpacked of a sheet or its texts: a row of all columns has about 3 kB
PART_MAX = 20_000_000  # of what is held in memory: styles, lists of sheets
PIECE_MAX = 2_000_000  # of a row, or of one text: held in memory too
AT_ONCE_MAX = 5_000_000  # bytes unpacked of any part of a book that is read while somebody waits
ROWS_MAX = 1_048_576  # a sheet has no more
TEXT = f"{{{SHEET_MAIN_NS}}}si"
PLAIN = f"{{{SHEET_MAIN_NS}}}t"
ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


def rows(file: BinaryIO) -> Generator[tuple[int, Sequence[object]]]:
    """The rows of the first sheet with their numbers; formulas are their last values.

    Raises Unreadable for what is no sound .xlsx, or would unpack to too much.
    """
    broken = _("Excelファイル（.xlsx）として読み取れません。Excelで開いて保存し直してください。")
    try:
        with _Archive(file) as archive, tempfile.TemporaryFile() as texts:
            yield from _first_sheet(_Book(archive, texts))
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
        NotImplementedError,  # zipfile, of a compression that it does not know
        RuntimeError,
    ) as error:
        raise Unreadable(broken) from error


def is_light(file: BinaryIO) -> bool:
    """Whether no part of an .xlsx is large unpacked, as its texts may be whatever the number of its rows.

    Only its directory is read; no part unpacks to more than that says.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            return all(part.file_size <= AT_ONCE_MAX for part in archive.infolist())
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        return True  # why not is said by who reads it
    finally:
        file.seek(0)


def _first_sheet(book: _Book) -> Generator[tuple[int, Sequence[object]]]:
    source = book.first_sheet()
    parser, data = book.cells_of(source), None
    for event, element in iterparse(source, events=("start", "end")):  # noqa: S314 - see _Watched
        if event == "start":
            data = element if element.tag == DATA_TAG else data
        elif element.tag == DATA_TAG:
            return  # what follows it is how the sheet looks
        elif element.tag == ROW_TAG and data is not None:
            number, cells = parser.parse_row(element)
            if number > ROWS_MAX:
                raise ValueError(f"row {number}")
            data.clear()
            parser.row_dimensions.clear()
            source.since = 0
            yield number, _in_line(cells)


def _in_line(cells: list[dict[str, Any]]) -> list[object]:
    line: list[object] = [None] * max((cell["column"] for cell in cells), default=0)
    for cell in cells:
        line[cell["column"] - 1] = _unescaped(cell["value"])
    return line


def _unescaped(cell: object) -> object:
    # The format's own way to write a control character, and to write what looks like one.
    return ESCAPED.sub(lambda found: chr(int(found[1], 16)), cell) if isinstance(cell, str) else cell


class _Book(ExcelReader):
    """What openpyxl knows of a workbook without reading its sheets; its texts lie on the disk."""

    def __init__(self, archive: _Archive, texts: IO[bytes]) -> None:
        # In place of ExcelReader's own, which opens the file itself.
        self.archive = self.parts = archive
        self.texts, self.strings = texts, cast("Sequence[str]", [])
        self.valid_files = archive.namelist()
        self.read_only = self.data_only = True
        self.keep_vba = self.keep_links = self.rich_text = False
        self.package: Manifest
        self.read_manifest()
        self.read_strings()
        self.read_workbook()
        apply_stylesheet(archive, self.wb)

    def read_strings(self) -> None:
        part = self.package.find(SHARED_STRINGS)
        if part is not None:
            with self.parts.streamed(part.PartName[1:]) as source:
                self.strings = _Texts(source, self.texts)

    def first_sheet(self) -> _Watched:
        """The first sheet that holds cells. Raises Unreadable where there is none."""
        for _sheet, part in self.parser.find_sheets():
            if part.target in self.valid_files and "chartsheet" not in part.Type:
                return self.parts.streamed(part.target)
        raise Unreadable(_("シートがありません。"))

    def cells_of(self, sheet: _Watched) -> WorkSheetParser:
        """What makes values of the cells of a row."""
        book: Any = self.wb
        return WorkSheetParser(
            sheet,
            cast("list[str]", self.strings),
            data_only=True,
            epoch=book.epoch,
            date_formats=book._date_formats,
            timedelta_formats=book._timedelta_formats,
        )


class _Texts(Sequence[str]):
    """The table of texts of a book, on the disk: of 100,000 rows there may be a million."""

    def __init__(self, source: _Watched, file: IO[bytes]) -> None:
        self.file, self.ends = file, array("Q", [0])
        root: Element | None = None
        for event, element in iterparse(source, events=("start", "end")):  # noqa: S314 - see _Watched
            if root is None:
                root = element
            elif event == "end" and element.tag == TEXT:
                if len(element) == 1 and element[0].tag == PLAIN:
                    text = element[0].text or ""
                else:  # in several fonts, or with its reading beside it
                    text = cast("Text", Text.from_tree(element)).content
                data = text.encode()
                file.write(data)
                self.ends.append(self.ends[-1] + len(data))
                root.clear()
                source.since = 0
        file.flush()

    def __len__(self) -> int:
        return len(self.ends) - 1

    def __getitem__(self, at: Any) -> Any:
        if not 0 <= at < len(self):
            raise IndexError(at)
        start = self.ends[at]
        return os.pread(self.file.fileno(), self.ends[at + 1] - start, start).decode()


class _Archive(zipfile.ZipFile):
    """The parts of a book: small ones whole, the sheet and its texts as they are read, none without end."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__(file)
        parts = self.infolist()
        if len(parts) > MEMBERS_MAX:
            raise _too_large()
        if any(part.flag_bits & 1 for part in parts):
            raise Unreadable(_("パスワード付きのファイルは読み取れません。パスワードを外してください。"))

    def read(self, name: Any, pwd: bytes | None = None) -> bytes:
        if self.getinfo(name).file_size > PART_MAX:
            raise _too_large()
        return _safe(super().read(name, pwd))

    def streamed(self, name: str) -> _Watched:
        """A part to be read piece by piece."""
        if self.getinfo(name).file_size > STREAM_MAX:
            raise _too_large()
        return _Watched(self.open(name))


class _Watched:
    """A part while it is parsed, without entities; the parser holds no more than since the last row or text."""

    def __init__(self, source: IO[bytes]) -> None:
        self.source, self.since, self.tail = source, 0, b""

    def __enter__(self) -> _Watched:
        return self

    def __exit__(self, *_raised: object) -> None:
        self.source.close()

    def read(self, size: int = -1) -> bytes:
        data = self.source.read(size)
        self.since += len(data)
        if self.since > PIECE_MAX:
            raise _too_large()
        _safe(self.tail + data)
        self.tail = data[-16:]
        return data


def _safe(data: bytes) -> bytes:
    """No declarations of entities, which could grow without end."""
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data or b"\0" in data:
        raise Unreadable(_("Excelファイルに使えない内容があります。Excelで保存し直してください。"))
    return data


def _too_large() -> Unreadable:
    return Unreadable(
        _(
            "このExcelファイルは展開すると大きくなりすぎます。必要な行と列だけを新しいブックに貼り付けてください。"
        )
    )
