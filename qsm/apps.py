"""The project's own app: its commands, logs and front door."""

from django.apps import AppConfig


class QsmConfig(AppConfig):
    name = "qsm"
    verbose_name = "J・QSM"
