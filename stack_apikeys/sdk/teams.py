"""The host's teams, as far as its `TeamAdapter` knows them."""

from collections.abc import Iterable
from typing import Any

from django.apps import apps
from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Model

from stack_apikeys.adapters import (
    MANAGE_API_KEYS,
    EditableTeamAdapter,
    get_team_adapter,
)
from stack_apikeys.conf import conf
from stack_apikeys.exceptions import TeamNotFound
from stack_apikeys.sdk.exceptions import NotOwnTeam, TeamPermissionRequired, TeamsManagedElsewhere


def get_team(team_id: Any) -> Model:
    """The team with this primary key. Raises `TeamNotFound`."""
    team = get_team_adapter().get_team(team_id)
    if team is None:
        raise TeamNotFound(team_id=str(team_id))
    return team


def get_team_of(user: AbstractBaseUser, team_id: Any) -> Model:
    """The team with this primary key that ``user`` is a member of. Raises `NotOwnTeam`."""
    team: Model | None = get_team_adapter().teams_of(user).filter(pk=team_id).first()
    if team is None:
        raise NotOwnTeam
    return team


def require_permission(user: AbstractBaseUser, team: Model, permission_id: str) -> None:
    """Raise `TeamPermissionRequired` unless ``user`` holds the permission in ``team``."""
    if not get_team_adapter().has_permission(user, team, permission_id):
        raise TeamPermissionRequired(
            team_id=str(team.pk), user_id=str(user.pk), permission_id=permission_id
        )


def get_editable_adapter() -> EditableTeamAdapter:
    """The host's adapter, if it can change teams. Raises `TeamsManagedElsewhere`."""
    adapter = get_team_adapter()
    if not isinstance(adapter, EditableTeamAdapter):
        raise TeamsManagedElsewhere
    return adapter


def all_teams() -> Iterable[Model]:
    """Every team, as the host orders them."""
    adapter = get_team_adapter()
    if isinstance(adapter, EditableTeamAdapter):
        return adapter.all_teams()
    teams: Iterable[Model] = apps.get_model(conf.team_model)._default_manager.all()
    return teams


def permissions_of(user: AbstractBaseUser, team: Model, *, recursive: bool) -> Iterable[str]:
    """The ids of what ``user`` may do in ``team``.

    Of a host's own teams all that is known is who manages keys.
    """
    adapter = get_team_adapter()
    if isinstance(adapter, EditableTeamAdapter):
        return adapter.permissions_of(user, team, recursive=recursive)
    return [MANAGE_API_KEYS] if adapter.has_permission(user, team, MANAGE_API_KEYS) else []
