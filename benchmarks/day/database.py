"""What the database contains before the day and after it. Django is set up."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from benchmarks.day.choice import Choice
from benchmarks.millions.fill import fill


def prepare(total: int, tell: Callable[[str], None]) -> None:
    """Create the tables and the keys, and end those that refused requests carry."""
    from django.db import connection
    from django.utils import timezone

    from stack_apikeys.models import UserApiKey

    fill(total, tell=tell)
    choice = Choice(total, "preparation")
    now = timezone.now()
    columns = {
        "revoked": {"manually_revoked_at": now},
        "expired": {"expires_at": now - timedelta(hours=1)},
    }
    for kind, numbers in choice.ended.items():
        ids = [choice.id(number) for number in numbers]
        UserApiKey.objects.filter(pk__in=ids).update(**columns[kind])
    connection.close()  # see `written`


def rows(query: str) -> list[dict[str, Any]]:
    """Return what a query selects. Numbers are floats, which JSON can express."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(query)
        names = [column.name for column in cursor.description]
        return [
            {
                name: value if isinstance(value, str) else float(value)
                for name, value in zip(names, row, strict=True)
            }
            for row in cursor.fetchall()
        ]


TABLES = """
    SELECT relname AS name, n_tup_ins AS inserted, n_tup_upd AS updated, n_tup_hot_upd AS hot
    FROM pg_stat_user_tables WHERE n_tup_ins > 0
"""

SIZE = "SELECT pg_database_size(current_database()) AS bytes"

KEYS = """
    SELECT count(*) AS total, count(rotated_from_id) AS successors,
        count(manually_revoked_at) AS revoked
    FROM stack_apikeys_userapikey
"""


def written() -> dict[str, Any]:
    """Return the size, the number of keys, and how many rows were written so far, by table.

    A connection tells PostgreSQL now and then what it has written, and all of it when it ends.
    """
    return {
        **rows(SIZE)[0],
        "keys": rows(KEYS)[0],
        "tables": {row.pop("name"): row for row in rows(TABLES)},
    }


def usage() -> dict[str, Any]:
    """Return the sums of what ``stack_apikeys.usage`` has stored, and the sizes of its tables."""
    from django.db import connection
    from django.db.models import Sum

    from stack_apikeys.usage.models import KeyDay, KeyHour, KeyNetwork, KeyUsage

    of_keys = KeyUsage.objects.aggregate(Sum("accepted"), Sum("refused"))
    reasons = [field.name for field in KeyHour._meta.fields if field.name.startswith("refused_")]
    of_hours = KeyHour.objects.aggregate(*map(Sum, ["accepted", *reasons]))
    tables = {}
    for model in (KeyUsage, KeyHour, KeyDay, KeyNetwork):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_total_relation_size(%s)", [model._meta.db_table])
            [size] = cursor.fetchone()
        name = str(model._meta.verbose_name_plural)
        tables[name] = {"rows": model.objects.count(), "bytes": size}
    return {
        "accepted": of_keys["accepted__sum"] or 0,
        "refused": of_keys["refused__sum"] or 0,
        "accepted by hour": of_hours.pop("accepted__sum") or 0,
        "refused by hour": sum(number or 0 for number in of_hours.values()),
        "tables": tables,
    }
