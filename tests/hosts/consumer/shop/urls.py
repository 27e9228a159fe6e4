"""Where everything is."""

from django.urls import path

from shop.views import Orders, deliveries, invoices, reports

urlpatterns = [
    path("orders", Orders.as_view()),
    path("invoices", invoices),
    path("deliveries", deliveries),
    path("reports/<int:year>", reports),
]
