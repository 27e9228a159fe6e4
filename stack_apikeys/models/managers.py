"""How keys are made."""

from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID, uuid4

from asgiref.sync import sync_to_async
from django.contrib.auth.models import AbstractBaseUser
from django.db import models, router, transaction
from django.views.decorators.debug import sensitive_variables

from stack_apikeys import keys, signals
from stack_apikeys.bulk_insert import insert_rows
from stack_apikeys.conf import conf
from stack_apikeys.exceptions import TooManyApiKeys
from stack_apikeys.querysets import ApiKeyQuerySet

if TYPE_CHECKING:
    from stack_apikeys.models.abstract import AbstractApiKey

ApiKeyT = TypeVar("ApiKeyT", bound="AbstractApiKey")

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
