"""The addresses of MyQoo10: /myqoo10/…"""

from django.urls import path

from claims import buyer_views, my_order_views

urlpatterns = [
    path("", buyer_views.my_qoo10, name="my_qoo10"),
    path("orders/", my_order_views.my_orders, name="my_orders"),
    path("orders/<str:number>/", my_order_views.my_order, name="my_order"),
    path("orders/<str:number>/file/<str:kind>/", my_order_views.my_filing, name="my_filing"),
    path("claims/<str:number>/", buyer_views.my_claim, name="my_claim"),
    path("claims/<str:number>/drop/", buyer_views.my_claim_drop, name="my_claim_drop"),
    path("requests/<int:pk>/", buyer_views.withdrawal_request, name="withdrawal_request"),
    path("requests/<int:pk>/answer/", buyer_views.withdrawal_answer, name="withdrawal_answer"),
]
