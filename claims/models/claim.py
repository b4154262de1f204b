"""Claim: a buyer's request on one order, and what it effectively is at an instant."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Length
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from claims import deadlines
from claims.models.order import Order
from claims.reasons import Fault, Remedy
from claims.statuses import CELLS, ENDED, FACTS, IN_LOOP, LATE_OF, OPEN, Cell, Kind, Status, label
from qsm.accounts.models import Shop

models.TextField.register_lookup(Length)

REASON_MAX = 1000  # characters of any reason, after trimming (SPEC 3)


def _fits_kind() -> Q:
    condition = Q()
    for kind in Kind:
        fitting = sorted(status for status, facts in FACTS.items() if kind in facts.kinds)
        condition |= Q(kind=kind, status__in=fitting)
    return condition


CLOCKED = sorted(LATE_OF)
HELD_FROM = [Status.RETURN_COLLECTED, Status.RETURN_REFUNDING]
# The status that counts at an instant for a claim whose clock has run out by then.
LATE_STATUS = Case(
    *(When(status=timely, then=Value(late)) for timely, late in LATE_OF.items()),
    output_field=models.CharField(),
)


class ClaimQuerySet(models.QuerySet["Claim"]):
    """Claims by what they effectively are: asked and past its deadline is ended, past its time is late."""

    def effectively(self, *statuses: str, now: datetime) -> ClaimQuerySet:
        """Claims whose effective status at `now` is one of `statuses`."""
        stored = set(statuses)
        condition = Q()
        lapsed = Q(status=Status.ASKED, deadline_at__lte=now)
        if Status.ASKED in stored:
            condition |= Q(status=Status.ASKED, deadline_at__gt=now)
        if Status.WITHDRAWN in stored:
            condition |= lapsed & Q(offer__isnull=True)
        if Status.PARTIALLY_REFUNDED in stored:
            condition |= lapsed & Q(offer__isnull=False)
        unswept = Q()  # by the sweep that says what is late
        for timely, late in LATE_OF.items():
            if late in stored and timely not in stored:
                condition |= Q(status=timely, late_at__lte=now)
            if timely in stored and late not in stored:
                unswept |= Q(status=timely, late_at__lte=now)
        if rest := stored - {Status.ASKED}:
            condition |= Q(Q(status__in=rest), ~unswept) if unswept else Q(status__in=rest)
        return self.filter(condition) if statuses else self.none()

    def between(
        self, period: str, start: datetime | None, end: datetime | None, *, now: datetime
    ) -> ClaimQuerySet:
        """Claims requested, ordered or completed (`period`) from `start` on and before `end`; None is open.

        What has lapsed at `now` and is not swept yet was completed at its deadline.
        """

        def fits(field: str) -> Q:
            bounds = {f"{field}__gte": start, f"{field}__lt": end}
            return Q(**{bound: at for bound, at in bounds.items() if at is not None})

        if period != "completed":
            return self.filter(fits(f"{period}_at"))
        if not self.lapsed(now).exists():  # as nearly always; the plain condition has its index
            return self.filter(fits("completed_at"))
        return self.filter(
            fits("completed_at") | Q(status=Status.ASKED, deadline_at__lte=now) & fits("deadline_at")
        )

    def in_cell(self, cell: Cell, now: datetime) -> ClaimQuerySet:
        """Claims that `cell` of the board counts at `now`."""
        claims = self.effectively(*cell.statuses, now=now)
        if not cell.ended:
            return claims
        since = deadlines.board_horizon(now)
        lately = Q(completed_at__gte=since)
        if Status.PARTIALLY_REFUNDED in cell.statuses:  # what lapsed ended at its deadline, swept or not
            lately |= Q(status=Status.ASKED, deadline_at__gte=since)
        return claims.filter(lately)

    def board_counts(self, now: datetime) -> dict[str, int]:
        """The number in each cell of the board at `now`, by the cell's code; all of them, zeros too."""
        since = deadlines.board_horizon(now)
        lapsed = Q(status=Status.ASKED, deadline_at__lte=now)
        open_ones = self.filter(status__in=OPEN).exclude(lapsed & (Q(offer=None) | Q(deadline_at__lt=since)))
        effective = Case(
            When(lapsed, then=Value(Status.PARTIALLY_REFUNDED)),
            When(late_at__lte=now, then=LATE_STATUS),
            default=F("status"),
        )
        ended_ones = self.filter(status__in=ENDED, completed_at__gte=since)
        by_status: Counter[str] = Counter()
        for claims, status in ((open_ones, effective), (ended_ones, F("status"))):
            counted = claims.order_by().values(effective=status).annotate(claims=models.Count("*"))
            by_status.update({row["effective"]: row["claims"] for row in counted})
        return {code: sum(by_status[status] for status in cell.statuses) for code, cell in CELLS.items()}

    def lapsed(self, now: datetime) -> ClaimQuerySet:
        """Claims asked, unanswered and past their deadline at `now`, not yet completed by the sweep."""
        return self.filter(status=Status.ASKED, deadline_at__lte=now)

    def overdue(self, now: datetime) -> ClaimQuerySet:
        """Claims whose clock has run out at `now`, not yet called late by the sweep."""
        return self.filter(late_at__lte=now)


