"""Fill an empty database with the guide's orders."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from qsm import guide_orders
from qsm.accounts.models import Shop


class Command(BaseCommand):
    help = "Fill an empty database with the guide's orders and the demo's accounts (SPEC 8)."

    def handle(self, *args: Any, **options: Any) -> None:
        if not Shop.objects.exists():
            guide_orders.seed(now=timezone.now())
