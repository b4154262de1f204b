"""What every request and response of the portal has in common."""

from collections.abc import Callable

from django.conf import settings
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django_htmx.http import HttpResponseClientRedirect

GetResponse = Callable[[HttpRequest], HttpResponse]


class CleanInputMiddleware:
    """Refuses what PostgreSQL cannot hold, NUL and broken UTF-8 (400, not 500), and bodies without end (413)."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        address = request.path + "".join(key + "".join(values) for key, values in request.GET.lists())
        try:
            address.encode()
        except UnicodeEncodeError:
            return render(request, "400.html", status=400)
        # A quoted cookie can spell NUL as \000, and the session's key goes to the database as it came.
        if int(request.META.get("CONTENT_LENGTH") or 0) > settings.REQUEST_MAX_BYTES:
            return render(request, "413.html", status=413)
        if "\x00" in address or "\ufffd" in address or "\x00" in "".join(request.COOKIES.values()):
            return render(request, "400.html", status=400)
        return self.get_response(request)


class LanguageMiddleware:
    """Every page speaks its reader's language: User.language, or LANGUAGE_CODE before the sign-in."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # Not `override`: what streams is written after this has returned. The next request sets its own.
        translation.activate(getattr(request.user, "language", settings.LANGUAGE_CODE))
        return self.get_response(request)


class PortalMiddleware:
    """Pages are never kept by a cache, htmx is sent to the sign-in as a page, a busy database is a 503."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if getattr(request, "htmx", False) and response.status_code == 302:
            # The only 302 an htmx request meets is the way to the sign-in: a whole page, not a part.
            response = HttpResponseClientRedirect(response.headers["Location"])
        patch_vary_headers(response, ["HX-Request"])
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, OperationalError):
            # lock_timeout, statement_timeout, or no database: nothing was changed, trying again is right.
            return render(request, "503.html", status=503)
        return None
