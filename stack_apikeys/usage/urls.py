"""The URLs that this app adds to the HTTP API."""

from django.urls import path

from stack_apikeys.usage.views import TeamKeyUsageView, UserKeyUsageView

urlpatterns = [
    path(
        f"{kind}-api-keys/<str:api_key_id>/usage",
        view.as_view({"get": "usage"}),
        name=f"{kind}-api-key-usage",
    )
    for kind, view in (("user", UserKeyUsageView), ("team", TeamKeyUsageView))
]
