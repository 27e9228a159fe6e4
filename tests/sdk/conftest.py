"""Fixtures for the tests of the account server."""

import pytest
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed


@pytest.fixture
def sent():
    """Django's signals about sign-in that were sent, as (name, user or username)."""
    signals = []

    def logged_in(user, **_):
        signals.append(("in", user))

    def logged_out(user, **_):
        signals.append(("out", user))

    def failed(credentials, **_):
        signals.append(("failed", credentials["username"]))

    user_logged_in.connect(logged_in)
    user_logged_out.connect(logged_out)
    user_login_failed.connect(failed)
    yield signals
    user_logged_in.disconnect(logged_in)
    user_logged_out.disconnect(logged_out)
    user_login_failed.disconnect(failed)
