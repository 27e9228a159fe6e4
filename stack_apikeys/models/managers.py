"""The manager of API keys, which creates them."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.db import models, router, transaction
from django.utils.translation import gettext as _

from stack_apikeys import keys, signals
from stack_apikeys._asynchronous import run_in_thread
from stack_apikeys._database.conflicts import repeat_on_conflict
from stack_apikeys.conf import conf
from stack_apikeys.exceptions import TooManyApiKeys
from stack_apikeys.models import references
from stack_apikeys.models.bulk import IssuedKey, create_for_one, issue_in_batches, store
from stack_apikeys.models.changes import alters_data
from stack_apikeys.models.descriptions import require_unique
from stack_apikeys.models.querysets import ApiKeyQuerySet
from stack_apikeys.policy import require_may_create, scopes_for_new_key
from stack_apikeys.secret import Secret

if TYPE_CHECKING:
    from stack_apikeys.models.abstract import AbstractApiKey

ApiKeyT = TypeVar("ApiKeyT", bound="AbstractApiKey")

_ManagerOfQuerySet = models.Manager.from_queryset(ApiKeyQuerySet)


class ApiKeyManager(_ManagerOfQuerySet[ApiKeyT]):
    """The manager of `UserApiKey` and `TeamApiKey`, and of ``user.api_keys``."""

    @alters_data
    def create_key(
        self,
        *,
        description: str = "",
        expires_at: datetime | None = None,
        is_public: bool = False,
        created_by: AbstractBaseUser | None = None,
        actor: AbstractBaseUser | None = None,
        scopes: Iterable[str] | None = None,
        networks: Iterable[str] | None = None,
        rates: Iterable[str] | None = None,
        id: UUID | None = None,
        value: str | Secret | None = None,
        **owner: Any,
    ) -> tuple[ApiKeyT, str]:
        """Create a key; return its row and its value, which is not stored anywhere.

        Args:
            description: What the key is for, up to 255 characters.
            expires_at: When the key expires, cut to milliseconds. None means never.
            is_public: Whether others may see the key. Its value then begins with ``pk_``.
            created_by: The user to record as the creator. Defaults to ``actor``.
            actor: The user who asks for the key. If given, the site's policy must allow it.
            scopes: What the key may do, such as ``["reports:read"]``; an empty list means nothing.
                None means ``DEFAULT_SCOPES``.
            networks: Where the key can be used from, such as ``["192.0.2.0/24"]``. None means
                anywhere.
            rates: How often the key may be used, such as ``["20/second"]``. None means as often as
                the settings say.
            id: The primary key. Pass one if the call may be repeated: the repetition then raises
                IntegrityError.
            value: A value that was made by `keys.generate`, for a deployment that must know it
                beforehand. By default, a new one is made.
            **owner: ``user=`` or ``team=``. Not needed on ``user.api_keys`` and ``team.api_keys``.

        Raises:
            ApiKeysNotEnabled: The settings do not allow this kind of key.
            ApiKeyCreationNotAllowed: The policy does not allow the key.
            ExpiryRequired, ExpiryTooLate: The settings do not allow ``expires_at``.
            DescriptionNotUnique: The settings do not allow the description.
            TooManyApiKeys: The owner has ``MAX_VALID_KEYS_PER_OWNER`` valid keys.
            UserNotFound, TeamNotFound: The owner or the creator was deleted in the meantime.
            ValidationError: The description is too long, ``expires_at`` is naive or out of range,
                scopes, networks or rates are malformed, ``SCOPES`` does not name one of the scopes,
                or ``value`` is malformed, of another kind, or in use.
        """
        model = self.model
        model.require_enabled()
        owner = self._owner_fields(owner)
        columns = model.clean_columns(
            description=description,
            expires_at=expires_at,
            created_by=created_by or actor,
            scopes=self._scopes_of_new_key(scopes, owner, actor),
            networks=networks,
            rates=rates,
        )
        using = self._written_to
        is_given = value is not None
        value, of_key = keys.create(id=id, kind=model.KIND, is_public=is_public, value=value)
        if is_given and model._base_manager.using(using).filter(pk=of_key["id"]).exists():
            raise ValidationError({"value": _("A key with this id already exists.")})
        api_key = self._store({**columns, **of_key, **owner}, actor, using)
        transaction.on_commit(
            partial(signals.api_key_created.send_robust, sender=model, api_key=api_key),
            using=using,
        )
        return api_key, str(value.reveal())

    @repeat_on_conflict
    def _store(
        self, fields: Mapping[str, Any], actor: AbstractBaseUser | None, using: str
    ) -> ApiKeyT:
        api_key = self.model(**fields)
        with self._references_kept(api_key, actor, using):
            self.require_may_create(api_key, actor=actor)
            api_key.save(force_insert=True, using=using)
        return api_key

    @alters_data
    async def acreate_key(self, **fields: Any) -> tuple[ApiKeyT, str]:
        """Create a key as `create_key` does, in asynchronous code."""
        return await run_in_thread(lambda: self.create_key(**fields))

    @alters_data
    def bulk_create_keys(
        self,
        number: int,
        *,
        description: str = "",
        expires_at: datetime | None = None,
        is_public: bool = False,
        created_by: AbstractBaseUser | None = None,
        actor: AbstractBaseUser | None = None,
        scopes: Iterable[str] | None = None,
        networks: Iterable[str] | None = None,
        rates: Iterable[str] | None = None,
        **owner: Any,
    ) -> list[tuple[ApiKeyT, str]]:
        """Create this number of keys for one owner, all or none; return their rows and values.

        Takes the arguments of `create_key` and raises the same exceptions. Sends no signals, as
        Django's ``bulk_create``. To create keys for many owners, call `issue_keys`.
        """
        model = self.model
        model.require_enabled()
        owner = self._owner_fields(owner)
        columns = model.clean_columns(
            description=description,
            expires_at=expires_at,
            created_by=created_by or actor,
            scopes=self._scopes_of_new_key(scopes, owner, actor),
            networks=networks,
            rates=rates,
        )
        if number < 1:
            return []
        created = self._store_many(number, {**columns, **owner}, is_public, actor)
        return [(api_key, str(value.reveal())) for api_key, value in created]

    @repeat_on_conflict
    def _store_many(
        self,
        number: int,
        fields: Mapping[str, Any],
        is_public: bool,
        actor: AbstractBaseUser | None,
    ) -> list[tuple[ApiKeyT, Secret]]:
        using = self._written_to
        making = create_for_one(self.model, number, fields, is_public=is_public, using=using)
        first = next(making)
        with self._references_kept(first[0], actor, using):
            self.require_may_create(first[0], actor=actor, number=number)
            created = [first, *making]
            store([api_key for api_key, _value in created], using=using)
        return created

    @alters_data
    async def abulk_create_keys(self, number: int, **fields: Any) -> list[tuple[ApiKeyT, str]]:
        """Create keys as `bulk_create_keys` does, in asynchronous code."""
        return await run_in_thread(lambda: self.bulk_create_keys(number, **fields))

    @alters_data
    def issue_keys(
        self,
        owner_ids: Iterable[Any],
        *,
        description: str = "",
        expires_at: datetime | None = None,
        is_public: bool = False,
        created_by: AbstractBaseUser | None = None,
        scopes: Iterable[str] | None = None,
        networks: Iterable[str] | None = None,
        rates: Iterable[str] | None = None,
    ) -> Iterator[IssuedKey]:
        """Create one key for each of these users or teams.

        ``owner_ids`` are their primary keys. Yields a tuple for each stored key: the owner's
        primary key, the key's id, and its value. Keys are created as the iterator is consumed, in
        batches of `BATCH_SIZE`, each in its own transaction. No signal is sent, and neither the
        site's policy nor the settings that limit new keys are applied: ``MAX_VALID_KEYS_PER_OWNER``,
        ``MAX_LIFETIME``, ``ALLOW_KEYS_WITHOUT_EXPIRY`` and ``UNIQUE_DESCRIPTIONS``.

        Raises `UserNotFound` or `TeamNotFound` if an owner or ``created_by`` does not exist, and
        stores nothing of that batch. Raises `ApiKeysNotEnabled` and ValidationError as `create_key`
        does, and TypeError on a related manager, such as ``user.api_keys``.
        """
        model = self.model
        if self._its_owner is not None:
            raise TypeError(
                f"issue_keys() creates keys for many owners. Call {model.__name__}.objects."
                "issue_keys() instead, or bulk_create_keys() for more keys of this owner."
            )
        model.require_enabled()
        columns = model.clean_columns(
            description=description,
            expires_at=expires_at,
            created_by=created_by,
            scopes=scopes_for_new_key(scopes),
            networks=networks,
            rates=rates,
        )
        return issue_in_batches(
            model, owner_ids, columns, is_public=is_public, using=self._written_to
        )

    def require_room(self, number: int = 1, **owner: Any) -> None:
        """Raise `TooManyApiKeys` if this number of new keys exceeds the limit per owner.

        ``owner`` is as in `create_key`.
        """
        limit = conf.MAX_VALID_KEYS_PER_OWNER
        if limit is not None and self.filter(**owner).valid()[:limit].count() + number > limit:
            raise TooManyApiKeys(limit=str(limit))

    def require_may_create(
        self, api_key: ApiKeyT, *, actor: AbstractBaseUser | None = None, number: int = 1
    ) -> None:
        """Raise an exception unless ``api_key``, the first of ``number`` keys, may be created.

        The row is not stored yet. Raises what `create_key` raises for what a key may not be.
        """
        using = self._written_to
        require_may_create(api_key.owner, actor=actor, api_key=api_key, number=number)
        require_unique(api_key, api_key.description, using=using, number=number)
        if conf.MAX_VALID_KEYS_PER_OWNER is not None:
            owner = {f"{self.model.KIND}_id": api_key.owner_id}
            self.db_manager(using).require_room(number, **owner)

    def _owner_fields(self, given: dict[str, Any]) -> dict[str, Any]:
        """Return the owner of new keys by field name."""
        instance = self._its_owner
        if instance is None:
            return given
        own: dict[str, Any] = {self.model.KIND: instance}
        if given and given != own:
            raise ValueError(f"This manager creates keys of one {self.model.KIND} only.")
        return own

    def _scopes_of_new_key(
        self, scopes: Iterable[str] | None, owner: dict[str, Any], actor: AbstractBaseUser | None
    ) -> list[str] | None:
        if scopes is not None or actor is None:
            return scopes_for_new_key(scopes)
        return scopes_for_new_key(scopes, (actor, self.model(**owner).owner))

    def _references_kept(
        self, api_key: ApiKeyT, actor: AbstractBaseUser | None, using: str
    ) -> AbstractContextManager[None]:
        return references.kept(
            self.model,
            [api_key.owner_id],
            api_key.created_by_id,
            using=using,
            lock_owner=actor is not None
            or conf.MAX_VALID_KEYS_PER_OWNER is not None
            or conf.UNIQUE_DESCRIPTIONS,
        )

    @property
    def _its_owner(self) -> models.Model | None:
        """The owner, on a related manager."""
        instance: models.Model | None = getattr(self, "instance", None)
        return instance

    @property
    def _written_to(self) -> str:
        if self._db:
            return self._db
        owner = self._its_owner
        hints = {} if owner is None else {"instance": owner}
        return router.db_for_write(self.model, **hints)
