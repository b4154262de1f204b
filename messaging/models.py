"""What is said about an order: Message and Notice."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from claims.models import ClaimEvent, Order
from qsm.accounts.models import Buyer, Member, Shop


class Message(models.Model):
    """A message between a shop and the buyer of one of its orders."""

    class Sender(models.TextChoices):
        BUYER = "buyer", _("購入者")
        SHOP = "shop", _("ショップ")

    class State(models.TextChoices):
        UNANSWERED = "unanswered", _("未回答")
        IN_PROGRESS = "in_progress", _("処理中")
        ANSWERED = "answered", _("回答済")

    class Category(models.TextChoices):
        ITEM = "item", _("商品")
        DELIVERY = "delivery", _("配送")
        CANCEL = "cancel", _("キャンセル/払い戻し")
        RETURN = "return", _("返品/交換")
        NON_RECEIPT = "non_receipt", _("未受取")
        PAYMENT = "payment", _("決済")
        OTHER = "other", _("その他")

    order = models.ForeignKey(Order, models.PROTECT, related_name="messages", verbose_name=_("注文番号"))
    sender = models.CharField(_("送信"), max_length=10, choices=Sender)
    state = models.CharField(_("状態"), max_length=20, choices=State, default=State.UNANSWERED)
    category = models.CharField(_("カテゴリ"), max_length=20, choices=Category, default=Category.OTHER)
    title = models.CharField(_("タイトル"), max_length=200)
    body = models.TextField(_("メッセージ"), max_length=4000)
    sent_at = models.DateTimeField(_("日時"))

    class Meta:
        verbose_name = verbose_name_plural = _("メッセージ")
        ordering = ["-sent_at", "-pk"]
        indexes = [
            models.Index(
                fields=["order"], condition=Q(state="unanswered", sender="buyer"), name="message_unanswered"
            ),
            models.Index(fields=["order", "-sent_at", "-id"], name="message_thread"),
        ]

    def __str__(self) -> str:
        return self.title


class Notice(models.Model):
    """One notice of one cause to one reader: shown in his box, and the outbox of its mail at once.

    To a buyer it is Qポスト, to a shop a line of コールセンター・Qoo10のメッセージ; a member's is the mail
    alone. The words are made when it is read or sent (notices.py), so nothing personal is kept here.
    """

    class Mail(models.TextChoices):
        NONE = "none", _("なし")
        PENDING = "pending", _("送信待ち")
        SENT = "sent", _("送信済み")
        PARKED = "parked", _("送信中止")

    key = models.CharField(_("識別子"), max_length=60, unique=True)
    event = models.ForeignKey(ClaimEvent, models.PROTECT, related_name="notices", verbose_name=_("出来事"))
    buyer = models.ForeignKey(Buyer, models.PROTECT, null=True, blank=True, verbose_name=_("購入者"))
    shop = models.ForeignKey(Shop, models.PROTECT, null=True, blank=True, verbose_name=_("ショップ"))
    member = models.ForeignKey(Member, models.CASCADE, null=True, blank=True, verbose_name=_("メンバー"))
    created_at = models.DateTimeField(_("日時"))
    read_at = models.DateTimeField(_("既読日時"), null=True, blank=True)
    mail = models.CharField(_("メール"), max_length=10, choices=Mail, default=Mail.NONE)
    attempts = models.PositiveIntegerField(_("送信回数"), default=0)
    next_attempt_at = models.DateTimeField(_("次の送信"), null=True, blank=True)
    leased_until = models.DateTimeField(_("送信中"), null=True, blank=True)
    sent_at = models.DateTimeField(_("送信日時"), null=True, blank=True)
    last_error = models.CharField(_("最後のエラー"), max_length=200, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("通知")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="notice_has_one_reader",
                condition=Q(buyer__isnull=False, shop__isnull=True, member__isnull=True)
                | Q(buyer__isnull=True, shop__isnull=False, member__isnull=True)
                | Q(buyer__isnull=True, shop__isnull=True, member__isnull=False),
            ),
            models.CheckConstraint(
                name="notice_sent_at_when_sent",
                condition=Q(mail="sent", sent_at__isnull=False) | (~Q(mail="sent") & Q(sent_at__isnull=True)),
            ),
        ]
        indexes = [
            models.Index(fields=["next_attempt_at", "id"], condition=Q(mail="pending"), name="notice_outbox"),
            models.Index(fields=["buyer", "-created_at", "-id"], name="notice_of_buyer"),
            models.Index(fields=["shop", "-created_at", "-id"], name="notice_of_shop"),
        ]

    def __str__(self) -> str:
        return self.key

    def addressee(self) -> tuple[str, str]:
        """Mail address and language of the one to whom the mail goes; a shop's own notice has none."""
        if self.buyer:
            return self.buyer.mail_address, self.buyer.language
        if self.member:
            return self.member.user.email, self.member.user.language
        raise ValueError(f"notice {self.pk} is nobody's mail")
