"""What a member has chosen for himself at the desk: his grid, his searches."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from qsm.accounts.models import Member

PAGE_SIZES = (20, 50, 100, 200)
SAVED_VIEWS_MAX = 30
NAME_MAX = 40
QUERY_MAX = 4000


class GridSetting(models.Model):
    """一覧の表示設定 of a member; who has none has the defaults."""

    member = models.OneToOneField(
        Member, models.CASCADE, related_name="grid_setting", verbose_name=_("メンバー")
    )
    # Codes of claims/columns.py in their order; empty for the guide's columns.
    columns: models.JSONField[list[str], list[str]] = models.JSONField(_("列"), default=list, blank=True)
    per_page = models.PositiveSmallIntegerField(
        _("1ページの件数"), choices=[(size, str(size)) for size in PAGE_SIZES], default=50
    )
    # Empty: the newest of what is searched for first.
    sort = models.CharField(_("並び順"), max_length=40, blank=True)
    shortcuts = models.BooleanField(_("キーボード操作"), default=True)

    class Meta:
        verbose_name = verbose_name_plural = _("一覧の表示設定")
        constraints = [
            models.CheckConstraint(condition=Q(per_page__in=PAGE_SIZES), name="grid_page_size_offered"),
        ]

    def __str__(self) -> str:
        return str(self.member)

    @classmethod
    def of(cls, member: Member) -> GridSetting:
        """The setting of `member`, not saved yet where he has never chosen."""
        chosen: GridSetting | None = getattr(member, "grid_setting", None)
        return chosen or cls(member=member)


class SavedView(models.Model):
    """保存した条件: a search that a member has given a name."""

    member = models.ForeignKey(Member, models.CASCADE, related_name="saved_views", verbose_name=_("メンバー"))
    name = models.CharField(_("名前"), max_length=NAME_MAX)
    # As ClaimFilter.query() writes it: readable conditions only.
    query = models.CharField(_("条件"), max_length=QUERY_MAX)
    saved_at = models.DateTimeField(_("保存日"))

    class Meta:
        verbose_name = verbose_name_plural = _("保存した条件")
        ordering = ["saved_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["member", "name"], name="saved_view_name_once"),
            models.CheckConstraint(condition=~Q(name=""), name="saved_view_has_name"),
        ]

    def __str__(self) -> str:
        return self.name
