"""Translation: 翻訳, a message in another language as a machine gave it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from messaging.models.message import Message


class Language(models.TextChoices):
    """What a message may be translated into; labels as the guide's screen shows them."""

    ENGLISH = "en", "ENGLISH"
    JAPANESE = "ja", "JAPANESE"
    KOREAN = "ko", "한국어"
    CHINESE = "zh", "中文"


class Translation(models.Model):
    """One message in one language, kept so that nobody pays for it twice.

    Without a text it is under way; who began it may have died, so it can be taken over (translation.py).
    """

    message = models.ForeignKey(
        Message, models.CASCADE, related_name="translations", verbose_name=_("メッセージ")
    )
    language = models.CharField(_("言語"), max_length=5, choices=Language)
    title = models.TextField(_("タイトル"), blank=True)
    body = models.TextField(_("翻訳"), blank=True)
    engine = models.CharField(_("翻訳エンジン"), max_length=30, blank=True)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("依頼者")
    )
    asked_at = models.DateTimeField(_("依頼日時"))

    class Meta:
        verbose_name = verbose_name_plural = _("翻訳")
        ordering = ["message", "language"]
        constraints = [
            models.UniqueConstraint(fields=["message", "language"], name="translation_once_per_language"),
            models.CheckConstraint(condition=Q(body="") | ~Q(engine=""), name="translation_names_its_engine"),
        ]
        indexes = [models.Index(fields=["asked_by", "asked_at"], name="translation_of_person")]

    def __str__(self) -> str:
        return f"{self.message_id} {self.language}"
