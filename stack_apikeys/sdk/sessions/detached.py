"""Call authentication backends and signal receivers without changing the Django session."""

import copy
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.contrib.messages.storage import default_storage
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest


class _UnsavedSession(SessionBase):
    """A session store that does not store anything."""

    def load(self) -> dict[str, Any]:
        return {}

    def exists(self, session_key: str) -> bool:
        return False

    def create(self) -> None:
        pass

    def save(self, must_create: bool = False) -> None:
        pass

    def delete(self, session_key: str | None = None) -> None:
        pass


def detached(request: HttpRequest, user: AbstractBaseUser | None = None) -> HttpRequest:
    """Return a copy of the request with an empty session and no messages.

    Signing in through the API must not sign the browser in to Django. What backends and receivers
    store in the session or in messages is discarded, so the response sets no cookie.
    """
    request = copy.copy(request)
    request.session = _UnsavedSession()
    request.user = user or AnonymousUser()  # type: ignore[assignment]  # django-stubs
    if hasattr(request, "_messages"):
        request._messages = default_storage(request)  # noqa: SLF001  # there is no public name
    return request
