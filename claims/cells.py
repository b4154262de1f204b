"""The rows of the grid, drawn here and not by django-tables2, whose own rendering takes 60 ms a page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _

from claims import deadlines
from claims.columns import Column, Value, Written
from claims.eligibility import day
from claims.models import Claim
from claims.templatetags.claim_words import is_urgent, time_left, tone


@dataclass(frozen=True)
class Row:
    """A claim as the grid shows it; a cell is the label of its column, a class and its text or HTML."""

    number: str
    order_number: str
    cells: list[tuple[str, str, str]]


def rows(claims: Iterable[Claim], columns: Sequence[Column], *, now: datetime, query: str) -> list[Row]:
    """The rows of `claims` (with order, buyer and shop at hand); their links keep `query`."""
    labels = [str(column.label) for column in columns]
    suffix = f"?{query}" if query else ""
    return [
        Row(
            claim.number,
            claim.order.number,
            [
                (label, CLASSES.get(column.written, ""), _cell(claim, column, now, suffix))
                for label, column in zip(labels, columns, strict=True)
            ],
        )
        for claim in claims
    ]


CLASSES = {Written.TEXT: "text", Written.NUMBER: "number", Written.COUNT: "amount", Written.YEN: "amount"}


def _cell(claim: Claim, column: Column, now: datetime, suffix: str) -> str:
    if column.code == "number":
        address = reverse("claim", args=[claim.shop.code, claim.number]) + suffix
        return format_html(
            '<a href="{0}" hx-get="{0}" hx-target="#claim" hx-swap="outerHTML" hx-push-url="true" data-open>{1}</a>',
            address,
            claim.order.number,
        )
    value = column.shown(claim, now)
    if column.code == "status":
        return format_html('<span class="status status-{}">{}</span>', tone(claim, now), value)
    if column.code == "deadline" and value and claim.deadline_at:
        last = day(deadlines.last_day(claim.deadline_at))
        left = time_left(claim.deadline_at, now)
        if is_urgent(claim.deadline_at, now):  # hours and minutes are told where the eye rests on it
            return format_html('<span class="urgent" title="{}">{} {}</span>', left, last, _("本日まで"))
        return f"{last} {left}"
    return _text(value, column)


def _text(value: Value, column: Column) -> str:
    if value is None:
        return ""
    if isinstance(value, date):
        return value.strftime("%Y/%m/%d")
    return f"{value:,}" if column.written == Written.YEN else str(value)
