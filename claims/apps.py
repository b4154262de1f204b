"""The domain: claims, their withdrawal, and the screens of both sides."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ClaimsConfig(AppConfig):
    name = "claims"
    verbose_name = _("キャンセル & 未受取")
