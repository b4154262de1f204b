"""People: users, shops, members, buyers."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "qsm.accounts"
    label = "accounts"
    verbose_name = _("利用者")
