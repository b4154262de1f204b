"""The addresses of the desk: /shops/<shop>/claims/…"""

from django.urls import path

from claims import bulk_views, desk_views, preference_views, views

urlpatterns = [
    path("", desk_views.desk, name="desk"),
    path("board/", desk_views.board, name="board"),
    path("settings/", preference_views.grid_settings, name="grid_settings"),
    path("searches/", preference_views.saved_views, name="saved_views"),
    path("searches/<int:pk>/", preference_views.saved_view, name="saved_view"),
    path("bulk/withdrawal/", bulk_views.bulk_withdrawal, name="bulk_withdrawal"),
    path("bulk/approval/", bulk_views.bulk_approval, name="bulk_approval"),
    path("bulk/<uuid:key>/", bulk_views.bulk_run, name="bulk_run"),
    path("<str:number>/", views.claim, name="claim"),
    path("<str:number>/withdrawal/", views.withdrawal, name="withdrawal"),
    path("<str:number>/withdrawal/repeat/", views.withdrawal_repeat, name="withdrawal_repeat"),
    path("<str:number>/withdrawal/cancel/", views.withdrawal_cancel, name="withdrawal_cancel"),
    path("<str:number>/approval/", views.approval, name="approval"),
    path("<str:number>/process/<slug:action>/", views.process, name="process"),
]
