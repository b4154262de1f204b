"""The request as the portal's views get it: signed in, and with htmx's details."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from qsm.accounts.models import User


class PortalRequest(HttpRequest):
    """For type checkers; LoginRequiredMiddleware and HtmxMiddleware make it true."""

    user: User
    htmx: HtmxDetails
