"""A key for each of many owners, for a site that gives everybody one on the same day."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import UUID, uuid4

from django.contrib.auth.models import AbstractBaseUser
from django.db import router
from django.views.decorators.debug import sensitive_variables

from stack_apikeys import keys
from stack_apikeys.bulk_insert import insert_rows
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

    Yields keys that are stored, and makes more while they are asked for, `BATCH_SIZE` at a time.
    No signal is sent, and ``MAX_VALID_KEYS_PER_OWNER`` is not asked for. Where an owner does not
    exist IntegrityError is raised, and nothing of the batch is stored. Raises `ApiKeysNotEnabled`,
    and ValidationError as `create_key` does.
    """
    model.require_enabled()
    columns = model.clean_columns(
        description=description, expires_at=expires_at, created_by=created_by
    )
    return _import(model, iter(owner_ids), columns, is_public=is_public)


@sensitive_variables("value", "imported")
def _import(
    model: type[UserApiKey] | type[TeamApiKey],
    owner_ids: Iterator[Any],
    columns: dict[str, Any],
    *,
    is_public: bool,
) -> Iterator[ImportedKey]:
    while batch := list(islice(owner_ids, BATCH_SIZE)):
        imported = []
        rows = []
        for owner_id in batch:
            value, issued = keys.issue(id=uuid4(), kind=model.KIND, is_public=is_public)
            imported.append((owner_id, issued["id"], value))
            rows.append(issued | {f"{model.KIND}_id": owner_id})
        insert_rows(model, columns, rows, using=router.db_for_write(model))
        yield from imported
