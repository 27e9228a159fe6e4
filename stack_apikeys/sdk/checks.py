"""System checks of what the settings say about sessions and access tokens."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.checks import CheckMessage, Error

from stack_apikeys.conf import conf, is_well_typed
from stack_apikeys.sdk.tokens import signing_keys

MIDDLEWARE = "stack_apikeys.sdk.middleware.SdkCookiesMiddleware"
AUTHENTICATION = "django.contrib.auth.middleware.AuthenticationMiddleware"

SHORTEST_LIFETIME, LONGEST_LIFETIME = timedelta(minutes=1), timedelta(minutes=10)
"""Of an access token, for the official SDK; section 4.1 of the wire contract."""


def check_settings(**_kwargs: Any) -> list[CheckMessage]:
    """Check the keys of access tokens, and how long tokens and sessions last."""
    return [*_check_keys(), *_check_lifetimes()]


def _check_keys() -> Iterator[CheckMessage]:
    if not is_well_typed("ACCESS_TOKEN_KEYS") or not conf.ACCESS_TOKEN_KEYS:
        return  # the main app's check tells, or Django's of SECRET_KEY
    try:
        signing_keys()
    except (ValueError, TypeError, AttributeError):
        # Not the error's own words: it may repeat the key.
        yield Error(
            "STACK_APIKEYS['ACCESS_TOKEN_KEYS'] has what is no private key on the curve P-256.",
            hint="openssl ecparam -name prime256v1 -genkey -noout makes one. Keys with a "
            "passphrase cannot be read.",
            id="stack_apikeys_sdk.E001",
        )


def _check_lifetimes() -> Iterator[CheckMessage]:
    if not is_well_typed("ACCESS_TOKEN_LIFETIME", "SESSION_LIFETIME"):
        return  # this too
    if not SHORTEST_LIFETIME <= conf.ACCESS_TOKEN_LIFETIME <= LONGEST_LIFETIME:
        yield Error(
            "STACK_APIKEYS['ACCESS_TOKEN_LIFETIME'] is not between 1 and 10 minutes.",
            hint="The official SDK refuses tokens that are short of life, and other services "
            "learn of a sign-out only when a token expires.",
            id="stack_apikeys_sdk.E002",
        )
    if conf.SESSION_LIFETIME <= conf.ACCESS_TOKEN_LIFETIME:
        yield Error(
            "STACK_APIKEYS['SESSION_LIFETIME'] is not longer than 'ACCESS_TOKEN_LIFETIME'.",
            id="stack_apikeys_sdk.E003",
        )


def check_middleware(**_kwargs: Any) -> list[CheckMessage]:
    """Check that somebody sets the cookies of ``SDK_COOKIES``, and knows who is signed in."""
    if not is_well_typed("SDK_COOKIES") or not conf.SDK_COOKIES:
        return []
    middleware = list(settings.MIDDLEWARE)
    if MIDDLEWARE in middleware and AUTHENTICATION in middleware[: middleware.index(MIDDLEWARE)]:
        return []
    return [
        Error(
            f"STACK_APIKEYS['SDK_COOKIES'] is on, and MIDDLEWARE has no {MIDDLEWARE!r} behind "
            f"{AUTHENTICATION!r}.",
            id="stack_apikeys_sdk.E004",
        )
    ]


def check_sign_up(**_kwargs: Any) -> list[CheckMessage]:
    """Check that an account can be made from an address and a password."""
    if not is_well_typed("ALLOW_SIGN_UP") or not conf.ALLOW_SIGN_UP:
        return []
    model = get_user_model()
    known = {model.USERNAME_FIELD, model.get_email_field_name()}
    further = sorted(set(model.REQUIRED_FIELDS) - known)
    if not further and hasattr(model._default_manager, "create_user"):
        return []
    return [
        Error(
            "STACK_APIKEYS['ALLOW_SIGN_UP'] is on, and an account takes more than address and "
            f"password: {', '.join(further) or 'the manager has no create_user'}.",
            hint="Switch it off, and make accounts by a form of your own.",
            id="stack_apikeys_sdk.E005",
        )
    ]
