"""Factories of factory_boy for keys, for the tests of a project that uses this app.

Import this module from tests only, where factory_boy is installed.
"""

from typing import TYPE_CHECKING, Any, TypeVar

from factory.declarations import Sequence
from factory.django import DjangoModelFactory

from stack_apikeys.models import TeamApiKey, UserApiKey

if TYPE_CHECKING:

    class CreatedUserApiKey(UserApiKey):
        """What `UserApiKeyFactory` creates: a `UserApiKey` with its value."""

        value: str

    class CreatedTeamApiKey(TeamApiKey):
        """What `TeamApiKeyFactory` creates: a `TeamApiKey` with its value."""

        value: str


ApiKeyT = TypeVar("ApiKeyT")


class ApiKeyFactory(DjangoModelFactory[ApiKeyT]):
    """Creates keys as ``create_key`` does, whose keyword arguments it takes.

    The value is the attribute ``value`` of the new object. It is not stored: an object that was
    loaded from the database does not have the attribute.
    """

    class Meta:
        abstract = True

    description = Sequence("Key {}".format)  # type: ignore[no-untyped-call]  # factory_boy does not annotate it

    @classmethod
    def _create(cls, model_class: Any, *args: Any, **kwargs: Any) -> Any:
        if model_class.KIND not in kwargs:
            raise TypeError(f"{cls.__name__} requires the owner: pass {model_class.KIND}=…")
        api_key, value = model_class.objects.create_key(*args, **kwargs)
        api_key.value = value
        return api_key


class UserApiKeyFactory(ApiKeyFactory["CreatedUserApiKey"]):
    """Creates a key of a user: ``UserApiKeyFactory(user=user)``."""

    class Meta:
        model = UserApiKey


class TeamApiKeyFactory(ApiKeyFactory["CreatedTeamApiKey"]):
    """Creates a key of a team: ``TeamApiKeyFactory(team=team)``."""

    class Meta:
        model = TeamApiKey
