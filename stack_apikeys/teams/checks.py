"""System checks of what the settings say about teams, roles and permissions."""

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from django.apps import apps
from django.core.checks import CheckMessage, Error, Warning  # noqa: A004  # Django's own name
from django.utils.module_loading import import_string

from stack_apikeys.adapters import MANAGE_API_KEYS
from stack_apikeys.conf import DEFAULT_TEAM_MODEL, conf, is_well_typed
from stack_apikeys.teams import permissions
from stack_apikeys.teams.adapter import DefaultTeamAdapter
from stack_apikeys.teams.models import AbstractTeam


def check_permissions(**_kwargs: Any) -> list[CheckMessage]:
    """Check the roles, then what members are granted by them."""
    if not is_well_typed("TEAM_ROLES", "TEAM_CREATOR_PERMISSIONS", "TEAM_MEMBER_PERMISSIONS"):
        return []  # the main app's check tells
    return list(_check_roles()) or list(_check_granted()) or list(_check_members())


def _check_roles() -> Iterator[CheckMessage]:
    roles: Mapping[Any, Any] = conf.TEAM_ROLES
    for role, contents in roles.items():
        if not isinstance(role, str) or not role or role.startswith("$"):
            yield Error(
                f"STACK_APIKEYS['TEAM_ROLES'] has a role {role!r}.",
                hint="A role's name is a string, and only the permissions built in begin with $.",
                id="stack_apikeys_teams.E001",
            )
        elif not isinstance(contents, list | tuple) or not all(
            isinstance(each, str) for each in contents
        ):
            yield Error(
                f"STACK_APIKEYS['TEAM_ROLES'][{role!r}] is not a list of strings.",
                id="stack_apikeys_teams.E001",
            )
        else:
            for each in contents:
                # Without a dollar sign it is a permission of the host's own.
                if each.startswith("$") and each not in permissions.SYSTEM_PERMISSIONS:
                    yield Error(
                        f"STACK_APIKEYS['TEAM_ROLES'][{role!r}] has no permission {each!r} to give.",
                        hint=_nearest(each, permissions.SYSTEM_PERMISSIONS),
                        id="stack_apikeys_teams.E002",
                    )


def _check_granted() -> Iterator[CheckMessage]:
    grantable = permissions.known()
    for name in ("TEAM_CREATOR_PERMISSIONS", "TEAM_MEMBER_PERMISSIONS"):
        for each in getattr(conf, name):
            if each not in grantable:
                yield Error(
                    f"STACK_APIKEYS[{name!r}] has {each!r}, which is no permission and no role.",
                    hint=_nearest(str(each), grantable),
                    id="stack_apikeys_teams.E003",
                )


def _nearest(name: str, known: Sequence[str]) -> str:
    close = get_close_matches(name, known, n=1)
    return f"Did you mean {close[0]!r}?" if close else f"There are {', '.join(known)}."


def _check_members() -> Iterator[CheckMessage]:
    if MANAGE_API_KEYS in permissions.contained_in(conf.TEAM_MEMBER_PERMISSIONS):
        yield Warning(
            "STACK_APIKEYS['TEAM_MEMBER_PERMISSIONS'] lets every member of a team manage the "
            "team's keys.",
            hint=f"Grant {MANAGE_API_KEYS} to single members, by itself or in a role.",
            id="stack_apikeys_teams.W001",
        )


def check_team_model(**_kwargs: Any) -> list[CheckMessage]:
    """Check that adapter and team model are made for each other."""
    if not is_well_typed("TEAM_ADAPTER"):
        return []  # the main app's check tells
    try:
        adapter, team = import_string(conf.TEAM_ADAPTER), apps.get_model(conf.team_model)
    except (ImportError, RuntimeError, LookupError, ValueError):
        return []  # this too
    is_ours = isinstance(adapter, type) and issubclass(adapter, DefaultTeamAdapter)
    if is_ours and not issubclass(team, AbstractTeam):
        return [
            Error(
                f"The team model {conf.team_model!r} has no adapter: DefaultTeamAdapter knows "
                "teams that are made from AbstractTeam only.",
                hint="Name a subclass of stack_apikeys.adapters.TeamAdapter in "
                "STACK_APIKEYS['TEAM_ADAPTER'].",
                id="stack_apikeys_teams.E004",
            )
        ]
    if not is_ours and conf.team_model != DEFAULT_TEAM_MODEL:
        return [
            Warning(
                "stack_apikeys.teams is installed, but the settings name another team model and "
                "another adapter, so its tables stay empty.",
                hint="Take 'stack_apikeys.teams' out of INSTALLED_APPS.",
                id="stack_apikeys_teams.W002",
            )
        ]
    return []
