"""Messages and notices in the admin: looked up, and mails that were given up sent again."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from claims.transitions import Refused
from messaging import conversation, delivery, notices
from messaging.models import (
    Announcement,
    Draft,
    Inquiry,
    MailOptOut,
    Message,
    Notice,
    SavedText,
    State,
    Translation,
)
from qsm.admin_site import OnlyShown


class ShowsFiles:
    """添付ファイル of a row, each a link to its download."""

    @admin.display(description=_("添付ファイル"))
    def attached(self, row: Message | Inquiry) -> str:
        links = ((reverse("attachment", args=[file.key]), file.name) for file in row.files.all())
        return format_html_join(" ", '<a href="{}">{}</a>', links) or "-"


@admin.register(Message)
class MessageAdmin(ShowsFiles, OnlyShown, admin.ModelAdmin):
    list_display = ["sent_at", "order", "shop", "buyer", "sender", "state", "category", "title"]
    list_display_links = ["sent_at", "title"]
    list_filter = ["state", "sender", "category", "shop"]
    list_select_related = ["order", "shop", "buyer"]
    date_hierarchy = "sent_at"
    ordering = ["-pk"]
    search_fields = ["order__number", "title", "body", "buyer__name", "buyer__email"]
    search_help_text = _("注文番号、タイトル、メッセージ、購入者名、メールアドレス")
    show_full_result_count = False
    exclude = ["files"]
    readonly_fields = ["attached"]


@admin.register(SavedText)
class SavedTextAdmin(OnlyShown, admin.ModelAdmin):
    list_display = ["name", "shop", "category", "title"]
    list_filter = ["category", "shop"]
    list_select_related = ["shop"]
    search_fields = ["name", "title", "body", "shop__name"]


@admin.register(Translation)
class TranslationAdmin(OnlyShown, admin.ModelAdmin):
    list_display = ["asked_at", "message", "language", "engine", "asked_by"]
    list_filter = ["language", "engine"]
    list_select_related = ["message", "asked_by"]
    search_fields = ["message__order__number", "message__title", "body"]


@admin.register(Draft)
class DraftAdmin(OnlyShown, admin.ModelAdmin):
    """That somebody is writing is seen; what he has not sent is his own."""

    list_display = ["saved_at", "member", "order", "channel"]
    list_filter = ["channel", "member__shop"]
    list_select_related = ["member__shop", "member__user", "order"]
    ordering = ["-pk"]
    search_fields = ["order__number", "member__user__username", "member__shop__name"]
    fields = ["member", "order", "channel", "saved_at"]
    show_full_result_count = False


INQUIRY_FIELDS = (
    "shop", "order", "claims", "category", "title", "body", "attached", "sent_at", "author", "state", "answer", "answered_at",
    "answered_by",
)  # fmt: skip


class AnswerForm(forms.ModelForm):
    """The operator's answer; the rest of an inquiry is the shop's."""

    class Meta:
        model = Inquiry
        fields = ["answer"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "answer" in self.fields:
            self.fields["answer"].required = False  # clean_answer() says it in our words

    def clean_answer(self) -> str:
        answer: str = self.cleaned_data["answer"].strip()
        if not answer:
            raise ValidationError(_("回答を入力してください。"))
        return answer


@admin.register(Inquiry)
class InquiryAdmin(ShowsFiles, admin.ModelAdmin):
    """Read what a shop asks, and answer it once; the shop is told."""

    form = AnswerForm
    list_display = ["sent_at", "shop", "category", "order", "title", "state", "answered_by"]
    list_display_links = ["sent_at", "title"]
    list_filter = ["state", "category", "shop"]
    list_select_related = ["shop", "order", "answered_by"]
    date_hierarchy = "sent_at"
    ordering = ["-pk"]
    search_fields = ["order__number", "title", "body", "shop__name"]
    search_help_text = _("注文番号、タイトル、メッセージ、ショップ名")
    fields = INQUIRY_FIELDS

    def get_readonly_fields(self, request: HttpRequest, obj: Inquiry | None = None) -> list[str]:
        waits = obj is not None and obj.state != State.ANSWERED
        return [name for name in INQUIRY_FIELDS if not (waits and name == "answer")]

    @admin.display(description=_("クレーム"))
    def claims(self, inquiry: Inquiry) -> str:
        """The order's claims, where 運営による撤回 is."""
        found = inquiry.order.claims.order_by("-pk") if inquiry.order else ()
        links = (
            (reverse("admin:claims_claim_change", args=[claim.pk]), claim, claim.status_label(timezone.now()))
            for claim in found
        )
        return format_html_join(" ", '<a href="{}">{} {}</a>', links) or "-"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Inquiry | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Inquiry, form: forms.ModelForm, change: bool) -> None:
        assert request.user.is_authenticated  # noqa: S101 - admin_view
        answer = form.cleaned_data.get("answer", "")
        try:
            conversation.answer_inquiry(obj, answer=answer, by=request.user, now=timezone.now())
        except Refused as refused:
            self.message_user(request, " ".join(reason.text for reason in refused.reasons), messages.ERROR)


