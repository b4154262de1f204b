"""The files that the desk hands out, opened as somebody else's program would."""

import csv
import io
import zipfile

from python_calamine import CalamineWorkbook

EXPORT = "/shops/AMUSE_official/claims/export/"


def content(response):
    """The whole body, streamed or not."""
    return response.getvalue()


def sheet(data):
    """The rows of an .xlsx as calamine reads them, the head first."""
    return CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python()


def lines(data):
    """The rows of a CSV as a spreadsheet reads them, the head first."""
    assert data.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def markup(data):
    """The sheet of an .xlsx, raw."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.read("xl/worksheets/sheet1.xml").decode()


def formulas(data):
    """How many formulas, links and marked-up texts the sheet of an .xlsx has."""
    xml = markup(data)
    return sum(xml.count(mark) for mark in ("<f>", "<f ", "<hyperlink", "<r>"))
