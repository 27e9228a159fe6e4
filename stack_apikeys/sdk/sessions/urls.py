"""The URLs of sign-in and sessions."""

from django.urls import path

from stack_apikeys.sdk.sessions import views

urlpatterns = [
    path("auth/password/sign-in", views.SignInView.as_view(), name="sign-in"),
    path("auth/oauth/token", views.TokenView.as_view(), name="token"),
    path("auth/sessions", views.SessionsView.as_view(), name="sessions"),
    path("auth/sessions/current", views.CurrentSessionView.as_view(), name="current-session"),
    path(
        "auth/sessions/current/refresh", views.CurrentSessionRefreshView.as_view(), name="refresh"
    ),
    path("auth/sessions/<str:session_id>", views.SessionView.as_view(), name="session"),
]
