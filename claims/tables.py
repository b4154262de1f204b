"""The grid: its columns, its order, its pages."""

from typing import cast

import django_tables2 as tables
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from claims.models import Claim

PER_PAGE = 50
COUNT_CAP = 10_000  # SPEC 4.2: numbered pages up to here; beyond, the search is to be narrowed


class CappedPaginator(Paginator):
    """Counts no further than COUNT_CAP, so that a page of a million claims costs what its first costs."""

    @cached_property
    def count(self) -> int:
        return min(self.found, COUNT_CAP)

    @cached_property
    def found(self) -> int:
        """Rows found, up to one more than COUNT_CAP."""
        claims = cast("QuerySet[Claim]", self.object_list)
        return claims[: COUNT_CAP + 1].count()

    @property
    def is_capped(self) -> bool:
        """Whether there are more rows than pages."""
        return self.found > COUNT_CAP


def _sorted_by(field: str, label: object) -> tables.Column:
    # Each has its index (models.py); the key last makes the order total.
    return tables.Column(verbose_name=label, order_by=(field, "pk"))


def _plain(label: object) -> tables.Column:
    return tables.Column(verbose_name=label, orderable=False, empty_values=())


class ClaimTable(tables.Table):
    """The guide's twelve columns and 撤回期限; cells are drawn by claims/_grid.html."""

    status = _sorted_by("status", _("処理状態"))
    completed = _sorted_by("completed_at", _("キャンセル/返品完了日"))
    reason = _plain(_("キャンセル/返品理由"))
    non_receipt_reason = _plain(_("未受取理由"))
    requested = _sorted_by("requested_at", _("キャンセル/返品要請日"))
    pickup_method = _plain(_("返品の回収方法"))
    ordered = _sorted_by("ordered_at", _("注文日"))
    shipped = _plain(_("発送日"))
    deadline = _sorted_by("deadline_at", _("撤回期限"))
    number = _sorted_by("number", _("注文番号"))
    cart_number = _plain(_("カート番号"))
    item_code = _plain(_("商品番号"))

    class Meta:
        order_by = ("-requested",)


def sorts(asked: list[str]) -> list[str] | None:
    """Those of the sorts asked for that the grid offers, each with or without a minus; None for none."""
    offered = {name for name, column in ClaimTable.base_columns.items() if column.orderable is not False}
    return [sort for sort in asked if sort.removeprefix("-") in offered] or None
