"""The fields of requests about sessions, and the session object in responses."""

from typing import Any

from stack_apikeys import timestamps
from stack_apikeys.sdk.fields import OneOfField, SecretField
from stack_apikeys.sdk.sessions.models import Session
from stack_apikeys.wire.fields import IdField, StringField
from stack_apikeys.wire.validation import RequestPart


class SignInBody(RequestPart):
    """The body of a sign-in."""

    email = StringField(max_length=320)
    password = SecretField()


class RefreshBody(RequestPart):
    """The body of a refresh request (RFC 6749, section 6)."""

    grant_type = OneOfField(["refresh_token"])
    refresh_token = SecretField()
    client_id = StringField()
    client_secret = SecretField(required=False)
    scope = StringField(required=False, allow_blank=True)


class SessionParams(RequestPart):
    """The path of a session."""

    session_id = IdField(lambda: Session)


def serialize_session(session: Session, *, is_current: bool) -> dict[str, Any]:
    """Return the session object of the wire contract."""
    fields: dict[str, Any] = {
        "id": str(session.pk),
        "user_id": str(session.user_id),
        "created_at": timestamps.to_millis(session.created_at),
        "last_used_at": timestamps.to_millis(session.last_used_at),
        "is_impersonation": False,
        "is_current_session": is_current,
    }
    if session.last_address:
        fields["last_used_at_end_user_ip_info"] = {"ip": session.last_address}
    return fields
