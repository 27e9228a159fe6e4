"""All that the app asks about the host's teams.

A host with teams of its own names its model in ``STACK_APIKEYS_TEAM_MODEL`` and a subclass of
`TeamAdapter` in ``STACK_APIKEYS["TEAM_ADAPTER"]``.
"""

from abc import abstractmethod
from collections.abc import Iterable, Sequence
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


def get_team_adapter() -> TeamAdapter:
    """The adapter that ``STACK_APIKEYS["TEAM_ADAPTER"]`` names.

    Raises ImportError where that path leads nowhere; a system check says so earlier.
    """
    return cast(TeamAdapter, import_string(conf.TEAM_ADAPTER)())
