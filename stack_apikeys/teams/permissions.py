"""Permissions in teams, and roles, which contain permissions and other roles.

Both are granted by their id. The roles are defined in the settings. The database only stores which
ids were granted to which members.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from stack_apikeys.adapters import MANAGE_API_KEYS
from stack_apikeys.conf import conf
from stack_apikeys.exceptions import PermissionNotFound

INVITE_MEMBERS = "$invite_members"

SYSTEM_PERMISSIONS = (
    "$update_team",
    "$delete_team",
    "$read_members",
    "$remove_members",
    INVITE_MEMBERS,
    MANAGE_API_KEYS,
)
"""The permissions that Stack Auth defines. Names of a project's own have no dollar sign."""

BUILT_IN_ROLES: Mapping[str, Sequence[str]] = {
    "team_admin": tuple(each for each in SYSTEM_PERMISSIONS if each != INVITE_MEMBERS),
    "team_member": ("$read_members",),
}
"""The roles that Stack Auth defines, without invitations, which this server does not send.
``TEAM_ROLES`` adds roles, and replaces those with the same name."""


def roles() -> dict[str, Sequence[str]]:
    """Return all roles, each with the ids that it contains directly."""
    return {**BUILT_IN_ROLES, **conf.TEAM_ROLES}


def known() -> list[str]:
    """Return all ids that can be granted: system permissions, then roles."""
    return [*SYSTEM_PERMISSIONS, *roles()]


def require_known(permission_ids: Iterable[str]) -> None:
    """Raise `PermissionNotFound` for the first id that cannot be granted."""
    grantable = set(known())
    for permission_id in permission_ids:
        if permission_id not in grantable:
            raise PermissionNotFound(permission_id=permission_id)


def contained_in(permission_ids: Iterable[str]) -> set[str]:
    """Return these ids and all ids that they contain, at any depth."""
    return _reachable(permission_ids, roles())


def containing(permission_id: str) -> set[str]:
    """Return this id and all roles that contain it, at any depth."""
    parents = defaultdict(list)
    for role, contents in roles().items():
        for content in contents:
            parents[content].append(role)
    return _reachable([permission_id], parents)


def _reachable(start: Iterable[str], edges: Mapping[str, Sequence[str]]) -> set[str]:
    reached: set[str] = set()
    ahead = list(start)
    while ahead:
        if (here := ahead.pop()) not in reached:  # ends cycles of roles
            reached.add(here)
            ahead.extend(edges.get(here, ()))
    return reached
