"""Withdrawal: 撤回要請, one attempt to have a claim withdrawn."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from claims.models.claim import REASON_MAX, Claim
from claims.moves import ActorKind


class RejectionReason(models.TextChoices):
    """顧客の拒否理由: why a buyer goes on with his claim; the first is the guide's."""

    PROPOSAL = "proposal", _("ショップ提案内容に同意不可")
    DEFECT = "defect", _("商品に問題がある")
    WRONG_ITEM = "wrong_item", _("注文した商品と違う")
    UNWANTED = "unwanted", _("商品が不要になった")
    LATE = "late", _("商品が届くのが遅い")
    NO_CONTACT = "no_contact", _("ショップから十分な説明がない")
    OTHER = "other", _("その他")


class Outcome(models.TextChoices):
    """How an attempt stands or ended."""

    OPEN = "open", _("回答待ち")
    ACCEPTED = "accepted", _("撤回に同意")
    REJECTED = "rejected", _("拒否")
    CANCELLED = "cancelled", _("要請のキャンセル")
    LAPSED = "lapsed", _("自動撤回")


class Channel(models.TextChoices):
    """The door through which somebody acted."""

    DESK = "desk", "J・QSM"
    MYQOO10 = "myqoo10", "MyQoo10"
    MAIL_LINK = "mail_link", _("メールのリンク")
    ADMIN = "admin", _("管理画面")
    COMMAND = "command", _("コマンド")
    CLOCK = "clock", _("自動")


class Withdrawal(models.Model):
    """撤回要請: one attempt to have a claim withdrawn. Attempts are numbered through and never overwritten."""

    claim = models.ForeignKey(Claim, models.PROTECT, related_name="withdrawals", verbose_name=_("クレーム"))
    attempt = models.PositiveIntegerField(_("回数"))
    outcome = models.CharField(_("結果"), max_length=10, choices=Outcome, default=Outcome.OPEN)
    reason = models.TextField(_("要請理由"), max_length=REASON_MAX)
    # 部分返金: yen offered with this attempt; None without an offer (SPEC 3).
    offer = models.PositiveIntegerField(_("部分返金の提案額"), null=True, blank=True, help_text=_("円"))
    # The proof that the parcel has gone (SPEC 3).
    delivery_company = models.CharField(_("配送会社"), max_length=200, blank=True)
    tracking_number = models.CharField(_("送り状番号"), max_length=50, blank=True)
    requested_at = models.DateTimeField(_("要請日"))
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("要請した人")
    )
    deadline_at = models.DateTimeField(_("撤回期限"))
    ended_at = models.DateTimeField(_("回答日"), null=True, blank=True)
    ended_by_kind = models.CharField(_("回答者の種類"), max_length=10, choices=ActorKind, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("回答者"),
    )
    ended_through = models.CharField(_("回答方法"), max_length=10, choices=Channel, blank=True)
    rejection_reason = models.CharField(_("拒否理由"), max_length=20, choices=RejectionReason, blank=True)
    rejection_text = models.TextField(_("拒否理由の詳細"), max_length=REASON_MAX, blank=True)
    swept_at = models.DateTimeField(_("自動処理の実行時刻"), null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("撤回要請")
        ordering = ["claim", "attempt"]
        constraints = [
            models.UniqueConstraint(fields=["claim", "attempt"], name="withdrawal_attempt_once"),
            models.UniqueConstraint(
                fields=["claim"], condition=Q(outcome="open"), name="withdrawal_one_open_per_claim"
            ),
            models.UniqueConstraint(
                fields=["claim"],
                condition=Q(outcome__in=["accepted", "lapsed"]),
                name="withdrawal_one_success_per_claim",
            ),
            models.CheckConstraint(condition=Q(attempt__gte=1), name="withdrawal_attempt_from_one"),
            models.CheckConstraint(
                condition=Q(offer__isnull=True) | Q(offer__gte=1), name="withdrawal_offer_from_one_yen"
            ),
            models.CheckConstraint(
                condition=Q(reason__length__lte=REASON_MAX) & Q(rejection_text__length__lte=REASON_MAX),
                name="withdrawal_reason_length",
            ),
            models.CheckConstraint(
                condition=Q(deadline_at__gt=F("requested_at"))
                & (Q(ended_at__isnull=True) | Q(ended_at__gte=F("requested_at"))),
                name="withdrawal_times_in_order",
            ),
            models.CheckConstraint(
                name="withdrawal_end_is_whole",
                condition=Q(outcome="open", ended_at__isnull=True, ended_by_kind="", ended_through="")
                | (
                    ~Q(outcome="open")
                    & Q(ended_at__isnull=False)
                    & ~Q(ended_by_kind="")
                    & ~Q(ended_through="")
                ),
            ),
            models.CheckConstraint(
                name="withdrawal_answer_before_deadline",
                condition=Q(outcome="open")
                | Q(
                    outcome="lapsed",
                    ended_at=F("deadline_at"),
                    swept_at__isnull=False,
                    swept_at__gte=F("deadline_at"),
                )
                | Q(outcome__in=["accepted", "rejected", "cancelled"], ended_at__lt=F("deadline_at")),
            ),
            models.CheckConstraint(
                name="withdrawal_rejection_has_reason",
                condition=(Q(outcome="rejected") & ~Q(rejection_reason=""))
                | (~Q(outcome="rejected") & Q(rejection_reason="", rejection_text="")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.claim_id}/{self.attempt}"

    def is_open(self, now: datetime) -> bool:
        """Whether the buyer can still answer this attempt at `now`."""
        return self.outcome == Outcome.OPEN and now < self.deadline_at

    def effective_outcome(self, now: datetime) -> Outcome:
        """How the attempt stands at `now`; unanswered and past its deadline is lapsed, swept or not."""
        if self.outcome == Outcome.OPEN and self.deadline_at <= now:
            return Outcome.LAPSED
        return Outcome(self.outcome)
