"""Rotation: a new key takes the place of an old one, which ends."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from types import EllipsisType
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.translation import gettext

from stack_apikeys import keys, signals, timestamps
from stack_apikeys._asynchronous import run_in_thread
from stack_apikeys._database import locks
from stack_apikeys._database.conflicts import repeat_on_conflict
from stack_apikeys.conf import conf
from stack_apikeys.exceptions import ApiKeyAlreadyRotated, ApiKeyNotFound, ApiKeyNotRotatable
from stack_apikeys.models import references
from stack_apikeys.models.changes import alters_data, send_rows_changed
from stack_apikeys.models.guards import GuardedModel
from stack_apikeys.policy import fitting_expiry, require_may_create
from stack_apikeys.secret import Secret

if TYPE_CHECKING:
    from stack_apikeys.models.abstract import AbstractApiKey

ApiKeyT = TypeVar("ApiKeyT", bound="AbstractApiKey")


class RotatableModel(GuardedModel):
    """A model of keys that can be rotated."""

    if TYPE_CHECKING:
        rotated_from: models.OneToOneField[Any, Any]
        rotated_from_id: UUID | None

        def _rows(self) -> models.QuerySet[Self]: ...

    class Meta:
        abstract = True

    @alters_data
    @repeat_on_conflict
    def rotate(
        self,
        *,
        overlap: timedelta = timedelta(0),
        expires_at: datetime | EllipsisType | None = ...,
        by: AbstractBaseUser | None = None,
        actor: AbstractBaseUser | None = None,
    ) -> tuple[Self, str]:
        """Replace the key by a new one; return the row and the value of its successor.

        The successor has the owner, description, scopes, networks and rates of this key, which
        expires after ``overlap``, or at the end it already has if that is sooner. Whoever uses the
        key has that long to switch. The successor does not count for ``MAX_VALID_KEYS_PER_OWNER``,
        unless it is the third valid key in a row, because this key has a predecessor that is valid
        too, or the owner has that many valid keys that have been rotated.

        Args:
            overlap: How long both keys are valid.
            expires_at: When the successor expires; None means never. By default, after as long as
                this key was made for, as far as the settings allow that.
            by: The user to record as the creator. Defaults to ``actor``, and then to the creator of
                this key.
            actor: The user who asks for the rotation. If given, the site's policy must allow this
                user to create the successor.

        Raises:
            ApiKeyAlreadyRotated: The key has a successor.
            ApiKeyNotRotatable: The key has been revoked or has expired.
            ApiKeyNotFound: The row was deleted in the meantime.
            ApiKeysNotEnabled, ApiKeyCreationNotAllowed, ExpiryRequired, ExpiryTooLate,
                TooManyApiKeys, UserNotFound: As `create_key` does.
            ValidationError: ``overlap`` is negative, or a time is naive or out of range.
        """
        return _rotate(
            cast(Any, self),
            cast(Any, self._rows()),
            ends_at=_end_after(overlap),
            expires_at=expires_at,
            by=by or actor,
            actor=actor,
        )

    def predecessors(self) -> Iterator[Self]:
        """Yield the key that this one succeeds, and the one before that, and so on.

        Each takes a query the first time.
        """
        with suppress(type(self).DoesNotExist):  # deleted by SQL, or during the rotation
            predecessor = self.rotated_from
            while predecessor is not None:
                yield predecessor
                predecessor = predecessor.rotated_from

    def successors(self) -> Iterator[Self]:
        """Yield the key that succeeds this one, and the one after that, as they are now.

        Each takes a query.
        """
        manager = self._meta.base_manager.using(self._rows().db)
        successor = manager.filter(rotated_from=self).first()
        while successor is not None:
            yield successor
            successor = manager.filter(rotated_from=successor).first()

    @alters_data
    async def arotate(self, **arguments: Any) -> tuple[Self, str]:
        """Rotate the key as `rotate` does, in asynchronous code."""
        return await run_in_thread(lambda: self.rotate(**arguments))


def _rotate(
    api_key: ApiKeyT,
    rows: models.QuerySet[ApiKeyT],
    *,
    ends_at: datetime,
    expires_at: datetime | EllipsisType | None,
    by: AbstractBaseUser | None,
    actor: AbstractBaseUser | None,
) -> tuple[ApiKeyT, str]:
    model = type(api_key)
    model.require_enabled()
    with transaction.atomic(using=rows.db):
        old = _lock(rows)
        successor, value = _build_successor(api_key, old, expires_at, by)
        with references.kept(
            model,
            [old.owner_id],
            successor.created_by_id,
            using=rows.db,
            lock_owner=actor is not None or conf.MAX_VALID_KEYS_PER_OWNER is not None,
        ):
            require_may_create(successor.owner, actor=actor, api_key=successor)
            if old.expires_at is None or old.expires_at > ends_at:
                rows.update(expires_at=ends_at)
                old.expires_at = ends_at
            if old.is_valid():
                _require_room(old, using=rows.db)
            successor.save(force_insert=True, using=rows.db)
        send_rows_changed(model, [api_key.pk], using=rows.db)
        api_key.expires_at = old.expires_at
        api_key._remember_guarded(["expires_at"])  # noqa: SLF001  # of a base class
        successor.rotated_from = api_key
        transaction.on_commit(
            partial(_send_signals, api_key=api_key, successor=successor, by=by), using=rows.db
        )
    return successor, str(value.reveal())


def _end_after(overlap: timedelta) -> datetime:
    """Return the time this long from now. Raises ValidationError."""
    if overlap < timedelta(0):
        error = ValidationError(gettext("The overlap must not be negative."), code="negative")
        raise ValidationError({"overlap": error})
    try:
        return timestamps.to_the_millisecond(timestamps.clean(timestamps.now() + overlap))
    except OverflowError:
        error = ValidationError(gettext("The overlap is too long."), code="out_of_range")
    except ValidationError as error_of_time:
        error = error_of_time
    raise ValidationError({"overlap": error})


def _lock(rows: models.QuerySet[ApiKeyT]) -> ApiKeyT:
    """Lock this row, and return it as it is now. Raises an exception if it cannot be rotated."""
    found = locks.lock(rows)
    if not found:
        raise ApiKeyNotFound
    [api_key] = found
    # A locking read sees what others have committed, even where a transaction reads a snapshot.
    if locks.lock(api_key._meta.base_manager.using(rows.db).filter(rotated_from=api_key)):
        raise ApiKeyAlreadyRotated
    if not api_key.is_valid():
        raise ApiKeyNotRotatable
    return api_key


def _build_successor(
    api_key: ApiKeyT,
    old: ApiKeyT,
    expires_at: datetime | EllipsisType | None,
    by: AbstractBaseUser | None,
) -> tuple[ApiKeyT, Secret]:
    """Return a row that is not saved, and its value. ``old`` is ``api_key`` as it is now."""
    model = type(api_key)
    columns = model.clean_columns(
        description=old.description,
        expires_at=(
            fitting_expiry(_same_lifetime(old))
            if isinstance(expires_at, EllipsisType)
            else expires_at
        ),
        created_by=by,
        scopes=old.scopes,
        networks=old.networks,
        rates=old.rates,
    )
    if columns["created_by_id"] is None:
        columns["created_by_id"] = old.created_by_id
    value, of_key = keys.create(kind=model.KIND, is_public=old.is_public)
    owner = {model.KIND: api_key.owner}
    return model(**columns, **of_key, **owner, rotated_from=old), value


def _same_lifetime(api_key: "AbstractApiKey") -> datetime | None:
    if api_key.expires_at is None:
        return None
    now = timestamps.now()
    lifetime: timedelta = api_key.expires_at - api_key.created_at
    return now + min(lifetime, timestamps.LATEST - now)


def _require_room(api_key: "AbstractApiKey", *, using: str) -> None:
    """Raise `TooManyApiKeys` if the rotation makes a third valid key of one, above the limit.

    Also if the owner has as many valid keys that have been rotated as the limit allows keys, so
    that rotations with and without overlap in turn do not make more and more valid keys.
    """
    limit = conf.MAX_VALID_KEYS_PER_OWNER
    if limit is None:
        return
    manager: Any = cast(Any, type(api_key)).objects.db_manager(using)
    owner = {f"{api_key.KIND}_id": api_key.owner_id}
    rotated = manager.filter(**owner, successor__isnull=False).valid()
    primary_keys = {*rotated.values_list("pk", flat=True)}
    if api_key.rotated_from_id in primary_keys or len(primary_keys) >= limit:
        manager.require_room(**owner)


def _send_signals(
    api_key: "AbstractApiKey", successor: "AbstractApiKey", by: AbstractBaseUser | None
) -> None:
    model = type(api_key)
    signals.api_key_created.send_robust(sender=model, api_key=successor)
    signals.api_key_rotated.send_robust(sender=model, api_key=api_key, successor=successor, by=by)
