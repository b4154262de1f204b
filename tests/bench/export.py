"""What files of 100,000 claims cost in memory and time: `uv run python -m tests.bench.export`."""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from qsm.embedded import DataFolder, start_postgres
from qsm.supervisor import Supervisor
from tests.bench.desk import fill
from tests.servers import ENVIRONMENT

MOST = 100  # MiB: what 100,000 rows may take, in files written and in files read


def memory(line: str) -> float:
    """MiB of this process in memory: now (VmRSS), or at most since the peak was set back (VmHWM)."""
    status = Path("/proc/self/status").read_text()
    return int(re.search(rf"{line}:\s+(\d+) kB", status)[1]) / 1024


def measured(name: str, rows: int, work: Callable[[], object]) -> None:
    """Print what `work` on so many rows takes: seconds, and the growth of this process at its peak."""
    Path("/proc/self/clear_refs").write_text("5")
    before, begun = memory("VmRSS"), time.perf_counter()
    work()
    took = time.perf_counter() - begun
    peak = memory("VmHWM")
    fits = "" if peak - before < MOST else f"  MORE THAN {MOST}"
    print(
        f"{name:34} {rows:9,} {took:8.1f} s {rows / took:9,.0f}/s {peak - before:8.1f} {peak:8.1f}{fits}",
        flush=True,
    )


# --- what the processes do, each in one of its own ------------------------------------------------


def export(shop: str, format: str, target: str) -> None:
    """A ダウンロード of all columns, as the worker writes it, copied to `target`."""
    from django.utils import timezone

    from claims import tasks
    from claims.columns import COLUMNS
    from claims.models import Claim, ExportJob
    from qsm.accounts.models import Member

    now = timezone.now()
    member = Member.objects.get(shop__code=shop)
    job = ExportJob.objects.create(
        shop=member.shop,
        user=member.user,
        file_name=f"{shop}.{format}",
        format=format,
        query="tab=search",
        columns=list(COLUMNS),
        created_at=now,
        woken_at=now,
        expires_at=now + timedelta(days=1),
    )
    Claim.objects.filter(shop=member.shop).first()  # connected, as a worker is
    rows = Claim.objects.filter(shop=member.shop).count()
    measured(f"export {format}", rows, lambda: tasks.run_export(job.pk))
    job.refresh_from_db()
    if job.rows_done != rows:
        raise SystemExit(f"{job.rows_done} of {rows} rows: {job.error}")
    Path(job.file.path).rename(target)


def take(shop: str, name: str, path: str) -> None:
    """An 取込 of the file at `path`: kept and looked into by the web, checked and taken by the worker."""
    from django.utils import timezone

    from claims import access, imports, tasks
    from claims.models import ImportJob
    from qsm.accounts.models import Member

    by = access.as_seller(Member.objects.get(shop__code=shop))
    member = Member.objects.get(shop__code=shop)
    jobs: list[ImportJob] = []

    def upload() -> None:
        with open(path, "rb") as file:
            jobs.append(
                imports.begin(member.shop, file, name=Path(path).name, by=by, now=timezone.now(), direct=500)
            )

    begun = time.perf_counter()
    upload()
    (job,) = jobs
    uploaded = time.perf_counter() - begun
    begun = time.perf_counter()
    measured_rows = _rows_of(path)
    measured(f"{name}: preview", measured_rows, lambda: tasks.run_import(job.pk))
    job.refresh_from_db()
    report = job.report
    imports.confirm(job, take="good", by=by, now=timezone.now(), direct=500)
    measured(f"{name}: taken", measured_rows, lambda: tasks.run_import(job.pk))
    job.refresh_from_db()
    told = {key: job.report.get(key) for key in ("created", "changed", "unchanged", "refused")}
    print(f"    {told}; the upload is answered after {uploaded:.1f} s {job.error}", flush=True)
    if not report or report["refused"] or job.report["refused"]:
        raise SystemExit(f"refused: {job.report.get('problems', [])[:3]}")


def _rows_of(path: str) -> int:
    return int(Path(path).stem.split("-")[-1])


