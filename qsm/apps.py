"""The project's own app (its commands, logs and front door), and Django's admin as it stands here."""

from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps


class QsmConfig(AppConfig):
    name = "qsm"
    default = True
    verbose_name = "J・QSM"


class OperatorAdminConfig(admin_apps.AdminConfig):
    """Django's admin, behind the operator's door."""

    default = False
    default_site = "qsm.admin_site.OperatorSite"

    def ready(self) -> None:
        super().ready()
        from allauth.account.models import EmailAddress
        from django.contrib.admin import site

        # A person's one address is User.email: allauth's list, good for signing in too, is not offered.
        site.unregister(EmailAddress)
