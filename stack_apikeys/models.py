"""Keys as rows, and their life: made, renamed, revoked, expired."""

from collections.abc import Iterable
from datetime import datetime
from functools import partial
from typing import Any, ClassVar, Literal, Self, TypeVar, cast
from uuid import UUID, uuid4

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.core.exceptions import ValidationError
from django.db import models, router, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables

from stack_apikeys import keys, signals, timestamps, verification_cache
from stack_apikeys.adapters import MANAGE_API_KEYS, get_team_adapter
from stack_apikeys.bulk_insert import insert_rows
from stack_apikeys.conf import conf
from stack_apikeys.exceptions import (
    ApiKeyNotFound,
    ApiKeysNotEnabled,
    NotOwnApiKeys,
    TeamNotFound,
    TooManyApiKeys,
    UserAuthenticationRequired,
    UserNotFound,
)
from stack_apikeys.querysets import EXPIRES_SOON, ApiKeyQuerySet

ApiKeyT = TypeVar("ApiKeyT", bound="AbstractApiKey")

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


_ManagerOfQuerySet = models.Manager.from_queryset(ApiKeyQuerySet)


class ApiKeyManager(_ManagerOfQuerySet[ApiKeyT]):
    """Makes keys. ``user.api_keys`` and ``team.api_keys`` are managers of this class too."""

    @sensitive_variables("value")
    def create_key(
        self,
        *,
        description: str = "",
        expires_at: datetime | None = None,
        is_public: bool = False,
        created_by: AbstractBaseUser | None = None,
        id: UUID | None = None,
        **owner: Any,
    ) -> tuple[ApiKeyT, str]:
        """Make a key; return its row and its value, which exists nowhere else and never again.

        ``owner`` is ``user=`` or ``team=``; ``user.api_keys`` fills it in. ``expires_at`` is cut
        to the millisecond. A caller that must not make a second key when it is repeated gives the
        ``id``; the repetition raises IntegrityError. Raises `ApiKeysNotEnabled`,
        `TooManyApiKeys`, and ValidationError for a description that is too long or an
        ``expires_at`` without a time zone.
        """
        model = self.model
        model.require_enabled()
        self.require_room(**owner)
        columns = model.clean_columns(
            description=description, expires_at=expires_at, created_by=created_by
        )
        value, issued = keys.issue(id=id or uuid4(), kind=model.KIND, is_public=is_public)
        api_key = model(**columns, **issued, **(owner or {model.KIND: self._its_owner}))
        api_key.save(force_insert=True, using=self._written_to)
        transaction.on_commit(
            partial(signals.api_key_created.send_robust, sender=model, api_key=api_key),
            using=api_key._state.db,
        )
        return api_key, value

    async def acreate_key(self, **fields: Any) -> tuple[ApiKeyT, str]:
        """Do what `create_key` does, from asynchronous code."""
        return await sync_to_async(self.create_key)(**fields)

    @sensitive_variables("value", "made")
    def bulk_create_keys(
        self,
        number: int,
        *,
        description: str = "",
        expires_at: datetime | None = None,
        is_public: bool = False,
        created_by: AbstractBaseUser | None = None,
        **owner: Any,
    ) -> list[tuple[ApiKeyT, str]]:
        """Make so many keys of one owner at once, all or none; return their rows and values.

        No signal is sent, as by Django's ``bulk_create``. The rest is as in `create_key`. For one
        key of each of many owners there is `stack_apikeys.bulk_import`.
        """
        model = self.model
        model.require_enabled()
        self.require_room(number, **owner)
        columns = model.clean_columns(
            description=description, expires_at=expires_at, created_by=created_by
        )
        owner = owner or {model.KIND: self._its_owner}
        using = self._written_to
        made = []
        rows = []
        for _number in range(number):
            value, issued = keys.issue(id=uuid4(), kind=model.KIND, is_public=is_public)
            api_key = model(**columns, **issued, **owner)
            api_key._state.adding = False
            api_key._state.db = using
            made.append((api_key, value))
            rows.append(issued)
        insert_rows(model, columns | owner, rows, using=using)
        return made

    async def abulk_create_keys(self, number: int, **fields: Any) -> list[tuple[ApiKeyT, str]]:
        """Do what `bulk_create_keys` does, from asynchronous code."""
        return await sync_to_async(self.bulk_create_keys)(number, **fields)

    @property
    def _its_owner(self) -> models.Model | None:
        """Whose related manager this is, if it is one."""
        instance: models.Model | None = getattr(self, "instance", None)
        return instance

    @property
    def _written_to(self) -> str:
        hints = {"instance": self._its_owner} if self._its_owner else {}
        return self._db or router.db_for_write(self.model, **hints)

    def require_room(self, number: int = 1, **owner: Any) -> None:
        """Raise `TooManyApiKeys` where so many more are more than the settings allow an owner."""
        limit = conf.MAX_VALID_KEYS_PER_OWNER
        if limit is None:
            return
        # A related manager filters by its owner already, and gets none here.
        if self.filter(**owner).valid()[:limit].count() + number > limit:
            raise TooManyApiKeys(limit=str(limit))


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


