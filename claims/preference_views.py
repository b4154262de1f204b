"""What a member chooses for himself: 一覧の表示設定, 保存した条件."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from claims import access
from claims.columns import ALWAYS, COLUMNS, columns_of
from claims.desk_views import desk_address, desk_page, member_at, query_of
from claims.filters import ClaimFilter
from claims.forms import GridSettingForm, SavedViewForm
from claims.models import GridSetting, SavedView
from claims.models.preference import QUERY_MAX, SAVED_VIEWS_MAX
from qsm.accounts.models import Member
from qsm.accounts.requests import PortalRequest


@require_http_methods(["GET", "HEAD", "POST"])
def grid_settings(request: PortalRequest, shop: str) -> HttpResponse:
    """一覧の表示設定: columns and their order, page size, sort, keys. Every button saves the form as it stands."""
    member = member_at(request, shop)
    setting = GridSetting.of(member)
    query = query_of(request, "page")
    here = f"{request.path}?{query}" if query else request.path
    form = GridSettingForm(request.POST if request.method == "POST" else None, instance=setting)
    if request.method == "POST" and "reset" in request.POST:
        GridSetting.objects.filter(member=member).delete()
        return HttpResponseRedirect(here, status=303)
    if request.method == "POST" and form.is_valid():
        shown = _moved(
            _shown(request.POST.getlist("order"), request.POST.getlist("column")),
            request.POST.get("move", ""),
        )
        chosen = form.cleaned_data | {"columns": [column.code for column in columns_of(shown)]}
        GridSetting.objects.update_or_create(member=member, defaults=chosen)
        if "move" in request.POST:
            return HttpResponseRedirect(here + _focus(shown, request.POST["move"]), status=303)
        return HttpResponseRedirect(desk_address(member, query), status=303)
    columns = columns_of(setting.columns)
    context = {
        "member": member,
        "shop": member.shop,
        "place": "desk",
        "form": form,
        "shown": columns,
        "hidden": [column for column in COLUMNS.values() if column not in columns],
        "always": ALWAYS,
        "query": query,
    }
    return render(request, "claims/grid_settings.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def saved_views(request: PortalRequest, shop: str) -> HttpResponse:
    """保存した条件: the list to rename and delete; a post keeps the search of the address under a name."""
    now = timezone.now()
    member = member_at(request, shop)
    if request.method != "POST":
        return _list(request, member, None, 0)
    search = ClaimFilter(request.GET, access.claims_of_shop(member), now=now)
    query = search.query().urlencode()
    with transaction.atomic():
        Member.objects.select_for_update().get(pk=member.pk)  # two tabs count one after the other
        names = list(member.saved_views.values_list("name", flat=True))
        form = SavedViewForm(request.POST, taken=names)
        if form.is_valid() and (problem := _no_room(names, query)):
            form.add_error("name", problem)
        if form.is_valid():
            SavedView.objects.create(member=member, name=form.cleaned_data["name"], query=query, saved_at=now)
            return HttpResponseRedirect(desk_address(member, query), status=303)
    return desk_page(request, member, now, status=422, saving=form)


@require_http_methods(["GET", "HEAD", "POST"])
def saved_view(request: PortalRequest, shop: str, pk: int) -> HttpResponse:
    """Rename or delete one of the member's own searches."""
    member = member_at(request, shop)
    found = get_object_or_404(member.saved_views, pk=pk)
    there = reverse("saved_views", args=[member.shop.code])
    if request.method != "POST":
        return HttpResponseRedirect(there)
    if "delete" in request.POST:
        found.delete()
        messages.success(request, _("「%s」を削除しました。") % found.name)
        return HttpResponseRedirect(there, status=303)
    with transaction.atomic():
        Member.objects.select_for_update().get(pk=member.pk)
        names = member.saved_views.exclude(pk=pk).values_list("name", flat=True)
        form = SavedViewForm(request.POST, taken=names)
        if form.is_valid():
            member.saved_views.filter(pk=pk).update(name=form.cleaned_data["name"])
            return HttpResponseRedirect(there, status=303)
    return _list(request, member, form, pk, status=422)


def _list(
    request: PortalRequest, member: Member, form: SavedViewForm | None, renaming: int, status: int = 200
) -> HttpResponse:
    context = {
        "member": member,
        "shop": member.shop,
        "place": "desk",
        "views": member.saved_views.all(),
        "form": form,
        "renaming": renaming,
        "most": SAVED_VIEWS_MAX,
    }
    return render(request, "claims/saved_views.html", context, status=status)


def _no_room(names: Sequence[str], query: str) -> str:
    """Why this search cannot be kept; empty where it can."""
    if len(names) >= SAVED_VIEWS_MAX:
        return (
            _("保存できる条件は%s件までです。使わない条件を削除してから保存してください。") % SAVED_VIEWS_MAX
        )
    if len(query) > QUERY_MAX:
        return _("検索の文字が長すぎるため保存できません。番号や言葉を減らしてください。")
    return ""


def _shown(order: list[str], checked: list[str]) -> list[str]:
    """The checked columns in the order in which the form lists them."""
    return [code for code in dict.fromkeys([*order, *checked]) if code in checked or code == ALWAYS]


def _moved(codes: list[str], move: str) -> list[str]:
    """`codes` with one of them a place further up or down: 「up:deadline」."""
    direction, _colon, code = move.partition(":")
    if code not in codes or direction not in ("up", "down"):
        return codes
    at = codes.index(code)
    to = min(max(at + (-1 if direction == "up" else 1), 0), len(codes) - 1)
    codes.insert(to, codes.pop(at))
    return codes


def _focus(codes: list[str], move: str) -> str:
    """The button of the page to go on with, as the end of an address: a browser focuses what it names."""
    direction, _colon, code = move.partition(":")
    if code not in codes or direction not in ("up", "down"):
        return ""
    if code == codes[0]:  # no further up, no further down
        direction = "down"
    elif code == codes[-1]:
        direction = "up"
    return f"#{direction}-{code}"
