"""SavedText: よく使う, a text that a shop reuses."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from messaging.models.message import BODY_MAX, TITLE_MAX, Category
from qsm.accounts.models import Shop


class SavedText(models.Model):
    """よく使う: a text that the members of a shop reuse, with placeholders (saved_texts.py)."""

    shop = models.ForeignKey(Shop, models.CASCADE, related_name="saved_texts", verbose_name=_("ショップ"))
    name = models.CharField(_("名前"), max_length=50)
    category = models.CharField(_("カテゴリ"), max_length=20, choices=Category, default=Category.OTHER)
    title = models.CharField(_("タイトル"), max_length=TITLE_MAX, blank=True)
    body = models.TextField(_("メッセージ"), max_length=BODY_MAX)

    class Meta:
        verbose_name = verbose_name_plural = _("よく使う文章")
        ordering = ["shop", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["shop", "name"],
                name="saved_text_name_once",
                violation_error_message=_("同じ名前の文章がすでにあります。"),
            )
        ]

    def __str__(self) -> str:
        return self.name
