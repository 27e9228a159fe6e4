"""The adapter through which this app reads, and optionally changes, the project's teams.

A project with its own team model names the model in ``STACK_APIKEYS_TEAM_MODEL``, and a subclass
of `TeamAdapter` in ``STACK_APIKEYS["TEAM_ADAPTER"]``.
"""

import functools
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Generic, TypeVar, cast

from django.apps import apps
from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Model, QuerySet
from django.utils.module_loading import import_string

from stack_apikeys._database.locks import lock as lock_rows
from stack_apikeys._database.primary_keys import parse_primary_key
from stack_apikeys.conf import conf

__all__ = [
    "MANAGE_API_KEYS",
    "EditableTeamAdapter",
    "TeamAdapter",
    "find_team",
    "get_team_adapter",
    "lock_rows",
]

MANAGE_API_KEYS = "$manage_api_keys"
"""The permission that a member needs to see and manage a team's keys."""

TeamT = TypeVar("TeamT", bound=Model)
UserT = TypeVar("UserT", bound=AbstractBaseUser)


class TeamAdapter(ABC, Generic[TeamT, UserT]):
    """Answers this app's questions about teams and their members.

    Subclass it as ``TeamAdapter[Organization, User]``, or as plain ``TeamAdapter`` in a project
    without type annotations, and define every abstract method. All methods except `may_act` may
    query the database. When a key is being created or changed, ``team`` was read from the database
    that is written to; in a project with replicas, `has_permission` should read from
    ``team._state.db``.
    """

    search_fields: Sequence[str] = ()
    """Lookups on the team model by which Django admin searches for a team's keys, beside the fields
    of the team's name."""

    @abstractmethod
    def get_team(self, team_id: Any) -> TeamT | None:
        """Return the team with this primary key, or None, also if the value is malformed."""

    @abstractmethod
    def teams_of(self, user: UserT) -> QuerySet[TeamT]:
        """Return the teams that ``user`` is a member of, oldest first."""

    @abstractmethod
    def is_member(self, user: UserT, team: TeamT) -> bool:
        """Return True if ``user`` is a member of ``team``."""

    @abstractmethod
    def has_permission(self, user: UserT, team: TeamT, permission_id: str) -> bool:
        """Return True if ``user`` has the permission in ``team``, directly or through a role."""

    @abstractmethod
    def users_with_permission(self, team: TeamT, permission_id: str) -> QuerySet[UserT]:
        """Return the members of ``team`` who have the permission, directly or through a role."""

    @abstractmethod
    def display_name(self, team: TeamT) -> str:
        """Return the name of the team that is shown to people."""

    def may_act(self, team: TeamT) -> bool:
        """Return True if the team's keys can be used and new ones can be created.

        Called each time a key of the team is verified, so it must be fast. By default, returns
        ``team.is_active``, or True if teams have no such attribute.
        """
        return bool(getattr(team, "is_active", True))

    def lock_rights(self, user: UserT, team: TeamT) -> None:
        """Lock the rows that `has_permission` reads, until the current transaction ends.

        Called before `has_permission` when ``user`` is about to create, rename or revoke a key of
        ``team``. A concurrent transaction that removes the permission then either prevents the
        change or waits for it. Use `lock_rows`, which works on every database. By default, locks
        nothing.
        """

    def teams_with_permission(self, user: UserT, permission_id: str) -> Iterable[TeamT]:
        """Return the teams in which ``user`` has the permission, oldest first.

        By default, calls `has_permission` for each of the user's teams. Override it if one query
        can do the same.
        """
        teams = self.teams_of(user)
        return [team for team in teams if self.has_permission(user, team, permission_id)]

    def members_among(self, team: TeamT, users: Iterable[UserT]) -> set[Any]:
        """Return the primary keys of those of ``users`` who are members of ``team``.

        By default, calls `is_member` for each user. Override it if one query can do the same.
        """
        return {user.pk for user in users if self.is_member(user, team)}


class EditableTeamAdapter(TeamAdapter[TeamT, UserT]):
    """A `TeamAdapter` that also changes teams, for the official SDKs (``stack_apikeys.sdk``).

    With a plain `TeamAdapter`, the SDKs can read teams; requests that change them are refused with
    the error code ``TEAMS_MANAGED_ELSEWHERE``.
    """

    @abstractmethod
    def all_teams(self) -> QuerySet[TeamT]:
        """Return every team, oldest first."""

    @abstractmethod
    def members_of(self, team: TeamT) -> QuerySet[UserT]:
        """Return the members of ``team``."""

    @abstractmethod
    def permissions_of(self, user: UserT, team: TeamT, *, recursive: bool) -> Sequence[str]:
        """Return the ids of the permissions and roles that ``user`` was granted in ``team``.

        With ``recursive``, the permissions that those roles contain are included.
        """

    @abstractmethod
    def create_team(self, *, creator: UserT | None, fields: Mapping[str, Any]) -> TeamT:
        """Create a team in which ``creator`` is a member with ``$manage_api_keys``.

        ``fields`` holds ``display_name`` and possibly other fields of the HTTP API's team object.
        Raises ValidationError, by field, for invalid values.
        """

    @abstractmethod
    def update_team(self, team: TeamT, fields: Mapping[str, Any]) -> None:
        """Change these fields of the HTTP API's team object. Raises as `create_team` does."""

    @abstractmethod
    def add_member(self, team: TeamT, user: UserT) -> None:
        """Make ``user`` a member. Raises `TeamMembershipAlreadyExists`."""

    @abstractmethod
    def remove_member(self, team: TeamT, user: UserT) -> None:
        """Remove a member. Raises `TeamMembershipNotFound`."""

    @abstractmethod
    def grant(self, team: TeamT, user: UserT, permission_id: str) -> None:
        """Grant a member a permission or a role.

        Raises `TeamMembershipNotFound` or `PermissionNotFound`.
        """

    @abstractmethod
    def revoke_permission(self, team: TeamT, user: UserT, permission_id: str) -> None:
        """Revoke a permission or a role. Raises `TeamPermissionNotFound`."""


def find_team(team_id: object) -> Model | None:
    """Return the team with this primary key, or None, also if no team can have such a key."""
    primary_key = parse_primary_key(apps.get_model(conf.team_model), team_id)
    return None if primary_key is None else get_team_adapter().get_team(primary_key)


def get_team_adapter() -> TeamAdapter[Any, Any]:
    """Return an instance of the class that ``STACK_APIKEYS["TEAM_ADAPTER"]`` names.

    Raises ImportError if it cannot be imported, which the system check E014 reports.
    """
    return _adapter_class(conf.TEAM_ADAPTER)()


@functools.cache
def _adapter_class(path: str) -> type[TeamAdapter[Any, Any]]:
    return cast(type[TeamAdapter[Any, Any]], import_string(path))
