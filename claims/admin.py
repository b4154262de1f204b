"""Orders, claims and their log in the admin: everything can be looked up, the rules' fields not changed."""

from datetime import date
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import display_for_value
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import DateTimeField, Model, Q, QuerySet, Value
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from claims import access, deadlines, eligibility, money, transitions
from claims import admin_jobs as admin_jobs  # registers itself
from claims import admin_members as admin_members  # registers itself
from claims.models import (
    Attachment,
    Claim,
    ClaimEvent,
    Order,
    Outcome,
    RefundHold,
    Reshipment,
    Withdrawal,
)
from claims.moves import Action
from claims.statuses import Status
from qsm.admin_site import OnlyShown


def _seen_now(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Gives every row of a page the one instant at which the page was asked for."""
    return rows.annotate(seen_at=Value(timezone.now(), output_field=DateTimeField()))


def _in_words(day: date | None) -> str:
    # Lists do so themselves; the pages of one row show a computed date bare, and an instant in UTC.
    return display_for_value(day, "-")


class WritesWhatWasTyped(admin.ModelAdmin):
    """Saves the fields that were changed and no others: what the portal moved meanwhile stays moved."""

    def save_model(self, request: HttpRequest, obj: Model, form: Any, change: bool) -> None:
        obj.save(update_fields=form.changed_data if change else None)


class EffectiveStatus(admin.SimpleListFilter):
    """処理状態 as the list shows it: what has lapsed is ended, swept or not."""

    title = _("処理状態")
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return Status.choices

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet[Any]:
        status = self.value()
        return queryset.effectively(status, now=timezone.now()) if status else queryset


class EffectiveOutcome(admin.SimpleListFilter):
    """結果 as the list shows it: unanswered and past its deadline is 自動撤回."""

    title = _("結果")
    parameter_name = "outcome"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return Outcome.choices

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        outcome = self.value()
        unswept = Q(outcome=Outcome.OPEN, deadline_at__lte=timezone.now())
        if outcome == Outcome.OPEN:
            return queryset.filter(outcome=Outcome.OPEN).exclude(unswept)
        if outcome == Outcome.LAPSED:
            return queryset.filter(Q(outcome=Outcome.LAPSED) | unswept)
        return queryset.filter(outcome=outcome) if outcome else queryset


class ShowsClaims:
    """Columns of a claim as it effectively is."""

    @admin.display(description=_("処理状態"), ordering="status")
    def shown_status(self, claim: Any) -> str:
        return claim.status_label(claim.seen_at)

    @admin.display(description=_("撤回期限"), ordering="deadline_at")
    def last_day(self, claim: Any) -> str:
        return _in_words(deadlines.last_day(claim.deadline_at) if claim.deadline_at else None)

    @admin.display(description=_("キャンセル/返品完了日"), ordering="completed_at")
    def shown_completed_at(self, claim: Any) -> str:
        return _in_words(claim.effectively_completed_at(claim.seen_at))

    @admin.display(description=_("購入者名"), ordering="order__buyer__name")
    def buyer(self, claim: Any) -> str:
        return str(claim.order.buyer)


class ShowsWithdrawals:
    """Columns of an attempt as it effectively is."""

    @admin.display(description=_("結果"), ordering="outcome")
    def shown_outcome(self, withdrawal: Any) -> str:
        return str(withdrawal.effective_outcome(withdrawal.seen_at).label)

    @admin.display(description=_("撤回期限"), ordering="deadline_at")
    def last_day(self, withdrawal: Any) -> str:
        return _in_words(deadlines.last_day(withdrawal.deadline_at))


class OnlyShownInline(OnlyShown, admin.TabularInline):
    extra = 0
    can_delete = False
    show_change_link = True

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fields


class ClaimsOfOrder(ShowsClaims, OnlyShownInline):
    model = Claim
    fields = ["shown_status", "requested_at", "shown_completed_at", "reason", "last_day"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return _seen_now(super().get_queryset(request))


class WithdrawalsOfClaim(ShowsWithdrawals, OnlyShownInline):
    model = Withdrawal
    fields = [
        "attempt", "shown_outcome", "reason", "offer", "requested_at", "requested_by", "last_day",
        "ended_at", "ended_by_kind", "ended_through", "rejection_reason", "rejection_text",
    ]  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return _seen_now(super().get_queryset(request)).select_related("requested_by")


class EventsOfClaim(OnlyShownInline):
    model = ClaimEvent
    fields = ["at", "action", "from_status", "to_status", "actor_kind", "actor", "channel", "recorded_at"]
    ordering = ["pk"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("actor")


class OrderForm(forms.ModelForm):
    def clean_total(self) -> int:
        """An order cannot become cheaper than what was refunded of it and what is offered to its buyer now."""
        total: int = self.cleaned_data["total"]
        refunded, offered = self.instance.refunded, self.instance.offered
        if total < refunded + offered:
            text = _(
                "返金済みの%(refunded)sと提案中の部分返金%(offered)sの合計を下回る金額にはできません。"
                "提案を取り消すには、ショップが撤回要請をキャンセルする必要があります。"
            )
            amounts = {"refunded": money.in_words(refunded), "offered": money.in_words(offered)}
            raise ValidationError(text % amounts)
        return total


@admin.register(Order)
class OrderAdmin(WritesWhatWasTyped):
    form = OrderForm
    list_display = [
        "number", "shop", "buyer", "item_title", "quantity", "total", "ordered_at", "shipped_on", "delivered_on",
    ]  # fmt: skip
    list_filter = ["shop", ("shipped_on", admin.EmptyFieldListFilter)]
    list_select_related = ["shop", "buyer"]
    date_hierarchy = "ordered_at"
    ordering = ["-pk"]
    search_fields = [
        "number", "cart_number", "item_code", "item_title", "tracking_number", "receiver",
        "buyer__name", "buyer__email", "buyer__user__email", "buyer__user__username",
    ]  # fmt: skip
    search_help_text = _(
        "注文番号、カート番号、商品番号、商品名、送り状番号、受取人名、購入者名、メールアドレス"
    )
    autocomplete_fields = ["shop", "buyer"]
    inlines = [ClaimsOfOrder]
    show_full_result_count = False

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        order = super().get_object(request, object_id, from_field)
        if order is not None and request.method == "POST":
            # Nobody offers or refunds between the form's check and the write.
            return Order.objects.select_for_update().get(pk=order.pk)
        return order

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        # Whose order it is, its number and its day stand in its claims too.
        # What is offered and refunded follows the claims, and no other hand.
        money_of_claims = ["offered", "refunded"]
        return ["number", "shop", "buyer", "ordered_at", *money_of_claims] if obj else money_of_claims


@admin.register(Claim)
class ClaimAdmin(ShowsClaims, WritesWhatWasTyped):
    """Only the buyer's free text can be changed, so that what is personal can be blanked."""

    list_display = [
        "number", "order", "shop", "buyer", "shown_status", "requested_at", "last_day", "shown_completed_at",
    ]  # fmt: skip
    list_filter = ["kind", EffectiveStatus, "shop"]
    list_select_related = ["order__buyer", "shop"]
    date_hierarchy = "requested_at"
    ordering = ["-pk"]
    search_fields = [
        "number", "order__number", "order__cart_number", "order__item_code", "order__tracking_number",
        "order__receiver", "order__buyer__name", "order__buyer__email",
        "order__buyer__user__email", "order__buyer__user__username",
    ]  # fmt: skip
    search_help_text = _(
        "クレーム番号、注文番号、カート番号、商品番号、送り状番号、受取人名、購入者名、メールアドレス"
    )
    fieldsets = [
        (None, {"fields": ["number", "order", "shop", "buyer", "ordered_at", "kind", "shown_status"]}),
        (
            _("申請"),
            {
                "fields": [
                    "requested_at",
                    "shown_completed_at",
                    "reason",
                    "fault",
                    "reason_text",
                    "quantity",
                    "pickup_method",
                ]
            },
        ),
        (_("未受取"), {"fields": ["non_receipt_reason", "non_receipt_type", "non_receipt_wish"]}),
        (_("撤回"), {"fields": ["status_before", "last_day", "deadline_at", "unlock_at", "offer"]}),
        (_("処理"), {"fields": ["approved_at", "late_at", "paused_from", "refund"]}),
    ]
    inlines = [WithdrawalsOfClaim, EventsOfClaim]
    change_form_template = "claims/admin_claim.html"
    view_on_site = False
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return _seen_now(super().get_queryset(request))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        shown = [name for _title, options in self.fieldsets for name in options["fields"]]
        return [name for name in shown if name != "reason_text"]

    def get_urls(self) -> Any:
        settle = path(
            "<int:pk>/settle/", self.admin_site.admin_view(self.settle_view), name="claims_claim_settle"
        )
        return [settle, *super().get_urls()]

    def settle_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """運営による撤回: it asks first, or says why not; with OK it does it."""
        now = timezone.now()
        claim = get_object_or_404(self.get_queryset(request).select_related("order__buyer", "shop"), pk=pk)
        if not self.has_change_permission(request, claim) or not request.user.is_authenticated:
            raise PermissionDenied
        reasons = eligibility.blockers(claim, Action.SETTLED, now=now)
        seen = str(claim.last_event())
        if request.method == "POST" and not reasons and request.POST.get("seen") != seen:
            reasons = [eligibility.changed_meanwhile()]
        elif request.method == "POST":
            try:
                transitions.settle_claim(claim, by=access.as_operator(request.user), now=now)
            except transitions.Refused as refused:
                reasons = refused.reasons
            else:
                self.log_change(request, claim, gettext("運営による撤回"))
                messages.success(request, gettext("撤回完了にしました。購入者とショップに知らせます。"))
                return redirect("admin:claims_claim_change", pk)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": gettext("運営による撤回"),
            "original": claim,
            "shown_status": claim.status_label(now),
            "reasons": reasons,
            "seen": seen,
        }
        status = 409 if reasons and request.method == "POST" else 200
        return TemplateResponse(request, "claims/admin_settle.html", context, status=status)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Withdrawal)
