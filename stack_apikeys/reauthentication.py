"""Whether the person at the browser has proved lately who they are.

What counts is the sign-in to this very session. ``User.last_login`` would not do: the owner's next
sign-in anywhere would make a stolen session recent.
"""

import time
from typing import Any

from django.contrib.auth import authenticate
from django.http import HttpRequest

from stack_apikeys.conf import conf

SESSION_KEY = "stack_apikeys_signed_in_at"
"""Where the session holds the moment of its sign-in, in whole seconds since 1970."""


def remember_sign_in(request: HttpRequest | None, **_kwargs: Any) -> None:
    """Note the moment; receives Django's signal ``user_logged_in``."""
    if request is not None and hasattr(request, "session"):
        request.session[SESSION_KEY] = int(time.time())


def is_due(request: HttpRequest) -> bool:
    """Whether the password is to be asked for: see ``REAUTHENTICATE_AFTER_SECONDS``.

    A session that does not say when it began counts as old.
    """
    limit = conf.REAUTHENTICATE_AFTER_SECONDS
    if limit is None:
        return False
    signed_in_at = request.session.get(SESSION_KEY)
    return signed_in_at is None or time.time() - signed_in_at >= limit


def confirm(request: HttpRequest, password: str) -> bool:
    """Whether this is the password of the person signed in; if so, the sign-in is recent again.

    Asks the authentication backends, as sign-in does, so that a host's lock-outs count this too.
    """
    user = authenticate(request, username=request.user.get_username(), password=password)
    if user is None or user.pk != request.user.pk:
        return False
    remember_sign_in(request)
    return True
