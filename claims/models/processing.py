"""What a shop says when it processes a claim: why a refund is held, and what was sent again."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from claims.models.claim import REASON_MAX
from claims.models.event import ClaimEvent


class HoldReason(models.TextChoices):
    """Why a shop holds a refund (返金保留)."""

    RETURN_FEE = "return_fee", _("返送料が支払われていない")
    DAMAGED = "damaged", _("返品商品に破損・使用の跡がある")
    INCOMPLETE = "incomplete", _("返品商品の数量・付属品が不足している")
    DIFFERENT = "different", _("返品商品が違う")
    CHECKING = "checking", _("返品商品の状態を確認中")
    OTHER = "other", _("その他")


class RefundHold(models.Model):
    """返金保留: why the refund was held; when and by whom stands in the line of the log."""

    event = models.OneToOneField(
        ClaimEvent, models.PROTECT, related_name="refund_hold", verbose_name=_("クレームの履歴")
    )
    reason = models.CharField(_("保留理由"), max_length=20, choices=HoldReason)
    text = models.TextField(_("保留理由の詳細"), max_length=REASON_MAX, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("返金保留")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=Q(text__length__lte=REASON_MAX), name="hold_text_length"),
        ]

    def __str__(self) -> str:
        return f"{self.event_id} {self.reason}"


class Reshipment(models.Model):
    """再配送: how and when the parcel was sent again; by whom stands in the line of the log."""

    event = models.OneToOneField(
        ClaimEvent, models.PROTECT, related_name="reshipment", verbose_name=_("クレームの履歴")
    )
    delivery_company = models.CharField(_("配送会社"), max_length=50)
    tracking_number = models.CharField(_("送り状番号"), max_length=50)
    shipped_on = models.DateField(_("再配送日"))

    class Meta:
        verbose_name = verbose_name_plural = _("再配送")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(delivery_company="") & ~Q(tracking_number=""), name="reshipment_is_whole"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.delivery_company} {self.tracking_number}"