class WithdrawalAdmin(ShowsWithdrawals, OnlyShown, admin.ModelAdmin):
    list_display = [
        "claim", "attempt", "shown_outcome", "requested_at", "requested_by", "last_day", "ended_at", "ended_through",
    ]  # fmt: skip
    list_filter = [EffectiveOutcome, "ended_through", "claim__shop"]
    list_select_related = ["claim", "requested_by"]
    date_hierarchy = "requested_at"
    ordering = ["-pk"]
    search_fields = ["claim__number", "claim__order__number", "requested_by__username", "reason"]
    search_help_text = _("クレーム番号、注文番号、要請した人、要請理由")
    fields = [
        "claim", "attempt", "shown_outcome", "reason", "offer", "delivery_company", "tracking_number",
        "requested_at", "requested_by", "last_day", "deadline_at", "ended_at",
        "ended_by_kind", "ended_by", "ended_through", "rejection_reason", "rejection_text", "swept_at",
    ]  # fmt: skip
    readonly_fields = ["shown_outcome", "last_day"]
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return _seen_now(super().get_queryset(request))


@admin.register(ClaimEvent)
class ClaimEventAdmin(OnlyShown, admin.ModelAdmin):
    list_display = ["at", "claim", "action", "from_status", "to_status", "actor_kind", "actor", "channel"]
    list_filter = ["action", "actor_kind", "channel", "to_status", "claim__shop"]
    list_select_related = ["claim", "actor"]
    date_hierarchy = "at"
    ordering = ["-pk"]
    search_fields = ["claim__number", "claim__order__number", "actor__username"]
    search_help_text = _("クレーム番号、注文番号、実行者")
    show_full_result_count = False


