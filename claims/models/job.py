"""ExportJob and ImportJob: long work on files, done by a worker and watched by the one who asked for it."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from claims.models.withdrawal import Channel
from claims.moves import ActorKind
from qsm.accounts.models import Shop


class JobState(models.TextChoices):
    """How far a job is."""

    WAITING = "waiting", _("待機中")
    RUNNING = "running", _("作成中")
    CHECKED = "checked", _("確認待ち")
    DONE = "done", _("完了")
    FAILED = "failed", _("失敗")
    CANCELLED = "cancelled", _("取消")
    EXPIRED = "expired", _("期限切れ")


UNFINISHED = (JobState.WAITING, JobState.RUNNING)


def _stored_as(job: Job, name: str) -> str:
    # Nothing of anybody's name for it: that is shown, never a path.
    return f"{job.folder}/{job.key.hex[:2]}/{job.key.hex}"


class Job(models.Model):
    """Work for the worker: waiting, running (its worker holds the job's advisory lock), ended, expired."""

    folder: ClassVar[str]

    key = models.UUIDField(_("識別子"), default=uuid.uuid4, unique=True, editable=False)
    shop = models.ForeignKey(Shop, models.PROTECT, related_name="+", verbose_name=_("ショップ"))
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("依頼した人")
    )
    state = models.CharField(_("状態"), max_length=10, choices=JobState, default=JobState.WAITING)
    rows_total = models.PositiveIntegerField(_("全行数"), null=True, blank=True)
    rows_done = models.PositiveIntegerField(_("処理した行数"), default=0)
    tries = models.PositiveSmallIntegerField(_("実行回数"), default=0)
    file = models.FileField(_("ファイル"), upload_to=_stored_as, max_length=200, blank=True)
    file_name = models.CharField(_("ファイル名"), max_length=120)
    error = models.CharField(_("エラー"), max_length=300, blank=True)
    created_at = models.DateTimeField(_("依頼日時"))
    woken_at = models.DateTimeField(_("最後に呼び出した日時"))
    finished_at = models.DateTimeField(_("終了日時"), null=True, blank=True)
    expires_at = models.DateTimeField(_("保存期限"))

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.file_name

    def state_at(self, now: datetime) -> JobState:
        """The state that counts at `now`: what is kept no longer is over, swept or not."""
        return JobState.EXPIRED if self.expires_at <= now else JobState(self.state)

    def is_unfinished(self, now: datetime) -> bool:
        """Whether it is still to be done or being done at `now`."""
        return self.state_at(now) in UNFINISHED

    def discard_leftover(self) -> None:
        """Delete the file that a worker killed before it could name it here has left."""
        if not self.file:
            self.file.storage.delete(_stored_as(self, ""))

    @property
    def percent(self) -> int:
        """How much of it is done, 0 to 100; 0 while the rows have not been counted."""
        return min(100, self.rows_done * 100 // self.rows_total) if self.rows_total else 0


class ExportJob(Job):
    """ダウンロード: a file of claims too many to be written while somebody waits."""

    folder = "exports"

    class Format(models.TextChoices):
        XLSX = "xlsx", _("Excel")
        CSV = "csv", _("CSV")

    format = models.CharField(_("形式"), max_length=5, choices=Format)
    query = models.TextField(_("照会条件"), blank=True)
    numbers = models.JSONField(_("選択したクレーム"), default=list, blank=True)
    columns = models.JSONField(_("列"), default=list)

    class Meta:
        verbose_name = verbose_name_plural = _("ダウンロード")
        ordering = ["-created_at", "-pk"]
        indexes = [models.Index(fields=["shop", "user", "-created_at"], name="export_of_member")]


class ImportJob(Job):
    """取込: a file of orders and claims, checked first, taken after a confirmation."""

    folder = "imports"

    class Take(models.TextChoices):
        GOOD = "good", _("正しい行だけ取り込む")
        ALL = "all", _("すべて正しいときだけ取り込む")

    take = models.CharField(_("取り込み方"), max_length=5, choices=Take, default=Take.GOOD)
    actor_kind = models.CharField(_("依頼した人の種類"), max_length=10, choices=ActorKind)
    channel = models.CharField(_("方法"), max_length=10, choices=Channel)
    # From here on the rows are written, not only checked.
    confirmed_at = models.DateTimeField(_("確認日時"), null=True, blank=True)
    # By all its tries together: what is in the database, however the last one ended.
    rows_taken = models.PositiveIntegerField(_("取り込んだ行数"), default=0)
    # What the check, then the writing, found: claims.imports.Report as JSON.
    report: Any = models.JSONField(_("結果"), default=dict, blank=True, encoder=DjangoJSONEncoder)

    class Meta:
        verbose_name = verbose_name_plural = _("取込")
        ordering = ["-created_at", "-pk"]
        indexes = [models.Index(fields=["shop", "-created_at"], name="import_of_shop")]
        constraints = [
            # Two that write at once would lock each other's claims in different orders. The command
            # import_claims writes without a job: where it meets one, the rows that the other holds are taken
            # one by one, and those that it holds too long are among the bad rows, to be imported again.
            models.UniqueConstraint(
                fields=["shop"],
                condition=Q(state="running", confirmed_at__isnull=False),
                name="import_one_at_a_time",
            ),
        ]
