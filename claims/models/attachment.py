"""Attachment: a file that a shop or a buyer adds to a claim, a request, a message or an inquiry."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from claims.models.claim import Claim
from claims.models.order import Order
from claims.models.withdrawal import Withdrawal
from claims.moves import ActorKind
from qsm.accounts.models import Shop


def _stored_as(attachment: Attachment, name: str) -> str:
    # Nothing of the uploader's name: it is shown, never a path.
    return f"attachments/{attachment.key.hex[:2]}/{attachment.key.hex}"


class Attachment(models.Model):
    """A file as files.py made it (an image encoded anew, a checked PDF).

    Until `sent_at` it belongs to a draft, and only who uploaded it sees it. After that both sides of
    the order do, or the shop's alone where `for_buyer` is not set (an inquiry to Qoo10).
    """

    key = models.UUIDField(_("識別子"), default=uuid.uuid4, unique=True, editable=False)
    shop = models.ForeignKey(Shop, models.PROTECT, verbose_name=_("ショップ"))
    order = models.ForeignKey(
        Order, models.PROTECT, null=True, blank=True, related_name="attachments", verbose_name=_("注文番号")
    )
    # What it is evidence of in the claim's life; messages and inquiries refer to it from their side.
    claim = models.ForeignKey(
        Claim, models.PROTECT, null=True, blank=True, related_name="attachments", verbose_name=_("クレーム")
    )
    withdrawal = models.ForeignKey(
        Withdrawal,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="attachments",
        verbose_name=_("撤回要請"),
    )
    file = models.FileField(_("ファイル"), upload_to=_stored_as, max_length=200)
    name = models.CharField(_("ファイル名"), max_length=120)
    content_type = models.CharField(_("形式"), max_length=50)
    size = models.PositiveIntegerField(_("サイズ"), help_text=_("バイト"))
    for_buyer = models.BooleanField(_("購入者に表示"), default=True)
    uploaded_at = models.DateTimeField(_("登録日時"))
    uploaded_by_kind = models.CharField(_("登録者の種類"), max_length=10, choices=ActorKind)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("登録者")
    )
    sent_at = models.DateTimeField(_("送信日時"), null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("添付ファイル")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(claim__isnull=True) | Q(withdrawal__isnull=True),
                name="attachment_of_one_thing",
            ),
        ]
        indexes = [
            models.Index(fields=["uploaded_at"], condition=Q(sent_at__isnull=True), name="attachment_drafts"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_image(self) -> bool:
        """Whether a browser can show it as a picture."""
        return self.content_type.startswith("image/")

    def send(self, now: datetime) -> None:
        """Make it visible to whom it is for, from `now` on."""
        self.sent_at = now
        self.save(update_fields=["sent_at", "claim", "withdrawal", "order", "for_buyer"])
