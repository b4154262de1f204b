"""The status table of SPEC 2, the board, and what counts as ended."""

from datetime import timedelta

import pytest
from django.utils import translation

from claims.models import Claim
from claims.statuses import ASKABLE, BOARD, CELLS, ENDED, FACTS, OPEN, Kind, Status, label
from tests import deeds
from tests.clock import NOW, japan

SECOND = timedelta(seconds=1)

# SPEC 2, copied row by row: status, kind, cells that count it, may be asked to withdraw, open, QAPI code.
LOOP = "any but 未受取"
TABLE = [
    ("キャンセル要請", "キャンセル", ["キャンセル要請"], "yes", "yes", 1),
    ("キャンセル中 (返金中)", "キャンセル", ["キャンセル中"], "no", "yes", 2),
    ("キャンセル完了", "キャンセル", ["キャンセル完了"], "no", "no", 3),
    ("返品要請", "返品", ["返品要請"], "yes", "yes", 4),
    ("返品中 (回収待ち)", "返品", ["返品中"], "no", "yes", 5),
    ("回収完了/返金要請", "返品", ["返品中", "回収完了/返金要請"], "no", "yes", 5),
    ("返金保留", "返品", ["返品中", "返金保留"], "no", "yes", 5),
    ("返品中 (返金中)", "返品", ["返品中"], "no", "yes", 5),
    ("返品完了", "返品", ["返品完了"], "no", "no", 6),
    ("交換申請", "交換", ["交換申請/確認"], "yes", "yes", 11),
    ("交換承認", "交換", ["交換申請/確認"], "yes", "yes", 12),
    ("交換遅延", "交換", ["交換遅延"], "yes", "yes", None),
    ("再配送中", "交換", ["再配送中"], "no", "yes", 13),
    ("交換完了", "交換", [], "no", "no", None),
    ("通知受付", "未受取通知", ["通知受付"], "no", "yes", None),
    ("出品者確認", "未受取通知", ["出品者確認"], "no", "yes", None),
    ("確認遅延", "未受取通知", ["確認遅延"], "no", "yes", None),
    ("返金完了", "未受取通知", ["返金完了"], "no", "no", 14),
    ("再配送済", "未受取通知", [], "no", "no", None),
    ("撤回要請", LOOP, ["撤回要請"], "no", "yes", None),
    ("撤回保留", LOOP, ["撤回保留"], "no", "yes", None),
    ("部分返金", LOOP, ["部分返金"], "no", "no", 15),
    ("撤回完了", "any", [], "no", "no", None),
]
EVERY_KIND = {"キャンセル", "返品", "交換", "未受取通知"}
KINDS = {LOOP: EVERY_KIND - {"未受取通知"}, "any": EVERY_KIND}
BY_LABEL = {str(status.label): status for status in Status}


def test_the_table_has_exactly_the_statuses_of_the_spec():
    assert [str(status.label) for status in Status] == [row[0] for row in TABLE]
    assert set(FACTS) == set(Status)


@pytest.mark.parametrize(
    ("name", "kind", "cells", "asked", "is_open", "qapi"), TABLE, ids=[r[0] for r in TABLE]
)
def test_a_row_of_the_table(name, kind, cells, asked, is_open, qapi):
    status = BY_LABEL[name]
    facts = FACTS[status]
    assert {str(kind.label) for kind in facts.kinds} == KINDS.get(kind, {kind})
    assert facts.askable is (asked == "yes") is (status in ASKABLE)
    assert facts.open is (is_open == "yes") is (status in OPEN) is (status not in ENDED)
    assert facts.qapi == qapi
    assert sorted(str(cell.label) for cell in CELLS.values() if status in cell.statuses) == sorted(cells)


def test_the_board_is_laid_out_as_the_guide_shows_it():
    rows = [
        (str(name), [[str(cell.label) for cell in column] for column in columns]) for name, columns in BOARD
    ]
    assert rows == [
        ("キャンセル", [["キャンセル要請"], ["キャンセル中"], ["キャンセル完了"]]),
        ("返品", [["返品要請"], ["返品中", "返金保留", "回収完了/返金要請"], ["返品完了"]]),
        ("交換", [["交換申請/確認"], ["再配送中"], ["交換遅延"]]),
        ("未受取通知", [["通知受付"], ["出品者確認"], ["確認遅延", "返金完了"]]),
        ("クレームの撤回", [["撤回要請"], ["撤回保留"], ["部分返金"]]),
    ]


