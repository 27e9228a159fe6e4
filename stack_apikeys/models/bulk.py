"""Creates many keys at once: for one owner, and for each of many."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar, cast
from uuid import UUID

from django.db import models

from stack_apikeys import keys
from stack_apikeys._database.bulk_insert import insert_rows
from stack_apikeys.models import references
from stack_apikeys.secret import Secret

if TYPE_CHECKING:
    from stack_apikeys.models.abstract import AbstractApiKey

ApiKeyT = TypeVar("ApiKeyT", bound="AbstractApiKey")

BATCH_SIZE = 10_000
"""The number of keys that `issue_in_batches` stores in one transaction, and has in memory."""

IssuedKey = tuple[Any, UUID, str]
"""An owner's primary key, and the id and the value of the key that was created for the owner."""

_OF_EACH_KEY = ("id", "digest", "last_four")
"""The fields that `keys.create_many` makes for each key."""


def create_for_one(
    model: type[ApiKeyT],
    number: int,
    fields: Mapping[str, Any],
    *,
    is_public: bool,
    using: str,
) -> Iterator[tuple[ApiKeyT, Secret]]:
    """Yield rows with these fields, as if they had been read, and the values of their keys.

    The owner is among the fields.
    """
    of_owner = cast("models.ForeignKey[Any, Any]", model._meta.get_field(model.KIND))
    same, created = keys.create_many(number, kind=model.KIND, is_public=is_public)
    template = model(**fields, **same)
    names = [field.attname for field in model._meta.concrete_fields]
    values = [getattr(template, name) for name in names]
    at_id, at_digest, at_last_four = map(names.index, _OF_EACH_KEY)
    for value, id, digest, last_four in created:  # noqa: A001  # Django's name for a primary key
        values[at_id], values[at_digest], values[at_last_four] = id, digest, last_four
        # Faster than the constructor with keyword arguments.
        api_key = model.from_db(using, names, values)
        of_owner.set_cached_value(api_key, template.owner)
        yield api_key, value


def store(api_keys: "Sequence[AbstractApiKey]", *, using: str) -> None:
    """Insert rows that `create_for_one` has yielded, all of them or none."""
    first = api_keys[0]
    same = {
        field.attname: getattr(first, field.attname)
        for field in first._meta.concrete_fields
        if field.attname not in _OF_EACH_KEY
    }
    rows = ((api_key.id, api_key.digest, api_key.last_four) for api_key in api_keys)
    insert_rows(type(first), same, _OF_EACH_KEY, rows, using=using)


def issue_in_batches(
    model: "type[AbstractApiKey]",
    owner_ids: Iterable[Any],
    columns: Mapping[str, Any],
    *,
    is_public: bool,
    using: str,
) -> Iterator[IssuedKey]:
    """Store a key with these ``columns`` for each owner; yield the keys of stored batches."""
    names = (f"{model.KIND}_id", *_OF_EACH_KEY)
    remaining = iter(owner_ids)
    while batch := list(islice(remaining, BATCH_SIZE)):
        same, created = keys.create_many(len(batch), kind=model.KIND, is_public=is_public)
        made = [*zip(batch, created, strict=True)]
        rows = ((owner_id, *of_key) for owner_id, (_value, *of_key) in made)
        with references.kept(model, batch, columns["created_by_id"], using=using):
            insert_rows(model, {**columns, **same}, names, rows, using=using)
        for owner_id, (value, key_id, *_rest) in made:
            yield owner_id, key_id, str(value.reveal())
