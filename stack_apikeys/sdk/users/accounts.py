"""What the endpoints read and write of a user, whatever the project's user model looks like.

A value for which the user model has a field of the same name is stored in that field, the others
in the user's `Profile`.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cached_property
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.db import models, router, transaction

from stack_apikeys import timestamps
from stack_apikeys.adapters import get_team_adapter
from stack_apikeys.exceptions import TeamMembershipNotFound
from stack_apikeys.sdk.users.models import Profile

EMAIL_VERIFIED = "email_verified"

USER_FIELDS: Mapping[str, tuple[type["models.Field[Any, Any]"], ...]] = {
    "display_name": (models.CharField, models.TextField),
    "profile_image_url": (models.CharField, models.TextField),
    "client_metadata": (models.JSONField,),
    "client_read_only_metadata": (models.JSONField,),
    "server_metadata": (models.JSONField,),
    EMAIL_VERIFIED: (models.BooleanField,),
}
"""The fields that the user model may define, with the types that can store their values."""


class Account:
    """A user, with everything that the user object of the wire contract contains.

    Reads the profile from the database when it is first needed, unless it is passed.
    """

    def __init__(self, user: AbstractBaseUser, profile: Profile | None = None) -> None:
        self.user = user
        if profile is not None:
            self.profile = profile

    @cached_property
    def profile(self) -> Profile:
        """The user's profile, which may not be saved yet."""
        return Profile.objects.filter(user=self.user.pk).first() or Profile(user_id=self.user.pk)

    def get(self, name: str) -> Any:
        """Return the value of one of `USER_FIELDS`, or None for an empty string."""
        row = self.user if _user_field(name) else self.profile
        value = getattr(row, name)
        return None if value == "" else value

    @property
    def display_name(self) -> str | None:
        """The display name, or the user model's ``get_full_name()``."""
        if name := self.get("display_name"):
            return str(name)
        get_full_name = getattr(self.user, "get_full_name", None)
        return (get_full_name() if get_full_name else "") or None

    @property
    def email(self) -> str | None:
        """The value of the user model's ``EMAIL_FIELD``."""
        return getattr(self.user, get_user_model().get_email_field_name(), None) or None

    @property
    def email_verified(self) -> bool:
        """The user model's ``email_verified``, or whether the profile has the current address."""
        if hasattr(self.user, EMAIL_VERIFIED):
            return bool(getattr(self.user, EMAIL_VERIFIED))
        return self.email is not None and self.email == self.profile.verified_email

    @property
    def can_verify_email(self) -> bool:
        """Whether `verify_email` works: if the user model has ``email_verified``, as a field."""
        return _user_field(EMAIL_VERIFIED) is not None or not hasattr(self.user, EMAIL_VERIFIED)

    def verify_email(self) -> bool:
        """Record that the user has verified the e-mail address.

        Returns False and changes nothing if the address has changed since the user was read.
        """
        email, field = self.email, _user_field(EMAIL_VERIFIED)
        with transaction.atomic(using=router.db_for_write(Profile)):
            if not lock_unless_changed(self.user, get_user_model().get_email_field_name(), email):
                return False
            if field is None:
                self._update_profile({"verified_email": email or ""})
            else:
                self._update_user({EMAIL_VERIFIED: field}, {EMAIL_VERIFIED: True})
        return True

    @property
    def signed_up_at(self) -> datetime:
        """The user model's ``date_joined``, or 1970 if it has no such field."""
        return getattr(self.user, "date_joined", None) or timestamps.EPOCH

    @cached_property
    def selected_team(self) -> models.Model | None:
        """The team that the user has selected, if the user is still a member of it."""
        if self.profile.selected_team_id is None:
            return None
        teams = get_team_adapter().teams_of(self.user)
        team: models.Model | None = teams.filter(pk=self.profile.selected_team_id).first()
        return team

    def update(self, values: Mapping[str, Any]) -> None:
        """Change the values of some of `USER_FIELDS`, or of ``selected_team_id``.

        Raises ValidationError with the names of the user model's fields that are not valid, and
        `TeamMembershipNotFound` if the user is not a member of the selected team. Nothing is
        changed then.
        """
        self._require_membership(values.get("selected_team_id"))
        user_fields = {name: field for name in values if (field := _user_field(name))}
        profile_values = {
            name: _without_null(Profile._meta.get_field(name), value)
            for name, value in values.items()
            if name not in user_fields
        }
        with transaction.atomic(using=router.db_for_write(Profile)):
            if user_fields:
                self._update_user(user_fields, values)
            if profile_values:
                self._update_profile(profile_values)
        self.__dict__.pop("selected_team", None)

    def _require_membership(self, team_id: Any) -> None:
        if team_id is None:
            return
        if not get_team_adapter().teams_of(self.user).filter(pk=team_id).exists():
            raise TeamMembershipNotFound(user_id=str(self.user.pk), team_id=str(team_id))

    def _update_profile(self, values: Mapping[str, Any]) -> None:
        self.profile, _created = Profile.objects.update_or_create(
            user_id=self.user.pk, defaults=values
        )

    def _update_user(
        self, fields: "Mapping[str, models.Field[Any, Any]]", values: Mapping[str, Any]
    ) -> None:
        errors: dict[str, ValidationError] = {}
        for name, field in fields.items():
            try:
                value = field.clean(_without_null(field, values[name]), self.user)
            except ValidationError as error:
                errors[name] = error
            else:
                setattr(self.user, name, value)
        if errors:
            raise ValidationError(errors)
        self.user.save(update_fields=list(fields))


def get_accounts(users: Iterable[AbstractBaseUser]) -> list[Account]:
    """Return the accounts of these users, reading their profiles in one query."""
    users = list(users)
    profiles = Profile.objects.in_bulk([user.pk for user in users])
    return [Account(user, profiles.get(user.pk) or Profile(user_id=user.pk)) for user in users]


def lock_unless_changed(user: AbstractBaseUser, field_name: str, value: object) -> bool:
    """Lock the user's row until the transaction ends, and return True, if the field has this value.

    Returns False otherwise.
    """
    # An UPDATE takes the lock, because SQLite has no SELECT FOR UPDATE. It is a query on the model
    # that defines the field: with multi-table inheritance, Django would run a SELECT first.
    model = user._meta.get_field(field_name).model
    rows = model._base_manager.filter(
        pk=getattr(user, model._meta.pk.attname), **{field_name: value}
    )
    return bool(rows.update(**{field_name: value}))


def _user_field(name: str) -> "models.Field[Any, Any] | None":
    """Return the user model's field of this name if it can store the value."""
    types = USER_FIELDS.get(name, ())
    fields = (field for field in get_user_model()._meta.fields if field.name == name)
    return next((field for field in fields if isinstance(field, types)), None)


def _without_null(field: Any, value: Any) -> Any:
    """Return an empty string for None if the field is for text and is not nullable."""
    return "" if value is None and not field.null and field.empty_strings_allowed else value
