"""A key for each of many owners, as fast as the database takes them.

For a site that gives everybody a key on one day. The rows go past Django's models: by ``COPY`` on
PostgreSQL with psycopg 3, elsewhere as many parameters of one ``INSERT``. So no signal is sent, and
``MAX_VALID_KEYS_PER_OWNER`` is not asked for.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import UUID, uuid4

from django.contrib.auth.models import AbstractBaseUser
from django.db import connections, router, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Field
from django.views.decorators.debug import sensitive_variables

from stack_apikeys import keys, timestamps
from stack_apikeys.models import TeamApiKey, UserApiKey

BATCH_SIZE = 10_000
"""How many keys are stored by one transaction."""

ImportedKey = tuple[Any, UUID, str]
"""An owner's primary key, and the id and the value of the key that was made for it."""


def import_keys(
    model: type[UserApiKey] | type[TeamApiKey],
    owner_ids: Iterable[Any],
    *,
    description: str = "",
    expires_at: datetime | None = None,
    is_public: bool = False,
    created_by: AbstractBaseUser | None = None,
) -> Iterator[ImportedKey]:
    """Make a key for each of these users or teams, who are known by their primary keys.

    Yields keys that are stored, and makes more while they are asked for. Where an owner does not
    exist IntegrityError is raised, and none of its batch of `BATCH_SIZE` is stored. Raises
    `ApiKeysNotEnabled`, and ValidationError for a description that is too long.
    """
    model.require_enabled()
    template = model(
        description=description,
        expires_at=expires_at and timestamps.to_the_millisecond(expires_at),
        is_public=is_public,
        created_by=created_by,
    )
    template.clean_fields(exclude={model.KIND, "digest", "last_four"})
    return _import_in_batches(template, iter(owner_ids))


@sensitive_variables()
def _import_in_batches(
    template: UserApiKey | TeamApiKey, owner_ids: Iterator[Any]
) -> Iterator[ImportedKey]:
    alias = router.db_for_write(type(template))
    while batch := list(islice(owner_ids, BATCH_SIZE)):
        template.created_at = timestamps.now()
        issued = [_issue(template, owner_id) for owner_id in batch]
        with transaction.atomic(using=alias):
            _insert(connections[alias], template, issued)
        for owner_id, value, columns in issued:
            yield owner_id, columns["id"], value


def _issue(template: UserApiKey | TeamApiKey, owner_id: Any) -> tuple[Any, str, dict[str, Any]]:
    value, columns = keys.issue(id=uuid4(), kind=template.KIND, is_public=template.is_public)
    return owner_id, value, {**columns, f"{template.KIND}_id": owner_id}


def _insert(connection: BaseDatabaseWrapper, template: Any, issued: Any) -> None:
    raise NotImplementedError
