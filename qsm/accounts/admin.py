"""People and shops in the admin: looked up, added, changed."""

from typing import Any

from django.contrib import admin
from django.contrib.auth import admin as auth_admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from qsm.accounts.models import Buyer, Member, Shop, User

RIGHTS = ("is_staff", "is_superuser", "groups", "user_permissions")


class MembersOfShop(admin.TabularInline):
    model = Member
    extra = 0
    autocomplete_fields = ["user"]


class ShopsOfUser(admin.TabularInline):
    model = Member
    extra = 0
    autocomplete_fields = ["shop"]


@admin.register(User)
class UserAdmin(auth_admin.UserAdmin):
    """Only a superuser gives rights, or touches the account of somebody who has some."""

    list_display = ["username", "email", "last_name", "first_name", "is_active", "is_staff", "last_login"]
    fieldsets = [
        (None, {"fields": ["username", "password"]}),
        (_("個人情報"), {"fields": ["last_name", "first_name", "email", "language"]}),
        (_("権限"), {"fields": ["is_active", *RIGHTS]}),
        (_("日時"), {"fields": ["last_login", "date_joined"]}),
    ]
    add_fieldsets = [
        (None, {"fields": ["username", "usable_password", "password1", "password2"]}),
        (_("個人情報"), {"fields": ["last_name", "first_name", "email", "language"]}),
    ]
    readonly_fields = ["last_login", "date_joined"]
    inlines = [ShopsOfUser]

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        return super().get_inlines(request, obj) if obj else []

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fixed = list(super().get_readonly_fields(request, obj))
        return fixed if request.user.is_superuser else [*fixed, *RIGHTS]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and self._may_touch(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and self._may_touch(request, obj)

    def _may_touch(self, request: HttpRequest, user: User | None) -> bool:
        if user is None or request.user.is_superuser:
            return True
        return not (user.is_staff or user.is_superuser)


@admin.register(Shop)
class ShopAdmin(admin.ModelAdmin):
    list_display = ["code", "name"]
    search_fields = ["code", "name", "member__user__username", "member__user__email"]
    inlines = [MembersOfShop]
    view_on_site = False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        # The code stands in addresses that have already been mailed.
        return ["code"] if obj else []


@admin.register(Member)
class MemberAdmin(admin.ModelAdmin):
    list_display = ["user", "shop", "role"]
    list_filter = ["role", "shop"]
    list_select_related = ["user", "shop"]
    search_fields = ["user__username", "user__email", "shop__code", "shop__name"]
    autocomplete_fields = ["user", "shop"]


@admin.register(Buyer)
class BuyerAdmin(admin.ModelAdmin):
    list_display = ["name", "email", "user", "language"]
    list_filter = ["language", ("user", admin.EmptyFieldListFilter)]
    list_select_related = ["user"]
    search_fields = ["name", "email", "user__username", "user__email"]
    autocomplete_fields = ["user"]
