"""The two kinds of key: a user's and a team's, each in a table of its own."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from stack_apikeys import keys
from stack_apikeys.adapters import MANAGE_API_KEYS, get_team_adapter
from stack_apikeys.conf import conf
from stack_apikeys.exceptions import (
    ApiKeyNotFound,
    NotOwnApiKeys,
    TeamNotFound,
    UserNotFound,
)
from stack_apikeys.models.abstract import AbstractApiKey
from stack_apikeys.models.managers import ApiKeyManager


class UserApiKey(AbstractApiKey):
    """A key that stands for a user."""

    KIND = "user"

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="api_keys",
        db_index=False,  # the index in Meta begins with it
        verbose_name=_("user"),
    )

    objects = ApiKeyManager["UserApiKey"]()

    class Meta(AbstractApiKey.Meta):
        verbose_name = _("user API key")
        verbose_name_plural = _("user API keys")
        indexes = [models.Index(fields=["user", "-created_at"], name="userapikey_owner_newest")]

    @classmethod
    def get_owner(cls, owner_id: Any) -> models.Model:
        """The user with this primary key; raises `UserNotFound`."""
        users = get_user_model()._default_manager
        try:
            return users.get(pk=owner_id)
        except (users.model.DoesNotExist, ValidationError, TypeError, ValueError):
            raise UserNotFound from None

    @classmethod
    def _get_owner_managed_by(cls, user: AbstractBaseUser, owner_id: Any) -> models.Model:
        if str(user.pk) != str(owner_id):
            raise NotOwnApiKeys
        return user


class TeamApiKey(AbstractApiKey):
    """A key that stands for a team, and outlives the membership of whoever made it."""

    KIND = "team"

    team = models.ForeignKey(
        conf.team_model,
        on_delete=models.CASCADE,
        related_name="api_keys",
        db_index=False,  # the index in Meta begins with it
        verbose_name=_("team"),
    )

    objects = ApiKeyManager["TeamApiKey"]()

    class Meta(AbstractApiKey.Meta):
        verbose_name = _("team API key")
        verbose_name_plural = _("team API keys")
        indexes = [models.Index(fields=["team", "-created_at"], name="teamapikey_owner_newest")]

    @classmethod
    def get_owner(cls, owner_id: Any) -> models.Model:
        """The team with this primary key; raises `TeamNotFound`."""
        team = get_team_adapter().get_team(owner_id)
        if team is None:
            raise TeamNotFound(team_id=str(owner_id))
        return team

    @classmethod
    def _get_owner_managed_by(cls, user: AbstractBaseUser, owner_id: Any) -> models.Model:
        adapter = get_team_adapter()
        team = adapter.get_team(owner_id)
        if team is None or not adapter.has_permission(user, team, MANAGE_API_KEYS):
            raise ApiKeyNotFound
        return team

    @classmethod
    def teams_managed_by(cls, user: AbstractBaseUser) -> Iterable[models.Model]:
        """The teams whose keys ``user`` may see and manage, oldest first."""
        return get_team_adapter().teams_with_permission(user, MANAGE_API_KEYS)


MODELS: dict[keys.Kind, type[UserApiKey] | type[TeamApiKey]] = {
    "user": UserApiKey,
    "team": TeamApiKey,
}
"""The table that a key's type names."""
