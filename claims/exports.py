"""Files of claims: an Excel sheet or CSV of what is found or selected, written row by row."""

from __future__ import annotations

import csv
import re
import tempfile
from array import array
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any, BinaryIO

import xlsxwriter
from django.conf import settings
from django.core.files import File
from django.http import QueryDict
from django.utils.translation import gettext as _
from xlsxwriter.utility import xl_range

from claims import access, jobs
from claims.columns import COLUMNS, Column, Value, Written, visible_columns
from claims.filters import ClaimFilter
from claims.models import Claim, ClaimQuerySet, ExportJob, GridSetting, JobState
from claims.tables import table_of
from qsm.accounts.models import Member, Shop

CHUNK = 1000
SHEET_MAX = 1_048_575  # rows of a sheet under its head; Excel has no more
CONTENT_TYPES = {
    ExportJob.Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ExportJob.Format.CSV: "text/csv; charset=utf-8",
}
# What XML 1.0 cannot hold, and the one line end that it would change.
UNWRITABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
# What a spreadsheet may take for a formula when it opens a CSV; the importer takes the mark off again.
FORMULA = re.compile(r"'*[\s\u3000]*[=+\-@＝＋－＠\t\r\x00]")


def chosen_columns(choice: str, member: Member) -> tuple[Column, ...]:
    """The columns of a file: all that there are, or those of the member's grid."""
    return tuple(COLUMNS.values()) if choice == "all" else visible_columns(member)


def found_claims(member: Member, query: str, numbers: Sequence[str], *, now: datetime) -> ClaimQuerySet:
    """The shop's claims with `numbers`, or where there are none those that the desk's address finds at `now`.

    In the order of that address, whose query is `query`.
    """
    claims = access.claims_of_shop(member)
    filtered = ClaimFilter(QueryDict(query), claims, now=now)
    # What was checked is meant, also where it has left the search since.
    found = claims.filter(number__in=numbers) if numbers else filtered.found()
    table = table_of(found, (), filtered.order(GridSetting.of(member).sort))
    ordered: ClaimQuerySet = table.data.data
    return ordered


def ids(claims: ClaimQuerySet) -> array[int]:
    """The keys of `claims` in their order: eight bytes a row, however many there are."""
    return array("q", claims.values_list("pk", flat=True).iterator(chunk_size=10_000))


def rows(
    shop: Shop, keys: Sequence[int], columns: Sequence[Column], *, now: datetime
) -> Iterator[list[Value]]:
    """The values of each claim of `shop`, as it effectively is at `now`; read in chunks by key."""
    readers = [column.read for column in columns]
    for start in range(0, len(keys), CHUNK):
        chunk = keys[start : start + CHUNK]
        claims = Claim.objects.filter(shop=shop).select_related("order__buyer", "shop").in_bulk(list(chunk))
        for key in chunk:
            if claim := claims.get(key):
                yield [read(claim, now) for read in readers]


def write_xlsx(target: BinaryIO | str, columns: Sequence[Column], values: Iterable[list[Value]]) -> None:
    """Write a real .xlsx to `target`: days as days, yen as numbers, all else as text, never a formula."""
    options = {"constant_memory": True, "default_date_format": "yyyy/mm/dd"}
    with xlsxwriter.Workbook(target, options) as workbook:
        sheet = workbook.add_worksheet(_("クレーム"))
        head = workbook.add_format({"bold": True, "bg_color": "#EAF1F8", "bottom": 1})
        formats = {
            Written.YEN: workbook.add_format({"num_format": "#,##0"}),
            Written.NUMBER: workbook.add_format({"num_format": "@"}),
        }
        for at, column in enumerate(columns):
            sheet.set_column(at, at, column.width)
            sheet.write_string(0, at, str(column.label), head)
        sheet.freeze_panes(1, 0)
        kinds = [(column.written, formats.get(column.written)) for column in columns]
        numbers = [at for at, column in enumerate(columns) if column.written == Written.NUMBER]
        if numbers:  # else Excel marks every one of them as a mistake
            parts = " ".join(xl_range(1, at, SHEET_MAX, at) for at in numbers)
            sheet.ignore_errors({"number_stored_as_text": parts})
        row = 0
        for row, line in enumerate(values, 1):
            for at, (value, (written, look)) in enumerate(zip(line, kinds, strict=True)):
                if value is None or value == "":
                    continue
                if isinstance(value, date):
                    sheet.write_datetime(row, at, datetime(value.year, value.month, value.day))  # noqa: DTZ001 - a day, as sheets know it
                elif isinstance(value, int) and written in (Written.YEN, Written.COUNT):
                    sheet.write_number(row, at, value, look)
                else:
                    sheet.write_string(row, at, _in_sheet(str(value)), look)
        sheet.autofilter(0, 0, row, len(columns) - 1)


