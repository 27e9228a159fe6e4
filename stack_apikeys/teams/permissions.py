"""What a member may do in a team: permissions, and roles that contain permissions.

A role is granted as a permission is, by its id, and may contain further roles. Which roles there
are is read from the settings each time; the tables only hold what was granted to whom.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from stack_apikeys.adapters import MANAGE_API_KEYS
from stack_apikeys.conf import conf
from stack_apikeys.exceptions import PermissionNotFound

SYSTEM_PERMISSIONS = (
    "$update_team",
    "$delete_team",
    "$read_members",
    "$remove_members",
    "$invite_members",
    MANAGE_API_KEYS,
)
"""The permissions that the reference itself knows. Those of a host have no dollar sign."""

BUILT_IN_ROLES: Mapping[str, Sequence[str]] = {
    "team_admin": SYSTEM_PERMISSIONS,
    "team_member": ("$read_members", "$invite_members"),
}
"""The reference's roles; ``TEAM_ROLES`` adds to them, or takes their place by the same name."""


def roles() -> dict[str, Sequence[str]]:
    """Every role by name, with the ids that it contains directly."""
    return {**BUILT_IN_ROLES, **conf.TEAM_ROLES}


def known() -> list[str]:
    """All that can be granted: the system permissions, then the roles."""
    return [*SYSTEM_PERMISSIONS, *roles()]


def require_known(permission_ids: Iterable[str]) -> None:
    """Raise `PermissionNotFound` for the first id that is neither permission nor role."""
    grantable = set(known())
    for permission_id in permission_ids:
        if permission_id not in grantable:
            raise PermissionNotFound(permission_id=permission_id)


def contained_in(permission_ids: Iterable[str]) -> set[str]:
    """These ids and all that they contain, at any depth: what they allow."""
    return _reachable(permission_ids, roles())


def containing(permission_id: str) -> set[str]:
    """This id and every role that contains it, at any depth: what allows it."""
    parents = defaultdict(list)
    for role, contents in roles().items():
        for content in contents:
            parents[content].append(role)
    return _reachable([permission_id], parents)


def _reachable(start: Iterable[str], edges: Mapping[str, Sequence[str]]) -> set[str]:
    reached: set[str] = set()
    ahead = list(start)
    while ahead:
        if (here := ahead.pop()) not in reached:  # roles that contain each other end here
            reached.add(here)
            ahead.extend(edges.get(here, ()))
    return reached
