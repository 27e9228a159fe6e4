"""The one query of a verification: a key and its owner by the key's id, compiled only once.

Turning such a query into SQL takes Django's ORM longer than all the rest of a verification, the
database included, and the SQL is the same every time. So it is taken from the ORM's own compiler
once for each model and database alias, which keeps it right for every backend and every user
model, and executed through Django's own cursor, so that it is counted, logged and wrapped like
any other. On a backend that does more than that with a query's rows, the ORM executes it as ever.

Of the key all is loaded but who made it and who ended it and why; to read those is to load them.
Of the owner all is loaded, whether a verification needs it or not: a view reads what it likes of
``request.user`` without a second query, and many a user model looks at its own fields in
``__init__``, where one that is not loaded would cost each request a query, or never end.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, cast
from uuid import UUID

from django.core.signals import setting_changed
from django.db import connections, router
from django.db.models import ForeignKey, Model
from django.db.models.sql.compiler import SQLCompiler
from django.dispatch import receiver

from stack_apikeys.models import TeamApiKey, UserApiKey

NOT_LOADED = frozenset({"created_by_id", "revoked_by_id", "revoked_reason"})
"""Columns of a key that say nothing of a usable one."""

Row = Sequence[Any]
"""What a cursor has of a key and its owner."""

Converter = Callable[[Any, Any, Any], Any]


class Statement(NamedTuple):
    """SQL with one parameter, ``id``, the key's.

    ``converters`` are the position of a column, what makes Python's values of the database's, and
    the expression that these want to see.
    """

    sql: str
    converters: Sequence[tuple[int, Sequence[Converter], object]]


class VerificationQuery:
    """Finds the keys of one model in one database."""

    def __init__(self, model: type[UserApiKey] | type[TeamApiKey], alias: str) -> None:
        owner = cast("ForeignKey[Any, Any]", model._meta.get_field(model.KIND))
        self.model = model
        self.alias = alias
        self.owner_model = model.owner_model()
        self.set_owner = owner.set_cached_value
        self.key_fields = model._meta.concrete_fields
        self.owner_fields = self.owner_model._meta.concrete_fields
        # A dictionary, because `from_db` looks each of the model's fields up in it.
        self.key_names = dict.fromkeys(
            field.attname for field in self.key_fields if field.attname not in NOT_LOADED
        )
        self.owner_names = [field.attname for field in self.owner_fields]
        self.digest_at = list(self.key_names).index("digest")
        self.pepper_id_at = list(self.key_names).index("pepper_id")
        self.names = [*self.key_names, *self.owner_names]
        self.keys = model._base_manager.using(alias).order_by()
        self.statement = self._compile()

    def is_outdated(self) -> bool:
        """Whether one of the two models has got other fields since."""
        return (
            self.model._meta.concrete_fields is not self.key_fields
            or self.owner_model._meta.concrete_fields is not self.owner_fields
        )

    def fetch(self, id: UUID) -> Row | None:
        """The row of the key with this id, as the database has it, for one query.

        The digest and the pepper's number in it are as they are in Python, the rest is not.
        """
        if self.statement is None:
            return self._fetch_by_orm(id)
        connection = connections[self.alias]
        parameter = self.model._meta.pk.get_db_prep_value(id, connection)
        with connection.cursor() as cursor:
            cursor.execute(self.statement.sql, {"id": parameter})
            row: Row | None = cursor.fetchone()
        return row

    def convert(self, row: Row) -> Row:
        """Python's values for what `fetch` has found."""
        if self.statement is None:
            return row
        connection = connections[self.alias]
        values = list(row)
        for position, converters, expression in self.statement.converters:
            value = values[position]
            for converter in converters:
                value = converter(value, expression, connection)
            values[position] = value
        return values

    def build(self, values: Row) -> UserApiKey | TeamApiKey:
        """A key of these values, with its owner."""
        end = len(self.key_names)
        api_key = self.model.from_db(self.alias, self.key_names, values[:end])
        self.set_owner(
            api_key, self.owner_model.from_db(self.alias, self.owner_names, values[end:])
        )
        return api_key

    def _fetch_by_orm(self, id: UUID) -> Row | None:
        owner_names = (f"{self.model.KIND}__{name}" for name in self.owner_names)
        return self.keys.filter(pk=id).values_list(*self.key_names, *owner_names).first()

    def _compile(self) -> Statement | None:
        # A connection of our own, which is never opened: what the compiler returns holds on to
        # it, and would keep a thread's connection open after the thread has ended.
        connection = connections.create_connection(self.alias)
        any_id = UUID(int=0)
        keys = self.keys.select_related(self.model.KIND).defer(*NOT_LOADED).filter(pk=any_id)
        compiler = keys.query.get_compiler(connection=connection)
        sql, parameters = compiler.as_sql()
        columns = [column for column, *_rest in compiler.select]
        converters = compiler.get_converters(columns)
        if (
            [column.target.attname for column in columns] != self.names
            or parameters != (self.model._meta.pk.get_db_prep_value(any_id, connection),)
            or sql.count("%s") != 1
            or not converters.keys().isdisjoint({self.digest_at, self.pepper_id_at})
            or not _is_executed_plainly(compiler)
        ):
            return None
        return Statement(
            # By name: for one by position Django searches all of the SQL, each time, on SQLite.
            sql.replace("%s", "%(id)s"),
            [(at, *rest) for at, rest in converters.items()],
        )


def _is_executed_plainly(compiler: SQLCompiler) -> bool:
    """Whether the backend has no ways of its own to send a query, or to read its rows."""
    return all(
        getattr(type(compiler), name) is getattr(SQLCompiler, name)
        for name in ("execute_sql", "results_iter", "apply_converters")
    )


_queries: dict[tuple[type[Model], str], VerificationQuery] = {}


def query_for(model: type[UserApiKey] | type[TeamApiKey]) -> VerificationQuery:
    """The query that finds keys of this model, in the database that is to be read from now."""
    alias = router.db_for_read(model)
    query = _queries.get((model, alias))
    if query is None or query.is_outdated():
        query = _queries[model, alias] = VerificationQuery(model, alias)
    return query


@receiver(setting_changed)
def _forget_queries(*, setting: str, **_kwargs: Any) -> None:
    if setting in {"AUTH_USER_MODEL", "DATABASES", "INSTALLED_APPS", "TIME_ZONE", "USE_TZ"}:
        _queries.clear()
