"""How the app learns about the teams of ``stack_apikeys.teams``, all of it in SQL."""

from collections.abc import Iterable
from typing import Any, cast

from django.apps import apps
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet

from stack_apikeys.adapters import TeamAdapter
from stack_apikeys.conf import conf
from stack_apikeys.teams import permissions
from stack_apikeys.teams.models import AbstractTeam, TeamMembership, TeamPermission


class DefaultTeamAdapter(TeamAdapter):
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
        return cast(AbstractTeam, team).display_name

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


def _teams() -> QuerySet[Any]:
    teams: QuerySet[Any] = apps.get_model(conf.team_model)._default_manager.all()
    return teams


def _grants(team: Model, permission_id: str) -> QuerySet[TeamPermission]:
    """All that was granted in ``team`` and allows the permission."""
    return TeamPermission.objects.filter(
        membership__team=team.pk, permission_id__in=permissions.containing(permission_id)
    )
