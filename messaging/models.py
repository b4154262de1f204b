"""What is said about an order: messages, inquiries to Qoo10, and the notices of both sides."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Length
from django.utils.translation import gettext_lazy as _

from claims.models import Claim, ClaimEvent, Order, Withdrawal
from claims.statuses import Status
from qsm.accounts.models import Buyer, Member, Shop

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

    class Meta:
        verbose_name = verbose_name_plural = _("Qoo10のメッセージ")
        ordering = ["-sent_at", "-pk"]

    def __str__(self) -> str:
        return self.title


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


class Topic(models.TextChoices):
    """What a notice is about; a claim's events keep their action's code, so that words are found by it."""

    FILED = "filed", _("クレーム受付")
    ASKED = "asked", _("撤回要請")
    REPEATED = "repeated", _("撤回の再要請")
    CANCELLED = "cancelled", _("撤回要請のキャンセル")
    ACCEPTED = "accepted", _("撤回に同意")
    REJECTED = "rejected", _("撤回を拒否")
    LAPSED = "lapsed", _("自動撤回")
    DROPPED = "dropped", _("クレームの取り下げ")
    APPROVED = "approved", _("承認")
    REMINDER = "reminder", _("回答のお願い")
    LAST_DAY = "last_day", _("回答期限当日のお知らせ")
    MESSAGE = "message", _("新しいメッセージ")
    INQUIRY_ANSWERED = "inquiry_answered", _("お問い合わせへの回答")
    ANNOUNCEMENT = "announcement", _("Qoo10のメッセージ")


def _only(given: str, among: tuple[str, ...]) -> Q:
    return Q(**{f"{field}__isnull": field != given for field in among})


def _exactly_one(*among: str) -> Q:
    condition = Q()
    for given in among:
        condition |= _only(given, among)
    return condition


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
        OBSOLETE = "obsolete", _("送信不要")

    key = models.CharField(_("識別子"), max_length=60, unique=True)
    topic = models.CharField(_("内容"), max_length=20, choices=Topic)
    # The cause, exactly one.
    event = models.ForeignKey(
        ClaimEvent, models.PROTECT, null=True, blank=True, related_name="notices", verbose_name=_("出来事")
    )
    reminder_of = models.ForeignKey(
        Withdrawal,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="reminders",
        verbose_name=_("撤回要請"),
    )
    message = models.ForeignKey(
        Message, models.PROTECT, null=True, blank=True, related_name="notices", verbose_name=_("メッセージ")
    )
    inquiry = models.ForeignKey(
        Inquiry, models.PROTECT, null=True, blank=True, related_name="notices", verbose_name=_("お問い合わせ")
    )
    announcement = models.ForeignKey(
        Announcement,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="notices",
        verbose_name=_("Qoo10のメッセージ"),
    )
    # The reader, exactly one.
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
                condition=_exactly_one("event", "reminder_of", "message", "inquiry", "announcement"),
                name="notice_has_one_cause",
            ),
            models.CheckConstraint(
                condition=_exactly_one("buyer", "shop", "member"), name="notice_has_one_reader"
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
