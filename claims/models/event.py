"""ClaimEvent: the log of claims."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from claims.models.claim import Claim
from claims.models.withdrawal import Channel, Withdrawal
from claims.moves import Action, ActorKind
from claims.statuses import Status


class ClaimEvent(models.Model):
    """One line of a claim's log: append-only by trigger (migration 0002); codes, ids and times only."""

    claim = models.ForeignKey(Claim, models.PROTECT, related_name="events", verbose_name=_("クレーム"))
    withdrawal = models.ForeignKey(
        Withdrawal, models.PROTECT, null=True, blank=True, related_name="events", verbose_name=_("撤回要請")
    )
    action = models.CharField(_("内容"), max_length=20, choices=Action)
    from_status = models.CharField(_("変更前"), max_length=30, choices=Status, blank=True)
    to_status = models.CharField(_("変更後"), max_length=30, choices=Status)
    at = models.DateTimeField(_("日時"))
    recorded_at = models.DateTimeField(_("記録日時"))
    actor_kind = models.CharField(_("実行者の種類"), max_length=10, choices=ActorKind)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("実行者"),
    )
    channel = models.CharField(_("方法"), max_length=10, choices=Channel)

    class Meta:
        verbose_name = verbose_name_plural = _("クレームの履歴")
        ordering = ["claim", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["withdrawal"],
                condition=Q(action__in=["accepted", "rejected", "cancelled", "lapsed"]),
                name="event_one_end_per_withdrawal",
            ),
            models.UniqueConstraint(
                fields=["claim"], condition=Q(action="filed"), name="event_one_filing_per_claim"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.claim_id} {self.action}"
