"""Which column of a file is which: by the labels of the grid and the pane, in any width."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from claims.columns import COLUMNS
from claims.texts import one_line

# What the pane calls otherwise than the grid, or shows together; and an address that tells namesakes apart.
ALSO = {
    "完了日": "completed",
    "理由": "reason",
    "要請日": "requested",
    "商品発送日": "shipped",
    "受取人連絡先": "receiver_phones",
    "注文金額の合計 / 決済手段": "total_and_method",
    "購入者メールアドレス": "mail",
    "メールアドレス": "mail",
}
# What a file shows but cannot set: it follows from the rest.
FOLLOWS = {"deadline"}
KEY = "number"
SEARCHED = 20  # rows above the head that may hold a title
IGNORED_TOLD = 20  # columns that are not understood, by name


def _same(label: str) -> str:
    return one_line(label).replace(" ", "").casefold()


def codes() -> dict[str, str]:
    """The code of every head that is understood, by the head as `find` compares it."""
    known = {_same(str(column.label)): code for code, column in COLUMNS.items()}
    return known | {_same(label): code for label, code in ALSO.items()}


class Heads:
    """The head of a file: the code of each of its columns, and what is not understood."""

    def __init__(self, cells: Sequence[object]) -> None:
        known = codes()
        labels = [str(cell) if cell is not None else "" for cell in cells]
        self.codes = [known.get(_same(label), "") for label in labels]
        unknown = [
            one_line(label)[:40]
            for label, code in zip(labels, self.codes, strict=True)
            if not code and one_line(label)
        ]
        more = len(unknown) - IGNORED_TOLD
        self.ignored = [*unknown[:IGNORED_TOLD], *([_("ほか%s列") % more] if more > 0 else [])]

    @property
    def has_key(self) -> bool:
        """Whether it is a head at all: it names 注文番号."""
        return KEY in self.codes

    @property
    def twice(self) -> list[str]:
        """The labels of the columns that stand there more than once."""
        found = [code for code in self.codes if code]
        return [label_of(code) for code in dict.fromkeys(found) if found.count(code) > 1]

    def cells(self, row: Sequence[object]) -> dict[str, object]:
        """The cells of a row by the code of their column; empty ones are left out."""
        return {
            code: cell
            for code, cell in zip(self.codes, row, strict=False)
            if code and code not in FOLLOWS and cell is not None and cell != ""
        }


def label_of(code: str) -> str:
    """The label of a column, as a refusal names it."""
    if code in COLUMNS:
        return str(COLUMNS[code].label)
    others = {other: label for label, other in ALSO.items()}
    return others.get(code, code)
