"""The addresses of the endpoints, to be included at ``api/v1/`` before ``stack_apikeys.api.urls``.

That one ends with an answer for every address. None ends in a slash.
"""

from django.urls import path

from stack_apikeys.sdk.views import auth, extras, members, project, teams, users

app_name = "stack_apikeys_sdk"
urlpatterns = [
    path("auth/password/sign-up", auth.SignUpView.as_view(), name="sign-up"),
    path("auth/password/sign-in", auth.SignInView.as_view(), name="sign-in"),
    path("auth/password/update", auth.PasswordUpdateView.as_view(), name="password-update"),
    path("auth/password/set", auth.PasswordSetView.as_view(), name="password-set"),
    path("auth/anonymous/sign-up", auth.AnonymousSignUpView.as_view(), name="anonymous-sign-up"),
    path("auth/oauth/token", auth.TokenView.as_view(), name="token"),
    path("auth/sessions", auth.SessionsView.as_view(), name="sessions"),
    path("auth/sessions/current", auth.CurrentSessionView.as_view(), name="current-session"),
    path("auth/sessions/current/refresh", auth.CurrentSessionRefreshView.as_view(), name="refresh"),
    path("auth/sessions/<str:session_id>", auth.SessionView.as_view(), name="session"),
    path("users/me", users.CurrentUserView.as_view(), name="current-user"),
    path("users/<str:user_id>", users.UserView.as_view(), name="user"),
    path("contact-channels", users.ContactChannelsView.as_view(), name="contact-channels"),
    path(
        "contact-channels/<str:user_id>/<str:channel_id>",
        users.ContactChannelView.as_view(),
        name="contact-channel",
    ),
    path(
        "contact-channels/<str:user_id>/<str:channel_id>/send-verification-code",
        users.VerificationCodeView.as_view(),
        name="verification-code",
    ),
    path(
        "emails/notification-preference/<str:user_id>",
        users.NotificationPreferencesView.as_view(),
        name="notification-preferences",
    ),
    path("teams", teams.TeamsView.as_view(), name="teams"),
    path("teams/<str:team_id>", teams.TeamView.as_view(), name="team"),
    path(
        "team-memberships/<str:team_id>/<str:user_id>",
        teams.MembershipView.as_view(),
        name="membership",
    ),
    path("team-permissions", teams.PermissionsView.as_view(), name="permissions"),
    path(
        "team-permissions/<str:team_id>/<str:user_id>/<str:permission_id>",
        teams.PermissionView.as_view(),
        name="permission",
    ),
    path("team-member-profiles", members.MemberProfilesView.as_view(), name="member-profiles"),
    path(
        "team-member-profiles/<str:team_id>/<str:user_id>",
        members.MemberProfileView.as_view(),
        name="member-profile",
    ),
    path("team-invitations", extras.InvitationsView.as_view(), name="invitations"),
    path(
        "team-invitations/send-code",
        extras.InvitationCodeView.as_view(),
        name="invitation-code",
    ),
    path("payments/billing/user/<str:user_id>", extras.BillingView.as_view(), name="billing"),
    path("payments/billing/team/<str:team_id>", extras.BillingView.as_view(), name="team-billing"),
    path("payments/products/user/<str:user_id>", extras.ProductsView.as_view(), name="products"),
    path(
        "payments/products/team/<str:team_id>", extras.ProductsView.as_view(), name="team-products"
    ),
    path("analytics/events/batch", extras.AnalyticsView.as_view(), name="analytics"),
    path(
        "internal/component-versions",
        extras.ComponentVersionsView.as_view(),
        name="component-versions",
    ),
    path("projects/current", project.CurrentProjectView.as_view(), name="current-project"),
    path(
        "projects/<str:project_id>/.well-known/jwks.json",
        project.JwksView.as_view(),
        name="jwks",
    ),
    path("health", project.HealthView.as_view(), name="health"),
]
