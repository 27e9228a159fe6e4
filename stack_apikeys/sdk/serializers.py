"""The requests' fields, and the user and team objects of section 6.2 of the wire contract."""

from typing import Any
from uuid import NAMESPACE_URL, uuid5

from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db.models import Model
from rest_framework import serializers

from stack_apikeys import pictures, timestamps
from stack_apikeys.adapters import get_team_adapter
from stack_apikeys.api.serializers import (
    REQUIRED,
    BooleanField,
    IdField,
    RequestPart,
    StringField,
    TeamIdField,
    UserIdField,
    ValueField,
)
from stack_apikeys.sdk.models import Session
from stack_apikeys.sdk.users import Account

LONGEST_SECRET = 4096
"""Characters; more are no password and no token, and take long to hash."""

DEEPEST_METADATA = 32
"""Levels of JSON. Deeper ones can be read in, and then not be written out again."""


# Fields ---------------------------------------------------------------------------------------


class SecretField(ValueField):
    """A password or a token; no error repeats it."""

    def to_internal_value(self, data: object) -> str:
        """Refuse what is too long to be one, and what cannot be encoded."""
        text = super().to_internal_value(data)
        if len(text) > LONGEST_SECRET:
            raise serializers.ValidationError(f"must be at most {LONGEST_SECRET} characters")
        if any("\ud800" <= character <= "\udfff" for character in text):
            raise serializers.ValidationError("must not contain surrogate characters")
        return text


class ImageUrlField(StringField):
    """Where a picture is, or a small picture itself. Nothing that a browser would run."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(allow_null=True, max_length=pictures.LONGEST, **kwargs)

    def to_internal_value(self, data: object) -> str:
        """Refuse all but web addresses and pictures of the usual kinds."""
        text = super().to_internal_value(data)
        try:
            pictures.validate_picture(text)
        except DjangoValidationError:
            raise serializers.ValidationError("must be a valid URL") from None
        return text


class MetadataField(serializers.Field[Any, Any, Any, Any]):
    """Any JSON that every database can store."""

    default_error_messages = REQUIRED

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(allow_null=True, **kwargs)

    def to_internal_value(self, data: object) -> object:
        """Refuse characters and numbers that not all databases know, and what is too deep."""
        self._look_through(data, DEEPEST_METADATA)
        return data

    def _look_through(self, value: object, levels: int) -> None:
        if levels == 0:
            raise serializers.ValidationError("is nested too deep")
        match value:
            case dict():
                for name, each in value.items():
                    self._look_through(name, levels - 1)
                    self._look_through(each, levels - 1)
            case list():
                for each in value:
                    self._look_through(each, levels - 1)
            case str():
                StringField().to_internal_value(value)
            case float() if value in (float("inf"), float("-inf")):
                raise serializers.ValidationError("contains a number that is too large")


# Signing up, signing in, sessions -------------------------------------------------------------


class SignInBody(RequestPart):
    """Who signs in."""

    email = StringField(max_length=320)
    password = SecretField()


class SignUpBody(SignInBody):
    """Who signs up. What is not about address and password is for services that we do not have."""

    verification_callback_url = StringField(required=False)
    bot_challenge_token = StringField(required=False)
    bot_challenge_phase = StringField(required=False)
    bot_challenge_unavailable = StringField(required=False)


class RefreshBody(RequestPart):
    """A refresh token and the project that it is for, in the words of RFC 6749, section 6."""

    grant_type = serializers.ChoiceField(
        ["refresh_token"],
        error_messages=REQUIRED
        | {"invalid_choice": "must be one of the following values: refresh_token"},
    )
    refresh_token = SecretField()
    client_id = StringField()
    client_secret = SecretField(required=False)
    scope = StringField(required=False, allow_blank=True)


class UpdatePasswordBody(RequestPart):
    """The password that was, and the one to be."""

    old_password = SecretField()
    new_password = SecretField()


class SetPasswordBody(RequestPart):
    """The first password."""

    password = SecretField()


class SessionParams(RequestPart):
    """The path of a session."""

    session_id = IdField(lambda: Session)


# Users ----------------------------------------------------------------------------------------


class UserQuery(RequestPart):
    """Whose."""

    user_id = UserIdField()


class OptionalUserQuery(RequestPart):
    """Whose, or nobody's in particular."""

    user_id = UserIdField(required=False)


class UserParams(RequestPart):
    """The same in the path."""

    user_id = UserIdField()