class Claim(models.Model):
    """A buyer's request on one order. Its row is the lock root of every writer."""

    number = models.CharField(_("クレーム番号"), max_length=30, unique=True)
    order = models.ForeignKey(Order, models.PROTECT, related_name="claims", verbose_name=_("注文番号"))
    # Copies of the order's, kept equal by a foreign key over all three columns (migration 0002).
    shop = models.ForeignKey(Shop, models.PROTECT, verbose_name=_("ショップ"))
    ordered_at = models.DateTimeField(_("注文日"))
    kind = models.CharField(_("種類"), max_length=20, choices=Kind)
    status = models.CharField(_("処理状態"), max_length=30, choices=Status)
    status_before = models.CharField(_("撤回要請前の処理状態"), max_length=30, choices=Status, blank=True)
    requested_at = models.DateTimeField(_("キャンセル/返品要請日"))
    # Before 返金保留, to which a release leads back.
    paused_from = models.CharField(_("保留前の処理状態"), max_length=30, choices=Status, blank=True)
    approved_at = models.DateTimeField(_("承認日"), null=True, blank=True)
    completed_at = models.DateTimeField(_("キャンセル/返品完了日"), null=True, blank=True)
    reason = models.CharField(_("キャンセル/返品理由"), max_length=100, blank=True)
    fault = models.CharField(_("理由の責任"), max_length=10, choices=Fault, blank=True)
    quantity = models.PositiveIntegerField(_("申請数量"), default=1)
    reason_text = models.TextField(_("理由の詳細"), max_length=REASON_MAX, blank=True)
    pickup_method = models.CharField(_("返品の回収方法"), max_length=50, blank=True)
    non_receipt_reason = models.CharField(_("未受取理由"), max_length=100, blank=True)
    non_receipt_type = models.CharField(_("未受取タイプ"), max_length=50, blank=True)
    non_receipt_wish = models.CharField(_("未受取の希望"), max_length=2, choices=Remedy, blank=True)
    # Instants of midnight in Japan, computed once (deadlines.py): the open request's end, the lock's end,
    # the end of the shop's time to process an exchange or to confirm a notice (null while no clock runs).
    deadline_at = models.DateTimeField(_("撤回期限"), null=True, blank=True)
    # The open request's 部分返金, None without one: this row alone says what the claim ends as.
    offer = models.PositiveIntegerField(_("提案中の部分返金"), null=True, blank=True, help_text=_("円"))
    # Yen that the order was given back when this claim ended; null where nothing was refunded.
    refund = models.PositiveIntegerField(_("返金額"), null=True, blank=True, help_text=_("円"))
    unlock_at = models.DateTimeField(_("再要請できる日"), null=True, blank=True)
    late_at = models.DateTimeField(_("処理期限"), null=True, blank=True)

    objects = ClaimQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("クレーム")
        ordering = ["-requested_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["order"], condition=Q(status__in=sorted(OPEN)), name="claim_one_open_per_order"
            ),
            models.CheckConstraint(condition=_fits_kind(), name="claim_status_fits_kind"),
            models.CheckConstraint(
                condition=Q(status=Status.ASKED, deadline_at__isnull=False)
                | (~Q(status=Status.ASKED) & Q(deadline_at__isnull=True)),
                name="claim_deadline_while_asked",
            ),
            models.CheckConstraint(
                condition=Q(offer__isnull=True) | Q(status=Status.ASKED, offer__gte=1),
                name="claim_offer_while_asked",
            ),
            models.CheckConstraint(
                condition=(Q(status__in=sorted(IN_LOOP)) & ~Q(status_before=""))
                | (~Q(status__in=sorted(IN_LOOP)) & Q(status_before="")),
                name="claim_status_before_in_loop",
            ),
            models.CheckConstraint(
                condition=Q(status__in=sorted(ENDED), completed_at__isnull=False)
                | Q(status__in=sorted(OPEN), completed_at__isnull=True),
                name="claim_completed_when_ended",
            ),
            models.CheckConstraint(condition=Q(quantity__gte=1), name="claim_quantity_positive"),
            models.CheckConstraint(condition=Q(fault__in=["", *Fault.values]), name="claim_fault_known"),
            models.CheckConstraint(
                condition=Q(non_receipt_wish="")
                | Q(kind=Kind.NON_RECEIPT, non_receipt_wish__in=Remedy.values),
                name="claim_wish_of_non_receipt",
            ),
            models.CheckConstraint(
                condition=Q(status=Status.RETURN_HELD, paused_from__in=HELD_FROM)
                | (~Q(status=Status.RETURN_HELD) & Q(paused_from="")),
                name="claim_paused_from_while_held",
            ),
            # 交換承認 may stand without: an exchange approved when it was late already.
            models.CheckConstraint(
                condition=Q(status__in=CLOCKED, late_at__isnull=False)
                | Q(~Q(status__in=[Status.EXCHANGE_REQUESTED, Status.NOTICE_RECEIVED]), late_at__isnull=True),
                name="claim_late_at_while_the_clock_runs",
            ),
            models.CheckConstraint(
                condition=Q(reason_text__length__lte=REASON_MAX), name="claim_reason_length"
            ),
        ]
        indexes = [
            # The board: open claims, and those that ended lately.
            models.Index(
                fields=["shop", "status", "deadline_at"],
                include=["late_at", "offer"],
                condition=Q(status__in=sorted(OPEN)),
                name="claim_board_open",
            ),
            models.Index(
                fields=["shop", "completed_at", "status"],
                condition=Q(completed_at__isnull=False),
                name="claim_board_ended",
            ),
            # One for each sort that the grid offers (tables.py).
            models.Index(fields=["shop", "requested_at", "id"], name="claim_by_requested"),
            models.Index(fields=["shop", "completed_at", "id"], name="claim_by_completed"),
            models.Index(fields=["shop", "ordered_at", "id"], name="claim_by_ordered"),
            models.Index(fields=["shop", "deadline_at", "id"], name="claim_by_deadline"),
            models.Index(fields=["shop", "status", "id"], name="claim_by_status"),
            models.Index(fields=["shop", "number", "id"], name="claim_by_number"),
            # The sweeps.
            models.Index(fields=["deadline_at", "id"], condition=Q(status="asked"), name="claim_lapsing"),
            models.Index(
                fields=["late_at", "id"], condition=Q(late_at__isnull=False), name="claim_turning_late"
            ),
        ]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("claim", args=[self.shop.code, self.number])

    def last_event(self) -> int | None:
        """The last line of its log: what a page says of the claim is as it was while this stays."""
        return self.events.order_by("pk").values_list("pk", flat=True).last()

    def effective_status(self, now: datetime) -> Status:
        """The status that counts at `now`, swept or not: past its deadline is ended (SPEC 3), or late (SPEC 2).

        Ended as 部分返金 where an offer stood, else as 撤回完了.
        """
        if self.has_lapsed(now):
            return Status.WITHDRAWN if self.offer is None else Status.PARTIALLY_REFUNDED
        if self.is_overdue(now):
            return LATE_OF[Status(self.status)]
        return Status(self.status)

    def has_lapsed(self, now: datetime) -> bool:
        """Whether the open request's deadline has passed at `now` without an answer."""
        return self.status == Status.ASKED and self.deadline_at is not None and self.deadline_at <= now

    def is_overdue(self, now: datetime) -> bool:
        """Whether the shop's clock has run out at `now` and the sweep has yet to say so."""
        return self.late_at is not None and self.late_at <= now

    @property
    def came_from(self) -> str:
        """The status to which a return leads: before 撤回要請, or before 返金保留; empty elsewhere."""
        return self.status_before or self.paused_from

    def effectively_completed_at(self, now: datetime) -> datetime | None:
        """完了日: when the claim ended; the deadline where it lapsed and the sweep has yet to run."""
        return self.deadline_at if self.has_lapsed(now) else self.completed_at

    def effective_refund(self, now: datetime) -> int | None:
        """返金額: yen that the claim gave back; the offer where it lapsed and the sweep has yet to run."""
        return self.offer if self.has_lapsed(now) else self.refund

    def status_label(self, now: datetime) -> str:
        """処理状態 at `now` as people read it: 「返品：撤回要請」."""
        return label(self.kind, self.effective_status(now))
