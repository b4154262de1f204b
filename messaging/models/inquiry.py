"""Inquiry and Announcement: what a shop and the marketplace say to each other."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from claims.models import Attachment, Order
from messaging.models.message import BODY_MAX, TITLE_MAX, Category, State
from qsm.accounts.models import Shop
from qsm.folding import folded


class Inquiry(models.Model):
    """Qoo10へのお問い合わせ: what a shop asks the marketplace, perhaps about one order."""

    State = State
    Category = Category

    shop = models.ForeignKey(Shop, models.PROTECT, related_name="inquiries", verbose_name=_("ショップ"))
    order = models.ForeignKey(
        Order, models.PROTECT, null=True, blank=True, related_name="inquiries", verbose_name=_("注文番号")
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("送信人")
    )
    category = models.CharField(_("カテゴリ"), max_length=20, choices=Category)
    title = models.CharField(_("タイトル"), max_length=TITLE_MAX)
    body = models.TextField(_("メッセージ"), max_length=BODY_MAX)
    # Between the shop and the marketplace: their `for_buyer` is not set.
    files: models.ManyToManyField[Attachment, models.Model] = models.ManyToManyField(
        Attachment, blank=True, related_name="inquiries", verbose_name=_("添付ファイル")
    )
    # Of the form it was written in: however often that form is sent, it is one inquiry.
    send_key = models.UUIDField(_("送信キー"), default=uuid.uuid4, unique=True, editable=False)
    state = models.CharField(_("状態"), max_length=20, choices=State, default=State.UNANSWERED)
    sent_at = models.DateTimeField(_("日時"))
    answer = models.TextField(_("回答"), max_length=BODY_MAX, blank=True)
    answered_at = models.DateTimeField(_("回答日時"), null=True, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("回答者"),
    )
    search_text = models.GeneratedField(
        expression=folded("title", "body", "answer"),
        output_field=models.TextField(),
        db_persist=True,
        editable=False,
    )

    class Meta:
        verbose_name = verbose_name_plural = _("Qoo10へのお問い合わせ")
        ordering = ["-sent_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="inquiry_answer_is_whole",
                condition=Q(state="answered", answered_at__isnull=False, answered_by__isnull=False)
                & ~Q(answer="")
                | ~Q(state="answered") & Q(answered_at__isnull=True, answered_by__isnull=True, answer=""),
            ),
            models.CheckConstraint(
                condition=Q(body__length__lte=BODY_MAX) & Q(answer__length__lte=BODY_MAX),
                name="inquiry_text_length",
            ),
        ]
        indexes = [models.Index(fields=["shop", "-sent_at", "-id"], name="inquiry_of_shop")]

    def __str__(self) -> str:
        return self.title


class Announcement(models.Model):
    """Qoo10's own message to one shop, or to every shop where none is named."""

    shop = models.ForeignKey(
        Shop,
        models.PROTECT,
        null=True,
        blank=True,
        verbose_name=_("ショップ"),
        help_text=_("空欄は全ショップ"),
    )
    title = models.CharField(_("タイトル"), max_length=TITLE_MAX)
    body = models.TextField(_("メッセージ"), max_length=BODY_MAX)
    sent_at = models.DateTimeField(_("日時"))
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("送信人")
    )
    search_text = models.GeneratedField(
        expression=folded("title", "body"), output_field=models.TextField(), db_persist=True, editable=False
    )

    class Meta:
        verbose_name = verbose_name_plural = _("Qoo10のメッセージ")
        ordering = ["-sent_at", "-pk"]

    def __str__(self) -> str:
        return self.title
