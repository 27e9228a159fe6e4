"""Fill a PostgreSQL database with millions of users, teams and keys."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from multiprocessing import Pool
from time import perf_counter
from typing import Any
from uuid import UUID

import django
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import connection, models

from benchmarks.millions.numbered import Numbering
from stack_apikeys import keys
from stack_apikeys.models import MODELS, TeamApiKey

TEN_MILLION = 10_000_000

CHUNK = 50_000

MADE = "n bigint, id uuid, digest text, last_four text, rotated_from_id uuid"
"""The columns of the table with what Python has made."""

FIRST = "(ARRAY['Ada', 'Grace', 'Alan', 'Edsger', 'Barbara', 'Donald', 'Radia'])[1 + mod(n, 7)]"
LAST = "(ARRAY['Lovelace', 'Hopper', 'Turing', 'Dijkstra', 'Liskov'])[1 + mod(n / 7, 5)]"

OWNERS = {
    "username": "'user' || n",
    "email": f"lower({FIRST} || '.' || {LAST} || '.' || n || '@example.com')",
    "display_name": f"{FIRST} || ' ' || {LAST} || ' ' || n",
    "first_name": FIRST,
    "last_name": LAST,
}
"""The columns of users and teams, of which each model has some."""

Tell = Callable[[str], None]


def fill(number: int = TEN_MILLION, team_keys: int | None = None, *, tell: Tell = print) -> None:
    """Create the tables in an empty database, and this number of user keys with their owners.

    There are a tenth as many users. The first one has a hundredth of the keys. ``team_keys``, by
    default a tenth of ``number``, belong to teams in the same way, and the first user manages the
    first team. Of the keys, a tenth is revoked, two fifths have an expiry, some are rotated.

    Every key has its digest. ``Numbering("user", number).value(n)`` is the value of key ``n``,
    ``is_good(n)`` tells whether it is valid, and ``user_id(owner(n))`` is its owner's primary key.

    Django must be set up, and PostgreSQL be its database.
    """
    if connection.vendor != "postgresql":
        raise RuntimeError("Only PostgreSQL can be filled.")
    begin = perf_counter()

    def report(step: str) -> None:
        tell(f"{perf_counter() - begin:4.0f} s: {step}")

    call_command("migrate", verbosity=0)
    for numbering in (Numbering("user", number), Numbering("team", team_keys or number // 10)):
        owners = MODELS[numbering.kind].owner_model()
        report(f"{numbering.owners:,} {owners._meta.verbose_name_plural}")
        make_owners(owners, numbering.owners)
        report(f"digests of {numbering.total:,} keys")
        with Pool(initializer=django.setup) as pool:
            make_values(numbering, pool.imap)
            # Leaving the block terminates the processes by a signal. One that is about to wait for
            # its next task would miss it.
            pool.close()
            pool.join()
        with _without_indexes(MODELS[numbering.kind]._meta.db_table, report):
            report("rows")
            make_keys(numbering)
    join_first_team()
    report("VACUUM ANALYZE")
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE, FREEZE)")
    report("done")


def user_id(number: int) -> Any:
    """Return the primary key of a user."""
    return _primary_key(get_user_model(), number)


def team_id(number: int) -> Any:
    """Return the primary key of a team."""
    return _primary_key(TeamApiKey.owner_model(), number)


def _primary_key(model: type[models.Model], number: int) -> Any:
    return UUID(int=number + 1) if isinstance(model._meta.pk, models.UUIDField) else number + 1


def _primary_key_sql(model: type[models.Model], number: str) -> str:
    if isinstance(model._meta.pk, models.UUIDField):
        return f"lpad(to_hex({number} + 1), 32, '0')::uuid"
    return f"{number} + 1"


def make_owners(model: type[models.Model], total: int) -> None:
    """Create users or teams. Fields that are not in `OWNERS` have their defaults."""
    known = {**OWNERS, model._meta.pk.attname: _primary_key_sql(model, "n")}
    names, expressions, defaults = [], [], []
    for field in model._meta.concrete_fields:
        names.append(f'"{field.column}"')
        expressions.append(known.get(field.attname, "%s"))
        if field.attname not in known:
            defaults.append(field.get_db_prep_save(field.get_default(), connection))
    with connection.cursor() as cursor:
        cursor.execute(
            f'INSERT INTO "{model._meta.db_table}" ({", ".join(names)}) '
            f"SELECT {', '.join(expressions)} FROM (SELECT generate_series(0, %s) AS n) AS numbers",
            [*defaults, total - 1],
        )


def make_values(numbering: Numbering, imap: Callable[..., Iterable[str]]) -> None:
    """Create the table ``made``, with the columns that Python makes. ``imap`` is like ``map``."""
    total = numbering.total
    chunks = [range(begin, min(begin + CHUNK, total)) for begin in range(0, total, CHUNK)]
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE UNLOGGED TABLE made ({MADE})")
        with cursor.copy("COPY made FROM STDIN") as copy:
            for lines in imap(numbering.lines, chunks):
                copy.write(lines)


def make_keys(numbering: Numbering) -> None:
    """Create the keys from the table ``made``, and drop it."""
    with connection.cursor() as cursor:
        cursor.execute(_rows(numbering), _pepper())
        cursor.execute("DROP TABLE made")


def _pepper() -> dict[str, int | None]:
    pepper_id = keys.newest_pepper_id()
    return {"pepper_id": pepper_id, "fingerprint": keys.pepper_fingerprint(pepper_id)}


def _rows(numbering: Numbering) -> str:
    """Return the statement that makes rows of the table ``made``.

    The oldest key is three years old. The rows lie in the order of their creation.
    """
    model = MODELS[numbering.kind]
    owner = _primary_key_sql(model.owner_model(), numbering.OWNER)
    person = _primary_key_sql(get_user_model(), numbering.OWNER)
    return f"""
        INSERT INTO {model._meta.db_table} (id, digest, last_four, rotated_from_id, pepper_id,
            pepper_fingerprint, {model.KIND}_id, created_by_id, description, is_public, created_at,
            expires_at, manually_revoked_at, revoked_by_id, revoked_reason)
        SELECT id, digest, last_four, rotated_from_id, %(pepper_id)s::int, %(fingerprint)s::int,
            {owner}, CASE WHEN mod(chance, 10) <> 3 THEN {person} END,
            CASE WHEN mod(chance, 20) <> 0 THEN
                (ARRAY['Production', 'Staging', 'Development', 'CI/CD', 'Nightly backup'])
                    [1 + mod(chance, 5)] || ' ' ||
                (ARRAY['billing', 'search', 'mail', 'website', 'warehouse', 'app', 'shop'])
                    [1 + mod(chance, 7)] || ' ' || n ELSE '' END,
            mod(n, 20) = 1, created_at,
            CASE WHEN has_successor THEN created_at + interval '200 days'
                WHEN chance < 50 THEN created_at + interval '30 days'
                WHEN chance < 400 THEN created_at + interval '1 year' END,
            CASE WHEN is_revoked THEN least(now(), created_at + chance * interval '1 day') END,
            CASE WHEN is_revoked AND mod(chance, 3) = 0 THEN {person} END,
            CASE WHEN is_revoked THEN 'No longer in use' ELSE '' END
        FROM (
            SELECT made.*, {numbering.CHANCE} AS chance, mod({numbering.CHANCE}, 10) = 7 AS is_revoked,
                date_trunc('milliseconds', now()
                    - ({numbering.total} - n) * interval '3 years' / {numbering.total}
                ) AS created_at,
                {numbering.SUCCESSOR} < {numbering.total}
                    AND mod({numbering.SUCCESSOR} / 100, 25) = 1
                    AND (mod({numbering.SUCCESSOR}, 100) = 0) = (mod(n, 100) = 0) AS has_successor
            FROM made
        ) AS key
    """


@contextmanager
def _without_indexes(table: str, report: Tell) -> Iterator[None]:
    """Drop the table's constraints and indexes, and create them again at the end."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT quote_ident(conname), pg_get_constraintdef(oid) FROM pg_constraint "
            "WHERE conrelid = %s::regclass ORDER BY contype = 'p' DESC",
            [table],
        )
        constraints = cursor.fetchall()
        for constraint, _definition in reversed(constraints):
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {constraint}")
        cursor.execute(
            "SELECT quote_ident(indexname), indexdef FROM pg_indexes WHERE tablename = %s", [table]
        )
        indexes = cursor.fetchall()
        for index, _definition in indexes:
            cursor.execute(f"DROP INDEX {index}")
        yield
        report("indexes")
        cursor.execute("SET maintenance_work_mem = '1GB'")
        for constraint, definition in constraints:
            cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {constraint} {definition}")
        for _index, definition in indexes:
            cursor.execute(definition)


def join_first_team() -> None:
    """Make the first user a member of the first team, who may manage its keys."""
    team: Any = TeamApiKey.owner_model()._default_manager.get(pk=team_id(0))
    if hasattr(team, "add_member"):
        user = get_user_model()._default_manager.get(pk=user_id(0))
        team.add_member(user, permission_ids=["team_admin"])
