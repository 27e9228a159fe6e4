"""Issue the access tokens of sessions, and read them from requests."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.db import router, transaction
from django.http import HttpRequest
from django.urls import reverse

from stack_apikeys import timestamps
from stack_apikeys._database import locks
from stack_apikeys.client_address import client_address
from stack_apikeys.conf import conf
from stack_apikeys.sdk.sessions import tokens
from stack_apikeys.sdk.sessions.models import Session
from stack_apikeys.sdk.users.accounts import Account
from stack_apikeys.secret import Secret

LONGEST_ADDRESS = 64
"""The maximum number of characters of a network address in the database."""

JWKS_PATH = "/.well-known/jwks.json"


def read_access_token(request: HttpRequest, token: Secret) -> Session:
    """Return the session that the token was issued for, with its user.

    Runs one query, so a token is no longer valid once its session has ended. Raises the same
    exceptions as `tokens.read`, and `AccessTokenExpired` if the session has ended.
    """
    claims = tokens.read(token)
    try:
        session = Session.objects.get_live(UUID(claims["refresh_token_id"]))
    except Session.DoesNotExist:
        raise tokens.expired(claims) from None
    # stack_apikeys.reauthentication reads this attribute.
    request.stack_sign_in = SdkSignIn(session)  # type: ignore[attr-defined]
    return session


class SdkSignIn:
    """A session of the SDK. Implements `stack_apikeys.rights.SignIn`."""

    def __init__(self, session: Session) -> None:
        self.id = session.pk
        self.session: Session | None = session
        self.signed_in_at: float | None = session.created_at.timestamp()

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Lock the session's row."""
        alias = router.db_for_write(Session)
        with transaction.atomic(using=alias):
            rows = Session.objects.using(alias).filter(pk=self.id)
            self.session = next(iter(locks.lock(rows)), None)
            yield

    def is_live(self, user: AbstractBaseUser) -> bool:
        """Return whether the session exists, belongs to ``user`` and can still be used."""
        session = self.session
        if session is None or session.user_id != user.pk:
            return False
        session.user = cast(Any, user)
        return session.is_live()


def address_to_record(request: HttpRequest) -> str:
    """Return the network address, or "" if ``RECORD_SESSION_ADDRESSES`` is False."""
    return client_address(request)[:LONGEST_ADDRESS] if conf.RECORD_SESSION_ADDRESSES else ""


def refresh(request: HttpRequest, session: Session) -> Secret:
    """Record that the session was used, and return a new access token."""
    session.record_use(address_to_record(request))
    return issue_access_token(request, session)


def issue_access_token(request: HttpRequest, session: Session) -> Secret:
    """Return a new access token with the claims of section 4.1 of the wire contract."""
    account = Account(session.user)
    team = account.selected_team
    return tokens.sign(
        {
            "sub": str(session.user_id),
            "iss": _issuer(request),
            "aud": conf.PROJECT_ID,
            "project_id": conf.PROJECT_ID,
            "branch_id": "main",
            "refresh_token_id": str(session.pk),
            "role": "authenticated",
            "name": account.display_name,
            "email": account.email,
            "email_verified": account.email_verified,
            "selected_team_id": None if team is None else str(team.pk),
            "signed_up_at": timestamps.to_millis(account.signed_up_at) // 1000,
            "is_anonymous": False,
            "is_restricted": False,
            "restricted_reason": None,
            "requires_totp_mfa": False,
        }
    )


def _issuer(request: HttpRequest) -> str:
    """Return the project's URL, to which `JWKS_PATH` is relative."""
    jwks = reverse("stack_apikeys_sdk:jwks", kwargs={"project_id": conf.PROJECT_ID})
    return request.build_absolute_uri(jwks.removesuffix(JWKS_PATH))
