"""お問い合わせ管理: what buyers and the marketplace say to the shop, and what the shop asks Qoo10."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from claims import access
from claims.models import Order
from claims.tables import CappedPaginator
from messaging import groups, notices, reading
from messaging.filters import InboxFilter, InquiryFilter, MessageFilter, NoticeFilter
from messaging.models import Category, Inquiry, Message, Notice
from qsm.accounts.models import Member
from qsm.accounts.requests import PortalRequest

PER_PAGE = 50
TABS: dict[str, tuple[Promise | str, type[InboxFilter]]] = {
    "buyers": (_("お客様関連メッセージ"), MessageFilter),
    "qoo10": (_("コールセンター・Qoo10のメッセージ"), NoticeFilter),
    "inquiries": (_("Qoo10お問い合わせ履歴"), InquiryFilter),
}
VIEWS = {
    "basic": _("基本"),
    "customers": _("顧客ごとの問い合わせ"),
    "items": _("商品ごとの問い合わせ"),
}
# What an address of the inbox may say: kept from tab to tab, also where a tab does not ask for it.
SAID = ["tab", "view", *dict.fromkeys(name for _label, made in TABS.values() for name in made.base_filters)]


@require_safe
def inbox(request: PortalRequest, shop: str) -> HttpResponse:
    """お問い合わせ管理 in three tabs: the buyers' messages, Qoo10's, and the shop's own inquiries."""
    now = timezone.now()
    member = get_object_or_404(access.memberships(request.user), shop__code=shop)
    return show_inbox(request, member, now)


@require_safe
def message(request: PortalRequest, shop: str, pk: int) -> HttpResponse:
    """One message, whole; opening it makes it seen and answers nothing."""
    now = timezone.now()
    member = get_object_or_404(access.memberships(request.user), shop__code=shop)
    known = Message.objects.of_shop(member.shop).select_related("order__buyer", "author")
    found = get_object_or_404(known.prefetch_related("translations").with_urgency(now), pk=pk)
    if request.method == "GET":  # opened by somebody, and not by a look ahead (HEAD)
        reading.open_message(found, by=member, now=now)
    thread = found.order.messages
    later = Q(sent_at__gt=found.sent_at) | Q(sent_at=found.sent_at, pk__gt=found.pk)
    earlier = Q(sent_at__lt=found.sent_at) | Q(sent_at=found.sent_at, pk__lt=found.pk)
    context = {
        "shop": member.shop,
        "place": "inbox",
        "may_change": access.may_change(member),
        "message": found,
        "newer": thread.filter(later).order_by("sent_at", "pk").first(),
        "older": thread.filter(earlier).first(),
        "claim": found.order.claims.order_by("-requested_at", "-pk").first(),
        "query": request.GET.urlencode(),
    }
    return render(request, "messaging/message.html", context)


@require_safe
def notice(request: PortalRequest, shop: str, pk: int) -> HttpResponse:
    """What the marketplace told the shop, marked read: on to the claim, message or answer it speaks of."""
    now = timezone.now()
    member = get_object_or_404(access.memberships(request.user), shop__code=shop)
    told = Notice.objects.filter(shop=member.shop).with_causes()
    found = get_object_or_404(told, pk=pk)
    if request.method == "GET":
        reading.open_notice(found, by=member, now=now)
    if found.announcement is None:
        return redirect(notices.path(found))
    return render(request, "messaging/notice.html", {"shop": member.shop, "place": "inbox", "notice": found})


@require_safe
def inquiry(request: PortalRequest, shop: str, pk: int) -> HttpResponse:
    """One inquiry to Qoo10, and its answer."""
    member = get_object_or_404(access.memberships(request.user), shop__code=shop)
    found = Inquiry.objects.select_related("order", "author", "shop").filter(shop=member.shop)
    context = {"shop": member.shop, "place": "inbox", "inquiry": get_object_or_404(found, pk=pk)}
    return render(request, "messaging/inquiry.html", context)


@require_safe
def inbox_waiting(request: PortalRequest, shop: str) -> HttpResponse:
    """The header's 受信箱 alone, for its N to be fresh without a reload."""
    member = get_object_or_404(access.memberships(request.user), shop__code=shop)
    return render(request, "messaging/_waiting.html", {"shop": member.shop})