def test_a_line_counts_a_part_of_its_cell():
    lines = {code: cell.within for code, cell in CELLS.items() if cell.within}
    assert lines == {"return_held": "returning", "return_collected": "returning"}
    for code, within in lines.items():
        assert CELLS[code].statuses < CELLS[within].statuses


@pytest.mark.parametrize(
    ("kind", "status", "text"),
    [
        (Kind.RETURN, Status.ASKED, "返品：撤回要請"),
        (Kind.CANCEL, Status.ON_HOLD, "キャンセル：撤回保留"),
        (Kind.NON_RECEIPT, Status.WITHDRAWN, "未受取通知：撤回完了"),
        (Kind.RETURN, Status.RETURN_REQUESTED, "返品要請"),
        (Kind.RETURN, Status.RETURN_COLLECTED, "返品：回収完了/返金要請"),
        (Kind.EXCHANGE, Status.EXCHANGE_LATE, "交換遅延"),
    ],
)
def test_the_grid_names_kind_and_status(kind, status, text):
    with translation.override("ja"):
        assert label(kind, status) == text


# --- effective status ----------------------------------------------------------------------------


@pytest.fixture
def asked(a_claim):
    """Asked on 7/29: over at 2021-08-05 00:00."""
    return a_claim(Status.ASKED, at=japan("2021-07-29 10:00"))


MIDNIGHT = japan("2021-08-05")


@pytest.mark.parametrize("swept", [False, True], ids=["unswept", "swept"])
def test_a_lapsed_claim_counts_as_ended_to_the_second_however_late_the_sweep(asked, swept):
    before, after = MIDNIGHT - SECOND, MIDNIGHT
    seen_before = (
        asked.effective_status(before),
        asked.status_label(before),
        asked.effectively_completed_at(before),
        Claim.objects.effectively(Status.ASKED, now=before).count(),
        Claim.objects.effectively(Status.WITHDRAWN, now=before).count(),
        Claim.objects.in_cell(CELLS["asked"], before).count(),
    )
    assert seen_before == (Status.ASKED, "返品：撤回要請", None, 1, 0, 1)
    if swept:
        deeds.sweep(after + timedelta(hours=3))
        asked.refresh_from_db()
    assert asked.status == (Status.WITHDRAWN if swept else Status.ASKED)
    for now in (after, after + timedelta(days=6)):
        seen = (
            asked.effective_status(now),
            asked.status_label(now),
            asked.effectively_completed_at(now),
            Claim.objects.effectively(Status.ASKED, now=now).count(),
            Claim.objects.effectively(Status.WITHDRAWN, now=now).count(),
            Claim.objects.in_cell(CELLS["asked"], now).count(),
        )
        assert seen == (Status.WITHDRAWN, "返品：撤回完了", MIDNIGHT, 0, 1, 0)


@pytest.mark.parametrize("swept", [False, True], ids=["unswept", "swept"])
@pytest.mark.parametrize(
    ("status", "late"),
    [
        (Status.EXCHANGE_REQUESTED, Status.EXCHANGE_LATE),
        (Status.EXCHANGE_APPROVED, Status.EXCHANGE_LATE),
        (Status.NOTICE_RECEIVED, Status.NOTICE_LATE),
    ],
)
def test_an_overdue_claim_counts_as_late_to_the_second_however_late_the_sweep(a_claim, status, late, swept):
    claim = a_claim(status)
    cell = next(code for code, cell in CELLS.items() if status in cell.statuses)
    for now, is_late in ((japan("2021-07-15 23:59:59"), False), (japan("2021-07-16"), True)):
        if swept:
            assert deeds.call_late(now).completed == is_late
            claim.refresh_from_db()
        assert claim.effective_status(now) == (late if is_late else status)
        counted = {code: number for code, number in Claim.objects.board_counts(now).items() if number}
        assert counted == {late if is_late else cell: 1}
        found = Claim.objects.effectively
        assert found(status, now=now).count() == (not is_late)
        assert found(late, now=now).count() == is_late
        assert found(status, late, now=now).count() == 1
        assert found(*Status, now=now).count() == 1


def test_statuses_are_combined_and_none_finds_nothing(asked, a_claim):
    a_claim(Status.RETURN_REQUESTED)
    a_claim(Status.CANCEL_REFUNDING)
    found = Claim.objects.effectively
    assert found(Status.ASKED, Status.RETURN_REQUESTED, now=NOW).count() == 2
    assert found(Status.ASKED, Status.WITHDRAWN, now=NOW).count() == 1
    assert found(Status.ASKED, Status.WITHDRAWN, now=MIDNIGHT).count() == 1, "not twice"
    assert found(*Status, now=NOW).count() == 3
    assert found(now=NOW).count() == 0


