"""The URLs of the project, and of features that it does not have.

If a request for one of these features failed, the official React component would not render at
all, so they have empty responses.
"""

from django.urls import path

from stack_apikeys.sdk.project import views
from stack_apikeys.sdk.serializers import serialize_page
from stack_apikeys.sdk.views import AccessTypeAuthentication, TeamStubView, UserStubView
from stack_apikeys.wire.views import StubView

no_customer = {"has_customer": False, "default_payment_method": None}
no_products = serialize_page([], next_cursor=None)

discard_analytics = StubView.as_view(
    answer={"inserted": 0},
    http_method_names=["post", "options"],
    authentication_classes=[AccessTypeAuthentication],
    ignores_body=True,
)

urlpatterns = [
    path("projects/current", views.CurrentProjectView.as_view(), name="current-project"),
    path(
        "projects/<str:project_id>/.well-known/jwks.json",
        views.JwksView.as_view(),
        name="jwks",
    ),
    path("health", views.HealthView.as_view(), name="health"),
    path(
        "payments/billing/user/<str:user_id>",
        UserStubView.as_view(answer=no_customer),
        name="billing",
    ),
    path(
        "payments/billing/team/<str:team_id>",
        TeamStubView.as_view(answer=no_customer),
        name="team-billing",
    ),
    path(
        "payments/products/user/<str:user_id>",
        UserStubView.as_view(answer=no_products),
        name="products",
    ),
    path(
        "payments/products/team/<str:team_id>",
        TeamStubView.as_view(answer=no_products),
        name="team-products",
    ),
    path("analytics/events/batch", discard_analytics, name="analytics"),
    path("analytics/otlp/v1/logs", discard_analytics, name="analytics-logs"),
    path("analytics/otlp/v1/traces", discard_analytics, name="analytics-traces"),
    path("session-replays/batch", discard_analytics, name="session-replays"),
    path(
        "internal/component-versions",
        StubView.as_view(answer={"versions": {}}, authentication_classes=[], permission_classes=[]),
        name="component-versions",
    ),
]
