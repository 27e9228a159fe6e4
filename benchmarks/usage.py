"""Tasks about the app for usage: what it writes, and pages that show what it has stored."""

from contextlib import suppress
from time import perf_counter
from types import SimpleNamespace
from typing import Any
from unittest import mock
from uuid import uuid4

from benchmarks.contenders import Contender
from benchmarks.rows import analyze, make_users, next_user_id

HOUR = """
INSERT INTO stack_apikeys_usage_keyhour (key_id, hour, last_used_at, accepted, refused_secret,
    refused_revoked, refused_expired, refused_rate, refused_network, refused_scope, refused_other)
SELECT id, hour, hour + interval '59 minutes', 10, 1, 0, 0, 2, 0, 0, 0
FROM generate_series(date_trunc('hour', now()) - %(hours)s * interval '1 hour',
    date_trunc('hour', now()), interval '1 hour') AS hour
CROSS JOIN stack_apikeys_userapikey WHERE user_id = %(owner)s
"""
"""The rows of all keys in one hour are next to each other, as if they were written in that hour."""

DAY = """
INSERT INTO stack_apikeys_usage_keyday (key_id, day, accepted, refused)
SELECT id, day, 240, 72 FROM generate_series((now() AT TIME ZONE 'UTC')::date - %(days)s,
    (now() AT TIME ZONE 'UTC')::date, interval '1 day') AS day
CROSS JOIN stack_apikeys_userapikey WHERE user_id = %(owner)s
"""

TOTAL = """
INSERT INTO stack_apikeys_usage_keyusage (key_id, kind, first_used_at, last_used_at,
    last_refused_at, last_address, accepted, refused)
SELECT id, 'user', now() - %(days)s * interval '1 day', now() - random() * interval '1 day', now(),
    '192.0.2.7', 10 * %(hours)s, 3 * %(hours)s
FROM stack_apikeys_userapikey WHERE user_id = %(owner)s
"""

NETWORK = """
INSERT INTO stack_apikeys_usage_keynetwork (key_id, network, first_seen_at, last_seen_at)
SELECT id, '10.0.' || n || '.0/24', now() - interval '300 days', now()
FROM generate_series(1, 50) AS n CROSS JOIN stack_apikeys_userapikey WHERE user_id = %(owner)s
"""


def fill_history(contender: Contender, keys: int, days: int) -> int:
    """Create an owner with keys that were used in each hour of these days. Return its id.

    If usage is not counted, only the keys are created. PostgreSQL only.
    """
    from django.apps import apps
    from django.contrib.auth.models import User
    from django.db import connection

    owner_id = next_user_id()
    make_users(owner_id, 1)
    User.objects.get(pk=owner_id).api_keys.bulk_create_keys(keys)
    if apps.is_installed("stack_apikeys.usage"):
        with connection.cursor() as cursor:
            for statement in (HOUR, DAY, TOTAL, NETWORK):
                cursor.execute(statement, {"owner": owner_id, "days": days, "hours": 24 * days - 1})
    analyze()
    return owner_id


def hours(contender: Contender) -> int:
    """Return the number of stored hours."""
    from stack_apikeys.usage.models import KeyHour

    return KeyHour.objects.count()


def queries_of_page(contender: Contender, owner_id: int, page: str) -> int:
    """Return the number of queries for a settings page: the list, or that of a key."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client, url = _client_of(owner_id), _url_of(owner_id, page)
    _get(client, url)
    with CaptureQueriesContext(connection) as queries:
        _get(client, url)
    return len(queries)


def page(contender: Contender, owner_id: int, page: str) -> float:
    """Return the microseconds of a settings page."""
    client, url = _client_of(owner_id), _url_of(owner_id, page)
    begin = perf_counter()
    _get(client, url)
    return (perf_counter() - begin) * 1e6


def write_counts(contender: Contender, requests: int, keys: int, minutes: int) -> dict[str, float]:
    """Count requests with these keys, as if they were spread over so many minutes.

    Returns the numbers of ``requests`` that were stored, of ``transactions``, and of ``statements``
    in the longest of them, and the microseconds of one ``write`` and of one ``count``.
    """
    from django.core.signals import request_finished
    from django.db import connection
    from django.db.models import Sum
    from django.http import HttpRequest
    from django.test.utils import CaptureQueriesContext

    from stack_apikeys.models import UserApiKey
    from stack_apikeys.signals import api_key_used
    from stack_apikeys.usage import recorder as recording
    from stack_apikeys.usage.models import KeyUsage

    def use(api_key: Any) -> None:
        request = HttpRequest()
        request.META["REMOTE_ADDR"] = "192.0.2.7"
        api_key_used.send_robust(sender=UserApiKey, api_key=api_key, request=request)

    api_keys = [UserApiKey(id=uuid4()) for _ in range(keys)]
    for api_key in api_keys:
        use(api_key)
    recording_began = recording.time.monotonic()
    recording.recorder.write()  # a first use is written at once

    statements, seconds = [], []
    write = recording.write

    def timed_write(gathered: Any) -> None:
        begin = perf_counter()
        with CaptureQueriesContext(connection) as queries:
            write(gathered)
        seconds.append(perf_counter() - begin)
        statements.append(len(queries))

    now = 0.0
    clock = SimpleNamespace(monotonic=lambda: recording_began + now)
    begin = perf_counter()
    with mock.patch.multiple(recording, write=timed_write, time=clock):
        for number in range(requests):
            now = number / requests * minutes * 60
            use(api_keys[number % keys])
            request_finished.send(sender=None)
        elapsed = perf_counter() - begin
        recording.recorder.write()
    ids = [api_key.id for api_key in api_keys]
    stored = KeyUsage.objects.filter(pk__in=ids).aggregate(sum=Sum("accepted"))["sum"]
    return {
        "requests": stored - keys,
        "transactions": len(statements),
        "statements": max(statements),
        "write": sum(seconds) / len(seconds) * 1e6,
        "count": (elapsed - sum(seconds)) / requests * 1e6,
    }


def _client_of(owner_id: int) -> Any:
    from django.contrib.auth.models import User
    from django.test import Client

    with suppress(KeyError):
        return _clients[owner_id]
    client = _clients[owner_id] = Client(headers={"host": "127.0.0.1"})
    client.force_login(User.objects.get(pk=owner_id))
    return client


_clients: dict[int, Any] = {}


def _url_of(owner_id: int, page: str) -> str:
    from django.urls import reverse

    from stack_apikeys.models import UserApiKey

    path, _question, query = page.partition("?")
    if path == "list":
        return f"{reverse('stack_apikeys:user-api-keys')}?{query}"
    newest = UserApiKey.objects.filter(user_id=owner_id)[0]
    return f"{reverse('stack_apikeys:user-api-key', args=[newest.pk])}?{query}"


def _get(client: Any, url: str) -> None:
    response = client.get(url)
    if response.status_code != 200:
        raise RuntimeError(f"{url} has status {response.status_code}.")
