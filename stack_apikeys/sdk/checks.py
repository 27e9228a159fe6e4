"""System checks of the settings for this app."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.checks import CheckMessage, Error, Warning  # noqa: A004  # Django's own name
from django.db.models import UUIDField

from stack_apikeys._database.primary_keys import primary_key_field
from stack_apikeys.conf import conf, is_well_typed
from stack_apikeys.sdk.sessions.tokens import signing_keys
from stack_apikeys.sdk.users.links import is_origin

MIDDLEWARE = "stack_apikeys.sdk.middleware.SdkCookiesMiddleware"
AUTHENTICATION = "django.contrib.auth.middleware.AuthenticationMiddleware"

SHORTEST_LIFETIME, LONGEST_LIFETIME = timedelta(minutes=1), timedelta(minutes=10)
"""The lifetimes of an access token that the official SDK accepts (wire contract, section 4.1)."""

# Checks of the main app report settings of the wrong type, so these checks skip them.


def check_access_tokens(**_kwargs: Any) -> list[CheckMessage]:
    """Check the signing keys of access tokens, and the lifetimes of access tokens and sessions."""
    return [*_check_keys(), *_check_lifetimes()]


def _check_keys() -> Iterator[CheckMessage]:
    if not is_well_typed("ACCESS_TOKEN_KEYS") or not conf.ACCESS_TOKEN_KEYS:
        return
    try:
        signing_keys()
    except (ValueError, TypeError, AttributeError):
        # The exception is not shown, because its message may contain the key.
        yield Error(
            "STACK_APIKEYS['ACCESS_TOKEN_KEYS'] must contain only P-256 private keys in PEM "
            "format without a passphrase.",
            hint="Create a key with: openssl ecparam -name prime256v1 -genkey -noout",
            id="stack_apikeys_sdk.E001",
        )


def _check_lifetimes() -> Iterator[CheckMessage]:
    if not is_well_typed("ACCESS_TOKEN_LIFETIME", "SESSION_LIFETIME"):
        return
    if not SHORTEST_LIFETIME <= conf.ACCESS_TOKEN_LIFETIME <= LONGEST_LIFETIME:
        yield Error(
            "STACK_APIKEYS['ACCESS_TOKEN_LIFETIME'] must be between 1 and 10 minutes.",
            hint="The official SDK rejects access tokens with a short lifetime. Other services "
            "accept an access token until it expires, even if the user has signed out.",
            id="stack_apikeys_sdk.E002",
        )
    if conf.SESSION_LIFETIME <= conf.ACCESS_TOKEN_LIFETIME:
        yield Error(
            "STACK_APIKEYS['SESSION_LIFETIME'] must be longer than 'ACCESS_TOKEN_LIFETIME'.",
            id="stack_apikeys_sdk.E003",
        )


def check_middleware(**_kwargs: Any) -> list[CheckMessage]:
    """Check that ``MIDDLEWARE`` contains what ``SDK_COOKIES`` requires, in the right order."""
    if not is_well_typed("SDK_COOKIES") or not conf.SDK_COOKIES:
        return []
    middleware = list(settings.MIDDLEWARE)
    if MIDDLEWARE in middleware and AUTHENTICATION in middleware[: middleware.index(MIDDLEWARE)]:
        return []
    return [
        Error(
            f"STACK_APIKEYS['SDK_COOKIES'] requires {MIDDLEWARE!r} in MIDDLEWARE, after "
            f"{AUTHENTICATION!r}.",
            id="stack_apikeys_sdk.E004",
        )
    ]


def check_sign_up(**_kwargs: Any) -> list[CheckMessage]:
    """Check that an e-mail address and a password are enough to create a user."""
    if not is_well_typed("ALLOW_SIGN_UP") or not conf.ALLOW_SIGN_UP:
        return []
    model = get_user_model()
    if not hasattr(model._default_manager, "create_user"):
        reason = "its manager has no method create_user"
    elif missing := sorted(
        {*model.REQUIRED_FIELDS} - {model.USERNAME_FIELD, model.get_email_field_name()}
    ):
        reason = f"it requires {', '.join(missing)}"
    else:
        return []
    return [
        Error(
            "STACK_APIKEYS['ALLOW_SIGN_UP'] is True, but the user model cannot be created from an "
            f"e-mail address and a password: {reason}.",
            hint="Set ALLOW_SIGN_UP to False and create users with a form of your own.",
            id="stack_apikeys_sdk.E005",
        )
    ]


def check_team_ids(**_kwargs: Any) -> list[CheckMessage]:
    """Check that the official SDK can find teams by their ids."""
    try:
        model = apps.get_model(conf.team_model)
    except (LookupError, ValueError):
        return []  # a check of the main app reports it
    if isinstance(primary_key_field(model), UUIDField):
        return []
    return [
        Warning(
            f"The primary key of the team model {conf.team_model!r} is not a UUID.",
            hint="The official SDK finds a team by its id, or by one of its keys, only if the id "
            "is a version 4 UUID in lower case. The HTTP API itself accepts any id.",
            id="stack_apikeys_sdk.W001",
        )
    ]


def check_trusted_origins(**_kwargs: Any) -> list[CheckMessage]:
    """Check that every item of ``TRUSTED_ORIGINS`` is an origin."""
    if not is_well_typed("TRUSTED_ORIGINS"):
        return []
    return [
        Error(
            f"STACK_APIKEYS['TRUSTED_ORIGINS'] contains {origin!r}, which is not an origin.",
            hint="An origin consists of a scheme, a host and an optional port, such as "
            '"https://app.example.com".',
            id="stack_apikeys_sdk.E006",
        )
        for origin in conf.TRUSTED_ORIGINS
        if not is_origin(origin)
    ]