def test_an_attempt_stands_as_its_deadline_says(asked):
    attempt = asked.withdrawals.get()
    assert attempt.is_open(MIDNIGHT - SECOND)
    assert attempt.effective_outcome(MIDNIGHT - SECOND) == "open"
    assert not attempt.is_open(MIDNIGHT)
    assert attempt.effective_outcome(MIDNIGHT) == "lapsed"


# --- the board -----------------------------------------------------------------------------------


def recount(now):
    """Every cell's number by an own reading of SPEC 2, claim by claim in plain Python."""
    counted = dict.fromkeys((name for row in TABLE for name in row[2]), 0)
    for claim in Claim.objects.all():
        lapsed = claim.deadline_at is not None and claim.deadline_at <= now
        name = "撤回完了" if lapsed else str(Status(claim.status).label)
        if claim.late_at is not None and claim.late_at <= now:
            name = {"exchange": "交換遅延", "non_receipt": "確認遅延"}[claim.kind]
        _name, _kind, cells, _asked, is_open, _qapi = next(row for row in TABLE if row[0] == name)
        if is_open == "no" and claim.completed_at and claim.completed_at < now - timedelta(days=90):
            continue
        for cell in cells:
            counted[cell] += 1
    return counted


def board(now):
    """Every cell's number as the board counts it."""
    return {str(cell.label): Claim.objects.in_cell(cell, now).count() for cell in CELLS.values()}


def counts(now):
    """Every cell's number as the board shows it; the grid's rows are those of board() above."""
    return {str(CELLS[code].label): number for code, number in Claim.objects.board_counts(now).items()}


def test_each_status_is_counted_where_the_table_says(a_claim):
    for name, kind, *_rest in TABLE:
        kinds = {LOOP: ["cancel", "return", "exchange"], "any": list(Kind)}.get(kind, [None])
        for each in kinds:
            a_claim(BY_LABEL[name], kind=each)
    now = NOW + timedelta(hours=1)
    numbers = board(now)
    assert numbers == recount(now) == counts(now)
    assert numbers["返品中"] == 4
    assert numbers["交換申請/確認"] == 2
    assert numbers["撤回要請"] == numbers["撤回保留"] == numbers["部分返金"] == 3
    later = NOW + timedelta(days=30)
    late = {"交換申請/確認": 0, "交換遅延": 3, "通知受付": 0, "確認遅延": 2}
    assert board(later) == recount(later) == numbers | {"撤回要請": 0} | late
    assert counts(later) == board(later)
    deeds.sweep(later)
    deeds.call_late(later)
    assert board(later) == recount(later) == counts(later) == numbers | {"撤回要請": 0} | late


def test_a_claim_in_the_loop_counts_in_the_last_row_only(a_claim):
    a_claim(Status.ASKED, before=Status.EXCHANGE_LATE)
    a_claim(Status.ON_HOLD, before=Status.CANCEL_REQUESTED)
    assert {name: number for name, number in board(NOW).items() if number} == {"撤回要請": 1, "撤回保留": 1}


@pytest.mark.parametrize(
    ("now", "counted"),
    [
        ("2021-07-13 10:00:00", 1),
        ("2021-10-10 23:59:59", 1),
        ("2021-10-11 00:00:00", 0),
        ("2022-07-13 10:00:00", 0),
    ],
)
@pytest.mark.parametrize(
    "status", [Status.CANCEL_DONE, Status.RETURN_DONE, Status.NOTICE_REFUNDED, Status.PARTIALLY_REFUNDED]
)
def test_ended_claims_count_for_ninety_days(a_claim, status, now, counted):
    claim = a_claim(status, at=NOW)
    assert claim.completed_at == NOW
    assert Claim.objects.in_cell(CELLS[status], japan(now)).count() == counted


def test_open_claims_count_however_old(a_claim):
    a_claim(Status.RETURN_REQUESTED, at=japan("2019-01-01"))
    assert Claim.objects.in_cell(CELLS["return_requested"], NOW).count() == 1


def test_how_long_ended_claims_count_is_a_setting(a_claim, settings):
    a_claim(Status.RETURN_DONE, at=NOW)
    settings.BOARD_ENDED_DAYS = 1
    cell = CELLS["return_done"]
    assert Claim.objects.in_cell(cell, japan("2021-07-13 23:59:59")).count() == 1
    assert Claim.objects.in_cell(cell, japan("2021-07-14 00:00:00")).count() == 0
