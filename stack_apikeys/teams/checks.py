"""System checks of the settings for teams, roles and permissions."""

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
    """Check the roles, then the permissions that members are granted."""
    if not is_well_typed("TEAM_ROLES", "TEAM_CREATOR_PERMISSIONS", "TEAM_MEMBER_PERMISSIONS"):
        return []  # reported by stack_apikeys.E002
    return list(_check_roles()) or list(_check_granted()) or list(_check_members())


def _check_roles() -> Iterator[CheckMessage]:
    roles: Mapping[Any, Any] = conf.TEAM_ROLES
    for role, contents in roles.items():
        if not isinstance(role, str) or not role or role.startswith("$"):
            yield Error(
                f"STACK_APIKEYS['TEAM_ROLES'] has a role {role!r}.",
                hint="The name of a role is a string that does not begin with $.",
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
                # Without a dollar sign, it is the project's own permission.
                if each.startswith("$") and each not in permissions.SYSTEM_PERMISSIONS:
                    yield Error(
                        f"STACK_APIKEYS['TEAM_ROLES'][{role!r}] contains {each!r}, which is not a system permission.",
                        hint=_nearest(each, permissions.SYSTEM_PERMISSIONS),
                        id="stack_apikeys_teams.E002",
                    )


def _check_granted() -> Iterator[CheckMessage]:
    grantable = permissions.known()
    for name in ("TEAM_CREATOR_PERMISSIONS", "TEAM_MEMBER_PERMISSIONS"):
        for each in getattr(conf, name):
            if each not in grantable:
                yield Error(
                    f"STACK_APIKEYS[{name!r}] contains {each!r}, which is neither a permission nor a role.",
                    hint=_nearest(str(each), grantable),
                    id="stack_apikeys_teams.E003",
                )


def _nearest(name: str, known: Sequence[str]) -> str:
    close = get_close_matches(name, known, n=1)
    return f"Did you mean {close[0]!r}?" if close else f"Choose from {', '.join(known)}."


def _check_members() -> Iterator[CheckMessage]:
    if MANAGE_API_KEYS in permissions.contained_in(conf.TEAM_MEMBER_PERMISSIONS):
        yield Warning(
            "STACK_APIKEYS['TEAM_MEMBER_PERMISSIONS'] allows all members of a team to manage its "
            "keys.",
            hint=f"Grant {MANAGE_API_KEYS}, or a role that contains it, to individual members.",
            id="stack_apikeys_teams.W001",
        )


def check_team_model(**_kwargs: Any) -> list[CheckMessage]:
    """Check that the team adapter supports the team model."""
    if not is_well_typed("TEAM_ADAPTER"):
        return []  # reported by stack_apikeys.E002
    try:
        adapter, team = import_string(conf.TEAM_ADAPTER), apps.get_model(conf.team_model)
    except (ImportError, RuntimeError, LookupError, ValueError):
        return []  # reported by stack_apikeys.E012 and E014
    is_ours = isinstance(adapter, type) and issubclass(adapter, DefaultTeamAdapter)
    if is_ours and not issubclass(team, AbstractTeam):
        return [
            Error(
                f"DefaultTeamAdapter does not support the team model {conf.team_model!r}, which is "
                "not a subclass of AbstractTeam.",
                hint="Name a subclass of stack_apikeys.adapters.TeamAdapter in "
                "STACK_APIKEYS['TEAM_ADAPTER'].",
                id="stack_apikeys_teams.E004",
            )
        ]
    if not is_ours and conf.team_model != DEFAULT_TEAM_MODEL:
        return [
            Warning(
                "stack_apikeys.teams is installed but not used: the settings name another team "
                "model and another adapter.",
                hint="Remove 'stack_apikeys.teams' from INSTALLED_APPS.",
                id="stack_apikeys_teams.W002",
            )
        ]
    return []
