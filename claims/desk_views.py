"""キャンセル & 未受取: the board, 選択条件照会 and the grid."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from claims import access, cells
from claims.columns import columns_of
from claims.filters import QUICK, ClaimFilter
from claims.models import Claim, GridSetting
from claims.statuses import BOARD
from claims.tables import CappedPaginator, table_of
from qsm.accounts.models import Member
from qsm.accounts.requests import PortalRequest


@require_safe
def desk(request: PortalRequest, shop: str) -> HttpResponse:
    """キャンセル & 未受取: the board, and the grid of what was clicked or searched."""
    now = timezone.now()
    member = member_at(request, shop)
    if wants_part(request, "grid"):
        return render(request, "claims/_grid.html", grid_of(request, member, now))
    return desk_page(request, member, now)


@require_safe
def board(request: PortalRequest, shop: str) -> HttpResponse:
    """The board alone, for the desk to refresh its numbers."""
    now = timezone.now()
    member = member_at(request, shop)
    filtered = ClaimFilter(request.GET, access.claims_of_shop(member), now=now)
    context = board_of(member, now) | {"filter": filtered, "query": request.GET.urlencode()}
    return render(request, "claims/_board.html", context)


def desk_page(
    request: PortalRequest, member: Member, now: datetime, *, status: int = 200, **more: Any
) -> HttpResponse:
    """The whole desk; in `more` why what was sent to it could not be done: `refusal`, or the form `saving`."""
    context = whole_desk(request, member, now) | more
    if request.method == "POST":  # sorts and pages lead back to the desk, not to what was posted to
        context["grid_address"] = reverse("desk", args=[member.shop.code])
    return render(request, "claims/desk.html", context, status=status)


def whole_desk(request: PortalRequest, member: Member, now: datetime) -> dict[str, Any]:
    """What claims/desk.html shows to `member`; the board is counted only where it is shown."""
    grid = grid_of(request, member, now)
    return (_frame_of(member) if grid["filter"].is_search else board_of(member, now)) | grid


def desk_address(member: Member, query: str) -> str:
    """Where the desk shows what `query` asks for."""
    address = reverse("desk", args=[member.shop.code])
    return f"{address}?{query}" if query else address


def member_at(request: PortalRequest, shop: str) -> Member:
    """The signed-in person as a member of the shop whose code is `shop`; 404 where he is none."""
    return get_object_or_404(access.memberships(request.user), shop__code=shop)


def wants_part(request: PortalRequest, target: str) -> bool:
    """Whether htmx asks for the element `target` alone; never where it restores a page of the history."""
    return bool(request.htmx and not request.htmx.history_restore_request and request.htmx.target == target)


def board_of(member: Member, now: datetime) -> dict[str, Any]:
    """What claims/_board.html and the desk's frame show to `member`."""
    counts = Claim.objects.filter(shop=member.shop).board_counts(now)
    rows = [
        (label, [[(cell, counts[cell.code]) for cell in column] for column in columns])
        for label, columns in BOARD
    ]
    return _frame_of(member) | {"rows": rows, "ended_days": settings.BOARD_ENDED_DAYS}


def _frame_of(member: Member) -> dict[str, Any]:
    return {"member": member, "shop": member.shop, "place": "desk"}


def grid_of(request: PortalRequest, member: Member, now: datetime) -> dict[str, Any]:
    """What claims/_search.html and claims/_grid.html show to `member` of what the address asks for."""
    setting = GridSetting.of(member)
    filtered = ClaimFilter(request.GET, access.claims_of_shop(member), now=now)
    columns = columns_of(setting.columns)
    table = table_of(filtered.found(), columns, filtered.order(setting.sort))
    page = CappedPaginator(table.data.data, setting.per_page).get_page(request.GET.get("page"))
    page.object_list = claims = list(page.object_list)
    query = query_of(request)
    return {
        "shop": member.shop,
        "now": now,
        "may_change": access.may_change(member),
        "filter": filtered,
        "chips": filtered.chips(),
        "saved_views": list(member.saved_views.all()) if filtered.is_search else [],
        "search_query": filtered.query().urlencode() if filtered.is_search else "",
        "quick": QUICK,
        "not_found": filtered.not_found(),
        "nothing_yet": not claims and not access.claims_of_shop(member).exists(),
        "setting": setting,
        "table": table,
        "page": page,
        "pages": page.paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1),
        "numbers": [claim.number for claim in claims],
        "claim_rows": cells.rows(claims, columns, now=now, query=query),
        "select": request.GET.get("select", ""),
        "picked": {*request.GET.getlist("pick"), *request.POST.getlist("claim")},
        "bulk_max": settings.BULK_MAX,
        "too_many_for_bulk": request.GET.get("select") == "all" and page.paginator.count > settings.BULK_MAX,
        "query": query,
    }


def neighbours(grid: dict[str, Any], number: str) -> dict[str, str]:
    """The claims before and after `number` on the grid's page, for ◀ and ▶; empty at its ends."""
    numbers = grid["numbers"]
    if number not in numbers:
        return {"previous": "", "next": ""}
    at = numbers.index(number)
    return {"previous": "".join(numbers[at - 1 : at]), "next": "".join(numbers[at + 1 : at + 2])}


def query_of(request: PortalRequest, *left_out: str) -> str:
    """What the address asks for, but for what is selected: that is over with the next step."""
    query = request.GET.copy()
    for name in ("select", "pick", *left_out):
        query.pop(name, None)
    return query.urlencode()
