"""The rows that keys refer to: their owners, and the users who create or revoke them.

PostgreSQL and SQLite check a transaction's foreign keys when it is committed, which may be too late
to raise one of the app's own exceptions. So inside a transaction these rows are locked before keys
are written. Outside of one, where that would cost a query, the database reports a missing row.
"""

from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, connections, transaction

from stack_apikeys._database import locks
from stack_apikeys.exceptions import UserNotFound

if TYPE_CHECKING:
    from stack_apikeys.models.abstract import AbstractApiKey


def kept(
    model: "type[AbstractApiKey]",
    owner_ids: Collection[Any],
    created_by_id: Any,
    *,
    using: str,
    lock_owner: bool = False,
) -> AbstractContextManager[None]:
    """Return a context manager for inserting keys of owners who must not be deleted meanwhile.

    With ``lock_owner``, the owners are also locked against another creation of a key, and a
    transaction is opened for that. Raises `UserNotFound` or `TeamNotFound` if an owner or the
    creator does not exist.
    """

    def keep() -> None:
        _keep(model, owner_ids, created_by_id, using, is_exclusive=lock_owner)

    return _locked(keep, using) if lock_owner else _checked(keep, using)


def kept_user(user: AbstractBaseUser | None, *, using: str) -> AbstractContextManager[None]:
    """Return a context manager for writing rows that refer to this user, if any.

    Raises `UserNotFound` if the user does not exist.
    """
    return _checked(lambda: _keep_user(user and user.pk, using), using)


@contextmanager
def _locked(keep: Callable[[], None], using: str) -> Iterator[None]:
    with transaction.atomic(using=using):
        keep()
        yield


@contextmanager
def _checked(keep: Callable[[], None], using: str) -> Iterator[None]:
    if connections[using].in_atomic_block:
        keep()
        yield
        return
    try:
        yield
    except IntegrityError:
        with transaction.atomic(using=using):
            keep()  # raises if it is a row that is missing
        raise


def _keep(
    model: "type[AbstractApiKey]",
    owner_ids: Collection[Any],
    created_by_id: Any,
    using: str,
    *,
    is_exclusive: bool,
) -> None:
    """Lock teams first, and then all users in one order."""
    owners = {*owner_ids}
    if model.KIND == "user" and created_by_id is not None:
        owners.add(created_by_id)
        created_by_id = None
    lock = locks.lock_by_key if is_exclusive else locks.keep
    if missing := lock(model.owner_model(), owners, using):
        raise model.owner_not_found(min(missing, key=str))
    _keep_user(created_by_id, using)


def _keep_user(user_id: Any, using: str) -> None:
    if user_id is not None and locks.keep(get_user_model(), [user_id], using):
        raise UserNotFound
