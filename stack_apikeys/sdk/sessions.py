"""What a client of the official SDKs holds of a session: access token, refresh token, and both."""

from typing import Any
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.http import HttpRequest
from django.urls import reverse
from django.views.decorators.debug import sensitive_variables

from stack_apikeys import timestamps
from stack_apikeys.conf import conf
from stack_apikeys.sdk import tokens
from stack_apikeys.sdk.exceptions import RefreshTokenNotFoundOrExpired
from stack_apikeys.sdk.models import Session
from stack_apikeys.sdk.users import Account

JWKS_PATH = "/.well-known/jwks.json"


@sensitive_variables("token")
def read_access_token(request: HttpRequest, token: str) -> AbstractBaseUser:
    """Whom the token stands for; ``request.stack_session`` becomes the session.

    One query, for session and user together, which is why a token ends with its session. Raises
    what `tokens.read` raises, and `AccessTokenExpired` for a session that has ended.
    """
    claims = tokens.read(token)
    try:
        session = Session.objects.get_live(UUID(claims["refresh_token_id"]))
    except Session.DoesNotExist:
        raise tokens.expired(claims) from None
    request.stack_session = session  # type: ignore[attr-defined]  # ours, on Django's request
    return session.user


def current_session(request: HttpRequest) -> Session | None:
    """The session whose access token the request carries, if it carries one."""
    return getattr(request, "stack_session", None)


def issue_access_token(request: HttpRequest, session: Session) -> str:
    """A new access token, with all claims that the official SDK's schema asks for."""
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


@sensitive_variables("refresh_token")
def sign_in(request: HttpRequest, user: AbstractBaseUser) -> dict[str, Any]:
    """Start a session, and answer what the client is to keep of it.

    Django's own signal of a sign-in is sent, for what the host does then.
    """
    session, refresh_token = Session.objects.start(user)
    user_logged_in.send(sender=type(user), request=request, user=user)
    return {
        "access_token": issue_access_token(request, session),
        "refresh_token": refresh_token,
        "user_id": str(user.pk),
    }


def sign_out(request: HttpRequest, session_id: str) -> None:
    """End this one session. Raises `RefreshTokenNotFoundOrExpired` where it has ended before."""
    session = Session.objects.select_related("user").filter(pk=session_id).first()
    if session is None:
        raise RefreshTokenNotFoundOrExpired
    session.delete()
    user_logged_out.send(sender=type(session.user), request=request, user=session.user)


def _issuer(request: HttpRequest) -> str:
    """The address of the project, below which its public keys are."""
    jwks = reverse("stack_apikeys_sdk:jwks", kwargs={"project_id": conf.PROJECT_ID})
    return request.build_absolute_uri(jwks.removesuffix(JWKS_PATH))