class OfProcessing(OnlyShown, admin.ModelAdmin):
    """What a shop said with a line of the log."""

    list_select_related = ["event__claim", "event__actor"]
    date_hierarchy = "event__at"
    ordering = ["-pk"]
    search_help_text = _("クレーム番号、注文番号、実行者")
    show_full_result_count = False

    @admin.display(description=_("クレーム"), ordering="event__claim__number")
    def claim(self, said: Any) -> str:
        return str(said.event.claim)

    @admin.display(description=_("日時"), ordering="event__at")
    def at(self, said: Any) -> Any:
        return said.event.at

    @admin.display(description=_("実行者"), ordering="event__actor__username")
    def actor(self, said: Any) -> str:
        return str(said.event.actor)


@admin.register(RefundHold)
class RefundHoldAdmin(OfProcessing):
    list_display = ["at", "claim", "actor", "reason", "text"]
    list_filter = ["reason", "event__claim__shop"]
    search_fields = ["event__claim__number", "event__claim__order__number", "event__actor__username", "text"]


@admin.register(Reshipment)
class ReshipmentAdmin(OfProcessing):
    list_display = ["at", "claim", "actor", "delivery_company", "tracking_number", "shipped_on"]
    list_filter = ["event__to_status", "event__claim__shop"]
    search_fields = [
        "event__claim__number", "event__claim__order__number", "event__actor__username", "tracking_number",
    ]  # fmt: skip


@admin.register(Attachment)
class AttachmentAdmin(OnlyShown, admin.ModelAdmin):
    """Files of claims, requests, messages and inquiries; the name leads to the download."""

    list_display = [
        "uploaded_at",
        "download",
        "content_type",
        "size",
        "order",
        "shop",
        "uploaded_by",
        "sent_at",
    ]
    list_filter = ["content_type", "uploaded_by_kind", "shop"]
    list_select_related = ["order", "shop", "uploaded_by"]
    date_hierarchy = "uploaded_at"
    ordering = ["-pk"]
    search_fields = ["order__number", "name"]
    search_help_text = _("注文番号、ファイル名")
    show_full_result_count = False
    exclude = ["file"]
    readonly_fields = ["download"]

    @admin.display(description=_("ファイル"))
    def download(self, attachment: Attachment) -> str:
        return format_html(
            '<a href="{}">{}</a>', reverse("attachment", args=[attachment.key]), attachment.name
        )
