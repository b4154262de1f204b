"""The addresses of the buyer's messages: /myqoo10/messages/…"""

from django.urls import path

from messaging import buyer_views

urlpatterns = [
    path("", buyer_views.my_inbox, name="my_inbox"),
    path("<str:number>/", buyer_views.my_messages, name="my_messages"),
]