@require_safe
def order_waiting(request: PortalRequest, shop: str, number: str) -> HttpResponse:
    """The pane's 受信箱 of one order alone, for its N to be fresh without a reload."""
    member = get_object_or_404(access.memberships(request.user), shop__code=shop)
    order = get_object_or_404(Order, shop=member.shop, number=number)
    return render(request, "messaging/_order_waiting.html", {"shop": member.shop, "order": order})


def show_inbox(request: PortalRequest, member: Member, now: datetime, **more: Any) -> HttpResponse:
    """The tab, the view and the search that the address says; `more` is a popup over it."""
    tab = _said(request, "tab", TABS)
    view = _said(request, "view", VIEWS) if tab == "buyers" else "basic"
    filtered = _filter(request, member, tab, now)
    rows = filtered.found()
    if view != "basic":
        page = CappedPaginator(groups.grouped(rows, view), PER_PAGE).get_page(request.GET.get("page"))
        listed: list[Any] = groups.with_newest(rows, view, page.object_list)
    else:
        # Keys first, then the rows of the one page: the last page costs what the first does, and the
        # search is not run once more for them.
        page = CappedPaginator(rows.values_list("pk", flat=True), PER_PAGE).get_page(request.GET.get("page"))
        shown = filtered.queryset.filter(pk__in=list(page.object_list))
        listed = list(shown.with_urgency(now) if tab == "buyers" else shown)
    context = {
        "shop": member.shop,
        "place": "inbox",
        "now": now,
        "may_change": access.may_change(member),
        "tab": tab,
        "tabs": [(code, label, code == tab, _tab_query(request, code)) for code, (label, _f) in TABS.items()],
        "unread": reading.unread(member),
        "unread_cap": reading.UNREAD_CAP,
        "view": view,
        "views": [(code, label, code == view) for code, label in VIEWS.items()],
        "filter": filtered,
        "carried": _carried(request, filtered),
        "only": _only(filtered, member),
        "page": page,
        "pages": page.paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1),
        "rows": listed,
        "query": request.GET.urlencode(),
    }
    return render(request, "messaging/inbox.html", context | more)


def _said(request: PortalRequest, name: str, known: Iterable[str]) -> str:
    """What the address says for `name`, the first of `known` where it says nothing that is known."""
    said = request.GET.get(name, "")
    return said if said in known else next(iter(known))


def _filter(request: PortalRequest, member: Member, tab: str, now: datetime) -> InboxFilter:
    rows: dict[str, QuerySet[Any]] = {
        "buyers": Message.objects.of_shop(member.shop).select_related("order__buyer").defer("search_text"),
        "qoo10": Notice.objects.filter(shop=member.shop).with_causes(),
        "inquiries": Inquiry.objects.filter(shop=member.shop).select_related("order", "author"),
    }
    made = TABS[tab][1]
    return made(request.GET, rows[tab], shop=member.shop, now=now)


def _tab_query(request: PortalRequest, tab: str) -> str:
    """The address of `tab`: the search stays, but for what only another tab can mean."""
    said = request.GET.copy()
    said["tab"] = tab
    said.pop("page", None)
    if tab == "buyers" and said.get("category") == Category.CLAIM_WITHDRAWAL:
        said.pop("category")
    return said.urlencode()


def _carried(request: PortalRequest, filtered: InboxFilter) -> list[tuple[str, str]]:
    """What the address says beside the fields that the search shows: sent along with them."""
    shown = {field.name for field in filtered.form.visible_fields()}
    said = {name: request.GET.get(name, "") for name in SAID if name not in shown}
    return [(name, value) for name, value in said.items() if value]


def _only(filtered: InboxFilter, member: Member) -> dict[str, str]:
    """The one order, buyer or item that the list is narrowed to, by its name in the address; buyers masked."""
    chosen = filtered.chosen
    only = {}
    if len(chosen.get("order") or []) == 1:
        only["order"] = chosen["order"][0]
    if buyer := chosen.get("buyer"):
        # Of the shop's own messages: a number typed at random names nobody.
        written = Message.objects.of_shop(member.shop).filter(buyer=buyer).select_related("buyer").first()
        only["buyer"] = written.buyer.masked_name if written else "—"
    if item := chosen.get("item"):
        only["item"] = item
    return only
