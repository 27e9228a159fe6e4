"""The URLs of teams."""

from django.urls import path

from stack_apikeys.sdk.teams import views

urlpatterns = [
    path("teams", views.TeamsView.as_view(), name="teams"),
    path("teams/<str:team_id>", views.TeamView.as_view(), name="team"),
    path(
        "team-memberships/<str:team_id>/<str:user_id>",
        views.MembershipView.as_view(),
        name="membership",
    ),
    path("team-permissions", views.PermissionsView.as_view(), name="permissions"),
    path(
        "team-permissions/<str:team_id>/<str:user_id>/<str:permission_id>",
        views.PermissionView.as_view(),
        name="permission",
    ),
    path("team-member-profiles", views.MemberProfilesView.as_view(), name="member-profiles"),
    path(
        "team-member-profiles/<str:team_id>/<str:user_id>",
        views.MemberProfileView.as_view(),
        name="member-profile",
    ),
    path("team-invitations", views.InvitationsView.as_view(), name="invitations"),
    path("team-invitations/send-code", views.InvitationCodeView.as_view(), name="invitation-code"),
]
