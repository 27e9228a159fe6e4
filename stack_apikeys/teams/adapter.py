"""The adapter for the teams of ``stack_apikeys.teams``. Each method is one or two queries."""

from collections.abc import Iterable, Mapping
from typing import Any, cast

from django.apps import apps
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from stack_apikeys.adapters import EditableTeamAdapter
from stack_apikeys.conf import conf
from stack_apikeys.teams import permissions
from stack_apikeys.teams.models import AbstractTeam, TeamMembership, TeamPermission


class DefaultTeamAdapter(EditableTeamAdapter[AbstractTeam, AbstractBaseUser]):
    """The adapter for `Team`, and for subclasses of `AbstractTeam`."""

    search_fields = ("display_name",)

    def get_team(self, team_id: Any) -> AbstractTeam | None:
        """Return the team with this id, or None, also if it is not a UUID."""
        try:
            team: AbstractTeam | None = _teams().filter(pk=team_id).first()
        except ValidationError:
            return None
        return team

    def teams_of(self, user: AbstractBaseUser) -> QuerySet[AbstractTeam]:
        """Return the teams that the user is a member of, oldest first."""
        return _teams().filter(memberships__user=user.pk)

    def is_member(self, user: AbstractBaseUser, team: AbstractTeam) -> bool:
        """Return whether the user is a member of the team. Takes one query."""
        return TeamMembership.objects.filter(team=team.pk, user=user.pk).exists()

    def has_permission(
        self, user: AbstractBaseUser, team: AbstractTeam, permission_id: str
    ) -> bool:
        """Return whether the user has the permission, directly or by a role. Takes one query."""
        return _grants(team, permission_id).filter(membership__user=user.pk).exists()

    def lock_rights(self, user: AbstractBaseUser, team: AbstractTeam) -> None:
        """Lock the membership and its permissions."""
        team.lock_rights(user)

    def users_with_permission(
        self, team: AbstractTeam, permission_id: str
    ) -> QuerySet[AbstractBaseUser]:
        """Return the members who have the permission, directly or by a role."""
        holders = _grants(team, permission_id).values("membership__user")
        return get_user_model()._default_manager.filter(pk__in=holders)

    def display_name(self, team: AbstractTeam) -> str:
        """Return the display name of the team."""
        return team.display_name

    def teams_with_permission(
        self, user: AbstractBaseUser, permission_id: str
    ) -> QuerySet[AbstractTeam]:
        """Return the teams in which the user has the permission, oldest first."""
        memberships = TeamPermission.objects.filter(
            membership__user=user.pk, permission_id__in=permissions.containing(permission_id)
        )
        return _teams().filter(pk__in=memberships.values("membership__team"))

    def members_among(self, team: AbstractTeam, users: Iterable[AbstractBaseUser]) -> set[Any]:
        """Return the primary keys of the given users who are members. Takes one query."""
        members = TeamMembership.objects.filter(team=team.pk, user__in=[user.pk for user in users])
        return set(members.values_list("user", flat=True))

    def all_teams(self) -> QuerySet[AbstractTeam]:
        """Return all teams, oldest first."""
        return _teams()

    def members_of(self, team: AbstractTeam) -> QuerySet[AbstractBaseUser]:
        """Return the members of the team, in the order in which they joined."""
        membership = conf.related_name("TeamMembership.user")
        members = get_user_model()._default_manager.filter(**{f"{membership}__team": team.pk})
        return members.order_by(f"{membership}__created_at", f"{membership}__pk")

    def permissions_of(
        self, user: AbstractBaseUser, team: AbstractTeam, *, recursive: bool
    ) -> list[str]:
        """Return the granted ids, and with ``recursive`` the ids that they contain."""
        return team.permissions_of(user, recursive=recursive)

    def create_team(
        self, *, creator: AbstractBaseUser | None, fields: Mapping[str, Any]
    ) -> AbstractTeam:
        """Create a team, and grant its creator ``TEAM_CREATOR_PERMISSIONS``."""
        model = cast(type[AbstractTeam], apps.get_model(conf.team_model))
        return model.objects.create_team(creator=creator, **fields)

    def update_team(self, team: AbstractTeam, fields: Mapping[str, Any]) -> None:
        """Save these fields of the team."""
        for name, value in fields.items():
            setattr(team, name, value)
        unchanged = {field.name for field in team._meta.fields} - set(fields)
        team.clean_fields(exclude=unchanged)
        team.save(update_fields=fields)

    def add_member(self, team: AbstractTeam, user: AbstractBaseUser) -> None:
        """Add the user as a member with ``TEAM_MEMBER_PERMISSIONS``."""
        team.add_member(user)

    def remove_member(self, team: AbstractTeam, user: AbstractBaseUser) -> None:
        """Delete the membership and its permissions."""
        team.remove_member(user)

    def grant(self, team: AbstractTeam, user: AbstractBaseUser, permission_id: str) -> None:
        """Grant a member a permission or a role."""
        team.grant(user, permission_id)

    def revoke_permission(
        self, team: AbstractTeam, user: AbstractBaseUser, permission_id: str
    ) -> None:
        """Withdraw a permission or a role from a member."""
        team.revoke_permission(user, permission_id)


def _teams() -> QuerySet[Any]:
    teams: QuerySet[Any] = apps.get_model(conf.team_model)._default_manager.all()
    return teams


def _grants(team: AbstractTeam, permission_id: str) -> QuerySet[TeamPermission]:
    """Return what was granted in the team that includes the permission."""
    return TeamPermission.objects.using(team._state.db).filter(
        membership__team=team.pk, permission_id__in=permissions.containing(permission_id)
    )
