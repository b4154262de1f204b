"""選択条件照会 and the board's cells: what the grid is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from claims import search
from claims.deadlines import day_in_japan, midnight
from claims.forms import CleanTextField
from claims.models import Claim, ClaimQuerySet
from claims.statuses import CELLS, OPEN, Cell, Kind, Status
from claims.tables import sorts
from qsm.folding import NUMBERS_MAX

PERIODS = {"requested": _("要請日"), "ordered": _("注文日"), "completed": _("完了日")}
QUICK = {"1": _("今日"), "7": _("7日"), "30": _("30日"), "90": _("90日")}  # days, today's included
BOUNDS = [MinValueValidator(date(2000, 1, 1)), MaxValueValidator(date(2099, 12, 31))]
TYPED_MAX = 3000  # characters: a list of 200 numbers still fits into an address
CONDITIONS = ("period", "range", "since", "until", "kind", "status", "within", "q")


@dataclass(frozen=True)
class Chip:
    """One condition that is applied; `without` is the query of the same search without it."""

    label: str
    text: str
    without: str


class SearchForm(forms.Form):
    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        since, until = data.get("since"), data.get("until")
        if since and until and since > until and not data.get("range"):
            self.add_error("until", _now("終了日は開始日以降の日を選んでください。"))
        return data


class SearchTextField(CleanTextField):
    def clean(self, value: Any) -> str:
        text: str = super().clean(value)
        if text and not search.parts(text):
            raise ValidationError(_now("記号だけでは照会できません。番号か言葉を入力してください。"))
        if search.is_too_much(text):
            raise ValidationError(
                _now("番号は%(numbers)s件まで、言葉は%(words)s個までで照会してください。")
                % {"numbers": NUMBERS_MAX, "words": search.WORDS_MAX}
            )
        return text


class SearchTextFilter(django_filters.CharFilter):
    field_class = SearchTextField


def _day(label: Any) -> django_filters.DateFilter:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return django_filters.DateFilter(label=label, method="in_period", widget=widget, validators=BOUNDS)


class ClaimFilter(django_filters.FilterSet):
    """Claims of one cell, or of the conditions searched for; every status is the effective one at `now`."""

    cell = django_filters.ChoiceFilter(
        choices=[(code, cell.label) for code, cell in CELLS.items()],
        method="unchanged",
        widget=forms.HiddenInput,
    )
    period = django_filters.ChoiceFilter(
        label=_("期間"), choices=list(PERIODS.items()), method="unchanged", empty_label=None
    )
    range = django_filters.ChoiceFilter(
        label=_("期間"), choices=list(QUICK.items()), method="in_period", widget=forms.HiddenInput
    )
    since = _day(_("開始日"))
    until = _day(_("終了日"))
    kind = django_filters.MultipleChoiceFilter(
        label=_("種類"), choices=Kind.choices, widget=forms.CheckboxSelectMultiple
    )
    status = django_filters.MultipleChoiceFilter(
        label=_("処理状態"),
        choices=Status.choices,
        method="with_status",
        widget=forms.CheckboxSelectMultiple,
    )
    within = django_filters.NumberFilter(
        label=_("撤回期限"),
        method="with_deadline_within",
        min_value=0,
        max_value=99,
        decimal_places=0,
        widget=forms.NumberInput(attrs={"min": 0, "max": 99, "inputmode": "numeric"}),
    )
    q = SearchTextFilter(
        label=_("検索"), method="with_text", max_length=TYPED_MAX, widget=forms.Textarea(attrs={"rows": 1})
    )

    class Meta:
        model = Claim
        fields: list[str] = []
        form = SearchForm

    def __init__(self, data: MultiValueDict[str, str], queryset: ClaimQuerySet, *, now: datetime) -> None:
        self.now = now
        super().__init__(self._kept_relative(data), queryset)

    def _kept_relative(self, data: MultiValueDict[str, str]) -> MultiValueDict[str, str]:
        # The form shows a quick range as its two days. Sent again with them untouched it is still the quick
        # range: kept under a name, 「7日」 means tomorrow's seven days tomorrow.
        shown = str(data.get("shown"))
        if shown not in QUICK or data.get("range"):
            return data
        days = [day.isoformat() for day in self._quick(shown)]
        if [data.get("since"), data.get("until")] != days:
            return data
        data = data.copy()
        data["range"] = shown
        return data

    def _quick(self, days: str) -> tuple[date, date]:
        today = day_in_japan(self.now)
        return today - timedelta(days=int(days) - 1), today

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
        if self.is_search:
            return self.qs
        cell = self.chosen_cell
        return (
            self.queryset.in_cell(cell, self.now) if cell else self.queryset.effectively(*OPEN, now=self.now)
        )

    def order(self, preferred: str) -> list[str]:
        """The sorts asked for, else what the member prefers, else the newest first."""
        return sorts(self.data.getlist("sort")) or sorts([preferred]) or [self._newest_first()]

    def _newest_first(self) -> str:
        # By the day that the period is of, which is also its index.
        by_period = self.is_search and self.form.is_valid() and any(self.days())
        return f"-{self.form.cleaned_data.get('period') or 'requested'}" if by_period else "-requested"

    # --- conditions ------------------------------------------------------------------------------

    def days(self) -> tuple[date | None, date | None]:
        """The first and the last day asked for; a quick range ends today and goes before typed days."""
        asked = self.form.cleaned_data
        if asked.get("range"):
            return self._quick(asked["range"])
        return asked.get("since"), asked.get("until")

    def in_period(self, claims: ClaimQuerySet, name: str, value: Any) -> ClaimQuerySet:
        asked = self.form.cleaned_data
        first, last = self.days()
        if name != next(field for field in ("range", "since", "until") if asked.get(field)):
            return claims  # the first of the three that is given speaks for all
        start = midnight(first) if first else None
        end = midnight(last + timedelta(days=1)) if last else None
        return claims.between(asked.get("period") or "requested", start, end, now=self.now)

    def with_status(self, claims: ClaimQuerySet, name: str, statuses: list[str]) -> ClaimQuerySet:
        return claims.effectively(*statuses, now=self.now)

    def with_deadline_within(self, claims: ClaimQuerySet, name: str, days: Any) -> ClaimQuerySet:
        # 撤回期限 is the last day on which the buyer may answer; 0 is today.
        over = midnight(day_in_japan(self.now) + timedelta(days=int(days) + 1))
        return claims.effectively(Status.ASKED, now=self.now).filter(deadline_at__lte=over)

    def with_text(self, claims: ClaimQuerySet, name: str, typed: str) -> ClaimQuerySet:
        return search.claims_with(claims, typed)

    def unchanged(self, claims: ClaimQuerySet, name: str, value: Any) -> ClaimQuerySet:
        return claims

    def not_found(self) -> list[str]:
        """The numbers of a pasted list of which the shop has no claim."""
        typed = self.form.cleaned_data.get("q", "") if self.is_search and self.form.is_valid() else ""
        return search.not_found(self.queryset, typed) if typed else []

    # --- the search as an address ----------------------------------------------------------------

    def query(self) -> QueryDict:
        """The search and its order as an address says them in the fewest words; what cannot be read is left out."""
        query = QueryDict(mutable=True)
        query["tab"] = "search"
        self.form.is_valid()
        asked = self.form.cleaned_data
        left_out = {"since", "until"} if asked.get("range") else set()
        if not any(self.days()):
            left_out.add("period")
        for name in CONDITIONS:
            value = asked.get(name)
            if name in left_out or value in (None, "", []):
                continue
            if isinstance(value, list):
                query.setlist(name, value)
            elif isinstance(value, date):
                query[name] = value.isoformat()
            else:
                query[name] = " ".join(str(value).split())
        if sort := sorts(self.data.getlist("sort")):
            query.setlist("sort", sort)
        return query

    def chips(self) -> list[Chip]:
        """The conditions that are applied, each with the way to drop it."""
        if not self.is_search or not self.form.is_valid():
            return []
        query, asked = self.query(), self.form.cleaned_data
        found = []
        if any(days := self.days()):
            text = "〜".join(day.strftime("%Y/%m/%d") if day else "" for day in days)
            label = PERIODS[asked.get("period") or "requested"]
            found.append(Chip(str(label), text, _without(query, "period", "range", "since", "until")))
        for name, choices in (("kind", Kind), ("status", Status)):
            for value in query.getlist(name):
                found.append(
                    Chip(
                        str(self.filters[name].label),
                        str(choices(value).label),
                        _without(query, name, value=value),
                    )
                )
        if "within" in query:
            text = _now("今日まで") if query["within"] == "0" else _now("%s日以内") % query["within"]
            found.append(Chip(_now("撤回期限"), text, _without(query, "within")))
        if "q" in query:
            found.append(Chip(_now("検索"), query.get("q", ""), _without(query, "q")))
        return found


def _without(query: QueryDict, *names: str, value: str = "") -> str:
    """`query` without these, or without this one `value` of the only name."""
    rest = query.copy()
    for name in names:
        kept = [one for one in rest.getlist(name) if value and one != value]
        rest.setlist(name, kept) if kept else rest.pop(name, None)
    return rest.urlencode()
