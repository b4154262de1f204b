"""MyQoo10: what the buyer sees, answers and drops (SPEC 6)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from claims import access, buyer_words, eligibility, history, links, transitions
from claims.forms import AnswerForm
from claims.models import Outcome, RejectionReason, Withdrawal
from claims.moves import Action, ActorKind
from claims.my_order_views import newest
from claims.statuses import ENDED, Status
from qsm.accounts.models import Buyer
from qsm.accounts.requests import PortalRequest

COOKIE = "request-{pk}"


@require_safe
def my_qoo10(request: PortalRequest) -> HttpResponse:
    """MyQoo10: the open requests with their deadlines, the buyer's claims, and his Qポスト."""
    now = timezone.now()
    buyer = get_object_or_404(Buyer, user=request.user)
    open_requests = access.requests_to_buyer(request.user).filter(outcome=Outcome.OPEN, deadline_at__gt=now)
    context = {
        "now": now,
        "buyer": buyer,
        "requests": open_requests.order_by("deadline_at", "pk"),
        "orders": newest(request.user, now),
        "claims": access.claims_of_buyer(request.user).order_by("-requested_at", "-pk")[:100],
    }
    return render(request, "claims/my_qoo10.html", context)


@require_safe
def my_claim(request: PortalRequest, number: str) -> HttpResponse:
    """One claim of the buyer: where it stands, its requests, and dropping it."""
    now = timezone.now()
    claim = get_object_or_404(access.claims_of_buyer(request.user), number=number)
    status = claim.effective_status(now)
    attempts = list(claim.withdrawals.all())
    events = list(history.events_of(claim).prefetch_related("withdrawal__attachments"))
    anew: tuple[list[str], str] = ([], "")
    if status in ENDED:
        anew = buyer_words.may_file_again(claim, buyer_words.offers(claim.order, now=now))
    may_drop = not eligibility.blockers(claim, Action.DROPPED, now=now)
    context = {
        "now": now,
        "claim": claim,
        "order": claim.order,
        "standing": buyer_words.STANDING[status],
        "anew": anew[0],
        "not_anew": anew[1],
        "history": buyer_words.history(claim, events),
        "hold": history.last_hold(events) if status == Status.RETURN_HELD else None,
        "parcel": history.last_parcel(events),
        "photos": list(claim.attachments.filter(sent_at__isnull=False, for_buyer=True)),
        "open_request": next((attempt for attempt in attempts if attempt.is_open(now)), None),
        "may_drop": may_drop,
        "popup": "drop" if may_drop and request.GET.get("choice") == "drop" else "",
    }
    return render(request, "claims/my_claim.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def my_claim_drop(request: PortalRequest, number: str) -> HttpResponse:
    """The buyer drops his claim himself (SPEC 3)."""
    now = timezone.now()
    claim = get_object_or_404(access.claims_of_buyer(request.user), number=number)
    if request.method != "POST":  # a sign-in or a reload leads here: nothing to do again
        return redirect("my_claim", number)
    by = access.as_buyer(claim.order.buyer, signed_in=True)
    try:
        transitions.drop_claim(claim, by=by, now=now)
    except transitions.Refused as refused:
        last = claim.events.order_by("pk").last()
        if not last or last.action != Action.DROPPED:  # a second click: what he asked for is done
            messages.error(request, " ".join(reason.text for reason in refused.reasons))
    else:
        messages.success(request, _("申請を取り下げました。ショップに知らせます。"))
    return redirect("my_claim", number)


@login_not_required
@require_safe
def withdrawal_link(request: HttpRequest, token: str) -> HttpResponse:
    """The mail's link: moves the token into a cookie for its attempt and goes to an address without it.

    Opening changes nothing. A link that is over says what became of it, 410 (SPEC 6).
    """
    now = timezone.now()
    pk = links.read(token)
    attempt = access.requests().filter(pk=pk).first() if pk else None
    if attempt is None:
        raise Http404
    if not attempt.is_open(now):
        return _gone(request, attempt, now)
    address = reverse("withdrawal_request", args=[attempt.pk])
    response = HttpResponseRedirect(address, status=303)
    response.set_cookie(
        COOKIE.format(pk=attempt.pk),
        token,
        # A span, not an instant: it holds in a browser whose clock is wrong.
        max_age=attempt.deadline_at - now,
        path=address,
        secure=request.is_secure(),
        httponly=True,
        samesite="Lax",
    )
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@login_not_required
@require_safe
def withdrawal_request(request: HttpRequest, pk: int) -> HttpResponse:
    """One request: the shop's reason, the deadline, what silence does, and the two choices (SPEC 6)."""
    now = timezone.now()
    attempt, signed_in = find_request(request, pk)
    if attempt is None:
        return redirect_to_login(request.get_full_path())
    if not attempt.is_open(now):
        return redirect("my_claim", attempt.claim.number) if signed_in else _gone(request, attempt, now)
    choice = request.GET.get("choice", "")
    popup = choice if choice in ("accept", "reject") else ""
    return _show(request, attempt, now, signed_in=signed_in, popup=popup)


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def withdrawal_answer(request: HttpRequest, pk: int) -> HttpResponse:
    """The buyer's answer to this very attempt: agree, or reject with a reason."""
    now = timezone.now()
    attempt, signed_in = find_request(request, pk)
    if attempt is None:
        return redirect_to_login(reverse("withdrawal_request", args=[pk]))
    if request.method != "POST":  # a sign-in or a reload leads here: nothing to do again
        return redirect("withdrawal_request", pk)
    form = AnswerForm(request.POST)
    refused = eligibility.answer_blockers(attempt, Action.ACCEPTED, now=now)
    if not refused and not form.is_valid():
        popup = "reject" if form.data.get("answer") == "reject" else ""
        return _show(request, attempt, now, signed_in=signed_in, popup=popup, form=form, status=422)
    try:
        if not refused:
            by = access.as_buyer(attempt.claim.order.buyer, signed_in=signed_in)
            _answer(attempt, form, by, now)
    except transitions.Refused as error:
        refused = error.reasons
    attempt.refresh_from_db()
    attempt.claim.refresh_from_db()
    if refused and _is_answered_so(attempt, request.POST.get("answer", "")):
        refused = []  # a reload, or a second click: what he asked for is done
    context = _context(attempt, now, signed_in=signed_in) | {"refused": refused}
    return render(request, "claims/withdrawal_answer.html", context, status=409 if refused else 200)


def _is_answered_so(attempt: Withdrawal, answer: str) -> bool:
    """Whether the buyer has answered the attempt in just this way."""
    by_buyer = attempt.ended_by_kind == ActorKind.BUYER
    return by_buyer and attempt.outcome == {"accept": Outcome.ACCEPTED, "reject": Outcome.REJECTED}.get(
        answer
    )


def _answer(attempt: Withdrawal, form: AnswerForm, by: access.Actor, now: datetime) -> None:
    if form.cleaned_data["answer"] == "accept":
        transitions.accept_withdrawal(attempt, by=by, now=now)
        return
    reason = RejectionReason(form.cleaned_data["reason"])
    transitions.reject_withdrawal(attempt, reason=reason, text=form.cleaned_data["text"], by=by, now=now)


def find_request(request: HttpRequest, pk: int) -> tuple[Withdrawal | None, bool]:
    """The attempt as its buyer signed in, or as the holder of its mailed link; None: sign in first.

    Raises Http404 for a signed-in person whose it is not.
    """
    if request.user.is_authenticated:
        mine = access.requests_to_buyer(request.user).filter(pk=pk).first()
        if mine:
            return mine, True
    token = request.COOKIES.get(COOKIE.format(pk=pk), "")
    if token and links.read(token) == pk and (attempt := access.requests().filter(pk=pk).first()):
        return attempt, False
    if request.user.is_authenticated:
        raise Http404
    return None, False


def _context(attempt: Withdrawal, now: datetime, *, signed_in: bool) -> dict[str, Any]:
    claim = attempt.claim
    return {
        "now": now,
        "attempt": attempt,
        "outcome": attempt.effective_outcome(now),
        "claim": claim,
        "order": claim.order,
        "status": claim.effective_status(now),
        "earlier": claim.withdrawals.filter(attempt__lt=attempt.attempt)
        .order_by("-attempt")
        .prefetch_related("attachments"),
        "signed_in": signed_in,
        "Outcome": Outcome,
        "Status": Status,
    }


def _show(
    request: HttpRequest,
    attempt: Withdrawal,
    now: datetime,
    *,
    signed_in: bool,
    popup: str,
    form: AnswerForm | None = None,
    status: int = 200,
) -> HttpResponse:
    context = _context(attempt, now, signed_in=signed_in) | {"popup": popup, "form": form or AnswerForm()}
    return render(request, "claims/withdrawal_request.html", context, status=status)


def _gone(request: HttpRequest, attempt: Withdrawal, now: datetime) -> HttpResponse:
    sentence = eligibility.answer_blockers(attempt, Action.ACCEPTED, now=now)[0].text
    response = render(request, "claims/withdrawal_link.html", {"sentence": sentence}, status=410)
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
