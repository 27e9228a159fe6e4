"""Users and their keys, in the numbers that the measurements need."""

from benchmarks.contenders import Contender

CHUNK = 50_000
"""The number of users and keys that are created at once."""


def fill(contender: Contender, number: int, samples: int) -> list[str]:
    """Create users with a key each until there are ``number``. Return ``samples`` of the values.

    The values belong to users in the middle of the new ones.
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
    """Create a user with ``number`` keys, one by one. Return one of their values."""
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
    """Return the first unused primary key of a user."""
    from django.contrib.auth.models import User
    from django.db.models import Max

    return (User.objects.aggregate(used=Max("pk"))["used"] or 0) + 1


def make_users(begin: int, number: int) -> None:
    """Create users with primary keys from ``begin`` on, in as few statements as possible."""
    from django.contrib.auth.models import User
    from django.db import connection
    from django.utils import timezone

    if connection.vendor == "mysql":  # whose operator for texts is another
        names = {n: f"user{n}" for n in range(begin, begin + number)}
        User.objects.bulk_create([User(pk=n, username=name) for n, name in names.items()])
        return
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
    """Do what PostgreSQL's autovacuum would do later."""
    from django.db import connection

    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
