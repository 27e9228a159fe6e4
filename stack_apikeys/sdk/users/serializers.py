"""The fields of requests about users, and the user object in responses."""

from typing import Any
from uuid import NAMESPACE_URL, uuid5

from django.contrib.auth.models import AbstractBaseUser

from stack_apikeys import timestamps
from stack_apikeys.sdk.fields import CallbackUrlField, ImageUrlField, MetadataField, SecretField
from stack_apikeys.sdk.sessions.serializers import SignInBody
from stack_apikeys.sdk.teams.serializers import serialize_team
from stack_apikeys.sdk.users.accounts import Account
from stack_apikeys.wire.fields import BooleanField, StringField, TeamIdField, UserIdField
from stack_apikeys.wire.validation import RequestPart


class UserQuery(RequestPart):
    """A query that names a user."""

    user_id = UserIdField()


class OptionalUserQuery(RequestPart):
    """A query that may name a user."""

    user_id = UserIdField(required=False)


class UserListQuery(OptionalUserQuery):
    """The query of a list whose further conditions do not matter, because it is always empty."""

    permission_id = StringField(required=False)
    provider_id = StringField(required=False)
    recursive = BooleanField(required=False)


class UserParams(RequestPart):
    """The path of a user."""

    user_id = UserIdField()


class UpdateUserBody(RequestPart):
    """The fields that users may change themselves."""

    display_name = StringField(required=False, allow_null=True, allow_blank=True, max_length=255)
    profile_image_url = ImageUrlField(required=False)
    client_metadata = MetadataField(required=False)
    selected_team_id = TeamIdField(required=False, allow_null=True)
    # The official component always offers multi-factor authentication. The view rejects it.
    totp_secret_base64 = SecretField(required=False, allow_null=True)


class ServerUpdateUserBody(UpdateUserBody):
    """The fields of a user that a server may change."""

    client_read_only_metadata = MetadataField(required=False)
    server_metadata = MetadataField(required=False)


# Passwords ------------------------------------------------------------------------------------


class SignUpBody(SignInBody):
    """The body of a sign-up. The fields other than address and password are ignored."""

    verification_callback_url = StringField(required=False)
    bot_challenge_token = StringField(required=False)
    bot_challenge_phase = StringField(required=False)
    bot_challenge_unavailable = StringField(required=False)


class UpdatePasswordBody(RequestPart):
    """The old and the new password."""

    old_password = SecretField()
    new_password = SecretField()


class SetPasswordBody(RequestPart):
    """The first password."""

    password = SecretField()


class CodeBody(RequestPart):
    """The code from the link in an e-mail."""

    code = SecretField()


class ResetPasswordBody(CodeBody):
    """The code and the new password."""

    password = SecretField()


# E-mail addresses -----------------------------------------------------------------------------


class ChannelParams(UserParams):
    """The path of a user's e-mail address."""

    channel_id = StringField()


class CallbackBody(RequestPart):
    """The page that the link in an e-mail opens."""

    callback_url = CallbackUrlField()


class EmailCallbackBody(CallbackBody):
    """The page that the link in an e-mail opens, and the address to send the e-mail to."""

    email = StringField(max_length=320)


# Responses ------------------------------------------------------------------------------------


def serialize_user(user: AbstractBaseUser, *, for_server: bool) -> dict[str, Any]:
    """Return the user object of the wire contract, with more fields for a server."""
    account = Account(user)
    team = account.selected_team
    signed_up_at_millis = timestamps.to_millis(account.signed_up_at)
    has_password = user.has_usable_password()
    fields: dict[str, Any] = {
        "id": str(user.pk),
        "primary_email": account.email,
        "primary_email_verified": account.email_verified,
        "display_name": account.display_name,
        "client_metadata": account.get("client_metadata"),
        "client_read_only_metadata": account.get("client_read_only_metadata"),
        "profile_image_url": account.get("profile_image_url"),
        "signed_up_at_millis": signed_up_at_millis,
        "has_password": has_password,
        "auth_with_email": has_password,
        "oauth_providers": [],
        "external_auth_providers": [],
        "selected_team_id": None if team is None else str(team.pk),
        "selected_team": None if team is None else serialize_team(team, for_server=for_server),
        "requires_totp_mfa": False,
        "otp_auth_enabled": False,
        "passkey_auth_enabled": False,
        "is_anonymous": False,
        "is_restricted": False,
        "restricted_reason": None,
        "restricted_by_admin": False,
        "restricted_by_admin_reason": None,
    }
    if for_server:
        last_login = user.last_login
        fields |= {
            "primary_email_auth_enabled": has_password,
            "server_metadata": account.get("server_metadata"),
            "last_active_at_millis": (
                timestamps.to_millis(last_login) if last_login else signed_up_at_millis
            ),
            "restricted_by_admin_private_details": None,
            "country_code": None,
            # The official SDK reads both scores of every user.
            "risk_scores": {"sign_up": {"bot": 0, "free_trial_abuse": 0}},
        }
    return fields


def contact_channel_id(email: str) -> str:
    """Return the contact channel's id, which changes with the address."""
    return str(uuid5(NAMESPACE_URL, f"mailto:{email}"))


def serialize_contact_channel(account: Account, email: str) -> dict[str, Any]:
    """Return the contact channel object of the wire contract for the account's address."""
    return {
        "id": contact_channel_id(email),
        "user_id": str(account.user.pk),
        "type": "email",
        "value": email,
        "is_verified": account.email_verified,
        "is_primary": True,
        # If this were False, the official component would offer to remove the address, and would
        # not offer to set a first password.
        "used_for_auth": True,
    }
