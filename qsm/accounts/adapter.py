"""How django-allauth signs people in here."""

import logging
from smtplib import SMTPException
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import ratelimit
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.core.internal.ratelimit import get_ip
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.http import HttpRequest
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

log = logging.getLogger(__name__)


class AccountAdapter(DefaultAccountAdapter):
    """No open sign-up; failed sign-ins count per address, and per login together with the address."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def is_ajax(self, request: HttpRequest) -> bool:
        # Pages only: allauth would answer some headers with JSON of its own.
        return False

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """Nothing: the pages say it themselves, and a greeting would wait for whoever comes next."""

    def is_safe_url(self, url: str) -> bool:
        # allauth's own stops with a ValueError at 「https://[」.
        return url_has_allowed_host_and_scheme(url, allowed_hosts={self.request.get_host()})

    def get_client_ip(self, request: HttpRequest) -> str:
        try:
            return super().get_client_ip(request)
        except (ImproperlyConfigured, PermissionDenied):
            # Not what the proxies would have written: whoever is at the other end counts.
            return request.META.get("REMOTE_ADDR", "")

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        # allauth's key is the login alone, with which anybody could lock anybody out.
        login = credentials.get("email") or credentials.get("username", "")
        return f"{login.lower()}:{get_ip(request)}"

    def set_password(self, user: AbstractBaseUser, password: str) -> None:
        super().set_password(user, password)
        # Whoever forgot it, and was blocked for trying, comes in with the new one.
        for login in (user.get_username(), getattr(user, user.get_email_field_name())):
            key = self._get_login_attempts_cache_key(self.request, username=login)
            ratelimit.clear(self.request, action="login_failed", key=key)

    def get_reset_password_from_key_url(self, key: str) -> str:
        # The portal's own address, as in every other mail, whatever host the request named.
        uid, _hyphen, token = key.partition("-")
        return settings.PUBLIC_URL + reverse("account_reset_password_from_key", args=[uid, token])

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        try:
            super().send_mail(template_prefix, email, context)
        except (OSError, SMTPException) as error:
            # The same whether somebody has this address or not. The error may name it: keep the kind only.
            log.warning("a mail of the sign-in failed: %s", type(error).__name__)
            page = render(self.request, "account/mail_failed.html", status=503)
            raise ImmediateHttpResponse(page) from None
