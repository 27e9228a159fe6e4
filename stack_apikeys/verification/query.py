"""The query of a verification: a key and its owner, by the key's id.

For such a query, Django's ORM spends more time on building the SQL than everything else in a
verification takes together, and the SQL is always the same. `VerificationQuery` therefore takes the
SQL from the ORM's compiler once for each model and database alias, so that it is right for every
database and every user model. It runs the SQL with Django's own cursor, so that the query is
counted, logged and wrapped like any other, also if ``PREPARE_VERIFICATION`` lets PostgreSQL prepare
it. The ORM runs the query itself if the database backend overrides how queries are run, or if the
default manager of the owner's model hides some rows, such as users who were deleted softly.

All columns of the owner are loaded, because views read them from ``request.user``, and because many
user models read their own fields in ``__init__``, where a deferred field would cost a query. So are
the relations in ``OWNER_SELECT_RELATED``. Who created or revoked the key is deferred.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any, NamedTuple, cast
from uuid import UUID

from django.core.signals import setting_changed
from django.db import InterfaceError, OperationalError, connections, router
from django.db.models import DEFERRED, ForeignKey, Model, QuerySet
from django.db.models.constants import LOOKUP_SEP
from django.db.models.sql.compiler import SQLCompiler
from django.dispatch import receiver

from stack_apikeys._database.preparation import can_prepare
from stack_apikeys._database.visible_rows import may_hide_rows, visible_rows
from stack_apikeys.conf import conf
from stack_apikeys.models import ApiKey, ApiKeyModel
from stack_apikeys.verification import cache as verification_cache

_DEFERRED = frozenset({"created_by_id", "revoked_by_id", "revoked_reason"})

Columns = Sequence[Any]
"""The values of a key's columns, of its owner's, and of those of rows that the owner refers to."""

_Converter = Callable[[Any, Any, Any], Any]
"""A function of a value, the expression that was selected, and the connection."""

_Relations = Mapping[str, "_Relations"]
"""Names of relations, each with the relations of the model it leads to."""


class _Statement(NamedTuple):
    """SQL with one parameter, ``id``, and what converts its columns to Python values.

    The last of a converter is whether a null stays one, as it does in every column of a key.

    There is no converter for the first column, the key's id, which the caller knows.
    """

    sql: str
    converters: Sequence[tuple[int, _Converter, object, bool]]


class Found(NamedTuple):
    """The row that `VerificationQuery.find` has found.

    Its columns are not yet converted to Python values, because a wrong secret should take as
    little more time than an unknown id as possible.
    """

    id: UUID
    digest: str
    pepper_id: int | None
    pepper_fingerprint: int | None
    row: Columns
    converters: Sequence[tuple[int, _Converter, object, bool]]
    connection: object

    def columns(self) -> Columns:
        """Return the columns as Python values."""
        values = list(self.row)
        values[0] = self.id
        for position, converter, expression, keeps_null in self.converters:
            if values[position] is not None or not keeps_null:
                values[position] = converter(values[position], expression, self.connection)
        return values


class _RelatedRow(NamedTuple):
    """A row that a relation leads to. Its columns begin at ``start``."""

    field: Any
    model: type[Model]
    names: Sequence[str]
    start: int
    related: Sequence["_RelatedRow"]

    def build(self, instance: Model, columns: Columns, alias: str) -> None:
        """Set the related object of ``instance``, or None, as ``select_related()`` does."""
        values = columns[self.start : self.start + len(self.names)]
        if values[self.names.index(self.model._meta.pk.attname)] is None:
            self.field.set_cached_value(instance, None)
            return
        other = self.model.from_db(alias, self.names, values)
        self.field.set_cached_value(instance, other)
        if self.field.one_to_one:
            self.field.remote_field.set_cached_value(other, instance)
        for each in self.related:
            each.build(other, columns, alias)

    def rows_of(self, instance: Model) -> Iterator[tuple[type[Model], Any]]:
        """Yield the models and primary keys of this row and of those it refers to."""
        other = self.field.get_cached_value(instance)
        if other is not None:
            yield self.model, other.pk
            for each in self.related:
                yield from each.rows_of(other)


class VerificationQuery:
    """Finds keys of one model in one database."""

    def __init__(self, model: ApiKeyModel, alias: str) -> None:
        self.model = model
        self.alias = alias
        self.owner_model = model.owner_model()
        owner = cast("ForeignKey[Any, Any]", model._meta.get_field(model.KIND))
        self._set_owner = owner.set_cached_value
        self._key_fields = model._meta.concrete_fields
        self._owner_fields = self.owner_model._meta.concrete_fields
        self._select_related = conf.OWNER_SELECT_RELATED
        self._key_names = [field.attname for field in self._key_fields]
        self._owner_names = [field.attname for field in self._owner_fields]
        names = [name for name in self._key_names if name not in _DEFERRED]
        self._digest_at = names.index("digest")
        self._pepper_id_at = names.index("pepper_id")
        self._fingerprint_at = names.index("pepper_fingerprint")
        # The last of the columns is that of deferred fields, in `build`.
        self._values_of_key = itemgetter(
            *(-1 if name in _DEFERRED else names.index(name) for name in self._key_names)
        )
        self._owner_columns = slice(len(names), len(names) + len(self._owner_names))
        self._names = [*names, *(f"{model.KIND}__{name}" for name in self._owner_names)]
        self._related = self._add_related(self.owner_model, model.KIND, self._relations())
        self._may_hide_owners = may_hide_rows(self.owner_model)
        self._keys = model._base_manager.using(alias).order_by()
        self.statement = self._compile()

    def find(self, id: UUID) -> Found | None:
        """Return the row of the key with this id, or None. It takes one query."""
        visible = visible_rows(self.owner_model, self.alias) if self._may_hide_owners else None
        connection = connections[self.alias]
        converters: Sequence[tuple[int, _Converter, object, bool]] = ()
        row: Columns | None
        if self.statement is None or visible is not None:
            row = self._select_by_orm(id, visible)
        else:
            converters = self.statement.converters
            parameter = self.model._meta.pk.get_db_prep_value(id, connection)
            row = _read_again_if_lost(connection, self.statement.sql, {"id": parameter})
        if row is None:
            return None
        return Found(
            id,
            row[self._digest_at],
            row[self._pepper_id_at],
            row[self._fingerprint_at],
            row,
            converters,
            connection,
        )

    def build(self, columns: Columns) -> ApiKey:
        """Return a new instance of the key, with its owner, from columns that `find` has found."""
        values = self._values_of_key((*columns, DEFERRED))
        api_key = self.model.from_db(self.alias, self._key_names, values)
        owner = self.owner_model.from_db(
            self.alias, self._owner_names, columns[self._owner_columns]
        )
        self._set_owner(api_key, owner)
        for each in self._related:
            each.build(owner, columns, self.alias)
        return api_key

    def rows_of(self, api_key: ApiKey) -> list[tuple[type[Model], Any]]:
        """Return the models and primary keys of all rows that the key was built from."""
        rows: list[tuple[type[Model], Any]] = [
            (self.model, api_key.pk),
            (self.owner_model, api_key.owner_id),
        ]
        for each in self._related:
            rows += each.rows_of(api_key.owner)
        return rows

    def hides_owners(self) -> bool:
        """Return whether the default manager of the owner's model hides any rows now."""
        return self._may_hide_owners and visible_rows(self.owner_model, self.alias) is not None

    def is_outdated(self) -> bool:
        """Return whether the fields of a model, or the relations to load, have changed."""
        return (
            self.model._meta.concrete_fields is not self._key_fields
            or self.owner_model._meta.concrete_fields is not self._owner_fields
            or conf.OWNER_SELECT_RELATED is not self._select_related
        )

    def _relations(self) -> _Relations:
        """The relations of the owner to load, from the settings and its model's base manager."""
        relations: dict[str, Any] = {}
        chosen = self.owner_model._base_manager.all().query.select_related
        paths = [*_paths(chosen if isinstance(chosen, dict) else {})]
        for path in [*paths, *self._select_related.get(self.model.KIND, ())]:
            inner = relations
            for name in path.split(LOOKUP_SEP):
                inner = inner.setdefault(name, {})
        return relations

    def _add_related(
        self, model: type[Model], prefix: str, relations: _Relations
    ) -> list[_RelatedRow]:
        """Add the columns of these relations of ``model`` to the names of those to select."""
        related = []
        for name, further in relations.items():
            field: Any = model._meta.get_field(name)
            other = cast(type[Model], field.related_model)
            names = [column.attname for column in other._meta.concrete_fields]
            start = len(self._names)
            path = f"{prefix}__{name}"
            self._names += [f"{path}__{column}" for column in names]
            verification_cache.watch(other)
            related.append(
                _RelatedRow(field, other, names, start, self._add_related(other, path, further))
            )
        return related

    def _select_by_orm(self, id: UUID, visible: QuerySet[Any] | None) -> Columns | None:
        keys = self._keys.filter(pk=id)
        if visible is not None:
            keys = keys.filter(**{f"{self.model.KIND}__in": visible})
        row: Columns | None = keys.values_list(*self._names).first()
        return row

    def _compile(self) -> _Statement | None:
        """Return the SQL, or None if the ORM must run the query itself."""
        # The compiler's converters keep a reference to its connection. A new connection, which is
        # never opened, avoids keeping a thread's connection open after the thread has ended.
        connection = connections.create_connection(self.alias)
        any_id = UUID(int=0)
        keys: QuerySet[Any, Any] = self._keys.filter(pk=any_id)
        if self._related:
            keys = keys.values_list(*self._names)
        else:  # shorter SQL, because Django adds no aliases for columns
            keys = keys.select_related(self.model.KIND).defer(*_DEFERRED)
        compiler = keys.query.get_compiler(connection=connection)
        sql, parameters = compiler.as_sql()
        columns = [column for column, *_rest in compiler.select]
        converters = compiler.get_converters(columns)
        if (
            not self._are_in_order(columns)
            or parameters != (self.model._meta.pk.get_db_prep_value(any_id, connection),)
            or sql.count("%s") != 1
            or not converters.keys().isdisjoint(
                {self._digest_at, self._pepper_id_at, self._fingerprint_at}
            )
            or not _runs_queries_as_django_does(compiler)
        ):
            return None
        return _Statement(
            # Named, because SQLite's backend searches the SQL for positional parameters each time.
            sql.replace("%s", "%(id)s"),
            [
                (position, converter, expression, position < self._owner_columns.start)
                for position, (functions, expression) in converters.items()
                for converter in functions
                if position != 0
            ],
        )

    def _are_in_order(self, columns: Sequence[Any]) -> bool:
        names = [column.target.attname for column in columns]
        if self._related:
            return len(columns) == len(self._names) and names[0] == self.model._meta.pk.attname
        return names == [*self._names[: self._owner_columns.start], *self._owner_names]


