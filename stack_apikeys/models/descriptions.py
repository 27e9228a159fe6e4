"""The setting ``UNIQUE_DESCRIPTIONS``: valid keys of one owner have different descriptions.

An owner is locked while a key of theirs is created or renamed, so that two at once do not get the
same description.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models.functions import Trim

from stack_apikeys._database import locks
from stack_apikeys.conf import conf
from stack_apikeys.exceptions import ApiKeyNotFound, DescriptionNotUnique

if TYPE_CHECKING:
    from stack_apikeys.models.abstract import AbstractApiKey


def require_unique(
    api_key: "AbstractApiKey", description: str, *, using: str, number: int = 1
) -> None:
    """Raise `DescriptionNotUnique` if the key, or ``number`` keys, cannot have this description.

    Spaces around it make no difference. Does not compare with keys that have been rotated, which
    end soon.
    """
    description = description.strip(" ")  # what TRIM of SQL removes
    if not conf.UNIQUE_DESCRIPTIONS or not description:
        return
    model: Any = type(api_key)
    of_owner = model.objects.db_manager(using).filter(**{f"{model.KIND}_id": api_key.owner_id})
    others = of_owner.valid().filter(successor=None).exclude(pk=api_key.pk)
    same = others.alias(bare=Trim("description")).filter(bare__iexact=description)
    if number > 1 or same.exists():
        raise DescriptionNotUnique


def require_renamable(api_key: "AbstractApiKey", description: str, *, using: str) -> None:
    """Raise `DescriptionNotUnique` if a key that exists cannot get this description."""
    if not conf.UNIQUE_DESCRIPTIONS or description == api_key.description:
        return
    if api_key.is_valid() and not hasattr(api_key, "successor"):
        require_unique(api_key, description, using=using)


@contextmanager
def kept_unique(api_key: "AbstractApiKey", description: str, *, using: str) -> Iterator[None]:
    """Return a context manager for giving this description to a key that exists.

    Raises what `require_renamable` raises, and `ApiKeyNotFound` if the row was deleted.
    """
    if not conf.UNIQUE_DESCRIPTIONS:
        yield
        return
    model: Any = type(api_key)
    with transaction.atomic(using=using):
        # The key first, as in a rotation, and as when an owner is deleted with their keys.
        locked = locks.lock(model._base_manager.using(using).filter(pk=api_key.pk))
        if not locked:
            raise ApiKeyNotFound
        locks.lock_by_key(model.owner_model(), [api_key.owner_id], using)
        require_renamable(locked[0], description, using=using)
        yield
