"""一括撤回要請 and 一括承認: the checked rows, what would become of each, and what became of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

from django.conf import settings
from django.db import IntegrityError, transaction
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from claims import access, bulk, deadlines
from claims.bulk import Deed
from claims.desk_views import desk_address, desk_page, member_at, query_of
from claims.eligibility import Blocker, promise_overtaken
from claims.filters import ClaimFilter
from claims.forms import BulkForm, BulkReasonForm
from claims.models import BulkRun, Claim, ClaimQuerySet
from claims.moves import Action
from qsm.accounts.models import Member
from qsm.accounts.requests import PortalRequest

BACK_MAX = 7000  # characters of an address, of the 8190 that qsm/gunicorn.py takes


def bulk_withdrawal(request: PortalRequest, shop: str) -> HttpResponse:
    """一括撤回要請: one reason, and to each claim the verb that its status allows (SPEC 4.2)."""
    return _bulk(request, shop, Deed.WITHDRAWAL)


def bulk_approval(request: PortalRequest, shop: str) -> HttpResponse:
    """一括承認: grant what each buyer asked."""
    return _bulk(request, shop, Deed.APPROVAL)


@require_safe
def bulk_run(request: PortalRequest, shop: str, key: UUID) -> HttpResponse:
    """What became of each row; opened again or reloaded it does nothing."""
    now = timezone.now()
    member = member_at(request, shop)
    run = get_object_or_404(BulkRun, member=member, pk=key)
    is_over = bool(run.finished_at) or run.started_at + bulk.LOST_AFTER <= now
    context = _frame(member) | {
        "run": run,
        "is_over": is_over,
        "is_lost": is_over and not run.finished_at,
        "done": [line for line in run.lines if line["done"]],
        "left": [line for line in run.lines if line["done"] is False],
        "waiting": [line for line in run.lines if line["done"] is None],
        "query": query_of(request),
    }
    return render(request, "claims/bulk_run.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def _bulk(request: PortalRequest, shop: str, deed: Deed) -> HttpResponse:
    """The checked rows first show what would be done; the page's OK sends its rows back with a key."""
    now = timezone.now()
    member = member_at(request, shop)
    if request.method != "POST":  # a sign-in or a reload leads here: nothing to do again
        return HttpResponseRedirect(desk_address(member, query_of(request)))
    by = access.as_seller(member)
    if "key" in request.POST:
        return _confirmed(request, member, deed, by, now)
    claims, refusal, status = _picked(request, member, now)
    if refusal:
        return desk_page(request, member, now, status=status, refusal=refusal)
    return _show_plan(request, member, deed, claims, now)


def _picked(request: PortalRequest, member: Member, now: datetime) -> tuple[ClaimQuerySet, str, int]:
    """The claims that were checked, or all that the address finds, and why they cannot be taken."""
    claims = access.claims_of_shop(member)
    numbers = list(dict.fromkeys(filter(str.isprintable, request.POST.getlist("claim"))))
    if "all" in request.POST:
        claims = ClaimFilter(request.GET, claims, now=now).found()
        count = claims.order_by()[: settings.BULK_MAX + 1].count()
    else:
        count = len(numbers)
        claims = claims.filter(number__in=numbers[: settings.BULK_MAX]).order_by("-requested_at", "-pk")
    most = settings.BULK_MAX
    if count > most:
        return (
            claims,
            _("一括処理は一度に%s件までです。選択を減らすか、条件を絞り込んでください。") % most,
            422,
        )
    if "all" in request.POST and str(count) != request.POST.get("expected"):
        return (
            claims,
            _("選択した後に照会結果が%s件に変わったため、何も行っていません。もう一度選択してください。")
            % count,
            409,
        )
    if not claims.exists():
        return claims, _("一覧で注文を選択してから押してください。"), 422
    return claims, "", 200


