"""よく使う: the texts that a shop reuses, managed by its members."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from claims import access
from messaging import saved_texts as placeholders
from messaging.forms import SavedTextForm
from messaging.models import SavedText
from qsm.accounts.models import Member
from qsm.accounts.requests import PortalRequest


@require_http_methods(["GET", "HEAD", "POST"])
def saved_texts(request: PortalRequest, shop: str) -> HttpResponse:
    """よく使う: the shop's saved texts, and a new one."""
    member = get_object_or_404(access.memberships(request.user), shop__code=shop)
    form = SavedTextForm(request.POST or None, instance=SavedText(shop=member.shop))
    if request.method == "POST":
        access.as_seller(member)
        if form.is_valid():
            form.save()
            messages.success(request, _("保存しました。"))
            return redirect("saved_texts", shop)
    return _show(request, member, form)


@require_http_methods(["GET", "HEAD", "POST"])
def saved_text(request: PortalRequest, shop: str, pk: int) -> HttpResponse:
    """One saved text: change it, or delete it."""
    member = get_object_or_404(access.memberships(request.user), shop__code=shop)
    text = get_object_or_404(SavedText, shop=member.shop, pk=pk)
    form = SavedTextForm(request.POST or None, instance=text)
    if request.method == "POST":
        access.as_seller(member)
        if "delete" in request.POST:
            text.delete()
            messages.success(request, _("削除しました。"))
            return redirect("saved_texts", shop)
        if form.is_valid():
            form.save()
            messages.success(request, _("保存しました。"))
            return redirect("saved_texts", shop)
    return _show(request, member, form, text)


def _show(
    request: PortalRequest, member: Member, form: SavedTextForm, text: SavedText | None = None
) -> HttpResponse:
    context = {
        "shop": member.shop,
        "place": "inbox",
        "may_change": access.may_change(member),
        "form": form,
        "text": text,
        "texts": member.shop.saved_texts.all(),
        "placeholders": placeholders.PLACEHOLDERS,
    }
    return render(request, "messaging/saved_texts.html", context, status=422 if form.errors else 200)
