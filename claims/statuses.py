"""The status table of SPEC 2: the one list that board, grid, filter, admin and rules read."""

from dataclasses import dataclass

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Kind(models.TextChoices):
    """What the buyer asked for."""

    CANCEL = "cancel", _("キャンセル")
    RETURN = "return", _("返品")
    EXCHANGE = "exchange", _("交換")
    NON_RECEIPT = "non_receipt", _("未受取通知")


class Status(models.TextChoices):
    """処理状態: every state a claim can be in."""

    CANCEL_REQUESTED = "cancel_requested", _("キャンセル要請")
    CANCEL_REFUNDING = "cancel_refunding", _("キャンセル中 (返金中)")
    CANCEL_DONE = "cancel_done", _("キャンセル完了")
    RETURN_REQUESTED = "return_requested", _("返品要請")
    RETURN_AWAITING = "return_awaiting", _("返品中 (回収待ち)")
    RETURN_COLLECTED = "return_collected", _("回収完了/返金要請")
    RETURN_HELD = "return_held", _("返金保留")
    RETURN_REFUNDING = "return_refunding", _("返品中 (返金中)")
    RETURN_DONE = "return_done", _("返品完了")
    EXCHANGE_REQUESTED = "exchange_requested", _("交換申請")
    EXCHANGE_APPROVED = "exchange_approved", _("交換承認")
    EXCHANGE_LATE = "exchange_late", _("交換遅延")
    EXCHANGE_RESENDING = "exchange_resending", _("再配送中")
    EXCHANGE_DONE = "exchange_done", _("交換完了")
    NOTICE_RECEIVED = "notice_received", _("通知受付")
    NOTICE_CONFIRMED = "notice_confirmed", _("出品者確認")
    NOTICE_LATE = "notice_late", _("確認遅延")
    NOTICE_REFUNDED = "notice_refunded", _("返金完了")
    NOTICE_RESENT = "notice_resent", _("再配送済")
    ASKED = "asked", _("撤回要請")
    ON_HOLD = "on_hold", _("撤回保留")
    PARTIALLY_REFUNDED = "partially_refunded", _("部分返金")
    WITHDRAWN = "withdrawn", _("撤回完了")


@dataclass(frozen=True)
class Facts:
    """A row of the table: which kinds a status fits, whether withdrawal may be asked, QAPI's code."""

    kinds: frozenset[Kind]
    askable: bool
    open: bool
    qapi: int | None


def _row(kinds: Kind | set[Kind], askable: bool, is_open: bool, qapi: int | None = None) -> Facts:
    return Facts(frozenset(kinds if isinstance(kinds, set) else {kinds}), askable, is_open, qapi)


_C, _R, _X, _N = Kind.CANCEL, Kind.RETURN, Kind.EXCHANGE, Kind.NON_RECEIPT
_YES, _NO, _OPEN, _ENDED = True, False, True, False

FACTS: dict[Status, Facts] = {
    Status.CANCEL_REQUESTED: _row(_C, _YES, _OPEN, 1),
    Status.CANCEL_REFUNDING: _row(_C, _NO, _OPEN, 2),
    Status.CANCEL_DONE: _row(_C, _NO, _ENDED, 3),
    Status.RETURN_REQUESTED: _row(_R, _YES, _OPEN, 4),
    Status.RETURN_AWAITING: _row(_R, _NO, _OPEN, 5),
    Status.RETURN_COLLECTED: _row(_R, _NO, _OPEN, 5),
    Status.RETURN_HELD: _row(_R, _NO, _OPEN, 5),
    Status.RETURN_REFUNDING: _row(_R, _NO, _OPEN, 5),
    Status.RETURN_DONE: _row(_R, _NO, _ENDED, 6),
    Status.EXCHANGE_REQUESTED: _row(_X, _YES, _OPEN, 11),
    Status.EXCHANGE_APPROVED: _row(_X, _YES, _OPEN, 12),
    Status.EXCHANGE_LATE: _row(_X, _YES, _OPEN),
    Status.EXCHANGE_RESENDING: _row(_X, _NO, _OPEN, 13),
    Status.EXCHANGE_DONE: _row(_X, _NO, _ENDED),
    Status.NOTICE_RECEIVED: _row(_N, _NO, _OPEN),
    Status.NOTICE_CONFIRMED: _row(_N, _NO, _OPEN),
    Status.NOTICE_LATE: _row(_N, _NO, _OPEN),
    Status.NOTICE_REFUNDED: _row(_N, _NO, _ENDED, 14),
    Status.NOTICE_RESENT: _row(_N, _NO, _ENDED),
    Status.ASKED: _row({_C, _R, _X}, _NO, _OPEN),
    Status.ON_HOLD: _row({_C, _R, _X}, _NO, _OPEN),
    Status.PARTIALLY_REFUNDED: _row({_C, _R, _X}, _NO, _ENDED, 15),
    Status.WITHDRAWN: _row({_C, _R, _X, _N}, _NO, _ENDED),
}