def _read_again_if_lost(connection: Any, sql: str, parameters: Mapping[str, Any]) -> Columns | None:
    """Return the row that the SQL selects, over another connection if the present one is lost.

    Django replaces lost connections only between the requests that it serves. In a transaction, the
    exception is raised: what else the transaction has done is lost too.
    """
    connection.ensure_connection()  # where it fails, the database is away
    try:
        return _read(connection, sql, parameters)
    except (InterfaceError, OperationalError):
        is_in_transaction = connection.in_atomic_block or not connection.autocommit
        connection.close_if_unusable_or_obsolete()
        is_lost = connection.connection is None
        if not is_lost or is_in_transaction:
            raise
    return _read(connection, sql, parameters)


def _read(connection: Any, sql: str, parameters: Mapping[str, Any]) -> Columns | None:
    with connection.cursor() as cursor:
        if conf.PREPARE_VERIFICATION and can_prepare(connection):
            _prepare(cursor, sql)
        cursor.execute(sql, parameters)
        row: Columns | None = cursor.fetchone()
        return row


def _prepare(cursor: Any, sql: str) -> None:
    """Let Django's cursor prepare this statement when it executes it."""
    from stack_apikeys.verification.prepared import PreparedCursor

    cursor.cursor = PreparedCursor(cursor.cursor, sql)


def _paths(relations: _Relations) -> Iterator[str]:
    for name, further in relations.items():
        yield name
        yield from (f"{name}{LOOKUP_SEP}{path}" for path in _paths(further))


def _runs_queries_as_django_does(compiler: SQLCompiler) -> bool:
    """Whether the backend overrides none of the methods that run a query and read its rows."""
    return all(
        getattr(type(compiler), name) is getattr(SQLCompiler, name)
        for name in ("execute_sql", "results_iter", "apply_converters")
    )


_queries: dict[tuple[type[Model], str], VerificationQuery] = {}


def query_for(model: ApiKeyModel) -> VerificationQuery:
    """Return the query for keys of this model in the database that the router chooses."""
    alias = router.db_for_read(model)
    query = _queries.get((model, alias))
    if query is None or query.is_outdated():
        query = _queries[model, alias] = VerificationQuery(model, alias)
    return query


@receiver(setting_changed)
def _discard_queries(*, setting: str, **_kwargs: Any) -> None:
    if setting in {"AUTH_USER_MODEL", "DATABASES", "INSTALLED_APPS", "TIME_ZONE", "USE_TZ"}:
        _queries.clear()
