"""Read the project's teams through its team adapter."""

from collections.abc import Iterable
from typing import Any

from django.apps import apps
from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Model, Q, QuerySet

from stack_apikeys._database.primary_keys import parse_primary_key
from stack_apikeys.adapters import (
    MANAGE_API_KEYS,
    EditableTeamAdapter,
    find_team,
    get_team_adapter,
)
from stack_apikeys.conf import conf
from stack_apikeys.exceptions import TeamNotFound
from stack_apikeys.sdk.teams.exceptions import (
    NotOwnTeam,
    TeamPermissionRequired,
    TeamsManagedElsewhere,
)


def get_team(team_id: Any) -> Model:
    """Return the team with this primary key. Raises `TeamNotFound`."""
    team = find_team(team_id)
    if team is None:
        raise TeamNotFound(team_id=str(team_id))
    return team


def get_team_of(user: AbstractBaseUser, team_id: Any) -> Model:
    """Return the team with this primary key if ``user`` is a member. Raises `NotOwnTeam`."""
    team: Model | None = get_team_adapter().teams_of(user).filter(pk=team_id).first()
    if team is None:
        raise NotOwnTeam
    return team


def require_permission(user: AbstractBaseUser, team: Model, permission_id: str) -> None:
    """Raise `TeamPermissionRequired` if ``user`` does not have the permission in ``team``."""
    if not get_team_adapter().has_permission(user, team, permission_id):
        raise TeamPermissionRequired(
            team_id=str(team.pk), user_id=str(user.pk), permission_id=permission_id
        )


def get_editable_adapter() -> EditableTeamAdapter[Any, Any]:
    """Return the team adapter. Raises `TeamsManagedElsewhere` if it cannot change teams."""
    adapter = get_team_adapter()
    if not isinstance(adapter, EditableTeamAdapter):
        raise TeamsManagedElsewhere
    return adapter


def all_teams() -> QuerySet[Any]:
    """Return all teams."""
    adapter = get_team_adapter()
    if isinstance(adapter, EditableTeamAdapter):
        return adapter.all_teams()
    teams: QuerySet[Any] = apps.get_model(conf.team_model)._default_manager.all()
    return teams


def search(teams: QuerySet[Any], text: str) -> QuerySet[Any]:
    """Return the teams with this id, or with this text in one of the adapter's ``search_fields``."""
    lookups = [(f"{field}__icontains", text) for field in get_team_adapter().search_fields]
    condition = Q(*lookups, _connector=Q.OR)
    primary_key = parse_primary_key(teams.model, text)
    if primary_key is not None:
        condition |= Q(pk=primary_key)
    return teams.filter(condition) if condition else teams.none()


def permissions_of(user: AbstractBaseUser, team: Model, *, recursive: bool) -> Iterable[str]:
    """Return the ids of the permissions that ``user`` has in ``team``.

    An adapter that is not editable is only asked for ``$manage_api_keys``.
    """
    adapter = get_team_adapter()
    if isinstance(adapter, EditableTeamAdapter):
        return adapter.permissions_of(user, team, recursive=recursive)
    return [MANAGE_API_KEYS] if adapter.has_permission(user, team, MANAGE_API_KEYS) else []
