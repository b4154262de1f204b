"""Notice: what one reader is told of one cause; the row is the outbox of its mail too."""

from __future__ import annotations

from django.db import models
from django.db.models import Prefetch, Q
from django.utils.translation import gettext_lazy as _

from claims.models import Claim, ClaimEvent, Withdrawal
from messaging.models.inquiry import Announcement, Inquiry
from messaging.models.message import Message
from qsm.accounts.models import Buyer, Member, Shop


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
    COLLECTED = "collected", _("回収完了/返金要請")
    REFUNDING = "refunding", _("返金の開始")
    HELD = "held", _("返金保留")
    RELEASED = "released", _("返金保留の解除")
    REFUNDED = "refunded", _("返金の確認")
    RESENT = "resent", _("再配送")
    EXCHANGED = "exchanged", _("交換完了の確認")
    LATE = "late", _("処理の遅延")
    SETTLED = "settled", _("運営による撤回")
    LATE_TOMORROW = "late_tomorrow", _("処理期限前日のお知らせ")
    REMINDER = "reminder", _("回答のお願い")
    LAST_DAY = "last_day", _("回答期限当日のお知らせ")
    MESSAGE = "message", _("新しいメッセージ")
    INQUIRY_ANSWERED = "inquiry_answered", _("お問い合わせへの回答")
    ANNOUNCEMENT = "announcement", _("Qoo10のメッセージ")


ASKING = (Topic.ASKED, Topic.REPEATED, Topic.REMINDER, Topic.LAST_DAY)  # these want an answer of the buyer


def _only(given: str, among: tuple[str, ...]) -> Q:
    return Q(**{f"{field}__isnull": field != given for field in among})


def _exactly_one(*among: str) -> Q:
    condition = Q()
    for given in among:
        condition |= _only(given, among)
    return condition


class NoticeQuerySet(models.QuerySet["Notice"]):
    """Notices, with what their words need."""

    def with_causes(self) -> NoticeQuerySet:
        """Fetches causes and readers along, kind by kind: joined at once PostgreSQL plans them for 80 ms."""
        about = "claim__order__buyer__user", "claim__shop"
        return self.prefetch_related(
            Prefetch(
                "event",
                ClaimEvent.objects.select_related("withdrawal", "refund_hold", "reshipment", *about),
            ),
            Prefetch("claim", Claim.objects.select_related("order__buyer__user", "shop")),
            Prefetch("reminder_of", Withdrawal.objects.select_related(*about)),
            Prefetch("message", Message.objects.select_related("order__buyer__user", "order__shop")),
            Prefetch("inquiry", Inquiry.objects.select_related("shop", "order")),
            "announcement",
            "shop",
            Prefetch("buyer", Buyer.objects.select_related("user")),
            Prefetch("member", Member.objects.select_related("user", "shop")),
        )

    def unread(self) -> NoticeQuerySet:
        """Those that their reader has not opened: 未読."""
        return self.filter(read_at__isnull=True)

    def parked(self) -> NoticeQuerySet:
        """Those whose mail was given up: an operator sends it again, or calls."""
        return self.filter(mail=Notice.Mail.PARKED)


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
    # The claim that is late from tomorrow on.
    claim = models.ForeignKey(
        Claim, models.PROTECT, null=True, blank=True, related_name="notices", verbose_name=_("クレーム")
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
    # Since when the mail server refuses this very mail; None before the first refusal.
    failing_since = models.DateTimeField(_("送信失敗の開始"), null=True, blank=True)
    leased_until = models.DateTimeField(_("送信中"), null=True, blank=True)
    sent_at = models.DateTimeField(_("送信日時"), null=True, blank=True)
    last_error = models.CharField(_("最後のエラー"), max_length=200, blank=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("通知")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=_exactly_one("event", "reminder_of", "claim", "message", "inquiry", "announcement"),
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
            # The outbox: what was never tried goes before what failed already.
            models.Index(
                fields=["attempts", "next_attempt_at", "id"],
                condition=Q(mail="pending"),
                name="notice_outbox",
            ),
            models.Index(fields=["id"], condition=Q(mail="parked"), name="notice_parked"),
            models.Index(fields=["buyer", "-created_at", "-id"], name="notice_of_buyer"),
            models.Index(fields=["shop", "-created_at", "-id"], name="notice_of_shop"),
            models.Index(
                fields=["shop"],
                condition=Q(read_at__isnull=True, shop__isnull=False),
                name="notice_unread_of_shop",
            ),
            models.Index(
                fields=["buyer"], condition=Q(read_at__isnull=True, buyer__isnull=False), name="notice_unread"
            ),
        ]

    def __str__(self) -> str:
        return self.key

    @property
    def reader(self) -> Buyer | Member | None:
        """To whom its mail goes; None for a shop's own, which no mail carries."""
        return self.buyer or self.member

    @property
    def language(self) -> str | None:
        """The language in which its reader reads; None for a shop's own: whoever opens the box reads it."""
        if self.buyer:
            return self.buyer.language
        return self.member.user.language if self.member else None

    @property
    def needs_answer(self) -> bool:
        """Whether the buyer is asked for something: silence is consent (SPEC 3)."""
        return self.buyer_id is not None and self.topic in ASKING
