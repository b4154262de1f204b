"""MailOptOut: mails that a reader does not want; what stands in no row is sent."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from qsm.accounts.models import Buyer, Member


class MailGroup(models.TextChoices):
    """Mails that are switched on and off together."""

    CLAIMS = "claims", _("クレーム受付")
    ANSWERS = "answers", _("撤回要請の結果")
    MESSAGES = "messages", _("新しいメッセージ")
    INQUIRIES = "inquiries", _("お問い合わせへの回答")
    ANNOUNCEMENTS = "announcements", _("Qoo10のメッセージ")
    PROCESSING = "processing", _("処理のお知らせ")


class MailOptOut(models.Model):
    """One group of mails that one reader has switched off; his box in the portal shows them all the same."""

    buyer = models.ForeignKey(
        Buyer, models.CASCADE, null=True, blank=True, related_name="mail_opt_outs", verbose_name=_("購入者")
    )
    member = models.ForeignKey(
        Member,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="mail_opt_outs",
        verbose_name=_("メンバー"),
    )
    group = models.CharField(_("メールの種類"), max_length=20, choices=MailGroup)

    class Meta:
        verbose_name = verbose_name_plural = _("受け取らないメール")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["buyer", "group"], name="mail_opt_out_once_per_buyer"),
            models.UniqueConstraint(fields=["member", "group"], name="mail_opt_out_once_per_member"),
            models.CheckConstraint(
                condition=Q(buyer__isnull=True, member__isnull=False)
                | Q(buyer__isnull=False, member__isnull=True),
                name="mail_opt_out_has_one_reader",
            ),
        ]

    def __str__(self) -> str:
        return self.get_group_display()
