"""Message: what a shop and a buyer write to each other about an order."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Length
from django.utils.translation import gettext_lazy as _

from claims.models import Attachment, Claim, Order
from claims.statuses import Status
from qsm.accounts.models import Shop

models.TextField.register_lookup(Length)

TITLE_MAX = 200
BODY_MAX = 4000  # QAPI's SetInquiryMessage takes as many


class Category(models.TextChoices):
    """カテゴリ of a message or an inquiry (SPEC 5); the last is the operator's alone, a branch of its own."""

    ITEM = "item", _("商品")
    DELIVERY = "delivery", _("配送")
    CANCEL = "cancel", _("キャンセル/払い戻し")
    RETURN = "return", _("返品/交換")
    NON_RECEIPT = "non_receipt", _("未受取")
    PAYMENT = "payment", _("決済")
    OTHER = "other", _("その他")
    CLAIM_WITHDRAWAL = "claim_withdrawal", _("払戻し・クレーム撤回 > クレーム撤回")


class State(models.TextChoices):
    """状態 of a message or an inquiry: whether somebody still waits."""

    UNANSWERED = "unanswered", _("未回答")
    IN_PROGRESS = "in_progress", _("処理中")
    ANSWERED = "answered", _("回答済")


WAITING = (State.UNANSWERED, State.IN_PROGRESS)


class MessageQuerySet(models.QuerySet["Message"]):
    """Messages by whose they are and whether they wait."""

    def of_shop(self, shop: Shop) -> MessageQuerySet:
        """The messages about orders of `shop`."""
        return self.filter(order__shop=shop)

    def from_buyers(self) -> MessageQuerySet:
        """What buyers wrote."""
        return self.filter(sender=Message.Sender.BUYER)

    def unanswered(self) -> MessageQuerySet:
        """What buyers wrote and nobody has taken up: the N mark (SPEC 5)."""
        return self.from_buyers().filter(state=State.UNANSWERED)

    def with_urgency(self, now: datetime) -> MessageQuerySet:
        """Annotates `urgent`: 緊急 is a message on an order with an open request at `now` (SPEC 5)."""
        asked = Claim.objects.filter(order=OuterRef("order"), status=Status.ASKED, deadline_at__gt=now)
        return self.annotate(urgent=Exists(asked))


class Message(models.Model):
    """A message between a shop and the buyer of one of its orders."""

    class Sender(models.TextChoices):
        BUYER = "buyer", _("購入者")
        SHOP = "shop", _("ショップ")

    State = State
    Category = Category

    order = models.ForeignKey(Order, models.PROTECT, related_name="messages", verbose_name=_("注文番号"))
    sender = models.CharField(_("送信"), max_length=10, choices=Sender)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("送信人"),
    )
    state = models.CharField(_("状態"), max_length=20, choices=State, default=State.UNANSWERED)
    # Closed without an answer: 回答不要.
    needs_no_answer = models.BooleanField(_("回答不要"), default=False)
    category = models.CharField(_("カテゴリ"), max_length=20, choices=Category, default=Category.OTHER)
    title = models.CharField(_("タイトル"), max_length=TITLE_MAX)
    body = models.TextField(_("メッセージ"), max_length=BODY_MAX)
    files: models.ManyToManyField[Attachment, models.Model] = models.ManyToManyField(
        Attachment, blank=True, related_name="messages", verbose_name=_("添付ファイル")
    )
    # Of the form it was written in: however often that form is sent, it is one message.
    send_key = models.UUIDField(_("送信キー"), default=uuid.uuid4, unique=True, editable=False)
    sent_at = models.DateTimeField(_("日時"))
    # When the side it was written to first opened it.
    seen_at = models.DateTimeField(_("既読日時"), null=True, blank=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("メッセージ")
        ordering = ["-sent_at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(body__length__lte=BODY_MAX), name="message_body_length"),
            models.CheckConstraint(
                condition=Q(needs_no_answer=False) | Q(state="answered", sender="buyer"),
                name="message_without_answer_is_closed",
            ),
            models.CheckConstraint(
                condition=Q(sender="buyer") | Q(state="answered"), name="message_of_shop_waits_for_nobody"
            ),
        ]
        indexes = [
            models.Index(
                fields=["order"], condition=Q(state="unanswered", sender="buyer"), name="message_unanswered"
            ),
            models.Index(fields=["order", "-sent_at", "-id"], name="message_thread"),
            models.Index(fields=["-sent_at", "-id"], name="message_newest"),
        ]

    def __str__(self) -> str:
        return self.title
