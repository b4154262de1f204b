"""The nouns: Order, Claim, Withdrawal, ClaimEvent."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Length
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from claims import deadlines
from claims.moves import Action, ActorKind
from claims.statuses import CELLS, ENDED, FACTS, IN_LOOP, OPEN, Cell, Kind, Status, label
from qsm.accounts.models import Buyer, Shop

models.TextField.register_lookup(Length)

REASON_MAX = 1000  # characters of any reason, after trimming (SPEC 3)


def _fits_kind() -> Q:
    condition = Q()
    for kind in Kind:
        fitting = sorted(status for status, facts in FACTS.items() if kind in facts.kinds)
        condition |= Q(kind=kind, status__in=fitting)
    return condition


class Order(models.Model):
    """One order line of a buyer at a shop; field names follow QAPI's GetShippingAndClaimInfo."""

    shop = models.ForeignKey(Shop, models.PROTECT, verbose_name=_("ショップ"))
    buyer = models.ForeignKey(Buyer, models.PROTECT, verbose_name=_("購入者名"))
    number = models.CharField(_("注文番号"), max_length=20, unique=True)
    cart_number = models.CharField(_("カート番号"), max_length=20, blank=True)
    item_code = models.CharField(_("商品番号"), max_length=20)
    item_title = models.CharField(_("商品名"), max_length=300)
    quantity = models.PositiveIntegerField(_("数量"), default=1)
    option = models.CharField(_("オプション情報"), max_length=500, blank=True)
    option_code = models.CharField(_("オプションコード"), max_length=100, blank=True)
    payment_nation = models.CharField(_("決済サイト"), max_length=2, default="JP")
    total = models.PositiveIntegerField(_("注文金額の合計"), help_text=_("円"))
    payment_method = models.CharField(_("決済手段"), max_length=50, blank=True)
    receiver = models.CharField(_("受取人名"), max_length=100, blank=True)
    receiver_tel = models.CharField(_("受取人連絡先 (固定)"), max_length=30, blank=True)
    receiver_mobile = models.CharField(_("受取人連絡先 (携帯)"), max_length=30, blank=True)
    shipping_country = models.CharField(_("配送先の国"), max_length=50, blank=True)
    zip_code = models.CharField(_("郵便番号"), max_length=10, blank=True)
    shipping_address = models.CharField(_("配送先"), max_length=300, blank=True)
    ordered_at = models.DateTimeField(_("注文日"))
    shipped_on = models.DateField(_("商品発送日"), null=True, blank=True)
    delivered_on = models.DateField(_("配達完了日"), null=True, blank=True)
    delivery_company = models.CharField(_("配送会社"), max_length=200, blank=True)
    tracking_number = models.CharField(_("送り状番号"), max_length=50, blank=True)
    external_ad = models.CharField(_("外部広告"), max_length=100, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("注文")
        ordering = ["-ordered_at", "-pk"]
        indexes = [
            models.Index(fields=["buyer"], name="order_of_buyer"),
            models.Index(fields=["shop", "-ordered_at", "-id"], name="order_of_shop"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gte=1), name="order_quantity_positive"),
            models.CheckConstraint(condition=~Q(number=""), name="order_number_given"),
            # Lets a claim refer to (order, shop, ordered_at): its copies can never differ (migration 0002).
            models.UniqueConstraint(fields=["id", "shop", "ordered_at"], name="order_with_shop"),
        ]

    def __str__(self) -> str:
        return self.number


