"""Take orders and claims out of a file, as 取込 on the desk does."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from claims import access, imports
from qsm.accounts.models import Shop

EVERY = 5000  # rows


class Command(BaseCommand):
    help = "Import orders and claims of a shop from .xlsx, CSV or the JSON answer of GetClaimInfo_V3."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument(
            "--shop", required=True, metavar="SHOP", help="the shop's code, as in its addresses"
        )
        parser.add_argument(
            "--all-or-nothing", action="store_true", help="take nothing where any row is not right"
        )
        parser.add_argument("--dry-run", action="store_true", help="only tell what would change")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        self.told = 0
        try:
            shop = Shop.objects.get(code=options["shop"])
        except Shop.DoesNotExist as error:
            raise CommandError(_("ショップがありません: %s") % options["shop"]) from error
        try:
            with options["file"].open("rb") as file:
                if options["dry_run"]:
                    report = imports.check(shop, file, now=now, told=self._progress)
                else:
                    report = imports.take(
                        shop,
                        file,
                        all_or_nothing=options["all_or_nothing"],
                        by=access.COMMAND,
                        now=now,
                        told=self._progress,
                    )
        except OSError as error:
            raise CommandError(
                _("ファイルを開けません: %s") % f"{options['file']} ({error.strerror})"
            ) from error
        except imports.Unreadable as unreadable:
            raise CommandError(str(unreadable)) from unreadable
        except imports.Refusal as refusal:
            self._tell(refusal.report)
            raise CommandError(_("正しくない行があるため、1行も取り込みませんでした。")) from refusal
        self._tell(report)
        if report.refused:
            raise CommandError(_("正しくない行が%s行ありました。") % report.refused)

    def _progress(self, done: int) -> None:
        """A line every so many rows: a long file is not silent for minutes."""
        if done >= self.told + EVERY:
            self.told = done
            self.stdout.write(_("%s行まで終わりました。") % f"{done:,}")

    def _tell(self, report: imports.Report) -> None:
        self.stdout.write(
            _(
                "新規 %(created)s行、変更 %(changed)s行、変更なし %(unchanged)s行、正しくない行 %(refused)s行。"
            )
            % vars(report)
        )
        if report.ignored:
            self.stdout.write(_("読み取らなかった列: %s") % "、".join(report.ignored))
        for line, number, column, reason in report.problems:
            self.stderr.write(_("%(line)s行目 %(number)s %(column)s: %(reason)s") % {
                "line": line, "number": number, "column": column, "reason": reason,
            })  # fmt: skip
