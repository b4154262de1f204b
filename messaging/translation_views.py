"""翻訳する: one message of the shop's, in another language."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from claims import access
from claims.transitions import Refused
from messaging import translation
from messaging.models import Language, Message
from qsm.accounts.requests import PortalRequest


class TranslationForm(forms.Form):
    """Which language, and the page to come back to."""

    language = forms.ChoiceField(
        choices=Language.choices, error_messages={"invalid_choice": _("翻訳先の言語を選択してください。")}
    )
    next = forms.CharField(required=False)


@require_http_methods(["GET", "HEAD", "POST"])
def translate(request: PortalRequest, shop: str, pk: int) -> HttpResponse:
    """Translate a message and show it below the original; to htmx the 翻訳 part, else back to the page.

    Reading is no change of the shop's data: a read-only member may.
    """
    now = timezone.now()
    member = get_object_or_404(access.memberships(request.user), shop__code=shop)
    message = get_object_or_404(
        Message.objects.of_shop(member.shop).select_related("order__buyer", "order__shop"), pk=pk
    )
    form = TranslationForm(request.POST)
    back = form["next"].value() or ""
    if not url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        back = f"{reverse('inbox', args=[shop])}?order={message.order.number}"
    if request.method != "POST":  # a sign-in or a reload leads here: nothing to do again
        return HttpResponseRedirect(back)
    refusal = ""
    if not form.is_valid():
        refusal = " ".join(str(error) for errors in form.errors.values() for error in errors)
    else:
        try:
            language = Language(form.cleaned_data["language"])
            translation.translate(message, language, by=request.user, now=now)
        except Refused as refused:
            refusal = " ".join(reason.text for reason in refused.reasons)
    if not request.htmx:
        if refusal:
            messages.error(request, refusal)
        return HttpResponseRedirect(f"{back.partition('#')[0]}#translation-{message.pk}", status=303)
    context = {
        "shop": member.shop,
        "message": message,
        "translation_refused": refusal,
        "next": back,
        "chosen_language": form["language"].value(),
    }
    return render(request, "messaging/_translation.html", context, status=422 if refusal else 200)