ASKABLE = frozenset(status for status, facts in FACTS.items() if facts.askable)
OPEN = frozenset(status for status, facts in FACTS.items() if facts.open)
ENDED = frozenset(FACTS) - OPEN
IN_LOOP = frozenset({Status.ASKED, Status.ON_HOLD})
# Statuses in which the shop's clock runs, and what they become when it has run out (SPEC 2).
LATE_OF: dict[Status, Status] = {
    Status.EXCHANGE_REQUESTED: Status.EXCHANGE_LATE,
    Status.EXCHANGE_APPROVED: Status.EXCHANGE_LATE,
    Status.NOTICE_RECEIVED: Status.NOTICE_LATE,
}
# Ends with which the claimed quantity is refunded in full (SPEC 3).
REFUNDED_IN_FULL = frozenset({Status.CANCEL_DONE, Status.RETURN_DONE, Status.NOTICE_REFUNDED})


def label(kind: str, status: str) -> str:
    """処理状態 as grid and pane show it: 「返品：撤回要請」; the kind only where the status does not say it."""
    kind_label, status_label = str(Kind(kind).label), str(Status(status).label)
    if status_label.startswith(kind_label):
        return status_label
    return f"{kind_label}：{status_label}"


@dataclass(frozen=True)
class Cell:
    """A number of the board. `code` stands in addresses; `within` says the cell it is a line of."""

    code: str
    label: Promise | str
    statuses: frozenset[Status]
    within: str | None = None

    @property
    def ended(self) -> bool:
        """Whether it counts ended claims: those of the last settings.BOARD_ENDED_DAYS days only (SPEC 2)."""
        return self.statuses <= ENDED


def _cell(status: Status) -> Cell:
    return Cell(status.value, status.label, frozenset({status}))


RETURNING = frozenset(
    {Status.RETURN_AWAITING, Status.RETURN_COLLECTED, Status.RETURN_HELD, Status.RETURN_REFUNDING}
)

# Row by row and column by column as the guide shows them; a column may hold several lines.
BOARD: tuple[tuple[Promise | str, tuple[tuple[Cell, ...], ...]], ...] = (
    (
        _("キャンセル"),
        (
            (_cell(Status.CANCEL_REQUESTED),),
            (Cell("canceling", _("キャンセル中"), frozenset({Status.CANCEL_REFUNDING})),),
            (_cell(Status.CANCEL_DONE),),
        ),
    ),
    (
        _("返品"),
        (
            (_cell(Status.RETURN_REQUESTED),),
            (
                Cell("returning", _("返品中"), RETURNING),
                Cell("return_held", _("返金保留"), frozenset({Status.RETURN_HELD}), within="returning"),
                Cell(
                    "return_collected",
                    _("回収完了/返金要請"),
                    frozenset({Status.RETURN_COLLECTED}),
                    within="returning",
                ),
            ),
            (_cell(Status.RETURN_DONE),),
        ),
    ),
    (
        _("交換"),
        (
            (
                Cell(
                    "exchange_open",
                    _("交換申請/確認"),
                    frozenset({Status.EXCHANGE_REQUESTED, Status.EXCHANGE_APPROVED}),
                ),
            ),
            (_cell(Status.EXCHANGE_RESENDING),),
            (_cell(Status.EXCHANGE_LATE),),
        ),
    ),
    (
        _("未受取通知"),
        (
            (_cell(Status.NOTICE_RECEIVED),),
            (_cell(Status.NOTICE_CONFIRMED),),
            (_cell(Status.NOTICE_LATE), _cell(Status.NOTICE_REFUNDED)),
        ),
    ),
    (
        pgettext_lazy("board row", "クレームの撤回"),
        ((_cell(Status.ASKED),), (_cell(Status.ON_HOLD),), (_cell(Status.PARTIALLY_REFUNDED),)),
    ),
)

CELLS: dict[str, Cell] = {
    cell.code: cell for _label, columns in BOARD for column in columns for cell in column
}
