"""The addresses of the desk: /shops/<shop>/claims/…"""

from django.urls import path

from claims import desk_views, views

urlpatterns = [
    path("", desk_views.desk, name="desk"),
    path("board/", desk_views.board, name="board"),
    path("<str:number>/", views.claim, name="claim"),
    path("<str:number>/withdrawal/", views.withdrawal, name="withdrawal"),
    path("<str:number>/withdrawal/repeat/", views.withdrawal_repeat, name="withdrawal_repeat"),
    path("<str:number>/withdrawal/cancel/", views.withdrawal_cancel, name="withdrawal_cancel"),
    path("<str:number>/approval/", views.approval, name="approval"),
]
