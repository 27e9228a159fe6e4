"""How the app learns about the teams of ``stack_apikeys.teams``, all of it in SQL."""

from collections.abc import Iterable, Mapping
from typing import Any, cast

from django.apps import apps
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet

from stack_apikeys.adapters import EditableTeamAdapter
from stack_apikeys.conf import conf
from stack_apikeys.teams import permissions
from stack_apikeys.teams.models import AbstractTeam, TeamMembership, TeamPermission


class DefaultTeamAdapter(EditableTeamAdapter):
    """Answers for our `Team`, and for a host's own that is made from `AbstractTeam`."""

    search_fields = ("display_name",)

    def get_team(self, team_id: object) -> AbstractTeam | None:
        """The team with this id, or None, also for what is not a UUID."""
        try:
            team: AbstractTeam | None = _teams().filter(pk=team_id).first()
        except ValidationError:
            return None
        return team

    def teams_of(self, user: AbstractBaseUser) -> QuerySet[AbstractTeam]:
        """The teams that ``user`` is a member of, oldest first."""
        return _teams().filter(memberships__user=user.pk)

    def is_member(self, user: AbstractBaseUser, team: Model) -> bool:
        """Whether ``user`` is a member of ``team``; one query."""
        return TeamMembership.objects.filter(team=team.pk, user=user.pk).exists()

    def has_permission(self, user: AbstractBaseUser, team: Model, permission_id: str) -> bool:
        """Whether ``user`` holds the permission, directly or through a role; one query."""
        return _grants(team, permission_id).filter(membership__user=user.pk).exists()

    def users_with_permission(self, team: Model, permission_id: str) -> QuerySet[AbstractBaseUser]:
        """The members who hold the permission, directly or through a role."""
        holders = _grants(team, permission_id).values("membership__user")
        return get_user_model()._default_manager.filter(pk__in=holders)

    def display_name(self, team: Model) -> str:
        """What people call the team."""
        return _ours(team).display_name

    def teams_with_permission(
        self, user: AbstractBaseUser, permission_id: str
    ) -> QuerySet[AbstractTeam]:
        """The teams in which ``user`` holds the permission, oldest first; one query."""
        memberships = TeamPermission.objects.filter(
            membership__user=user.pk, permission_id__in=permissions.containing(permission_id)
        )
        return _teams().filter(pk__in=memberships.values("membership__team"))

    def members_among(self, team: Model, users: Iterable[AbstractBaseUser]) -> set[Any]:
        """The primary keys of those of ``users`` who are members of ``team``; one query."""
        members = TeamMembership.objects.filter(team=team.pk, user__in=[user.pk for user in users])
        return set(members.values_list("user", flat=True))

    def all_teams(self) -> QuerySet[AbstractTeam]:
        """Every team, oldest first."""
        return _teams()

    def members_of(self, team: Model) -> QuerySet[AbstractBaseUser]:
        """The members of ``team``, in the order in which they came."""
        members = get_user_model()._default_manager.filter(team_memberships__team=team.pk)
        return members.order_by("team_memberships__created_at", "team_memberships__pk")

    def permissions_of(self, user: AbstractBaseUser, team: Model, *, recursive: bool) -> list[str]:
        """The ids that were granted, and with ``recursive`` what these contain; one query."""
        return _ours(team).permissions_of(user, recursive=recursive)

    def create_team(
        self, *, creator: AbstractBaseUser | None, fields: Mapping[str, Any]
    ) -> AbstractTeam:
        """Make a team; its creator is granted ``TEAM_CREATOR_PERMISSIONS``."""
        model = cast(type[AbstractTeam], apps.get_model(conf.team_model))
        return model.objects.create_team(creator=creator, **fields)

    def update_team(self, team: Model, fields: Mapping[str, Any]) -> None:
        """Change these columns only."""
        for name, value in fields.items():
            setattr(team, name, value)
        unchanged = {field.name for field in team._meta.fields} - set(fields)
        team.clean_fields(exclude=unchanged)
        team.save(update_fields=fields)

    def add_member(self, team: Model, user: AbstractBaseUser) -> None:
        """Make ``user`` a member, with ``TEAM_MEMBER_PERMISSIONS``."""
        _ours(team).add_member(user)

    def remove_member(self, team: Model, user: AbstractBaseUser) -> None:
        """End the membership and all that was granted with it."""
        _ours(team).remove_member(user)

    def grant(self, team: Model, user: AbstractBaseUser, permission_id: str) -> None:
        """Grant a member a permission or a role."""
        _ours(team).grant(user, permission_id)

    def revoke_permission(self, team: Model, user: AbstractBaseUser, permission_id: str) -> None:
        """Take back what was granted."""
        _ours(team).revoke_permission(user, permission_id)


def _ours(team: Model) -> AbstractTeam:
    """The same row: a check at the start has seen that this adapter gets no other teams."""
    return cast(AbstractTeam, team)


def _teams() -> QuerySet[Any]:
    teams: QuerySet[Any] = apps.get_model(conf.team_model)._default_manager.all()
    return teams


def _grants(team: Model, permission_id: str) -> QuerySet[TeamPermission]:
    """All that was granted in ``team`` and allows the permission."""
    return TeamPermission.objects.filter(
        membership__team=team.pk, permission_id__in=permissions.containing(permission_id)
    )
