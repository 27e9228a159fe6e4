"""Users and their keys, as many as a measurement wants."""

from tests.benchmarks.contenders import Contender

CHUNK = 50_000
"""How many users and keys are made at a time."""


def fill(contender: Contender, number: int, samples: int) -> list[str]:
    """Let there be ``number`` users with a key each; return the values of ``samples`` of them.

    What is there already stays. The samples are users in the middle of the new ones.
    """
    from django.contrib.auth.models import User

    begin = next_user_id()
    new = range(begin, max(begin + 1, number + 1))
    samples = min(samples, len(new))
    middle = (len(new) - samples) // 2
    _fill(contender, new[:middle])
    make_users(new[middle], samples)
    users = User.objects.filter(pk__in=new[middle : middle + samples])
    values = [contender.create(user) for user in users]
    _fill(contender, new[middle + samples :])
    analyze()
    return values


def _fill(contender: Contender, ids: range) -> None:
    for begin in range(0, len(ids), CHUNK):
        chunk = ids[begin : begin + CHUNK]
        make_users(chunk[0], len(chunk))
        contender.fill(chunk)


def fill_one_owner(contender: Contender, number: int) -> str:
    """Let there be one more user, with ``number`` keys, made one after the other; return a value."""
    from django.contrib.auth.models import User
    from django.db import transaction

    owner_id = next_user_id()
    make_users(owner_id, 1)
    owner = User.objects.get(pk=owner_id)
    with transaction.atomic():
        values = [contender.create(owner) for _number in range(number)]
    analyze()
    return values[-1]


def next_user_id() -> int:
    """The first primary key that no user has."""
    from django.contrib.auth.models import User
    from django.db.models import Max

    return (User.objects.aggregate(used=Max("pk"))["used"] or 0) + 1


def make_users(begin: int, number: int) -> None:
    """Make so many users, with primary keys from ``begin`` on; by SQL alone, for there are many."""
    from django.contrib.auth.models import User
    from django.db import connection
    from django.utils import timezone

    values = {
        "id": "n",
        "username": "'user' || n",
        "email": "'user' || n || '@example.com'",
        **dict.fromkeys(("password", "first_name", "last_name"), "''"),
        **dict.fromkeys(("is_superuser", "is_staff"), "FALSE"),
        "is_active": "TRUE",
    }
    joined = User._meta.get_field("date_joined").get_db_prep_save(timezone.now(), connection)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO auth_user ({', '.join(values)}, date_joined) "
            "WITH RECURSIVE numbers (n) AS "
            "(SELECT %s UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < %s) "
            f"SELECT {', '.join(values.values())}, %s FROM numbers",
            [begin, begin + number, joined],
        )


def analyze() -> None:
    """Do what PostgreSQL's autovacuum does some time later."""
    from django.db import connection

    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
