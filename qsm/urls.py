"""Every address of the portal."""

from allauth.account import views as sign_in
from django.contrib import admin
from django.urls import include, path, re_path

from claims import buyer_views, file_views
from messaging import notification_views, post_views
from qsm import views

urlpatterns = [
    path("", views.home, name="home"),
    path("accounts/login/", sign_in.login, name="account_login"),
    path("accounts/logout/", sign_in.logout, name="account_logout"),
    path("accounts/inactive/", sign_in.account_inactive, name="account_inactive"),
    path("accounts/signup/", sign_in.signup, name="account_signup"),
    path("accounts/password/reset/", sign_in.password_reset, name="account_reset_password"),
    path("accounts/password/reset/done/", sign_in.password_reset_done, name="account_reset_password_done"),
    # Not a path(): its greedy <uidb36> would swallow the first half of the key, which has a hyphen of its own.
    re_path(
        r"^accounts/password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>[^/]+)/$",
        sign_in.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path(
        "accounts/password/reset/key/done/",
        sign_in.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    path("shops/<slug:shop>/claims/", include("claims.urls")),
    path("shops/<slug:shop>/inquiries/", include("messaging.urls")),
    path(
        "shops/<slug:shop>/notifications/",
        notification_views.notification_settings,
        name="notification_settings",
    ),
    path(
        "myqoo10/notifications/",
        notification_views.my_notification_settings,
        name="my_notification_settings",
    ),
    path("mail/<str:token>/", notification_views.unsubscribe, name="unsubscribe"),
    path("myqoo10/posts/", post_views.my_posts, name="my_posts"),
    path("myqoo10/posts/<int:pk>/", post_views.my_post, name="my_post"),
    path("myqoo10/messages/", include("messaging.buyer_urls")),
    path("myqoo10/", include("claims.buyer_urls")),
    path("files/<uuid:key>/", file_views.attachment, name="attachment"),
    path(
        "myqoo10/requests/<int:pk>/files/<uuid:key>/",
        file_views.request_attachment,
        name="request_attachment",
    ),
    path("r/<str:token>/", buyer_views.withdrawal_link, name="withdrawal_link"),
    path("admin/", admin.site.urls),
]
handler404 = "qsm.views.not_found"
