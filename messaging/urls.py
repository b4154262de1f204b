"""The addresses of お問い合わせ管理: /shops/<shop>/inquiries/…"""

from django.urls import path

from messaging import bulk_views, compose_views, saved_text_views, thread_views, translation_views, views

urlpatterns = [
    path("", views.inbox, name="inbox"),
    path("bulk/", bulk_views.inbox_bulk, name="inbox_bulk"),
    path("waiting/", views.inbox_waiting, name="inbox_waiting"),
    path("waiting/<str:number>/", views.order_waiting, name="order_waiting"),
    path("messages/<int:pk>/", views.message, name="message"),
    path("notices/read/", bulk_views.notices_read, name="notices_read"),
    path("notices/<int:pk>/", views.notice, name="notice"),
    path("qoo10/<int:pk>/", views.inquiry, name="inquiry"),
    path("messages/<int:pk>/translation/", translation_views.translate, name="translate"),
    path("compose/", compose_views.compose, name="compose"),
    path("compose/draft/", compose_views.draft, name="draft"),
    path("thread/<str:number>/", thread_views.thread, name="thread"),
    path("saved/", saved_text_views.saved_texts, name="saved_texts"),
    path("saved/<int:pk>/", saved_text_views.saved_text, name="saved_text"),
]