class ClaimQuerySet(models.QuerySet["Claim"]):
    """Claims by what they effectively are: asked and past its deadline is ended (SPEC 3)."""

    def effectively(self, *statuses: str, now: datetime) -> ClaimQuerySet:
        """Claims whose effective status at `now` is one of `statuses`."""
        stored = set(statuses)
        condition = Q()
        if Status.ASKED in stored:
            condition |= Q(status=Status.ASKED, deadline_at__gt=now)
        if Status.WITHDRAWN in stored:
            condition |= Q(status=Status.ASKED, deadline_at__lte=now)
        if rest := stored - {Status.ASKED}:
            condition |= Q(status__in=rest)
        return self.filter(condition) if statuses else self.none()

    def in_cell(self, cell: Cell, now: datetime) -> ClaimQuerySet:
        """Claims that `cell` of the board counts at `now`."""
        claims = self.effectively(*cell.statuses, now=now)
        if cell.ended:
            claims = claims.filter(completed_at__gte=deadlines.board_horizon(now))
        return claims

    def board_counts(self, now: datetime) -> dict[str, int]:
        """The number in each cell of the board at `now`, by the cell's code; all of them, zeros too."""
        open_ones = self.filter(status__in=OPEN).exclude(status=Status.ASKED, deadline_at__lte=now)
        ended_ones = self.filter(status__in=ENDED, completed_at__gte=deadlines.board_horizon(now))
        by_status: dict[str, int] = {}
        for claims in (open_ones, ended_ones):
            by_status |= dict(claims.order_by().values_list("status").annotate(models.Count("pk")))
        return {
            code: sum(by_status.get(status, 0) for status in cell.statuses) for code, cell in CELLS.items()
        }

    def lapsed(self, now: datetime) -> ClaimQuerySet:
        """Claims asked, unanswered and past their deadline at `now`, not yet completed by the sweep."""
        return self.filter(status=Status.ASKED, deadline_at__lte=now)


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
    completed_at = models.DateTimeField(_("キャンセル/返品完了日"), null=True, blank=True)
    reason = models.CharField(_("キャンセル/返品理由"), max_length=100, blank=True)
    reason_text = models.TextField(_("理由の詳細"), max_length=REASON_MAX, blank=True)
    pickup_method = models.CharField(_("返品の回収方法"), max_length=50, blank=True)
    non_receipt_reason = models.CharField(_("未受取理由"), max_length=100, blank=True)
    non_receipt_type = models.CharField(_("未受取タイプ"), max_length=50, blank=True)
    # Instants of midnight in Japan, computed once (deadlines.py): the open request's end, the lock's end.
    deadline_at = models.DateTimeField(_("撤回期限"), null=True, blank=True)
    unlock_at = models.DateTimeField(_("再要請できる日"), null=True, blank=True)

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
                condition=(Q(status__in=sorted(IN_LOOP)) & ~Q(status_before=""))
                | (~Q(status__in=sorted(IN_LOOP)) & Q(status_before="")),
                name="claim_status_before_in_loop",
            ),
            models.CheckConstraint(
                condition=Q(status__in=sorted(ENDED), completed_at__isnull=False)
                | Q(status__in=sorted(OPEN), completed_at__isnull=True),
                name="claim_completed_when_ended",
            ),
            models.CheckConstraint(
                condition=Q(reason_text__length__lte=REASON_MAX), name="claim_reason_length"
            ),
        ]
        indexes = [
            # The board: open claims, and those that ended lately.
            models.Index(
                fields=["shop", "status", "deadline_at"],
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
            # The sweep.
            models.Index(fields=["deadline_at", "id"], condition=Q(status="asked"), name="claim_lapsing"),
        ]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("claim", args=[self.shop.code, self.number])

    def effective_status(self, now: datetime) -> Status:
        """The status that counts at `now`: asked and past its deadline is ended, swept or not (SPEC 3)."""
        if self.has_lapsed(now):
            return Status.WITHDRAWN
        return Status(self.status)

    def has_lapsed(self, now: datetime) -> bool:
        """Whether the open request's deadline has passed at `now` without an answer."""
        return self.status == Status.ASKED and self.deadline_at is not None and self.deadline_at <= now

    def effectively_completed_at(self, now: datetime) -> datetime | None:
        """完了日: when the claim ended; the deadline where it lapsed and the sweep has yet to run."""
        return self.deadline_at if self.has_lapsed(now) else self.completed_at

    def status_label(self, now: datetime) -> str:
        """処理状態 at `now` as people read it: 「返品：撤回要請」."""
        return label(self.kind, self.effective_status(now))


class RejectionReason(models.TextChoices):
    """顧客の拒否理由: why a buyer goes on with his claim; the first is the guide's."""

    PROPOSAL = "proposal", _("ショップ提案内容に同意不可")
    DEFECT = "defect", _("商品に問題がある")
    WRONG_ITEM = "wrong_item", _("注文した商品と違う")
    UNWANTED = "unwanted", _("商品が不要になった")
    LATE = "late", _("商品が届くのが遅い")
    NO_CONTACT = "no_contact", _("ショップから十分な説明がない")
    OTHER = "other", _("その他")


class Outcome(models.TextChoices):
    """How an attempt stands or ended."""

    OPEN = "open", _("回答待ち")
    ACCEPTED = "accepted", _("撤回に同意")
    REJECTED = "rejected", _("拒否")
    CANCELLED = "cancelled", _("要請のキャンセル")
    LAPSED = "lapsed", _("自動撤回")


class Channel(models.TextChoices):
    """The door through which somebody acted."""

    DESK = "desk", "J・QSM"
    MYQOO10 = "myqoo10", "MyQoo10"
    MAIL_LINK = "mail_link", _("メールのリンク")
    ADMIN = "admin", _("管理画面")
    CLOCK = "clock", _("自動")


class Withdrawal(models.Model):
    """撤回要請: one attempt to have a claim withdrawn. Attempts are numbered through and never overwritten."""

    claim = models.ForeignKey(Claim, models.PROTECT, related_name="withdrawals", verbose_name=_("クレーム"))
    attempt = models.PositiveIntegerField(_("回数"))
    outcome = models.CharField(_("結果"), max_length=10, choices=Outcome, default=Outcome.OPEN)
    reason = models.TextField(_("要請理由"), max_length=REASON_MAX)
    requested_at = models.DateTimeField(_("要請日"))
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("要請した人")
    )
    deadline_at = models.DateTimeField(_("撤回期限"))
    ended_at = models.DateTimeField(_("回答日"), null=True, blank=True)
    ended_by_kind = models.CharField(_("回答者の種類"), max_length=10, choices=ActorKind, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("回答者"),
    )
    ended_through = models.CharField(_("回答方法"), max_length=10, choices=Channel, blank=True)
    rejection_reason = models.CharField(_("拒否理由"), max_length=20, choices=RejectionReason, blank=True)
    rejection_text = models.TextField(_("拒否理由の詳細"), max_length=REASON_MAX, blank=True)
    swept_at = models.DateTimeField(_("自動処理の実行時刻"), null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("撤回要請")
        ordering = ["claim", "attempt"]
        constraints = [
            models.UniqueConstraint(fields=["claim", "attempt"], name="withdrawal_attempt_once"),
            models.UniqueConstraint(
                fields=["claim"], condition=Q(outcome="open"), name="withdrawal_one_open_per_claim"
            ),
            models.UniqueConstraint(
                fields=["claim"],
                condition=Q(outcome__in=["accepted", "lapsed"]),
                name="withdrawal_one_success_per_claim",
            ),
            models.CheckConstraint(condition=Q(attempt__gte=1), name="withdrawal_attempt_from_one"),
            models.CheckConstraint(
                condition=Q(reason__length__lte=REASON_MAX) & Q(rejection_text__length__lte=REASON_MAX),
                name="withdrawal_reason_length",
            ),
            models.CheckConstraint(
                condition=Q(deadline_at__gt=F("requested_at"))
                & (Q(ended_at__isnull=True) | Q(ended_at__gte=F("requested_at"))),
                name="withdrawal_times_in_order",
            ),
            models.CheckConstraint(
                name="withdrawal_end_is_whole",
                condition=Q(outcome="open", ended_at__isnull=True, ended_by_kind="", ended_through="")
                | (
                    ~Q(outcome="open")
                    & Q(ended_at__isnull=False)
                    & ~Q(ended_by_kind="")
                    & ~Q(ended_through="")
                ),
            ),
            models.CheckConstraint(
                name="withdrawal_answer_before_deadline",
                condition=Q(outcome="open")
                | Q(
                    outcome="lapsed",
                    ended_at=F("deadline_at"),
                    swept_at__isnull=False,
                    swept_at__gte=F("deadline_at"),
                )
                | Q(outcome__in=["accepted", "rejected", "cancelled"], ended_at__lt=F("deadline_at")),
            ),
            models.CheckConstraint(
                name="withdrawal_rejection_has_reason",
                condition=(Q(outcome="rejected") & ~Q(rejection_reason=""))
                | (~Q(outcome="rejected") & Q(rejection_reason="", rejection_text="")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.claim_id}/{self.attempt}"

    def is_open(self, now: datetime) -> bool:
        """Whether the buyer can still answer this attempt at `now`."""
        return self.outcome == Outcome.OPEN and now < self.deadline_at

    def effective_outcome(self, now: datetime) -> Outcome:
        """How the attempt stands at `now`; unanswered and past its deadline is lapsed, swept or not."""
        if self.outcome == Outcome.OPEN and self.deadline_at <= now:
            return Outcome.LAPSED
        return Outcome(self.outcome)


class ClaimEvent(models.Model):
    """One line of a claim's log: append-only by trigger (migration 0002); codes, ids and times only."""

    claim = models.ForeignKey(Claim, models.PROTECT, related_name="events", verbose_name=_("クレーム"))
    withdrawal = models.ForeignKey(
        Withdrawal, models.PROTECT, null=True, blank=True, related_name="events", verbose_name=_("撤回要請")
    )
    action = models.CharField(_("内容"), max_length=20, choices=Action)
    from_status = models.CharField(_("変更前"), max_length=30, choices=Status, blank=True)
    to_status = models.CharField(_("変更後"), max_length=30, choices=Status)
    at = models.DateTimeField(_("日時"))
    recorded_at = models.DateTimeField(_("記録日時"))
    actor_kind = models.CharField(_("実行者の種類"), max_length=10, choices=ActorKind)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("実行者"),
    )
    channel = models.CharField(_("方法"), max_length=10, choices=Channel)

    class Meta:
        verbose_name = verbose_name_plural = _("クレームの履歴")
        ordering = ["claim", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["withdrawal"],
                condition=Q(action__in=["accepted", "rejected", "cancelled", "lapsed"]),
                name="event_one_end_per_withdrawal",
            ),
            models.UniqueConstraint(
                fields=["claim"], condition=Q(action="filed"), name="event_one_filing_per_claim"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.claim_id} {self.action}"
