"""Draft: what a member is writing and has not sent."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from claims.models import Attachment, Order
from messaging.models.message import BODY_MAX, TITLE_MAX, Category
from qsm.accounts.models import Member


class Channel(models.TextChoices):
    """チャンネル: to whom the composer writes."""

    BUYER = "buyer", _("購入者へのメッセージ")
    QOO10 = "qoo10", "Qoo10"


class Draft(models.Model):
    """A text and its unsent files, of one member about one order (or none) on one channel.

    It is his alone. `send_key` is that of the message it becomes; `saved_by` is the page that saved it
    last: a page that has seen neither that one nor its own there does not write over it (drafts.py).
    """

    Channel = Channel

    member = models.ForeignKey(
        Member, models.CASCADE, related_name="drafts", verbose_name=_("ショップのメンバー")
    )
    order = models.ForeignKey(
        Order, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("注文番号")
    )
    channel = models.CharField(_("チャンネル"), max_length=10, choices=Channel)
    category = models.CharField(_("カテゴリ"), max_length=20, choices=Category, default=Category.OTHER)
    title = models.CharField(_("タイトル"), max_length=TITLE_MAX, blank=True)
    body = models.TextField(_("メッセージ"), max_length=BODY_MAX, blank=True)
    files: models.ManyToManyField[Attachment, models.Model] = models.ManyToManyField(
        Attachment, blank=True, related_name="drafts", verbose_name=_("添付ファイル")
    )
    send_key = models.UUIDField(_("送信キー"), default=uuid.uuid4, editable=False)
    saved_by = models.UUIDField(_("保存した画面"), default=uuid.uuid4, editable=False)
    saved_at = models.DateTimeField(_("保存日時"))

    class Meta:
        verbose_name = verbose_name_plural = _("下書き")
        ordering = ["-saved_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["member", "send_key"], name="draft_key_once_per_member"),
            models.CheckConstraint(
                condition=Q(order__isnull=False) | Q(channel="qoo10"), name="draft_to_buyer_has_order"
            ),
            models.CheckConstraint(condition=Q(body__length__lte=BODY_MAX), name="draft_body_length"),
        ]

    def __str__(self) -> str:
        return self.title