def _confirmed(
    request: PortalRequest, member: Member, deed: Deed, by: access.Actor, now: datetime
) -> HttpResponse:
    form = (BulkReasonForm if deed == Deed.WITHDRAWAL else BulkForm)(request.POST)
    form.is_valid()
    key = form.cleaned_data.get("key")
    result = reverse("bulk_run", args=[member.shop.code, key]) if key else ""
    result += f"?{query_of(request)}" if query_of(request) else ""
    if key and BulkRun.objects.filter(member=member, pk=key).exists():
        return HttpResponseRedirect(result, status=303)  # pressed twice: the first did it
    rows, left = _rows(request, member)
    if not rows or key is None:
        return desk_page(
            request, member, now, status=422, refusal=_("一覧で注文を選択してから押してください。")
        )
    claims = access.claims_of_shop(member).filter(pk__in=[claim.pk for claim, _seen in rows])
    if form.errors:
        return _show_plan(request, member, deed, claims, now, form=form, status=422)
    if deed == Deed.WITHDRAWAL and form.cleaned_data["promised"] not in (None, _promise(now)):
        return _show_plan(
            request, member, deed, claims, now, form=form, status=409, overtaken=promise_overtaken()
        )
    action = Action.ASKED if deed == Deed.WITHDRAWAL else Action.APPROVED
    try:
        with transaction.atomic():
            run = BulkRun.objects.create(
                key=key, member=member, action=action, started_at=now, lines=bulk.lines_of(rows)
            )
    except IntegrityError:  # pressed twice at once, or a key that is somebody else's: then it is not there
        return HttpResponseRedirect(result, status=303)
    bulk.carry_out(run, rows, deed, left=left, reason=form.cleaned_data.get("reason", ""), by=by, now=now)
    run.finished_at = timezone.now()
    run.save(update_fields=["finished_at"])
    return HttpResponseRedirect(result, status=303)


def _rows(request: PortalRequest, member: Member) -> tuple[list[tuple[Claim, int | None]], set[str]]:
    """The claims that the page's form sends back, each with the state that it spoke of, and which it refused.

    What is not ours is not there.
    """
    left = set(request.POST.getlist("left")[: settings.BULK_MAX])
    seen: dict[str, int | None] = {number: None for number in left if number.isprintable()}
    for row in request.POST.getlist("row")[: settings.BULK_MAX]:
        number, _colon, state = row.rpartition(":") if ":" in row else (row, "", "")
        if number.isprintable():
            seen[number] = int(state) if state.isascii() and state.isdecimal() and len(state) < 19 else None
    claims = access.claims_of_shop(member).filter(number__in=seen).order_by("-requested_at", "-pk")
    return [(claim, seen[claim.number]) for claim in claims], left


def _show_plan(
    request: PortalRequest,
    member: Member,
    deed: Deed,
    claims: ClaimQuerySet,
    now: datetime,
    *,
    form: BulkForm | None = None,
    status: int = 200,
    overtaken: Blocker | None = None,
) -> HttpResponse:
    lines = bulk.plan(claims, deed, now=now)
    promised = _promise(now)
    context: dict[str, Any] = _frame(member) | {
        "now": now,
        "deed": deed.value,
        "lines": lines,
        "possible": [line for line in lines if not line.refused],
        "impossible": [line for line in lines if line.refused],
        "form": form,
        "key": (form and form.cleaned_data.get("key")) or uuid4(),
        "overtaken": overtaken,
        "promised": promised,
        "over": deadlines.day_in_japan(deadlines.withdrawal_deadline(now)),
        "query": query_of(request),
        "back": _back(request, member, [line.claim.number for line in lines]),
    }
    return render(request, "claims/bulk.html", context, status=status)


def _back(request: PortalRequest, member: Member, numbers: list[str]) -> str:
    """The desk with the same rows checked, as far as an address can carry them."""
    checked = [("select", "all")] if "all" in request.POST else [("pick", number) for number in numbers]
    query = "&".join(filter(None, (query_of(request), urlencode(checked))))
    return desk_address(member, query if len(query) <= BACK_MAX else query_of(request))


def _promise(now: datetime) -> Any:
    return deadlines.last_day(deadlines.withdrawal_deadline(now))


def _frame(member: Member) -> dict[str, Any]:
    return {"member": member, "shop": member.shop, "place": "desk"}
