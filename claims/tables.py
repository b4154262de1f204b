"""The grid: its order, its pages."""

from collections.abc import Iterable, Sequence
from typing import cast

import django_tables2 as tables
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.utils.functional import cached_property

from claims.columns import COLUMNS, Column
from claims.models import Claim

COUNT_CAP = 10_000  # SPEC 4.2: numbered pages up to here; beyond, the search is to be narrowed


class CappedPaginator(Paginator):
    """Counts no further than COUNT_CAP, so that a page of a million claims costs what its first costs."""

    @cached_property
    def count(self) -> int:
        return min(self.found, COUNT_CAP)

    @cached_property
    def found(self) -> int:
        """Rows found, up to one more than COUNT_CAP."""
        claims = cast("QuerySet[Claim]", self.object_list).order_by()  # unsorted it may stop at the cap
        return claims[: COUNT_CAP + 1].count()

    @property
    def is_capped(self) -> bool:
        """Whether there are more rows than pages."""
        return self.found > COUNT_CAP


class ClaimTable(tables.Table):
    """Heads and order of the columns given to `table_of`; cells are drawn by claims/cells.py."""


def table_of(claims: QuerySet[Claim], columns: Sequence[Column], sort: Sequence[str]) -> ClaimTable:
    """The table of `claims` with these columns, ordered by `sort` (codes that `sorts` let through).

    A column that is not shown orders all the same.
    """
    hidden = [COLUMNS[one.removeprefix("-")] for one in sort]
    shown = {column.code for column in columns}
    return ClaimTable(
        claims,
        order_by=sort,
        extra_columns=[
            (column.code, _head(column, visible=column.code in shown))
            for column in dict.fromkeys([*columns, *hidden])
        ],
    )


def _head(column: Column, *, visible: bool) -> tables.Column:
    # Each sort has its index (models/claim.py); the key last makes the order total.
    order_by = (column.sort, "pk") if column.sort else None
    return tables.Column(
        verbose_name=column.label, order_by=order_by, orderable=bool(column.sort), visible=visible
    )


def sorts(asked: Iterable[str]) -> list[str]:
    """Those of the sorts asked for that the grid offers, each with or without a minus."""
    offered = {code for code, column in COLUMNS.items() if column.sort}
    return [sort for sort in dict.fromkeys(asked) if sort.removeprefix("-") in offered]
