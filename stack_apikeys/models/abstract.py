"""A key as a row, and its life: renamed, revoked, expired."""

from datetime import datetime
from functools import partial
from typing import Any, ClassVar, Literal, Self, cast
from uuid import uuid4

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.core.exceptions import ValidationError
from django.db import models, router, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from stack_apikeys import keys, signals, timestamps, verification_cache
from stack_apikeys.conf import conf
from stack_apikeys.exceptions import (
    ApiKeyNotFound,
    ApiKeysNotEnabled,
    UserAuthenticationRequired,
)
from stack_apikeys.querysets import EXPIRES_SOON

REVOCATION = frozenset({"manually_revoked_at", "revoked_by", "revoked_reason"})
"""The columns that hold a revocation."""

WhyInvalid = Literal["manually-revoked", "expired"]
Status = Literal["valid", "revoked", "expired"]

STATUSES: dict[WhyInvalid | None, Status] = {
    None: "valid",
    "manually-revoked": "revoked",
    "expired": "expired",
}


def _clean(model: "type[AbstractApiKey] | AbstractApiKey", field: str, value: str) -> str:
    """The value as the field takes it; raises ValidationError."""
    cleaned: str = cast("models.CharField[str, str]", model._meta.get_field(field)).clean(
        value, None
    )
    return cleaned


def _clean_expiry(expires_at: object) -> datetime | None:
    if expires_at is None:
        return None
    if not isinstance(expires_at, datetime) or timezone.is_naive(expires_at):
        raise ValidationError({"expires_at": _("Give the moment with its time zone.")})
    return timestamps.to_the_millisecond(expires_at)


