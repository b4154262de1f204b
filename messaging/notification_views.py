"""通知設定: which mails a member or a buyer gets; and the mail's own way to switch its kind off."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from claims import access
from messaging import mail_choices
from messaging.forms import MailChoicesForm
from qsm.accounts.models import Buyer, Member
from qsm.accounts.requests import PortalRequest


@require_http_methods(["GET", "HEAD", "POST"])
def notification_settings(request: PortalRequest, shop: str) -> HttpResponse:
    """The mails that a member gets of this shop; a read-only member chooses his own too (SPEC 1)."""
    member = get_object_or_404(access.memberships(request.user), shop__code=shop)
    context = {"shop": member.shop, "place": "notification_settings", "address": member.user.email}
    return _choose(request, member, "messaging/notification_settings.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def my_notification_settings(request: PortalRequest) -> HttpResponse:
    """The mails that a buyer gets; his Qポスト shows everything all the same."""
    buyer = get_object_or_404(Buyer.objects.select_related("user"), user=request.user)
    context = {"buyer": buyer, "address": buyer.mail_address}
    return _choose(request, buyer, "messaging/my_notification_settings.html", context)


@csrf_exempt  # RFC 8058: the reader's mail program posts here; the token alone says what it may do
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """The mail's 「停止」: opening it asks and changes nothing, posting it switches this one kind off.

    The page after it can switch it on again; both may be done as often as one likes.
    """
    found = mail_choices.read(token)
    if found is None:
        raise Http404
    reader, group = found
    if request.method == "POST":
        mail_choices.switch(reader, group, on="again" in request.POST)
    context = {
        "group": group.label,
        "reader": reader,
        "for_buyer": isinstance(reader, Buyer),
        "on": group in mail_choices.wanted(reader),
    }
    response = render(request, "messaging/unsubscribe.html", context)
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _choose(
    request: PortalRequest, reader: Buyer | Member, template: str, context: dict[str, Any]
) -> HttpResponse:
    wanted = {"wanted": mail_choices.wanted(reader)}
    form = MailChoicesForm(request.POST if request.method == "POST" else None, initial=wanted, reader=reader)
    if form.is_valid():
        mail_choices.choose(reader, form.cleaned_data["wanted"])
        messages.success(request, _("通知設定を保存しました。"))
        return redirect(request.path)
    return render(request, template, context | {"form": form}, status=422 if form.errors else 200)
