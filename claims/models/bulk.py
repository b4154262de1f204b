"""BulkRun: one deed done to many claims at once, and what became of each."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from claims.moves import Action
from qsm.accounts.models import Member


class BulkRun(models.Model):
    """一括処理: what a member had done to checked claims. Its key comes with the form: sent twice, done once."""

    key = models.UUIDField(primary_key=True)
    member = models.ForeignKey(Member, models.CASCADE, related_name="+", verbose_name=_("メンバー"))
    action = models.CharField(_("処理"), max_length=20, choices=Action)
    started_at = models.DateTimeField(_("開始日時"))
    finished_at = models.DateTimeField(_("終了日時"), null=True, blank=True)
    # One per claim, in the order of the page: {"claim": its number, "order": number, "text": what came of it
    # or why nothing, "done": whether it did, None while its turn has not come}.
    lines: models.JSONField[list[dict[str, Any]], list[dict[str, Any]]] = models.JSONField(
        _("結果"), default=list
    )

    class Meta:
        verbose_name = verbose_name_plural = _("一括処理")
        ordering = ["-started_at"]

    def __str__(self) -> str:
        return f"{self.get_action_display()} {self.key}"
