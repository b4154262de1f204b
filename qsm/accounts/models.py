"""People: who signs in, which shops they work for, who buys."""

from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from qsm.folding import Fold


def masked(name: str) -> str:
    """`name` as lists and threads may show it: yun*** (SPEC 5).

    The first three characters, only the first one where the name has fewer than six.
    """
    return (name[:3] if len(name) >= 6 else name[:1]) + "***"


class User(AbstractUser):
    """Somebody who signs in; may be seller, buyer and operator at once (SPEC 1)."""

    language = models.CharField(
        _("言語"), max_length=10, choices=settings.LANGUAGES, default=settings.LANGUAGE_CODE
    )

    class Meta(AbstractUser.Meta):
        constraints = [
            # Signing in does not tell capitals from small letters: neither may two people.
            models.UniqueConstraint(
                Lower("username"),
                name="user_name_unique",
                violation_error_message=_("このユーザー名は既に使われています。"),
            ),
            models.UniqueConstraint(
                Lower("email"),
                condition=~models.Q(email=""),
                name="user_email_unique",
                violation_error_message=_("このメールアドレスは既に使われています。"),
            ),
        ]

    def save(self, *args: Any, **kwargs: Any) -> None:
        # The sign-in looks for addresses in small letters.
        self.email = self.email.lower()
        super().save(*args, **kwargs)


class Shop(models.Model):
    """A shop of the marketplace; its code stands in every address of the desk."""

    code = models.SlugField(_("ショップID"), max_length=50, unique=True)
    name = models.CharField(_("ショップ名"), max_length=100)
    members: "models.ManyToManyField[User, Member]" = models.ManyToManyField(
        User, through="Member", related_name="shops"
    )

    class Meta:
        verbose_name = verbose_name_plural = _("ショップ")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("desk", args=[self.code])


class Role(models.TextChoices):
    OWNER = "owner", _("オーナー")
    STAFF = "staff", _("スタッフ")
    READ_ONLY = "read_only", _("閲覧のみ")


class Member(models.Model):
    """A person on the staff of a shop."""

    shop = models.ForeignKey(Shop, models.CASCADE, verbose_name=_("ショップ"))
    user = models.ForeignKey(User, models.CASCADE, verbose_name=_("利用者"))
    role = models.CharField(_("権限"), max_length=10, choices=Role, default=Role.STAFF)

    class Meta:
        verbose_name = verbose_name_plural = _("ショップのメンバー")
        ordering = ["shop", "user"]
        constraints = [
            models.UniqueConstraint(fields=["shop", "user"], name="member_once_per_shop"),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="member_role_known"),
        ]

    def __str__(self) -> str:
        return f"{self.user} ({self.shop})"


class Buyer(models.Model):
    """A customer of the marketplace (購入者); may have a MyQoo10 account."""

    user = models.OneToOneField(
        User, models.PROTECT, null=True, blank=True, verbose_name=_("MyQoo10アカウント")
    )
    name = models.CharField(_("購入者名"), max_length=100)
    email = models.EmailField(_("メールアドレス"), blank=True)
    language = models.CharField(
        _("言語"), max_length=10, choices=settings.LANGUAGES, default=settings.LANGUAGE_CODE
    )

    # The name as searches compare it.
    folded_name = models.GeneratedField(
        expression=Fold("name"), output_field=models.TextField(), db_persist=True, editable=False
    )

    class Meta:
        verbose_name = verbose_name_plural = _("購入者")
        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return self.masked_name

    @property
    def masked_name(self) -> str:
        """The name as anybody but the buyer himself may see it in lists, threads and popups."""
        return masked(self.name)

    @property
    def mail_address(self) -> str:
        """Where mails to this buyer go; empty where there is no address."""
        return self.email or (self.user.email if self.user and self.user.is_active else "")

    @property
    def can_be_told(self) -> bool:
        """Whether a request can reach this buyer at all: silence is consent (SPEC 2)."""
        return bool(self.mail_address or (self.user and self.user.is_active))
