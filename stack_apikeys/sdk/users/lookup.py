"""Find users by the primary key, e-mail address or username in a request."""

from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Q, QuerySet

from stack_apikeys._database.primary_keys import parse_primary_key
from stack_apikeys.exceptions import UserNotFound


def get_user(user_id: object) -> AbstractBaseUser:
    """Return the user with this primary key, who need not be active.

    Raises `UserNotFound`, also for a value that is not a valid primary key, because applications
    pass values from their own URLs.
    """
    model = get_user_model()
    primary_key = parse_primary_key(model, user_id)
    user: AbstractBaseUser | None = (
        None if primary_key is None else model._default_manager.filter(pk=primary_key).first()
    )
    if user is None:
        raise UserNotFound
    return user


def find_account(text: str) -> AbstractBaseUser | None:
    """Return the user with this e-mail address or, if there is none, with this username.

    Ignores white space around the text, as Django's own form does. Ignores an address that several
    users share. Always runs the same queries, so that the response time does not reveal whether
    the user exists.
    """
    model = get_user_model()
    text = text.strip()
    with_address: list[AbstractBaseUser] = []
    if name_fields() != [model.USERNAME_FIELD]:
        lookup = {f"{model.get_email_field_name()}__iexact": text}
        with_address = list(model._default_manager.filter(**lookup)[:2])
    try:
        # The method that Django's ModelBackend calls, so that names compare in the same way.
        with_name: AbstractBaseUser | None = model._default_manager.get_by_natural_key(text)
    except (model.DoesNotExist, model.MultipleObjectsReturned):
        with_name = None
    return with_address[0] if len(with_address) == 1 else with_name


def users_named(email: str) -> QuerySet[Any]:
    """Return the users who have this e-mail address or username, ignoring case."""
    lookups = [(f"{field}__iexact", email) for field in name_fields()]
    users: QuerySet[Any] = get_user_model()._default_manager.filter(Q(*lookups, _connector=Q.OR))
    return users


def name_fields() -> list[str]:
    """Return the names of the user model's username and e-mail fields, which may be the same."""
    model = get_user_model()
    fields = {field.name for field in model._meta.fields}
    return sorted({model.USERNAME_FIELD, model.get_email_field_name()} & fields)