def _in_sheet(text: str) -> str:
    text = _writable(text)
    # In its constant memory XlsxWriter takes such a text for markup and writes it as it is.
    return f"{text} " if text.startswith("<r>") and text.endswith("</r>") else text


def csv_lines(columns: Sequence[Column], values: Iterable[list[Value]]) -> Iterator[bytes]:
    """The lines of a CSV for Excel: UTF-8 with its mark, CRLF, nothing that becomes a formula."""
    writer = csv.writer(_Echo(), lineterminator="\r\n")
    yield b"\xef\xbb\xbf" + writer.writerow([str(column.label) for column in columns]).encode()
    for line in values:
        yield writer.writerow([_in_csv(value) for value in line]).encode()


def _in_csv(value: Value) -> Value:
    if isinstance(value, date):
        return f"{value:%Y/%m/%d}"
    if isinstance(value, str):
        text = _writable(value)
        return f"'{text}" if FORMULA.match(text) else text
    return value


def from_csv(text: str) -> str:
    """What `csv_lines` wrote as `text`, as it was before."""
    return text[1:] if text.startswith("'") and FORMULA.match(text) else text


def _writable(text: str) -> str:
    return UNWRITABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


class _Echo:
    """A file that hands back what is written to it."""

    def write(self, text: str) -> Any:
        return text


def file_name(format: str, now: datetime) -> str:
    """The name under which a file of `now` is saved."""
    return f"claims-{now:%Y%m%d-%H%M%S}.{format}"


def run(job: ExportJob, *, now: datetime) -> None:
    """Write the file of a running job, saying how far it is; raises jobs.Stopped when it was cancelled."""
    member = access.memberships(job.user).filter(shop=job.shop).first()
    if member is None:  # let go since
        raise jobs.Stopped
    columns = [COLUMNS[code] for code in job.columns if code in COLUMNS]
    keys = ids(found_claims(member, job.query, job.numbers, now=now))
    job.rows_total = len(keys)
    if too_many(job.format, len(keys)):
        jobs.fail(job, too_many(job.format, len(keys)))
        return
    jobs.progress(job, 0)
    values = _counted(job, rows(job.shop, keys, columns, now=now))
    with tempfile.NamedTemporaryFile() as file:
        if job.format == ExportJob.Format.XLSX:
            write_xlsx(file.name, columns, values)
        else:
            file.writelines(csv_lines(columns, values))
            file.flush()
        job.discard_leftover()
        with open(file.name, "rb") as written:
            job.file.save(job.file_name, File(written), save=False)
    try:
        jobs.finish(job, JobState.DONE, file=job.file.name)
    except jobs.Stopped:
        job.file.delete(save=False)
        raise


def _counted(job: ExportJob, values: Iterable[list[Value]]) -> Iterator[list[Value]]:
    for job.rows_done, line in enumerate(values, 1):
        if job.rows_done % CHUNK == 0:
            jobs.progress(job, job.rows_done)
        yield line


def too_many(format: str, found: int) -> str:
    """Why no file of this format has room for so many rows; empty where it has."""
    if format != ExportJob.Format.XLSX or found <= SHEET_MAX:
        return ""
    return _(
        "Excelのシートは%(most)s行までのため、%(found)s行は入りません。CSVで作成するか、条件を絞り込んでください。"
    ) % {"most": f"{SHEET_MAX:,}", "found": f"{found:,}"}


def is_large(found: int) -> bool:
    """Whether a file of so many rows is written by the worker, not while somebody waits."""
    return found > settings.EXPORT_DIRECT_ROWS
