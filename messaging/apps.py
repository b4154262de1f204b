"""What is said about an order: messages and notices."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MessagingConfig(AppConfig):
    name = "messaging"
    verbose_name = _("お問い合わせ管理")

    def ready(self) -> None:
        from claims.signals import recorded
        from messaging import notices

        recorded.connect(notices.post, dispatch_uid="messaging.notices.post")
