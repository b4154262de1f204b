"""The addresses of お問い合わせ管理: /shops/<shop>/inquiries/…"""

from django.urls import path

from messaging import views

urlpatterns = [
    path("", views.inbox, name="inbox"),
]
