"""The two models of API keys."""

from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import models
from django.utils.translation import gettext_lazy as _

from stack_apikeys import keys
from stack_apikeys._database.foreign_keys import YieldingForeignKey
from stack_apikeys._database.primary_keys import parse_primary_key
from stack_apikeys.adapters import find_team
from stack_apikeys.conf import conf
from stack_apikeys.exceptions import TeamNotFound, UserNotFound
from stack_apikeys.models.abstract import AbstractApiKey
from stack_apikeys.models.managers import ApiKeyManager


class UserApiKey(AbstractApiKey):
    """A key of a user. A request with this key is authenticated as the user."""

    KIND = "user"

    user = YieldingForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name=conf.related_name("UserApiKey.user"),
        db_index=False,  # an index in Meta begins with it
        verbose_name=_("user"),
    )

    objects = ApiKeyManager["UserApiKey"]()

    class Meta(AbstractApiKey.Meta):
        verbose_name = _("user API key")
        verbose_name_plural = _("user API keys")
        indexes = [
            *AbstractApiKey.Meta.indexes,
            models.Index(fields=["user", "-created_at"], name="userapikey_owner_newest"),
        ]
        permissions = [
            ("create_key_for_others", "Can create API keys for owners with more rights"),
        ]

    @classmethod
    def get_owner(cls, owner_id: Any) -> models.Model:
        """Return the user with this primary key. Raises `UserNotFound`."""
        users = get_user_model()._default_manager
        primary_key = parse_primary_key(users.model, owner_id)
        user = None if primary_key is None else users.filter(pk=primary_key).first()
        if user is None:
            raise cls.owner_not_found(owner_id)
        return user

    @classmethod
    def owner_not_found(cls, owner_id: Any) -> UserNotFound:  # noqa: ARG003  # for teams
        """Return the exception to raise if no user has this primary key."""
        return UserNotFound()


class TeamApiKey(AbstractApiKey):
    """A key of a team. It stays valid when the user who created it leaves the team."""

    KIND = "team"

    team = YieldingForeignKey(
        conf.team_model,
        on_delete=models.CASCADE,
        related_name=conf.related_name("TeamApiKey.team"),
        db_index=False,  # an index in Meta begins with it
        verbose_name=_("team"),
    )

    objects = ApiKeyManager["TeamApiKey"]()

    class Meta(AbstractApiKey.Meta):
        verbose_name = _("team API key")
        verbose_name_plural = _("team API keys")
        indexes = [
            *AbstractApiKey.Meta.indexes,
            models.Index(fields=["team", "-created_at"], name="teamapikey_owner_newest"),
        ]

    @classmethod
    def get_owner(cls, owner_id: Any) -> models.Model:
        """Return the team with this primary key. Raises `TeamNotFound`."""
        team = find_team(owner_id)
        if team is None:
            raise cls.owner_not_found(owner_id)
        return team

    @classmethod
    def owner_not_found(cls, owner_id: Any) -> TeamNotFound:
        """Return the exception to raise if no team has this primary key."""
        return TeamNotFound(team_id=str(owner_id))


ApiKey = UserApiKey | TeamApiKey
"""A key of either kind."""

ApiKeyModel = type[UserApiKey] | type[TeamApiKey]
"""The model of either kind of key."""

MODELS: dict[keys.Kind, ApiKeyModel] = {
    "user": UserApiKey,
    "team": TeamApiKey,
}
"""The model of each kind of key."""