def write(shop: str, into: str, rows: int, folder: str) -> None:
    """Files of as many new claims for the shop `into`: CSV, and sheets as we and as Excel write them."""
    from django.utils import timezone

    from claims import exports
    from claims.columns import COLUMNS
    from claims.models import Claim
    from qsm.accounts.models import Shop

    columns = [column for code, column in COLUMNS.items() if code not in ("deadline", "claim_number")]
    keys = list(Claim.objects.filter(shop__code=shop).values_list("pk", flat=True)[:rows])
    at = {column.code: place for place, column in enumerate(columns)}
    name = Shop.objects.get(code=into).name

    def values(kind: int) -> Iterator[list[exports.Value]]:
        source = exports.rows(Shop.objects.get(code=shop), keys, columns, now=timezone.now())
        for row in source:
            row[at["number"]] = f"{kind}{row[at['number']]}"
            row[at["shop"]] = name
            row[at["status"]] = (
                str(row[at["status"]])
                .replace("返品：撤回要請", "返品要請")
                .replace("返品：撤回保留", "返品要請")
            )
            yield row

    with open(f"{folder}/new-{rows}.csv", "wb") as file:
        file.writelines(exports.csv_lines(columns, values(7)))
    exports.write_xlsx(f"{folder}/ours-{rows}.xlsx", columns, values(8))
    _as_excel(f"{folder}/excels-{rows}.xlsx", [str(column.label) for column in columns], values(9))


def _as_excel(path: str, head: list[str], values: Iterator[list[object]]) -> None:
    """A sheet whose texts stand in a table of their own, each once, as Excel saves it."""
    import xlsxwriter

    options = {"default_date_format": "yyyy/mm/dd", "strings_to_urls": False}
    with xlsxwriter.Workbook(path, options) as book:
        sheet = book.add_worksheet()
        for at, row in enumerate([head, *values]):
            sheet.write_row(at, 0, row)


CHILDREN: dict[str, Callable[..., None]] = {"export": export, "take": take, "write": write}


def child(work: str, *arguments: str) -> None:
    """Do `work` in a process of its own, whose memory nothing before has used."""
    command = [sys.executable, "-m", "tests.bench.export", "--child", work, *arguments]
    if subprocess.run(command, check=False).returncode:
        print(f"{work} {' '.join(arguments)} FAILED", flush=True)


def measure(rows: int, folder: Path, *, written: bool) -> None:
    """Print a line for each file: written from (where `written`), and read into, shops of so many claims."""
    print(f"{'':34} {'rows':>9} {'took':>10} {'':>11} {'grew MiB':>8} {'peak MiB':>8}")
    for code, size in (("small", rows // 10), ("large", rows), ("target", 10)):
        fill(code, size)
    for shop, size in (("small", rows // 10), ("large", rows)) if written else ():
        for format in ("xlsx", "csv"):
            child("export", shop, format, f"{folder}/{shop}-{size}.{format}")
    child("write", "large", "target", str(rows), str(folder))
    for name, file in (
        ("import csv, all new", f"new-{rows}.csv"),
        ("import xlsx, all new", f"ours-{rows}.xlsx"),
        ("import xlsx of Excel, all new", f"excels-{rows}.xlsx"),
    ):
        child("take", "target", name, f"{folder}/{file}")
    for format in ("csv", "xlsx") if written else ():
        child("take", "large", f"import {format}, no change", f"{folder}/large-{rows}.{format}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--imports", action="store_true", help="new claims in files only")
    parser.add_argument("--child", nargs="+", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.child:
        import django

        django.setup()
        work, *arguments = asked.child
        CHILDREN[work](*(int(one) if one.isdigit() else one for one in arguments))
        return
    folder = DataFolder(Path(tempfile.mkdtemp(prefix="qsm-bench-")))
    os.environ.update(ENVIRONMENT | {"DJANGO_SETTINGS_MODULE": "qsm.settings", "CONN_MAX_AGE": "60"})
    # Nobody answers there: the jobs are done here.
    os.environ |= {
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "MEDIA_ROOT": str(folder.path / "media"),
        "IMPORT_MAX_BYTES": "500000000",
    }
    supervisor = Supervisor(folder.path / "logs", tell=sys.stderr.write)
    try:
        os.environ["DATABASE_URL"] = start_postgres(supervisor, folder, "shared_buffers=512MB")
        supervisor.wait_until_ready()
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        measure(asked.rows, folder.path, written=not asked.imports)
    finally:
        supervisor.stop()
        with suppress(OSError):
            folder.remove()


if __name__ == "__main__":
    main()
