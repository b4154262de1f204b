"""What members chose, kept and had done to many claims at once, in the admin: looked up only."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from claims.models import BulkRun, GridSetting, SavedView
from qsm.admin_site import OnlyShown


class OfMember(OnlyShown, admin.ModelAdmin):
    """What a member chose or had done for himself."""

    list_select_related = ["member__user", "member__shop"]
    search_fields = ["member__user__username", "member__shop__code"]
    search_help_text = _("利用者、ショップID")
    ordering = ["-pk"]
    show_full_result_count = False


@admin.register(GridSetting)
class GridSettingAdmin(OfMember):
    list_display = ["member", "per_page", "sort", "shortcuts"]
    list_filter = ["per_page", "shortcuts"]


@admin.register(SavedView)
class SavedViewAdmin(OfMember):
    list_display = ["saved_at", "member", "name", "query"]
    list_filter = ["saved_at"]


@admin.register(BulkRun)
class BulkRunAdmin(OfMember):
    list_display = ["started_at", "member", "action", "finished_at"]
    list_filter = ["action", "member__shop"]
    date_hierarchy = "started_at"
    ordering = ["-started_at"]
