"""Users as the wire knows them, whatever the host's user model looks like.

What the host's model has a column for, under the wire's own name, is read from there and written
there. The rest is in our `Profile`.
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
from stack_apikeys.exceptions import TeamMembershipNotFound, UserNotFound
from stack_apikeys.sdk.models import Profile

COLUMNS: Mapping[str, tuple[type["models.Field[Any, Any]"], ...]] = {
    "display_name": (models.CharField, models.TextField),
    "profile_image_url": (models.CharField, models.TextField),
    "client_metadata": (models.JSONField,),
    "client_read_only_metadata": (models.JSONField,),
    "server_metadata": (models.JSONField,),
}
"""What a host's user model may have, and the fields that can hold it."""


def get_user(user_id: str) -> AbstractBaseUser:
    """The user with this primary key, switched off or not.

    Raises `UserNotFound`, also for a key of the wrong form: an application hands over what it
    found in its own URL.
    """
    model = get_user_model()
    try:
        user: AbstractBaseUser | None = model._default_manager.filter(pk=user_id).first()
    except (ValueError, ValidationError):
        user = None
    if user is None:
        raise UserNotFound
    return user


class Account:
    """A user with all that the wire says of them.

    It takes one query for the profile when that is needed, unless it is given.
    """

    def __init__(self, user: AbstractBaseUser, profile: Profile | None = None) -> None:
        self.user = user
        if profile is not None:
            self.profile = profile

    @cached_property
    def profile(self) -> Profile:
        """Our row, which may not be there yet."""
        return Profile.objects.filter(user=self.user.pk).first() or Profile(user_id=self.user.pk)

    def get(self, name: str) -> Any:
        """What the host's column or our profile has of `COLUMNS`; None for an empty text."""
        row = self.user if _column(name) else self.profile
        value = getattr(row, name)
        return None if value == "" else value

    @property
    def display_name(self) -> str | None:
        """What the person wants to be called, or what the host calls them."""
        if name := self.get("display_name"):
            return str(name)
        get_full_name = getattr(self.user, "get_full_name", None)
        return (get_full_name() if get_full_name else "") or None

    @property
    def email(self) -> str | None:
        """The address, from the column that the host's model says."""
        return getattr(self.user, get_user_model().get_email_field_name(), None) or None

    @property
    def email_verified(self) -> bool:
        """What the host's ``email_verified`` says. Django itself does not know, so: no."""
        return bool(getattr(self.user, "email_verified", False))

    @property
    def signed_up_at(self) -> datetime:
        """When the account was made; 1970 where the host does not record it."""
        return getattr(self.user, "date_joined", None) or timestamps.EPOCH

    @cached_property
    def selected_team(self) -> models.Model | None:
        """The team that the person looks at, for as long as they are a member."""
        if self.profile.selected_team_id is None:
            return None
        teams = get_team_adapter().teams_of(self.user)
        team: models.Model | None = teams.filter(pk=self.profile.selected_team_id).first()
        return team

    def update(self, fields: Mapping[str, Any]) -> None:
        """Change these of `COLUMNS`, and ``selected_team_id``: all of them or none.

        Raises ValidationError, which names the fields that the host's columns refuse, and
        `TeamMembershipNotFound` for a team that the user is not in.
        """
        team_id = fields.get("selected_team_id")
        if (
            team_id is not None
            and not get_team_adapter().teams_of(self.user).filter(pk=team_id).exists()
        ):
            raise TeamMembershipNotFound(user_id=str(self.user.pk), team_id=str(team_id))
        of_host = {name: column for name in fields if (column := _column(name))}
        of_profile = {
            name: _emptied(Profile._meta.get_field(name), value)
            for name, value in fields.items()
            if name not in of_host
        }
        with transaction.atomic(using=router.db_for_write(Profile)):
            if of_host:
                self._update_columns(of_host, fields)
            if of_profile:
                self.profile, _created = Profile.objects.update_or_create(
                    user_id=self.user.pk, defaults=of_profile
                )
        self.__dict__.pop("selected_team", None)

    def _update_columns(
        self, columns: "Mapping[str, models.Field[Any, Any]]", fields: Mapping[str, Any]
    ) -> None:
        mistakes: dict[str, ValidationError] = {}
        for name, column in columns.items():
            try:
                value = column.clean(_emptied(column, fields[name]), self.user)
            except ValidationError as error:
                mistakes[name] = error
            else:
                setattr(self.user, name, value)
        if mistakes:
            raise ValidationError(mistakes)
        self.user.save(update_fields=list(columns))


def accounts(users: Iterable[AbstractBaseUser]) -> list[Account]:
    """The accounts of these users, with one query for all profiles."""
    users = list(users)
    profiles = Profile.objects.in_bulk([user.pk for user in users])
    return [Account(user, profiles.get(user.pk) or Profile(user_id=user.pk)) for user in users]


def _column(name: str) -> "models.Field[Any, Any] | None":
    """The host's column of this name, if it has one that fits."""
    fits = COLUMNS.get(name, ())
    columns = (field for field in get_user_model()._meta.fields if field.name == name)
    return next((column for column in columns if isinstance(column, fits)), None)


def _emptied(column: Any, value: Any) -> Any:
    """Nothing, as the column writes it: columns of text mostly have no null."""
    return "" if value is None and not column.null and column.empty_strings_allowed else value
