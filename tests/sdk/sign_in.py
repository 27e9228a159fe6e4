"""Requests and assertions about sign-in that several test modules use."""

from tests.factories import PASSWORD
from tests.wire import anyone, assert_known_error, refresh


def try_to_sign_in(email, password=PASSWORD):
    return anyone().post("/auth/password/sign-in", {"email": email, "password": password})


def assert_session_ended(refresh_token):
    assert_known_error(
        refresh(refresh_token),
        401,
        "REFRESH_TOKEN_NOT_FOUND_OR_EXPIRED",
        "Refresh token not found for this project, or the session has expired/been revoked.",
    )