class UserApiKey(AbstractApiKey):
    """A key that stands for a user."""

    KIND = "user"

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="api_keys",
        db_index=False,  # the index in Meta begins with it
        verbose_name=_("user"),
    )

    objects = ApiKeyManager["UserApiKey"]()

    class Meta(AbstractApiKey.Meta):
        verbose_name = _("user API key")
        verbose_name_plural = _("user API keys")
        indexes = [models.Index(fields=["user", "-created_at"], name="userapikey_owner_newest")]

    @classmethod
    def get_owner(cls, owner_id: Any) -> models.Model:
        """The user with this primary key; raises `UserNotFound`."""
        users = get_user_model()._default_manager
        try:
            return users.get(pk=owner_id)
        except (users.model.DoesNotExist, ValidationError, TypeError, ValueError):
            raise UserNotFound from None

    @classmethod
    def _get_owner_managed_by(cls, user: AbstractBaseUser, owner_id: Any) -> models.Model:
        if str(user.pk) != str(owner_id):
            raise NotOwnApiKeys
        return user


class TeamApiKey(AbstractApiKey):
    """A key that stands for a team, and outlives the membership of whoever made it."""

    KIND = "team"

    team = models.ForeignKey(
        conf.team_model,
        on_delete=models.CASCADE,
        related_name="api_keys",
        db_index=False,  # the index in Meta begins with it
        verbose_name=_("team"),
    )

    objects = ApiKeyManager["TeamApiKey"]()

    class Meta(AbstractApiKey.Meta):
        verbose_name = _("team API key")
        verbose_name_plural = _("team API keys")
        indexes = [models.Index(fields=["team", "-created_at"], name="teamapikey_owner_newest")]

    @classmethod
    def get_owner(cls, owner_id: Any) -> models.Model:
        """The team with this primary key; raises `TeamNotFound`."""
        team = get_team_adapter().get_team(owner_id)
        if team is None:
            raise TeamNotFound(team_id=str(owner_id))
        return team

    @classmethod
    def _get_owner_managed_by(cls, user: AbstractBaseUser, owner_id: Any) -> models.Model:
        adapter = get_team_adapter()
        team = adapter.get_team(owner_id)
        if team is None or not adapter.has_permission(user, team, MANAGE_API_KEYS):
            raise ApiKeyNotFound
        return team

    @classmethod
    def teams_managed_by(cls, user: AbstractBaseUser) -> Iterable[models.Model]:
        """The teams whose keys ``user`` may see and manage, oldest first."""
        return get_team_adapter().teams_with_permission(user, MANAGE_API_KEYS)


MODELS: dict[keys.Kind, type[UserApiKey] | type[TeamApiKey]] = {
    "user": UserApiKey,
    "team": TeamApiKey,
}
"""The table that a key's type names."""
