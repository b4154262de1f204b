"""The domain: claims, their withdrawal, and the screens of both sides."""

from django.apps import AppConfig
from django.core import checks
from django.utils.translation import gettext_lazy as _


class ClaimsConfig(AppConfig):
    name = "claims"
    verbose_name = _("キャンセル & 未受取")

    def ready(self) -> None:
        from claims.carriers import check_pages

        checks.register(check_pages)