class UpdateUserBody(RequestPart):
    """What people may change of themselves."""

    display_name = StringField(required=False, allow_null=True, allow_blank=True, max_length=255)
    profile_image_url = ImageUrlField(required=False)
    client_metadata = MetadataField(required=False)
    selected_team_id = TeamIdField(required=False, allow_null=True)


class ServerUpdateUserBody(UpdateUserBody):
    """What backends may change of anybody."""

    client_read_only_metadata = MetadataField(required=False)
    server_metadata = MetadataField(required=False)


# Teams ----------------------------------------------------------------------------------------


class TeamParams(RequestPart):
    """The path of a team."""

    team_id = TeamIdField()


class InvitationsQuery(RequestPart):
    """To which team, or for whom."""

    team_id = TeamIdField(required=False)
    user_id = UserIdField(required=False)


class MemberProfilesQuery(RequestPart):
    """Of which team, and maybe of which member."""

    team_id = TeamIdField()
    user_id = UserIdField(required=False)


class MemberParams(TeamParams):
    """The path of a member."""

    user_id = UserIdField()


class PermissionParams(MemberParams):
    """The path of what a member was granted."""

    permission_id = StringField()


class PermissionListQuery(RequestPart):
    """Whose permissions, in which team."""

    user_id = UserIdField()
    team_id = TeamIdField(required=False)
    permission_id = StringField(required=False)
    recursive = BooleanField(required=False)


class TeamBody(RequestPart):
    """What members with ``$update_team`` may change of a team."""

    display_name = StringField(required=False, max_length=255)
    profile_image_url = ImageUrlField(required=False)
    client_metadata = MetadataField(required=False)


class ServerTeamBody(TeamBody):
    """What backends may change of any team."""

    client_read_only_metadata = MetadataField(required=False)
    server_metadata = MetadataField(required=False)


class CreateTeamBody(TeamBody):
    """A new team."""

    display_name = StringField(max_length=255)
    creator_user_id = UserIdField(required=False)


class ServerCreateTeamBody(CreateTeamBody, ServerTeamBody):
    """A new team, made by a backend."""


class MemberProfileBody(RequestPart):
    """How a member wants to be seen in the team."""

    display_name = StringField(required=False, allow_null=True, allow_blank=True, max_length=255)
    profile_image_url = ImageUrlField(required=False)


# Answers --------------------------------------------------------------------------------------


def serialize_list(items: list[dict[str, Any]]) -> dict[str, Any]:
    """A whole list: the official SDK cannot page, and takes what it gets for all there is."""
    return {"items": items, "is_paginated": False}


def serialize_user(user: AbstractBaseUser, *, for_server: bool) -> dict[str, Any]:
    """The user object of the wire; with what is not for clients, if it goes to a backend."""
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
            # The official SDK reads both numbers of every user.
            "risk_scores": {"sign_up": {"bot": 0, "free_trial_abuse": 0}},
        }
    return fields


def serialize_team(team: Model, *, for_server: bool) -> dict[str, Any]:
    """The team object of the wire. What the host's team has no attribute for is null."""
    fields: dict[str, Any] = {
        "id": str(team.pk),
        "display_name": get_team_adapter().display_name(team),
        "profile_image_url": getattr(team, "profile_image_url", None) or None,
        "client_metadata": getattr(team, "client_metadata", None),
        "client_read_only_metadata": getattr(team, "client_read_only_metadata", None),
    }
    if for_server:
        created_at = getattr(team, "created_at", None) or timestamps.EPOCH
        fields |= {
            "created_at_millis": timestamps.to_millis(created_at),
            "server_metadata": getattr(team, "server_metadata", None),
        }
    return fields


def serialize_session(session: Session, *, is_current: bool) -> dict[str, Any]:
    """The session object of the wire, as the list of active sessions shows it."""
    return {
        "id": str(session.pk),
        "user_id": str(session.user_id),
        "created_at": timestamps.to_millis(session.created_at),
        "last_used_at": timestamps.to_millis(session.last_used_at),
        "is_impersonation": False,
        "is_current_session": is_current,
    }


def serialize_contact_channel(user: AbstractBaseUser, email: str) -> dict[str, Any]:
    """The user's address, as the one way to reach them."""
    return {
        "id": str(uuid5(NAMESPACE_URL, f"mailto:{email}")),
        "user_id": str(user.pk),
        "type": "email",
        "value": email,
        "is_verified": Account(user).email_verified,
        "is_primary": True,
        "used_for_auth": user.has_usable_password(),
    }
