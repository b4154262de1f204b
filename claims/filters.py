"""選択条件照会 and the board's cells: what the grid is asked for."""

from datetime import date, datetime, timedelta
from typing import Any

import django_filters
from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext_lazy as _

from claims.deadlines import midnight
from claims.models import Claim, ClaimQuerySet
from claims.statuses import CELLS, OPEN, Cell, Status

PERIODS = {"requested": _("要請日"), "ordered": _("注文日"), "completed": _("完了日")}
BOUNDS = [MinValueValidator(date(2000, 1, 1)), MaxValueValidator(date(2099, 12, 31))]


def _date(label: Any) -> django_filters.DateFilter:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return django_filters.DateFilter(label=label, method="in_period", widget=widget, validators=BOUNDS)


class ClaimFilter(django_filters.FilterSet):
    """Claims of one cell, or of a period and a status; every status is the effective one at `now`."""

    cell = django_filters.ChoiceFilter(
        choices=[(code, cell.label) for code, cell in CELLS.items()],
        method="in_cell",
        widget=forms.HiddenInput,
    )
    period = django_filters.ChoiceFilter(
        label=_("期間"), choices=list(PERIODS.items()), method="unchanged", empty_label=None
    )
    since = _date(_("開始日"))
    until = _date(_("終了日"))
    status = django_filters.ChoiceFilter(
        label=_("処理状態"), choices=Status.choices, method="with_status", empty_label=_("全体")
    )

    class Meta:
        model = Claim
        fields: list[str] = []

    def __init__(self, data: MultiValueDict[str, str], queryset: ClaimQuerySet, *, now: datetime) -> None:
        self.now = now
        super().__init__(data, queryset)

    @property
    def chosen_cell(self) -> Cell | None:
        """The board's cell that is open, None under 選択条件照会."""
        return CELLS.get(self.form.cleaned_data.get("cell", "")) if self.form.is_valid() else None

    @property
    def is_search(self) -> bool:
        """Whether 選択条件照会 is the open tab."""
        return self.data.get("tab") == "search"

    def found(self) -> ClaimQuerySet:
        """The claims asked for: those of the cell or of the search, none where the search cannot be read.

        Asked for nothing, the desk shows every open claim.
        """
        if not self.form.is_valid():
            return self.queryset.none()
        if not self.is_search and not self.chosen_cell:
            return self.queryset.effectively(*OPEN, now=self.now)
        return self.qs

    def in_cell(self, claims: ClaimQuerySet, name: str, code: str) -> ClaimQuerySet:
        return claims if self.is_search else claims.in_cell(CELLS[code], self.now)

    def with_status(self, claims: ClaimQuerySet, name: str, status: str) -> ClaimQuerySet:
        return claims.effectively(status, now=self.now) if self.is_search else claims

    def in_period(self, claims: ClaimQuerySet, name: str, day: Any) -> ClaimQuerySet:
        if not self.is_search:
            return claims
        period = self.form.cleaned_data.get("period") or "requested"
        if name == "since":
            return claims.filter(**{f"{period}_at__gte": midnight(day)})
        return claims.filter(**{f"{period}_at__lt": midnight(day + timedelta(days=1))})

    def unchanged(self, claims: ClaimQuerySet, name: str, value: Any) -> ClaimQuerySet:
        return claims
