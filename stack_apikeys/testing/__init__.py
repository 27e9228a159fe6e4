"""Helpers for the tests of a project that uses this app; `pytest_plugin` has them as fixtures.

Import this module from tests only, once Django is set up.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, TypedDict

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Model
from django.http.request import HttpHeaders

from stack_apikeys.conf import conf
from stack_apikeys.models import TeamApiKey, UserApiKey

if TYPE_CHECKING:
    from rest_framework.test import APIClient

UserApiKeyCreator = Callable[..., tuple[UserApiKey, str]]
"""The type of the fixture ``user_api_key``."""

TeamApiKeyCreator = Callable[..., tuple[TeamApiKey, str]]
"""The type of the fixture ``team_api_key``."""

ApiClientCreator = Callable[[str], "APIClient"]
"""The type of the fixture ``api_client_with_key``."""


class RequestOptions(TypedDict):
    """Keyword arguments for Django's and DRF's test clients and request factories."""

    headers: dict[str, str]
    secure: Literal[True]


def create_user_api_key(user: AbstractBaseUser, **fields: Any) -> tuple[UserApiKey, str]:
    """Create a key for the user, and return it with its value.

    ``fields`` are the keyword arguments of ``create_key``, such as ``expires_at``.
    """
    return UserApiKey.objects.create_key(user=user, **fields)


def create_team_api_key(team: Model, **fields: Any) -> tuple[TeamApiKey, str]:
    """Create a key for the team, and return it with its value.

    ``fields`` are the keyword arguments of ``create_key``, such as ``expires_at``.
    """
    return TeamApiKey.objects.create_key(team=team, **fields)


def with_api_key(value: str) -> RequestOptions:
    """Return the keyword arguments that make a request carry this key over HTTPS.

    They work with ``Client``, ``RequestFactory``, ``APIClient``, ``APIRequestFactory`` and the
    asynchronous ones: ``rf.get("/invoices", **with_api_key(value))``. The key is sent in the first
    header of ``STACK_APIKEYS["HEADERS"]``.
    """
    header, text = _header(value)
    return {"headers": {header: text}, "secure": True}


def api_client_with_key(value: str) -> "APIClient":
    """Return an ``APIClient`` of DRF whose requests all carry this key over HTTPS."""
    # This import reads Django's settings.
    from rest_framework.test import APIClient

    header, text = _header(value)
    client = APIClient()
    client.credentials(
        **{
            HttpHeaders.to_wsgi_name(header): text,
            "wsgi.url_scheme": "https",  # these two are what ``secure=True`` sets
            "SERVER_PORT": "443",
        }
    )
    return client


def _header(value: str) -> tuple[str, str]:
    header = conf.HEADERS[0]
    return header, f"Bearer {value}" if header.lower() == "authorization" else value