class AbstractApiKey(models.Model):
    """A key as it is stored: all but its value.

    Only the description changes in the life of a key. The revocation is written by `revoke` alone,
    so that no save of a row that was read earlier can undo it.
    """

    KIND: ClassVar[keys.Kind]
    """The kind, and the name of the field that holds the owner."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    description = models.CharField(
        _("description"),
        max_length=255,
        blank=True,
        help_text=_("What the key is for, such as Development, Production or CI/CD."),
    )
    digest = models.CharField(max_length=64, editable=False)
    pepper_id = models.PositiveIntegerField(null=True, editable=False)
    last_four = models.CharField(_("last four characters"), max_length=4, editable=False)
    is_public = models.BooleanField(
        _("public"),
        default=False,
        help_text=_("Meant for places that others can see, such as the code of a web page."),
    )
    created_at = models.DateTimeField(_("created"), default=timestamps.now, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("created by"),
    )
    expires_at = models.DateTimeField(
        _("expires"),
        null=True,
        blank=True,
        help_text=_("Leave empty for a key that never expires."),
    )
    manually_revoked_at = models.DateTimeField(_("revoked"), null=True, editable=False)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("revoked by"),
    )
    revoked_reason = models.CharField(
        _("reason of the revocation"), max_length=255, blank=True, editable=False
    )

    class Meta:
        abstract = True
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return f"{self.description} ({self.masked})" if self.description else self.masked

    @property
    def masked(self) -> str:
        """What may be shown of the key: its prefix and its last four characters."""
        return f"{'pk' if self.is_public else 'sk'}_…{self.last_four}"

    @property
    def owner(self) -> models.Model:
        """The user or the team that the key stands for."""
        owner: models.Model = getattr(self, self.KIND)
        return owner

    @property
    def owner_id(self) -> Any:
        """The owner's primary key, without a query."""
        return getattr(self, f"{self.KIND}_id")

    def why_invalid(self) -> WhyInvalid | None:
        """Why the key cannot be used, or None while it can. Revocation comes before expiry."""
        if self.manually_revoked_at is not None:
            return "manually-revoked"
        if self.expires_at is not None and self.expires_at <= timestamps.now():
            return "expired"
        return None

    @property
    def status(self) -> Status:
        """The state that a person is shown."""
        return STATUSES[self.why_invalid()]

    def is_valid(self) -> bool:
        """Whether the key is neither revoked nor expired."""
        return self.why_invalid() is None

    def expires_soon(self) -> bool:
        """Whether the key is valid now and will not be in `EXPIRES_SOON`."""
        return (
            self.is_valid()
            and self.expires_at is not None
            and self.expires_at <= timestamps.now() + EXPIRES_SOON
        )

    def rename(self, description: str) -> None:
        """Change the description, also of a key that is no longer valid.

        Raises ValidationError for one that is too long, and `ApiKeyNotFound` where the row was
        deleted in the meantime.
        """
        description = _clean(self, "description", description)
        rows = self._rows()
        if not rows.update(description=description):
            raise ApiKeyNotFound
        self._forget_verifications(using=rows.db)
        self.description = description

    async def arename(self, description: str) -> None:
        """Do what `rename` does, from asynchronous code."""
        await sync_to_async(self.rename)(description)

    def revoke(self, *, by: AbstractBaseUser | None = None, reason: str = "") -> None:
        """Revoke the key for ever. Revoking it again changes nothing.

        Raises ValidationError for a reason that is too long, and `ApiKeyNotFound` where the row
        was deleted in the meantime.
        """
        revocation = {
            "manually_revoked_at": timestamps.now(),
            "revoked_by": by,
            "revoked_reason": _clean(self, "revoked_reason", reason),
        }
        # One guarded UPDATE: of two at the same moment the database lets the first one stand.
        rows = self._rows()
        is_first = rows.filter(manually_revoked_at=None).update(**revocation)
        self._forget_verifications(using=rows.db)
        if not is_first:
            try:
                self.refresh_from_db(using=rows.db, fields=revocation)
            except type(self).DoesNotExist:
                raise ApiKeyNotFound from None
            return
        for name, value in revocation.items():
            setattr(self, name, value)
        transaction.on_commit(
            partial(signals.api_key_revoked.send_robust, sender=type(self), api_key=self),
            using=rows.db,
        )

    async def arevoke(self, *, by: AbstractBaseUser | None = None, reason: str = "") -> None:
        """Do what `revoke` does, from asynchronous code."""
        await sync_to_async(self.revoke)(by=by, reason=reason)

    def _rows(self) -> models.QuerySet[Self]:
        """This one row, in the database that is written to."""
        model = type(self)
        alias = router.db_for_write(model, instance=self)
        return model._base_manager.using(alias).filter(pk=self.pk)

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save the row; of one that exists already all but its revocation.

        Raises ValueError where ``update_fields`` names that: `revoke` writes it, once.
        """
        is_new = self._state.adding
        if not is_new:
            names = kwargs.get("update_fields")
            if names is None:
                deferred = self.get_deferred_fields()
                columns = [
                    column for column in self._meta.concrete_fields if not column.primary_key
                ]
                names = {column.name for column in columns if column.attname not in deferred}
                kwargs["update_fields"] = names - REVOCATION
            elif REVOCATION.intersection(names):
                raise ValueError("A revocation is written by revoke() alone.")
        super().save(*args, **kwargs)
        if not is_new:
            self._forget_verifications(using=cast(str, self._state.db))

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Delete the row; a revoked key that stays is its own history."""
        subject = type(self), self.pk
        numbers = super().delete(*args, **kwargs)
        verification_cache.forget(subject, using=cast(str, self._state.db))
        return numbers

    def _forget_verifications(self, *, using: str) -> None:
        verification_cache.forget((type(self), self.pk), using=using)

    @classmethod
    def clean_columns(
        cls,
        *,
        description: str,
        expires_at: datetime | None,
        created_by: AbstractBaseUser | None,
    ) -> dict[str, Any]:
        """What new keys have in common but for their owner; raises ValidationError."""
        return {
            "description": _clean(cls, "description", description),
            "created_at": timestamps.now(),
            "created_by_id": created_by and created_by.pk,
            "expires_at": _clean_expiry(expires_at),
        }

    @classmethod
    def owner_model(cls) -> type[models.Model]:
        """The model of those that the keys stand for."""
        return cast(type[models.Model], cls._meta.get_field(cls.KIND).related_model)

    @classmethod
    def require_enabled(cls) -> None:
        """Raise `ApiKeysNotEnabled` where the settings switch this kind of key off."""
        allowed = {"user": conf.ALLOW_USER_API_KEYS, "team": conf.ALLOW_TEAM_API_KEYS}
        if not allowed[cls.KIND]:
            raise ApiKeysNotEnabled(kind=cls.KIND.capitalize())

    @classmethod
    def get_owner(cls, owner_id: Any) -> models.Model:
        """The user or team with this primary key; raises `UserNotFound` or `TeamNotFound`."""
        raise NotImplementedError

    @classmethod
    def get_owner_managed_by(
        cls, user: AbstractBaseUser | AnonymousUser, owner_id: Any
    ) -> models.Model:
        """The user or team with this primary key, whose keys ``user`` may see and manage.

        This is the one place that says who may: a person their own keys, and a team's keys the
        members who hold ``$manage_api_keys`` in it. Raises `UserAuthenticationRequired`, also
        for a team that is the caller by its key. Then `NotOwnApiKeys` for users, and
        `ApiKeyNotFound` for teams, existing or not. Whether ``user`` came by a key of their own
        cannot be seen here: a door that lets people manage keys must not let keys in.
        """
        if not (isinstance(user, get_user_model()) and user.is_active):
            raise UserAuthenticationRequired
        return cls._get_owner_managed_by(user, owner_id)

    @classmethod
    def _get_owner_managed_by(cls, user: AbstractBaseUser, owner_id: Any) -> models.Model:
        raise NotImplementedError
