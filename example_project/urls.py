"""The URLconf of the project."""

from django.contrib import admin
from django.contrib.auth.views import LogoutView
from django.urls import include, path
from django.views.generic import TemplateView
from django.views.i18n import set_language

from example_project.views import (
    AccountView,
    ProtectedView,
    SignInView,
    TeamProtectedView,
    TeamView,
)
from stack_apikeys.sdk.project.views import HealthView

urlpatterns = [
    path("", TemplateView.as_view(template_name="example_project/home.html"), name="home"),
    path("accounts/login/", SignInView.as_view(), name="login"),
    path("accounts/logout/", LogoutView.as_view(), name="logout"),
    path("account/", AccountView.as_view(), name="account"),
    path("teams/<uuid:team_id>/", TeamView.as_view(), name="team"),
    path("settings/", include("stack_apikeys.urls")),
    path("admin/", admin.site.urls),
    path("language/", set_language, name="set_language"),
    path("api/v1/", include("stack_apikeys.sdk.urls")),
    path("api/v1/", include("stack_apikeys.api.urls")),
    # The developer tools of the official SDK request this version.
    path("api/latest/", include("stack_apikeys.sdk.urls", namespace="latest_sdk")),
    path("api/latest/", include("stack_apikeys.api.urls", namespace="latest_api")),
    path("health", HealthView.as_view()),
    path("api/protected", ProtectedView.as_view(), name="protected"),
    path("api/team-protected", TeamProtectedView.as_view(), name="team-protected"),
]
