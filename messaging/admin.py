"""Messages and notices in the admin: looked up, and mails that were given up sent again."""

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from messaging import delivery
from messaging.models import Message, Notice
from qsm.admin_site import OnlyShown


@admin.register(Message)
class MessageAdmin(OnlyShown, admin.ModelAdmin):
    list_display = ["sent_at", "order", "shop", "buyer", "sender", "state", "category", "title"]
    list_display_links = ["sent_at", "title"]
    list_filter = ["state", "sender", "category", "order__shop"]
    list_select_related = ["order__shop", "order__buyer"]
    date_hierarchy = "sent_at"
    ordering = ["-pk"]
    search_fields = ["order__number", "title", "body", "order__buyer__name", "order__buyer__email"]
    search_help_text = _("注文番号、タイトル、メッセージ、購入者名、メールアドレス")
    show_full_result_count = False

    @admin.display(description=_("ショップ"), ordering="order__shop")
    def shop(self, message: Message) -> str:
        return str(message.order.shop)

    @admin.display(description=_("購入者名"), ordering="order__buyer__name")
    def buyer(self, message: Message) -> str:
        return str(message.order.buyer)


@admin.register(Notice)
class NoticeAdmin(OnlyShown, admin.ModelAdmin):
    """The mails that gave up are found by メール: 送信中止."""

    list_display = [
        "created_at", "claim", "action", "reader", "mail", "attempts", "next_attempt_at", "sent_at", "last_error",
    ]  # fmt: skip
    list_filter = ["mail", "event__action", "event__claim__shop"]
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
        return str(notice.event.claim)

    @admin.display(description=_("内容"), ordering="event__action")
    def action(self, notice: Notice) -> str:
        return notice.event.get_action_display()

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
