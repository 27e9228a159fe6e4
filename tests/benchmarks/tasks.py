"""What is timed beside requests. Each task returns microseconds, or says what it returns.

What a task stores it takes away again, so that the next one finds what it has found.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import Any

from tests.benchmarks.contenders import Contender


def create(contender: Contender, number: int) -> float:
    """Make so many keys one at a time, each in a transaction of its own; the time of one."""
    users = _make_users(number)
    time = _time(lambda: [contender.create(user) for user in users]) / number
    type(users[0]).objects.filter(pk__in=[user.pk for user in users]).delete()
    return time


def create_in_one_transaction(contender: Contender, number: int) -> float:
    """Do the same without waiting for the disk."""
    with _rolled_back():
        users = _make_users(number)
        return _time(lambda: [contender.create(user) for user in users]) / number


def queries_of_creation(contender: Contender) -> int:
    """How many queries the creation of a key takes."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with _rolled_back():
        [user] = _make_users(1)
        with CaptureQueriesContext(connection) as queries:
            contender.create(user)
    return len(queries)


def create_at_once(contender: Contender, number: int) -> float:
    """Make so many keys of one owner by `bulk_create_keys`; the time of one."""
    with _rolled_back():
        [user] = _make_users(1)
        return _time(lambda: user.api_keys.bulk_create_keys(number)) / number


def import_for_all(contender: Contender, number: int) -> float:
    """Make a key for each of so many owners by `import_keys`; the time of one."""
    from stack_apikeys.bulk_import import import_keys
    from stack_apikeys.models import UserApiKey

    with _rolled_back():
        owner_ids = [user.pk for user in _make_users(number)]
        return _time(lambda: list(import_keys(UserApiKey, owner_ids))) / number


def clean_up(contender: Contender) -> None:
    """Take away what is left of rows that were taken back.

    PostgreSQL's planner looks for the ends of an index behind them, each time, until that is done.
    """
    from tests.benchmarks.rows import analyze

    analyze()


def list_by_api(contender: Contender, value: str) -> float:
    """Answer the list of all keys of this key's owner, over the HTTP API but without HTTP."""
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
    """Serialise the newest 100 keys of this key's owner, as JSON."""
    from stack_apikeys.api.serializers import serialize_api_keys

    api_keys = _owner_of(value).api_keys
    return _time(lambda: json.dumps(serialize_api_keys(api_keys.all()[:100])))


def serialize(contender: Contender, value: str) -> tuple[float, float]:
    """Serialise all keys of this key's owner: by us, and by a plain ModelSerializer."""
    from rest_framework.serializers import ModelSerializer

    from stack_apikeys.api.serializers import KEY_COLUMNS, serialize_api_key
    from stack_apikeys.models import UserApiKey

    class Plain(ModelSerializer):
        class Meta:
            model = UserApiKey
            fields = ["user", *KEY_COLUMNS]

    api_keys = list(_owner_of(value).api_keys.all())
    return (
        _time(lambda: [serialize_api_key(api_key) for api_key in api_keys]),
        _time(lambda: Plain(api_keys, many=True).data),
    )


def storage(contender: Contender) -> dict[str, float]:
    """Bytes for each key: of the table, and of each of its indexes; on PostgreSQL only."""
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

    from tests.benchmarks.rows import make_users, next_user_id

    begin = next_user_id()
    make_users(begin, number)
    return list(User.objects.filter(pk__gte=begin))


def _owner_of(value: str) -> Any:
    from stack_apikeys.verification import get_user

    return get_user(api_key=value)


def _rendered(response: Any) -> bytes:
    if response.status_code != 200:
        raise RuntimeError(f"The list is answered with {response.status_code}.")
    content: bytes = response.render().content
    return content


@contextmanager
def _rolled_back() -> Iterator[None]:
    from django.db import transaction

    with transaction.atomic():
        yield
        transaction.set_rollback(True)
