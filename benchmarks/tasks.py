"""Tasks other than requests. Each returns microseconds unless its docstring says otherwise.

A task deletes the rows that it creates, so that the next one finds the same tables.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import Any

from benchmarks.contenders import Contender


def create(contender: Contender, number: int) -> float:
    """Create keys one by one, each in its own transaction. Return the time for one."""
    users = _make_users(number)
    time = _time(lambda: [contender.create(user) for user in users]) / number
    type(users[0]).objects.filter(pk__in=[user.pk for user in users]).delete()
    return time


def create_in_one_transaction(contender: Contender, number: int) -> float:
    """Do the same in one transaction that is rolled back, without waiting for the disk."""
    with _rolled_back():
        users = _make_users(number)
        return _time(lambda: [contender.create(user) for user in users]) / number


def queries_of_creation(contender: Contender) -> int:
    """Return the number of queries for creating a key."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with _rolled_back():
        [user] = _make_users(1)
        with CaptureQueriesContext(connection) as queries:
            contender.create(user)
    return len(queries)


def create_at_once(contender: Contender, number: int) -> float:
    """Create keys of one owner with `bulk_create_keys`. Return the time for one."""
    with _rolled_back():
        [user] = _make_users(1)
        return _time(lambda: user.api_keys.bulk_create_keys(number)) / number


def create_by_bulk_create(contender: Contender, number: int) -> float:
    """Do the same with Django's `bulk_create` of the same model. Return the time for one."""
    from stack_apikeys import keys
    from stack_apikeys.models import UserApiKey

    def make(user: Any) -> UserApiKey:
        _value, of_key = keys.create(kind="user")
        return UserApiKey(user=user, **of_key)

    with _rolled_back():
        [user] = _make_users(1)
        return (
            _time(lambda: UserApiKey.objects.bulk_create([make(user) for _ in range(number)]))
            / number
        )


def import_for_all(contender: Contender, number: int) -> float:
    """Create a key for each of many owners with `issue_keys`. Return the time for one."""
    from stack_apikeys.models import UserApiKey

    with _rolled_back():
        owner_ids = [user.pk for user in _make_users(number)]
        return _time(lambda: list(UserApiKey.objects.issue_keys(owner_ids))) / number


def clean_up(contender: Contender) -> None:
    """Remove the dead rows of transactions that were rolled back.

    Until then, PostgreSQL's planner reads them whenever it looks for the ends of an index.
    """
    from benchmarks.rows import analyze

    analyze()


def list_by_api(contender: Contender, value: str) -> float:
    """Call the HTTP API's list of all keys of this key's owner, without a server."""
    from django.test import RequestFactory
    from django.urls import resolve

    path = f"/api/v1/user-api-keys?user_id={_owner_of(value).pk}"
    request = RequestFactory().get(
        path,
        headers={
            "x-stack-access-type": "server",
            "x-stack-project-id": "internal",
            "x-stack-secret-server-key": "ssk_of_the_benchmarks",
        },
    )
    view = resolve("/api/v1/user-api-keys").func
    return _time(lambda: _rendered(view(request)))


def list_page(contender: Contender, value: str) -> float:
    """Serialize the newest 100 keys of this key's owner to JSON."""
    from stack_apikeys.api.serializers import serialize_api_keys

    api_keys = _owner_of(value).api_keys
    return _time(lambda: json.dumps(serialize_api_keys(api_keys.all()[:100])))


def serialize(contender: Contender, value: str) -> tuple[float, float]:
    """Serialize all keys of this key's owner, with this package and with a ModelSerializer."""
    from rest_framework.serializers import ModelSerializer

    from stack_apikeys.api.serializers import serialize_api_key
    from stack_apikeys.models import UserApiKey

    class Plain(ModelSerializer):
        class Meta:
            model = UserApiKey
            # The columns of a key object in the HTTP API.
            fields = [
                "id",
                "user",
                "description",
                "is_public",
                "created_at",
                "expires_at",
                "manually_revoked_at",
                "last_four",
            ]

    api_keys = list(_owner_of(value).api_keys.all())
    return (
        _time(lambda: [serialize_api_key(api_key) for api_key in api_keys]),
        _time(lambda: Plain(api_keys, many=True).data),
    )


def storage(contender: Contender) -> dict[str, float]:
    """Return the bytes per key of the table and of each index. PostgreSQL only."""
    from django.db import connection

    from stack_apikeys.models import UserApiKey

    table = UserApiKey._meta.db_table
    number = UserApiKey.objects.count()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_table_size(%s::regclass)", [table])
        sizes = {"table": cursor.fetchone()[0]}
        cursor.execute(
            "SELECT indexrelid::regclass::text, pg_relation_size(indexrelid) FROM pg_index "
            "WHERE indrelid = %s::regclass",
            [table],
        )
        sizes |= dict(cursor.fetchall())
    return {name: size / number for name, size in sizes.items()}


def _time(do: Callable[[], Any]) -> float:
    begin = perf_counter()
    do()
    return (perf_counter() - begin) * 1e6


def _make_users(number: int) -> list[Any]:
    from django.contrib.auth.models import User

    from benchmarks.rows import make_users, next_user_id

    begin = next_user_id()
    make_users(begin, number)
    return list(User.objects.filter(pk__gte=begin))


def _owner_of(value: str) -> Any:
    from stack_apikeys.verification import get_user

    return get_user(api_key=value)


def _rendered(response: Any) -> bytes:
    if response.status_code != 200:
        raise RuntimeError(f"The list has status {response.status_code}.")
    content: bytes = response.render().content
    return content


@contextmanager
def _rolled_back() -> Iterator[None]:
    from django.db import transaction

    with transaction.atomic():
        yield
        transaction.set_rollback(True)
