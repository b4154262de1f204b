"""Sweep by hand: complete every withdrawal whose window has lapsed, call late what is late."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from claims import transitions
from claims.deadlines import JAPAN


class Command(BaseCommand):
    help = (
        "One sweep: complete every withdrawal request whose deadline has passed unanswered, "
        "and call late every exchange and notice that was not processed in time."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--now",
            metavar="ISO",
            help="sweep as of this time, e.g. 2021-08-05T00:00 (Japan time unless it names a zone); "
            "times ahead of the clock are for the demo and the tests only",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        if options["now"]:
            now = self._parse(options["now"], clock=now)
        lapsed, late = transitions.complete_lapsed(now=now), transitions.call_late(now=now)
        when = now.astimezone(JAPAN).isoformat(timespec="seconds")
        for words, sweep in (
            (_("%(now)s 現在: 期限切れの撤回要請 %(count)s件を撤回完了にしました。"), lapsed),
            (_("%(now)s 現在: 処理期限を過ぎたクレーム %(count)s件を遅延にしました。"), late),
        ):
            self.stdout.write(words % {"now": when, "count": sweep.completed})
        if failed := lapsed.failed + late.failed:
            raise CommandError(
                _("処理できなかったクレーム（ID）: %s。ログを確認してください。")
                % ", ".join(map(str, failed))
            )

    def _parse(self, text: str, *, clock: datetime) -> datetime:
        try:
            now = parse_datetime(text)
        except ValueError:
            now = None
        if now is None:
            raise CommandError(_("--now は 2021-08-05T00:00 の形で指定してください: %s") % text)
        if timezone.is_naive(now):
            now = now.replace(tzinfo=JAPAN)
        if now > clock and not settings.PLAYGROUND:
            raise CommandError(_("--now に未来の時刻を指定できるのはデモとテストだけです。"))
        return now
