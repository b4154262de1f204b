"""MyQoo10's orders: what was bought, what may be filed on it and until when, and filing it (SPEC 6)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from claims import access, buyer_words, deadlines, files, filing, transitions
from claims.buyer_forms import FilingForm
from claims.eligibility import Blocker
from claims.filing import Filing
from claims.models import Order
from claims.popups import Popup
from claims.reasons import NonReceipt, Pickup, Reason, Remedy
from claims.statuses import Kind
from claims.uploads import Uploads
from qsm.accounts.models import Buyer, User
from qsm.accounts.requests import PortalRequest

PER_PAGE = 20
FRONT_PAGE = 3


@require_safe
def my_orders(request: PortalRequest) -> HttpResponse:
    """注文一覧: the buyer's orders, newest first, and what can be filed on each."""
    now = timezone.now()
    get_object_or_404(Buyer, user=request.user)
    page = Paginator(_orders(request.user), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "now": now,
        "page": page,
        "pages": page.paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1),
        "orders": _shown(list(page.object_list), now),
    }
    return render(request, "claims/my_orders.html", context)


@require_safe
def my_order(request: PortalRequest, number: str) -> HttpResponse:
    """One order: its facts, its claims, and a button for each kind of claim."""
    now = timezone.now()
    order = get_object_or_404(_orders(request.user), number=number)
    return render(request, "claims/my_order.html", {"now": now, "order": order} | _facts(order, now))


@require_http_methods(["GET", "HEAD", "POST"])
def my_filing(request: PortalRequest, number: str, kind: str) -> HttpResponse:
    """File a claim of one kind: a post without `confirmed` shows the popup, its OK posts again with it."""
    now = timezone.now()
    order = get_object_or_404(access.orders_of_buyer(request.user), number=number)
    if kind not in Kind.values:
        raise Http404
    found = filing.of(order, Kind(kind), now=now)
    by = access.as_buyer(order.buyer, signed_in=True)
    form = FilingForm(
        request.POST if request.method == "POST" else None, kind=found.kind, pieces=found.pieces
    )
    photos = _photos(request, order, by, now)
    if request.method != "POST" or found.blockers:
        return _show(request, order, found, form, photos, refused=found.blockers)
    if photos.dropped or not form.is_valid() or photos.errors:
        return _show(request, order, found, form, photos)
    wish = _wish(form)
    if "confirmed" not in request.POST:
        popup = buyer_words.popup(
            order,
            found.kind,
            reason=wish["reason"].label,
            quantity=wish["quantity"],
            photos=len(photos.attachments),
        )
        return _show(request, order, found, form, photos, popup=popup)
    try:
        claim = transitions.request_claim(
            order,
            kind=found.kind,
            photos=[photo.key for photo in photos.attachments],
            by=by,
            now=now,
            **wish,
        )
    except transitions.Refused as refused:
        return _show(request, order, found, form, photos, refused=refused.reasons)
    what = buyer_words.WHAT[found.kind]
    messages.success(request, _("%sの申請を受け付けました。ショップに知らせます。") % what)
    return HttpResponseRedirect(reverse("my_claim", args=[claim.number]), status=303)


def _shown(orders: list[Order], now: datetime) -> list[dict[str, Any]]:
    """What a list says of each order."""
    return [{"order": order} | _facts(order, now) for order in orders]


def newest(user: User, now: datetime) -> list[dict[str, Any]]:
    """The few newest orders of a buyer, for the front page."""
    return _shown(list(_orders(user)[:FRONT_PAGE]), now)


def _orders(user: User) -> QuerySet[Order]:
    """The buyer's orders, newest first, with all that decides what may be filed on them."""
    orders = access.orders_of_buyer(user).order_by("-ordered_at", "-pk")
    return orders.prefetch_related("claims__withdrawals")


def _facts(order: Order, now: datetime) -> dict[str, Any]:
    offers, today = buyer_words.offers(order, now=now), deadlines.day_in_japan(now)
    return {
        "shipping": buyer_words.shipping(order, today=today),
        "offers": offers,
        "may_file": buyer_words.may_file(order, offers, today=today),
        "claims": sorted(order.claims.all(), key=lambda claim: claim.pk, reverse=True),
    }


def _photos(request: PortalRequest, order: Order, by: access.Actor, now: datetime) -> Uploads:
    """The photos that go with the form; of what was uploaded and never sent, the newest are kept."""
    photos = Uploads(request, shop=order.shop, order=order, by=by, now=now)
    if len(photos.attachments) < len(set(request.POST.getlist("kept")) - set(request.POST.getlist("drop"))):
        photos.errors.append(
            _("先に添付した写真の一部が見つかりません。必要な場合はもう一度添付してください。")
        )
    if request.FILES:
        # Other tabs may still name theirs; what is much older was left behind.
        others = access.drafts_of(request.user, order).exclude(
            pk__in=[photo.pk for photo in photos.attachments]
        )
        files.discard(list(others.order_by("-pk")[4 * settings.FILES_MAX :]))
    return photos


def _wish(form: FilingForm) -> dict[str, Any]:
    """What was typed, as the verb takes it."""
    typed = form.cleaned_data
    of_kind: dict[str, Any] = {"pickup": Pickup, "non_receipt": NonReceipt, "remedy": Remedy}
    chosen = {name: choices(typed[name]) for name, choices in of_kind.items() if name in typed}
    return {
        "reason": Reason(typed["reason"]),
        "text": typed["text"],
        "quantity": typed["quantity"],
        **chosen,
    }


def _show(
    request: PortalRequest,
    order: Order,
    found: Filing,
    form: FilingForm,
    photos: Uploads,
    *,
    refused: list[Blocker] | None = None,
    popup: Popup | None = None,
) -> HttpResponse:
    """The filing page; 409 where the order moved on since it was drawn, 422 where what was typed cannot be taken."""
    status = 200
    if request.method == "POST":
        wrong = not photos.dropped and (form.errors or photos.errors)
        status = 409 if refused else 422 if wrong else 200
    context = {
        "order": order,
        "kind": found.kind,
        "what": buyer_words.WHAT[found.kind],
        "filing": found,
        "until": buyer_words.Offer(found.kind, found).until,
        "form": form,
        "uploads": photos,
        "wrong": status == 422,
        "refused": refused,
        "popup": popup,
    }
    return render(request, "claims/my_filing.html", context, status=status)
