"""How the members of a team appear in the team."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Model

from stack_apikeys.adapters import EditableTeamAdapter, get_team_adapter
from stack_apikeys.sdk.teams.models import TeamMemberProfile
from stack_apikeys.sdk.users.accounts import get_accounts
from stack_apikeys.sdk.users.serializers import serialize_user

READ_MEMBERS = "$read_members"


def members_visible_to(user: AbstractBaseUser, team: Model) -> Iterable[AbstractBaseUser]:
    """Return all members if ``user`` has ``$read_members``, otherwise only ``user``."""
    adapter = get_team_adapter()
    if isinstance(adapter, EditableTeamAdapter) and adapter.has_permission(
        user, team, READ_MEMBERS
    ):
        return adapter.members_of(team)
    return [user]


def update_profile(user: AbstractBaseUser, team: Model, values: Mapping[str, Any]) -> None:
    """Change the profile of ``user`` in ``team``. None and "" stand for the user's own values."""
    TeamMemberProfile.objects.update_or_create(
        user_id=user.pk,
        team_id=team.pk,
        defaults={
            name: values[name] or ""
            for name in ("display_name", "profile_image_url")
            if name in values
        },
    )


def serialize_profiles(
    users: Iterable[AbstractBaseUser], team: Model, *, for_server: bool
) -> list[dict[str, Any]]:
    """Return the member profile objects of the wire contract.

    Runs two queries for any number of users, and more for a server.
    """
    accounts = get_accounts(users)
    profiles = {
        profile.user_id: profile
        for profile in TeamMemberProfile.objects.filter(
            team=team.pk, user__in=[account.user.pk for account in accounts]
        )
    }
    items = []
    for account in accounts:
        user = account.user
        profile = profiles.get(user.pk, TeamMemberProfile())
        item: dict[str, Any] = {
            "team_id": str(team.pk),
            "user_id": str(user.pk),
            "display_name": profile.display_name or account.display_name,
            "profile_image_url": profile.profile_image_url or account.get("profile_image_url"),
        }
        if for_server:
            item["user"] = serialize_user(user, for_server=True)
        items.append(item)
    return items
