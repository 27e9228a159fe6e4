"""How recent a sign-in is, and the check of a user's password.

The time of the sign-in belongs to the session of the request. ``User.last_login`` is not used,
because the user's next sign-in on another device would make a stolen session recent.
"""

import inspect
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, cast

from django.conf import settings
from django.contrib import auth
from django.contrib.auth.models import AbstractBaseUser
from django.db import router, transaction
from django.http import HttpRequest
from django.utils import timezone

from stack_apikeys._database import locks
from stack_apikeys.conf import conf
from stack_apikeys.exceptions import ReauthenticationRequired
from stack_apikeys.rights import SignIn
from stack_apikeys.secret import Secret

SESSION_KEY = "stack_apikeys_signed_in_at"
"""The session key for the time of the sign-in, in whole seconds since 1970."""


class DjangoSignIn:
    """The Django session of a request; implements `SignIn`."""

    def __init__(self, request: HttpRequest) -> None:
        session: Any = getattr(request, "session", {})
        self.session = session
        # A project may authenticate users without a session.
        self.is_by_session = auth.SESSION_KEY in session
        # A session that was created by this request is saved with the response.
        cookie = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
        self.is_stored = self.is_by_session and cookie == session.session_key
        self.is_ended = False

    @property
    def signed_in_at(self) -> float | None:
        """The time of the last `mark_recent`."""
        signed_in_at: float | None = self.session.get(SESSION_KEY)
        return signed_in_at

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Lock the session's row if sessions are stored in the database."""
        model = getattr(self.session, "model", None)
        if not self.is_stored or model is None:
            yield
            return
        using = router.db_for_write(model)
        with transaction.atomic(using=using):
            rows = model._base_manager.using(using).filter(session_key=self.session.session_key)
            self.is_ended = not locks.lock(rows.filter(expire_date__gt=timezone.now()))
            yield

    def is_live(self, user: AbstractBaseUser) -> bool:
        """Return whether the stored session is valid for ``user`` and their current password."""
        if not self.is_stored:
            return not self.is_by_session or _is_of(self.session, user)
        if self.is_ended:
            return False
        return _is_of(type(self.session)(self.session.session_key).load(), user)


def sign_in_of(request: HttpRequest) -> SignIn:
    """Return the sign-in of the request: of an access token, or of Django's session."""
    sign_in: SignIn | None = getattr(request, "stack_sign_in", None)
    return DjangoSignIn(request) if sign_in is None else sign_in


def remember_sign_in(request: HttpRequest | None, user: Any, **_kwargs: Any) -> None:
    """Record the time of the sign-in; a receiver of ``user_logged_in``.

    Third-party apps also send this signal for users who have not signed in to the session of the
    request. Those are ignored.
    """
    session: Any = getattr(request, "session", None)
    if session is not None and session.get(auth.SESSION_KEY) == _session_id(user):
        mark_recent(cast(HttpRequest, request))


def mark_recent(request: HttpRequest) -> None:
    """Record in the session of ``request`` that the user has just confirmed who they are.

    Call it in the view that `Policy.confirmation_url` leads to.
    """
    request.session[SESSION_KEY] = int(time.time())


def is_due(sign_in: SignIn) -> bool:
    """Return whether the sign-in is older than ``REAUTHENTICATE_AFTER_SECONDS``.

    A sign-in at an unknown time counts as old.
    """
    limit = conf.REAUTHENTICATE_AFTER_SECONDS
    if limit is None:
        return False
    signed_in_at = sign_in.signed_in_at
    return signed_in_at is None or time.time() - signed_in_at >= limit


def require_recent(sign_in: SignIn) -> None:
    """Raise `ReauthenticationRequired` if `is_due`."""
    if is_due(sign_in):
        raise ReauthenticationRequired


def authenticate(
    request: HttpRequest, *, username: str, email: str, password: Secret
) -> AbstractBaseUser | None:
    """Return the user that Django's `authenticate` finds for a username or an e-mail address.

    The name of the keyword argument depends on the backend: ``username``, the user model's
    ``USERNAME_FIELD`` or ``email``. Each backend is tried once, so that it counts one failure.
    """
    tried: set[type] = set()
    model = auth.get_user_model()
    names: Mapping[str, str] = {
        "username": username,
        model.USERNAME_FIELD: username,
        "email": email,
    }
    for name, value in names.items():
        accepting = {
            type(backend)
            for backend in auth.get_backends()
            if _accepts(backend, request, {name: value})
        }
        if value and accepting - tried:
            user = auth.authenticate(request, **{name: value}, password=password.reveal())
            if user is not None:
                return user
        tried |= accepting
    return None


def _accepts(backend: Any, request: HttpRequest, names: Mapping[str, str]) -> bool:
    try:
        inspect.signature(backend.authenticate).bind(request, **names, password=None)
    except TypeError:
        return False
    return True


def _is_of(session: Any, user: AbstractBaseUser) -> bool:
    """Return whether Django's ``get_user`` would accept the session for ``user``."""
    if session.get(auth.SESSION_KEY) != _session_id(user):
        return False
    hashes = [user.get_session_auth_hash(), *user.get_session_auth_fallback_hash()]
    return session.get(auth.HASH_SESSION_KEY) in hashes


def _session_id(user: Any) -> str:
    """Return the user's primary key as Django stores it in the session."""
    return user._meta.pk.value_to_string(user)  # type: ignore[no-any-return]
