"""Attached files, served to those who may see them: always a download, never a page of ours."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_not_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from claims import access
from claims.buyer_views import find_request
from claims.models import Attachment
from qsm.accounts.requests import PortalRequest


@require_safe
def attachment(request: PortalRequest, key: UUID) -> HttpResponseBase:
    """A file of an order that the person's shop sold, or that he bought."""
    return serve(get_object_or_404(access.attachments_of(request.user), key=key))


@login_not_required
@require_safe
def request_attachment(request: HttpRequest, pk: int, key: UUID) -> HttpResponseBase:
    """A file of one request, to its buyer signed in or come by the link of a mail."""
    attempt, _signed_in = find_request(request, pk)
    if attempt is None:
        raise Http404
    return serve(get_object_or_404(access.attachments_of_request(attempt), key=key))


def serve(found: Attachment) -> FileResponse:
    """The stored bytes, as a download that can do nothing in the portal's name."""
    try:
        content = found.file.open("rb")
    except FileNotFoundError as error:  # the storage lost it
        raise Http404 from error
    response = FileResponse(content, as_attachment=True, filename=found.name, content_type=found.content_type)
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return response
