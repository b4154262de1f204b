"""The addresses of the desk: /shops/<shop>/claims/…"""

from django.urls import path

from claims import bulk_views, desk_views, export_views, import_views, preference_views, views

urlpatterns = [
    path("", desk_views.desk, name="desk"),
    path("board/", desk_views.board, name="board"),
    path("settings/", preference_views.grid_settings, name="grid_settings"),
    path("searches/", preference_views.saved_views, name="saved_views"),
    path("searches/<int:pk>/", preference_views.saved_view, name="saved_view"),
    path("bulk/withdrawal/", bulk_views.bulk_withdrawal, name="bulk_withdrawal"),
    path("bulk/approval/", bulk_views.bulk_approval, name="bulk_approval"),
    path("bulk/<uuid:key>/", bulk_views.bulk_run, name="bulk_run"),
    path("export/", export_views.export, name="export"),
    path("exports/", export_views.exports_list, name="exports"),
    path("exports/<uuid:key>/", export_views.export_file, name="export_file"),
    path("exports/<uuid:key>/cancel/", export_views.export_cancel, name="export_cancel"),
    path("exports/<uuid:key>/retry/", export_views.export_retry, name="export_retry"),
    path("import/", import_views.import_file, name="import"),
    path("import/<uuid:key>/", import_views.import_job, name="import_job"),
    path("import/<uuid:key>/confirm/", import_views.import_confirm, name="import_confirm"),
    path("import/<uuid:key>/cancel/", import_views.import_cancel, name="import_cancel"),
    path("import/<uuid:key>/retry/", import_views.import_retry, name="import_retry"),
    path("<str:number>/", views.claim, name="claim"),
    path("<str:number>/withdrawal/", views.withdrawal, name="withdrawal"),
    path("<str:number>/withdrawal/repeat/", views.withdrawal_repeat, name="withdrawal_repeat"),
    path("<str:number>/withdrawal/cancel/", views.withdrawal_cancel, name="withdrawal_cancel"),
    path("<str:number>/approval/", views.approval, name="approval"),
    path("<str:number>/process/<slug:action>/", views.process, name="process"),
]
