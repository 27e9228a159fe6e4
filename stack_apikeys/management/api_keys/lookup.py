"""Finds the owners and the keys that arguments name."""

from collections.abc import Sequence
from typing import Any, TypeVar, cast

from django.contrib.auth import get_user_model
from django.core.management.base import CommandError
from django.db.models import CharField, Model, Q

from stack_apikeys._database.primary_keys import parse_primary_key
from stack_apikeys.adapters import get_team_adapter
from stack_apikeys.models import MODELS, ApiKey, ApiKeyModel, TeamApiKey, UserApiKey
from stack_apikeys.models.querysets import ApiKeyQuerySet, condition_for_name
from stack_apikeys.owner_names import fields_of_name

T = TypeVar("T")


def find_owner(options: dict[str, Any]) -> tuple[ApiKeyModel, dict[str, Any]]:
    """Return the model of keys, and the ``user`` or the ``team`` that the options name."""
    if options["team"] is not None:
        return TeamApiKey, {"team": _find_team(options["team"], options["database"])}
    return UserApiKey, {"user": _find_user(options["user"], options["database"])}


def find_api_keys(options: dict[str, Any]) -> list[ApiKeyQuerySet[Any]]:
    """Return the keys of the owner that the options name, or all keys, one queryset a model."""
    if options["user"] is None and options["team"] is None:
        return [model.objects.using(options["database"]) for model in MODELS.values()]
    model, owner = find_owner(options)
    return [model.objects.using(options["database"]).filter(**owner)]


def find_api_key(name: str, database: str | None) -> ApiKey:
    """Return the key with this id or masked form."""
    condition = cast(Q, condition_for_name(name))  # not None: `arguments.key_name` has checked it
    found = [
        each
        for model in MODELS.values()
        for each in model.objects.using(database).filter(condition)[:2]
    ]
    return _only(found, "key", f"the id or masked form “{name}”")


def _find_user(text: str, database: str | None) -> Model:
    users = get_user_model()._default_manager.using(database)
    conditions = _primary_key_is(users.model, text) | Q(**{users.model.USERNAME_FIELD: text})
    email = users.model.get_email_field_name()
    if email in {field.name for field in users.model._meta.fields}:
        conditions |= Q(**{f"{email}__iexact": text})
    found = list(users.filter(conditions)[:2])
    return _only(found, "user", "this e-mail address, user name or primary key")


def _find_team(text: str, database: str | None) -> Model:
    teams = TeamApiKey.owner_model()._default_manager.using(database)
    conditions = _primary_key_is(teams.model, text)
    names = {field.name for field in teams.model._meta.fields if isinstance(field, CharField)}
    for name in names & {*fields_of_name(teams.model), "slug"}:
        conditions |= Q(**{f"{name}__iexact": text})
    found = list(teams.filter(conditions)[:2])
    if database is None:  # The adapter may not count every row as a team.
        get_team = get_team_adapter().get_team
        found = [team for each in found if (team := get_team(each.pk)) is not None]
    return _only(found, "team", "this name, slug or primary key")


def _primary_key_is(model: type[Model], text: str) -> Q:
    primary_key = parse_primary_key(model, text)
    return Q(pk__in=[] if primary_key is None else [primary_key])


def _only(found: Sequence[T], what: str, name: str) -> T:
    if len(found) == 1:
        return found[0]
    if not found:
        raise CommandError(f"No {what} has {name}.")
    raise CommandError(f"More than one {what} has {name}. Name it by its primary key.")