@admin.register(Announcement)
class AnnouncementAdmin(admin.ModelAdmin):
    """Qoo10's own message, to one shop or to all; it cannot be taken back."""

    list_display = ["sent_at", "shop", "title", "author"]
    list_filter = ["shop"]
    list_select_related = ["shop", "author"]
    search_fields = ["title", "body"]
    fields = ["shop", "title", "body"]

    def has_change_permission(self, request: HttpRequest, obj: Announcement | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Announcement | None = None) -> bool:
        return False

    def save_model(
        self, request: HttpRequest, obj: Announcement, form: forms.ModelForm, change: bool
    ) -> None:
        assert request.user.is_authenticated  # noqa: S101 - admin_view
        obj.author, obj.sent_at = request.user, timezone.now()
        with transaction.atomic():
            super().save_model(request, obj, form, change)
            notices.post_announcement(obj)


@admin.register(MailOptOut)
class MailOptOutAdmin(OnlyShown, admin.ModelAdmin):
    """Which mails a reader has switched off; he alone switches them on again."""

    list_display = ["group", "buyer", "member"]
    list_filter = ["group", "member__shop"]
    list_select_related = ["buyer", "member__user", "member__shop"]
    search_fields = ["buyer__name", "buyer__email", "member__user__username", "member__user__email"]
    search_help_text = _("購入者名、ユーザー名、メールアドレス")


@admin.register(Notice)
class NoticeAdmin(OnlyShown, admin.ModelAdmin):
    """The mails that gave up are found by メール: 送信中止."""

    list_display = [
        "created_at", "claim", "topic", "reader", "mail", "attempts", "failing_since", "last_error",
        "next_attempt_at", "sent_at",
    ]  # fmt: skip
    list_filter = ["mail", "topic", "event__claim__shop"]
    list_select_related = ["event__claim", "buyer", "shop", "member__user", "member__shop"]
    date_hierarchy = "created_at"
    ordering = ["-pk"]
    search_fields = [
        "key", "event__claim__number", "event__claim__order__number",
        "buyer__name", "buyer__email", "member__user__username", "member__user__email", "shop__name",
    ]  # fmt: skip
    search_help_text = _("クレーム番号、注文番号、読む人の名前、メールアドレス")
    show_full_result_count = False
    actions = ["send_again"]

    @admin.display(description=_("クレーム"), ordering="event__claim")
    def claim(self, notice: Notice) -> str:
        return str(notice.event.claim) if notice.event else ""

    @admin.display(description=_("読む人"))
    def reader(self, notice: Notice) -> str:
        return str(notice.buyer or notice.member or notice.shop)

    def has_send_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("messaging.change_notice")

    @admin.action(description=_("もう一度送信する"), permissions=["send"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[Notice]) -> None:
        chosen = queryset.count()
        due = delivery.send_again(queryset, now=timezone.now())
        assert request.user.is_authenticated  # noqa: S101 - admin_view
        LogEntry.objects.log_actions(request.user.pk, due, CHANGE, gettext("もう一度送信する"))
        if due:
            said = gettext("%(count)s件のメールを送信待ちに戻しました。")
            self.message_user(request, said % {"count": len(due)}, messages.SUCCESS)
        if left := chosen - len(due):
            said = gettext("%(count)s件は送信中止ではないため、そのままです。")
            self.message_user(request, said % {"count": left}, messages.WARNING)
