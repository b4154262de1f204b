"""Message: what a shop and a buyer write to each other about an order."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Length
from django.utils.translation import gettext_lazy as _

from claims.models import Attachment, Claim, Order
from claims.statuses import Status
from qsm.accounts.models import Buyer, Shop
from qsm.folding import folded

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
        return self.filter(shop=shop)

    def from_buyers(self) -> MessageQuerySet:
        """What buyers wrote."""
        return self.filter(sender=Message.Sender.BUYER)

    def unanswered(self) -> MessageQuerySet:
        """What buyers wrote and nobody has taken up: the N mark (SPEC 5)."""
        return self.from_buyers().filter(state=State.UNANSWERED)

    def waiting(self) -> MessageQuerySet:
        """What buyers wrote and somebody still has to answer or close."""
        return self.from_buyers().filter(state__in=WAITING)

    def with_urgency(self, now: datetime) -> MessageQuerySet:
        """Annotates `urgent`: 緊急 is a message on an order with an open request at `now` (SPEC 5)."""
        return self.annotate(urgent=_open_request(now))

    def urgent(self, now: datetime) -> MessageQuerySet:
        """緊急 at `now`."""
        return self.filter(_open_request(now))

    def general(self, now: datetime) -> MessageQuerySet:
        """一般: all that is not 緊急 at `now`."""
        return self.filter(~_open_request(now))


def _open_request(now: datetime) -> Exists:
    return Exists(Claim.objects.filter(order=OuterRef("order"), status=Status.ASKED, deadline_at__gt=now))


class Message(models.Model):
    """A message between a shop and the buyer of one of its orders."""

    class Sender(models.TextChoices):
        BUYER = "buyer", _("購入者")
        SHOP = "shop", _("ショップ")

    State = State
    Category = Category

    order = models.ForeignKey(Order, models.PROTECT, related_name="messages", verbose_name=_("注文番号"))
    # Copies of the order's, kept equal by a foreign key over all of them (migration 0002): a list or a
    # count of 200,000 messages of a shop reads one index instead of joining as many orders.
    shop = models.ForeignKey(Shop, models.PROTECT, db_index=False, editable=False, verbose_name=_("ショップ"))
    buyer = models.ForeignKey(
        Buyer, models.PROTECT, db_index=False, editable=False, related_name="+", verbose_name=_("購入者名")
    )
    item_code = models.CharField(_("商品番号"), max_length=20, editable=False)
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
    search_text = models.GeneratedField(
        expression=folded("title", "body"), output_field=models.TextField(), db_persist=True, editable=False
    )

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
            models.Index(
                fields=["shop"],
                condition=Q(state="unanswered", sender="buyer"),
                name="message_unanswered_of_shop",
            ),
            models.Index(fields=["order", "-sent_at", "-id"], name="message_thread"),
            models.Index(fields=["-sent_at", "-id"], name="message_newest"),
            # お問い合わせ管理: newest first, of one state, and the groups of its two other views.
            models.Index(fields=["shop", "-sent_at", "-id"], name="message_of_shop"),
            models.Index(fields=["shop", "state", "-sent_at", "-id"], name="message_of_shop_by_state"),
            models.Index(fields=["shop", "buyer", "sent_at", "state"], name="message_by_buyer"),
            models.Index(fields=["shop", "item_code", "sent_at", "state"], name="message_by_item"),
        ]

    def __str__(self) -> str:
        return self.title

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.shop_id, self.buyer_id = self.order.shop_id, self.order.buyer_id
        self.item_code = self.order.item_code
        super().save(*args, **kwargs)
