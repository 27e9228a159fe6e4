"""Sign users in with an e-mail address and a password, and sign them out."""

from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.http import HttpRequest

from stack_apikeys import reauthentication
from stack_apikeys.policy import get_policy
from stack_apikeys.sdk.sessions.access import address_to_record, issue_access_token
from stack_apikeys.sdk.sessions.detached import detached
from stack_apikeys.sdk.sessions.exceptions import (
    EmailPasswordMismatch,
    RefreshTokenNotFoundOrExpired,
)
from stack_apikeys.sdk.sessions.models import Session
from stack_apikeys.sdk.users.lookup import find_account
from stack_apikeys.sdk.users.passwords import require_passwords_enabled
from stack_apikeys.secret import Secret
from stack_apikeys.sign_in_limits import SignInLimits


def authenticate(request: HttpRequest, *, email: str, password: Secret) -> AbstractBaseUser:
    """Return the user with this e-mail address or username, and this password.

    ``AUTHENTICATION_BACKENDS`` check the password. Raises `PasswordAuthenticationNotEnabled`,
    `LimitError` and `EmailPasswordMismatch`.
    """
    require_passwords_enabled()
    account = find_account(email)
    limits = SignInLimits(request, account, typed=email)
    limits.admit()
    user = reauthentication.authenticate(
        detached(request),
        username=email if account is None else account.get_username(),
        email=email,
        password=password,
    )
    if user is None or not get_policy().owner_may_act(user):
        raise EmailPasswordMismatch
    limits.succeeded()
    return user


def start_session(request: HttpRequest, user: AbstractBaseUser) -> dict[str, Any]:
    """Start a session and return its tokens, as the response of the endpoint.

    Sends Django's signal ``user_logged_in``.
    """
    session, refresh_token = Session.objects.start(user, address=address_to_record(request))
    user_logged_in.send(sender=type(user), request=detached(request, user), user=user)
    return {
        "access_token": issue_access_token(request, session).reveal(),
        "refresh_token": refresh_token.reveal(),
        "user_id": str(user.pk),
    }


def sign_out(request: HttpRequest, session_id: str) -> None:
    """End the session and send Django's signal ``user_logged_out``.

    Raises `RefreshTokenNotFoundOrExpired` if the session does not exist.
    """
    session = Session.objects.select_related("user").filter(pk=session_id).first()
    if session is None:
        raise RefreshTokenNotFoundOrExpired
    session.delete()
    user = session.user
    user_logged_out.send(sender=type(user), request=detached(request, user), user=user)
