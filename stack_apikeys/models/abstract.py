"""The fields of an API key, and what can be done with it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, ClassVar, Self, cast
from uuid import uuid4

from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import models, router, transaction
from django.utils.translation import gettext_lazy as _

from stack_apikeys import keys, signals, timestamps
from stack_apikeys._asynchronous import run_in_thread
from stack_apikeys._database.conflicts import repeat_on_conflict
from stack_apikeys._database.insertion import insert_row
from stack_apikeys.bidi import isolate
from stack_apikeys.conf import conf
from stack_apikeys.exceptions import ApiKeyNotFound, ApiKeysNotEnabled, KnownError
from stack_apikeys.models import descriptions, references
from stack_apikeys.models.changes import alters_data, send_rows_changed
from stack_apikeys.models.fields import (
    MomentField,
    NetworksField,
    RatesField,
    ScopesField,
    clean_expiry,
    clean_list,
    clean_text,
)
from stack_apikeys.models.guards import REVOCATION_ATTRIBUTES
from stack_apikeys.models.rotation import RotatableModel
from stack_apikeys.models.scoped import ScopedModel
from stack_apikeys.models.states import EXPIRES_SOON, STATUSES, Status, WhyInvalid
from stack_apikeys.principal import TeamPrincipal


def _recorded(user: Any) -> Any:
    """Return the user to store as ``created_by`` or ``revoked_by``, or None for a team."""
    return None if isinstance(user, TeamPrincipal) else user


class AbstractApiKey(RotatableModel, ScopedModel):
    """The base class of `UserApiKey` and `TeamApiKey`. The value of a key is never stored.

    Of a key, only the description, the networks and the rates can be changed, by `rename`,
    `set_networks` and `set_rates`, and scopes can be taken away, by `narrow_scopes`. `rotate`
    replaces a key, and `revoke` is final.
    """

    KIND: ClassVar[keys.Kind]
    """The kind of key, which is also the name of the foreign key to the owner."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    description = models.CharField(
        _("description"),
        max_length=255,
        blank=True,
        help_text=_("What the key is for, such as Development, Production or CI/CD."),
    )
    digest = models.CharField(max_length=64, editable=False)
    pepper_id = models.PositiveIntegerField(null=True, editable=False)
    pepper_fingerprint = models.PositiveIntegerField(null=True, editable=False)
    last_four = models.CharField(_("last four characters"), max_length=4, editable=False)
    is_public = models.BooleanField(
        _("public"),
        default=False,
        help_text=_("Meant for places that others can see, such as the code of a web page."),
    )
    created_at = MomentField(_("created"), default=timestamps.now, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("created by"),
    )
    expires_at = MomentField(
        _("expires"),
        null=True,
        blank=True,
        help_text=_("Leave empty for a key that never expires."),
    )
    manually_revoked_at = MomentField(_("revoked"), null=True, editable=False)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("revoked by"),
    )
    revoked_reason = models.CharField(
        _("revocation reason"), max_length=255, blank=True, editable=False
    )
    rotated_from = models.OneToOneField(
        "self",
        # Constraints and SET_NULL would keep Django from deleting an owner's keys in one statement,
        # which also deletes a key that is created meanwhile. `delete` clears the links.
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        null=True,
        editable=False,
        related_name="successor",
        verbose_name=_("rotated from"),
    )
    scopes = ScopesField(
        _("scopes"),
        null=True,
        blank=True,
        help_text=_("What the key may do. Without a scope, it may do nothing."),
    )
    networks = NetworksField(
        _("networks"),
        null=True,
        blank=True,
        help_text=_(
            "Where the key can be used from, such as 192.0.2.0/24, 2001:db8::/32. Leave empty for "
            "anywhere."
        ),
    )
    rates = RatesField(
        _("rates"),
        null=True,
        blank=True,
        help_text=_(
            "How often the key may be used, such as 20/second, 1000/hour. Leave empty for the "
            "rates of the settings, or enter unlimited."
        ),
    )

    class Meta:
        abstract = True
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="%(class)s_newest"),
            # For the search and the filters of Django admin.
            models.Index(fields=["last_four"], name="%(class)s_last_four"),
            models.Index(fields=["expires_at"], name="%(class)s_expires"),
            models.Index(fields=["manually_revoked_at"], name="%(class)s_revoked"),
        ]
        constraints = [
            models.CheckConstraint(condition=~models.Q(digest=""), name="%(class)s_has_a_digest"),
            models.CheckConstraint(
                condition=models.Q(expires_at=None)
                | models.Q(expires_at__range=(timestamps.EARLIEST, timestamps.LATEST)),
                name="%(class)s_expires_in_range",
            ),
        ]

    def __str__(self) -> str:
        if not self.description:
            return self.masked
        # Plain letters cannot change the order of a sentence around them, and stay as they are.
        is_plain = self.description.isascii() and self.description.isprintable()
        description = self.description if is_plain else isolate(self.description)
        return f"{description} ({self.masked})"

    @property
    def masked(self) -> str:
        """The prefix and the last four characters of the key, which are safe to show."""
        return f"{'pk' if self.is_public else 'sk'}_…{self.last_four}"

    @property
    def owner(self) -> models.Model:
        """The user or the team that the key belongs to."""
        owner: models.Model = getattr(self, self.KIND)
        return owner

    @property
    def owner_id(self) -> Any:
        """The primary key of the owner. Reading it does not query the database."""
        return getattr(self, f"{self.KIND}_id")

    def why_invalid(self) -> WhyInvalid | None:
        """Return why the key cannot be used, or None if it can be.

        A key that is both revoked and expired counts as revoked.
        """
        if self.manually_revoked_at is not None:
            return "manually-revoked"
        if self.expires_at is not None and self.expires_at <= timestamps.now():
            return "expired"
        return None

    @property
    def status(self) -> Status:
        """The state of the key: ``"valid"``, ``"revoked"`` or ``"expired"``."""
        return STATUSES[self.why_invalid()]

    @property
    def usage(self) -> Any:
        """The use of the key since it was created, a ``stack_apikeys.usage.models.KeyUsage``.

        Raises LookupError if ``stack_apikeys.usage`` is not in ``INSTALLED_APPS``.
        """
        config: Any = apps.get_app_config("stack_apikeys_usage")
        return config.usage_of(self)

    def is_valid(self) -> bool:
        """Return True if the key is neither revoked nor expired."""
        return self.why_invalid() is None

    def expires_soon(self) -> bool:
        """Return True if the key is valid and expires in the next 7 days (`EXPIRES_SOON`)."""
        return (
            self.is_valid()
            and self.expires_at is not None
            and self.expires_at <= timestamps.now() + EXPIRES_SOON
        )

    def require_renamable(self, description: str) -> None:
        """Raise `DescriptionNotUnique` if the settings do not allow this description for the key."""
        descriptions.require_renamable(self, description, using=self._rows().db)

    @alters_data
    @repeat_on_conflict
    def rename(self, description: str) -> None:
        """Change the description, even if the key is no longer valid.

        Raises ValidationError if the description is too long, `DescriptionNotUnique` if the
        settings do not allow it, and `ApiKeyNotFound` if the row was deleted in the meantime.
        """
        description = clean_text(self, "description", description)
        rows = self._rows()
        with descriptions.kept_unique(self, description, using=rows.db):
            if not rows.update(description=description):
                raise ApiKeyNotFound
        self._send_changed(using=rows.db)
        self.description = description
        transaction.on_commit(
            partial(signals.api_key_renamed.send_robust, sender=type(self), api_key=self),
            using=rows.db,
        )

    @alters_data
    async def arename(self, description: str) -> None:
        """Rename the key, in asynchronous code."""
        await run_in_thread(lambda: self.rename(description))

    @alters_data
    def set_rates(self, rates: Sequence[str] | None) -> None:
        """Give the key rates of its own, such as ``["20/second"]``, or None for the settings'.

        An empty list, or ``"unlimited"``, means no limit. Raises ValidationError if these are not
        rates, and `ApiKeyNotFound` if the row was deleted in the meantime.
        """
        self._set_list("rates", clean_list(type(self), "rates", rates))

    @alters_data
    def set_networks(self, networks: Sequence[str] | None) -> None:
        """Let the key be used from these networks only, or from anywhere with None.

        Raises ValidationError if these are not networks, and `ApiKeyNotFound` if the row was
        deleted in the meantime.
        """
        self._set_list("networks", clean_list(type(self), "networks", networks))

    @alters_data
    async def aset_networks(self, networks: Sequence[str] | None) -> None:
        """Let the key be used from these networks only, in asynchronous code."""
        await run_in_thread(lambda: self.set_networks(networks))

    @repeat_on_conflict
    def _set_list(self, name: str, cleaned: list[str] | None) -> None:
        rows = self._rows()
        if not rows.update(**{name: cleaned}):
            raise ApiKeyNotFound
        self._send_changed(using=rows.db)
        setattr(self, name, cleaned)

    @alters_data
    async def aset_rates(self, rates: Sequence[str] | None) -> None:
        """Give the key rates of its own, in asynchronous code."""
        await run_in_thread(lambda: self.set_rates(rates))

    @alters_data
    @repeat_on_conflict
    def revoke(self, *, by: AbstractBaseUser | None = None, reason: str = "") -> None:
        """Revoke the key permanently. Has no effect on a key that is already revoked.

        Raises ValidationError if the reason is too long, `UserNotFound` if the user ``by`` was
        deleted in the meantime, and `ApiKeyNotFound` if the row was.
        """
        revocation = self.clean_revocation(by=by, reason=reason)
        # One conditional UPDATE, so that of two concurrent revocations the first one is stored.
        rows = self._rows()
        with references.kept_user(revocation["revoked_by"], using=rows.db):
            is_first = rows.filter(manually_revoked_at=None).update(**revocation)
        self._send_changed(using=rows.db)
        if not is_first:
            try:
                self.refresh_from_db(using=rows.db, fields=revocation)
            except type(self).DoesNotExist:
                raise ApiKeyNotFound from None
            return
        self.set_revocation(revocation)
        transaction.on_commit(
            partial(signals.api_key_revoked.send_robust, sender=type(self), api_key=self, cause=""),
            using=rows.db,
        )

    def set_revocation(self, revocation: Mapping[str, Any]) -> None:
        """Set the attributes of this object to the revocation that was written into its row."""
        for name, value in revocation.items():
            setattr(self, name, value)
        self._remember_guarded(REVOCATION_ATTRIBUTES)

    @alters_data
    async def arevoke(self, *, by: AbstractBaseUser | None = None, reason: str = "") -> None:
        """Revoke the key, in asynchronous code."""
        await run_in_thread(lambda: self.revoke(by=by, reason=reason))

    def _do_insert(
        self, manager: Any, using: str, fields: Any, returning_fields: Any, raw: bool
    ) -> Any:
        """Insert the row for Django's ``save()``, by SQL that is composed once."""
        if not (raw or returning_fields) and insert_row(self, manager.model, fields, using=using):
            return []
        return super()._do_insert(manager, using, fields, returning_fields, raw)  # type: ignore[misc]

    def _rows(self) -> models.QuerySet[Self]:
        """Return a queryset of this row, in the database to write to."""
        model = type(self)
        alias = router.db_for_write(model, instance=self)
        return model._base_manager.using(alias).filter(pk=self.pk)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Delete the row. To keep a record of the key, revoke it instead."""
        primary_key = self.pk
        self._meta.base_manager.db_manager(self._state.db).filter(rotated_from=self).update(
            rotated_from=None
        )
        numbers = super().delete(*args, **kwargs)
        send_rows_changed(type(self), [primary_key], using=cast(str, self._state.db))
        return numbers

    def _send_changed(self, *, using: str) -> None:
        send_rows_changed(type(self), [self.pk], using=using)

    @classmethod
    def clean_columns(
        cls,
        *,
        description: str,
        expires_at: datetime | None,
        created_by: AbstractBaseUser | None,
        scopes: object = None,
        networks: object = None,
        rates: object = None,
    ) -> dict[str, Any]:
        """Return the validated columns of a new key by attribute name. Raises ValidationError."""
        return {
            "description": clean_text(cls, "description", description),
            "created_at": timestamps.now(),
            "created_by_id": getattr(_recorded(created_by), "pk", None),
            "expires_at": clean_expiry(expires_at),
            "scopes": clean_list(cls, "scopes", scopes),
            "networks": clean_list(cls, "networks", networks),
            "rates": clean_list(cls, "rates", rates),
        }

    @classmethod
    def clean_revocation(cls, *, by: Any, reason: str) -> dict[str, Any]:
        """Return the fields of a revocation that happens now. Raises ValidationError."""
        return {
            "manually_revoked_at": timestamps.now(),
            "revoked_by": _recorded(by),
            "revoked_reason": clean_text(cls, "revoked_reason", reason),
        }

    @classmethod
    def owner_model(cls) -> type[models.Model]:
        """Return the model of the owners: the user model or the team model."""
        return cast(type[models.Model], cls._meta.get_field(cls.KIND).related_model)

    @classmethod
    def require_enabled(cls) -> None:
        """Raise `ApiKeysNotEnabled` if the settings do not allow this kind of key."""
        allowed = {"user": conf.ALLOW_USER_API_KEYS, "team": conf.ALLOW_TEAM_API_KEYS}
        if not allowed[cls.KIND]:
            raise ApiKeysNotEnabled(kind=cls.KIND.capitalize())

    @classmethod
    def get_owner(cls, owner_id: Any) -> models.Model:
        """Return the owner with this primary key. Raises `UserNotFound` or `TeamNotFound`."""
        raise NotImplementedError

    @classmethod
    def owner_not_found(cls, owner_id: Any) -> KnownError:
        """Return the exception to raise if no owner has this primary key."""
        raise NotImplementedError
