"""Creates keys for many owners, a batch at a time."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from stack_apikeys import keys
from stack_apikeys._database.bulk_insert import insert_rows
from stack_apikeys.models import references

if TYPE_CHECKING:
    from stack_apikeys.models.abstract import AbstractApiKey

BATCH_SIZE = 10_000
"""The number of keys that `issue_in_batches` stores in one transaction."""

IssuedKey = tuple[Any, UUID, str]
"""An owner's primary key, and the id and the value of the key that was created for the owner."""


def issue_in_batches(
    model: "type[AbstractApiKey]",
    owner_ids: Iterable[Any],
    columns: Mapping[str, Any],
    *,
    is_public: bool,
    using: str,
) -> Iterator[IssuedKey]:
    """Store a key with these ``columns`` for each owner; yield the keys of stored batches."""
    remaining = iter(owner_ids)
    while batch := list(islice(remaining, BATCH_SIZE)):
        created = []
        rows = []
        for owner_id in batch:
            value, of_key = keys.create(id=uuid4(), kind=model.KIND, is_public=is_public)
            created.append((owner_id, of_key["id"], value))
            rows.append(of_key | {f"{model.KIND}_id": owner_id})
        with references.kept(model, batch, columns["created_by_id"], using=using):
            insert_rows(model, columns, rows, using=using)
        for owner_id, key_id, value in created:
            yield owner_id, key_id, str(value.reveal())
