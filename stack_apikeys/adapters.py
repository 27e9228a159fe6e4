"""All that the app asks about the host's teams.

A host with teams of its own names its model in ``STACK_APIKEYS_TEAM_MODEL`` and a subclass of
`TeamAdapter` in ``STACK_APIKEYS["TEAM_ADAPTER"]``.
"""

from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Model, QuerySet
from django.utils.module_loading import import_string

from stack_apikeys.conf import conf

MANAGE_API_KEYS = "$manage_api_keys"
"""The permission that a person needs in a team to see and manage the team's keys."""


class TeamAdapter:
    """How the app learns about teams. Every method of a subclass may query the database.

    A subclass defines the abstract methods; a system check says which it lacks.

    ``search_fields`` are look-ups on the team model by which Django admin finds a team's keys.
    """

    search_fields: Sequence[str] = ()

    @abstractmethod
    def get_team(self, team_id: object) -> Model | None:
        """The team with this primary key, or None, also for a key of the wrong form."""
        raise NotImplementedError

    @abstractmethod
    def teams_of(self, user: AbstractBaseUser) -> QuerySet[Any]:
        """The teams that ``user`` is a member of, oldest first."""
        raise NotImplementedError

    @abstractmethod
    def is_member(self, user: AbstractBaseUser, team: Model) -> bool:
        """Whether ``user`` is a member of ``team``."""
        raise NotImplementedError

    @abstractmethod
    def has_permission(self, user: AbstractBaseUser, team: Model, permission_id: str) -> bool:
        """Whether ``user`` holds the permission in ``team``, directly or through a role."""
        raise NotImplementedError

    @abstractmethod
    def users_with_permission(self, team: Model, permission_id: str) -> QuerySet[Any]:
        """The members of ``team`` who hold the permission, directly or through a role."""
        raise NotImplementedError

    @abstractmethod
    def display_name(self, team: Model) -> str:
        """What people call the team."""
        raise NotImplementedError

    def teams_with_permission(self, user: AbstractBaseUser, permission_id: str) -> Iterable[Model]:
        """The teams in which ``user`` holds the permission, oldest first.

        Asks about one team of theirs after the other; override it where one query can tell.
        """
        teams = self.teams_of(user)
        return [team for team in teams if self.has_permission(user, team, permission_id)]

    def members_among(self, team: Model, users: Iterable[AbstractBaseUser]) -> set[Any]:
        """The primary keys of those of ``users`` who are members of ``team``.

        Asks about one after the other; override it where one query can tell.
        """
        return {user.pk for user in users if self.is_member(user, team)}


class EditableTeamAdapter(TeamAdapter):
    """An adapter that can also change teams, for the official SDKs of ``stack_apikeys.sdk``.

    Without it they find a host's teams as they are, and are told that these are managed elsewhere.
    """

    @abstractmethod
    def all_teams(self) -> QuerySet[Any]:
        """Every team, oldest first."""
        raise NotImplementedError

    @abstractmethod
    def members_of(self, team: Model) -> QuerySet[Any]:
        """The users who are members of ``team``."""
        raise NotImplementedError

    @abstractmethod
    def permissions_of(
        self, user: AbstractBaseUser, team: Model, *, recursive: bool
    ) -> Sequence[str]:
        """The ids of what ``user`` was granted in ``team``; ``recursive`` adds what these contain."""
        raise NotImplementedError

    @abstractmethod
    def create_team(self, *, creator: AbstractBaseUser | None, fields: Mapping[str, Any]) -> Model:
        """Make a team, with ``creator`` as a member who holds ``$manage_api_keys``.

        ``fields`` are ``display_name`` and maybe others of the wire's team object. Raises
        ValidationError, which names the fields that are wrong.
        """
        raise NotImplementedError

    @abstractmethod
    def update_team(self, team: Model, fields: Mapping[str, Any]) -> None:
        """Change these fields of the wire's team object. Raises as `create_team` does."""
        raise NotImplementedError

    @abstractmethod
    def add_member(self, team: Model, user: AbstractBaseUser) -> None:
        """Make ``user`` a member. Raises `TeamMembershipAlreadyExists`."""
        raise NotImplementedError

    @abstractmethod
    def remove_member(self, team: Model, user: AbstractBaseUser) -> None:
        """End the membership. Raises `TeamMembershipNotFound`."""
        raise NotImplementedError

    @abstractmethod
    def grant(self, team: Model, user: AbstractBaseUser, permission_id: str) -> None:
        """Grant a member a permission.

        Raises `TeamMembershipNotFound` and `PermissionNotFound`.
        """
        raise NotImplementedError

    @abstractmethod
    def revoke_permission(self, team: Model, user: AbstractBaseUser, permission_id: str) -> None:
        """Take a permission back. Raises `TeamPermissionNotFound`."""
        raise NotImplementedError


def get_team_adapter() -> TeamAdapter:
    """The adapter that ``STACK_APIKEYS["TEAM_ADAPTER"]`` names.

    Raises ImportError where that path leads nowhere; a system check says so earlier.
    """
    return cast(TeamAdapter, import_string(conf.TEAM_ADAPTER)())
