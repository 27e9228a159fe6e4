"""Check the databases and, with ``check --deploy``, secrets, HTTPS and caches."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.checks import CheckMessage, Error, Warning  # noqa: A004  # Django's own name
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connections, router, transaction
from django.db.models import ForeignKey, Model

from stack_apikeys import keys
from stack_apikeys.checks.settings import check_settings
from stack_apikeys.conf import SETTINGS, conf, is_well_typed
from stack_apikeys.models import MODELS
from stack_apikeys.verification.cache import has_known_tenant


def check_verification_cache(**_kwargs: Any) -> list[CheckMessage]:
    """Check that the verification cache can distinguish the tenants of each database."""
    if not (is_well_typed("VERIFICATION_CACHE_SECONDS") and conf.VERIFICATION_CACHE_SECONDS):
        return []
    return [
        Warning(
            "VERIFICATION_CACHE_SECONDS has no effect on the database "
            f"{alias!r}: its engine {connections[alias].settings_dict['ENGINE']} is not Django's "
            "own, and may switch between tenants on one connection.",
            hint="Set STACK_APIKEYS['VERIFICATION_CACHE_NAMESPACE'] to the path of a function that "
            "returns the current tenant. With a single tenant, it can return a constant.",
            id="stack_apikeys.W040",
        )
        for alias in sorted({router.db_for_read(model) for model in MODELS.values()})
        if not has_known_tenant(alias)
    ]


def check_databases(**_kwargs: Any) -> list[CheckMessage]:
    """Check that keys are stored in the same database as their owners."""
    return [
        Error(
            f"{model._meta.label} is written to the database {alias!r}, but its foreign key refers "
            f"to {other._meta.label}, which is written to {router.db_for_write(other)!r}.",
            hint="Make your database router use the same database for both.",
            id="stack_apikeys.E055",
        )
        for model in MODELS.values()
        for alias in [router.db_for_write(model)]
        for other in dict.fromkeys([model.owner_model(), get_user_model()])
        if router.db_for_write(other) != alias
    ]


def check_foreign_keys(
    *, databases: Sequence[str] | None = None, **_kwargs: Any
) -> list[CheckMessage]:
    """Check that foreign keys in the database refer to the models in the settings."""
    return [
        Error(
            f"In the database {alias!r}, {model._meta.db_table}.{column} refers to the table "
            f"{actual!r} instead of {expected!r}, the table of {label}.",
            hint="AUTH_USER_MODEL or STACK_APIKEYS_TEAM_MODEL was changed after the table was "
            "created. Restore the setting, or migrate the rows and the foreign key.",
            id="stack_apikeys.E057",
        )
        for alias in databases or ()
        for model in _our_models()
        if router.allow_migrate_model(alias, model)
        for column, actual, expected, label in _foreign_keys_to_other_tables(model, alias)
    ]


def _our_models() -> list[type[Model]]:
    return [
        model
        for config in apps.get_app_configs()
        if config.name.partition(".")[0] == "stack_apikeys"
        for model in config.get_models()
    ]


def _foreign_keys_to_other_tables(
    model: type[Model], alias: str
) -> Iterator[tuple[str, str, str, str]]:
    """Yield each wrong foreign key: column, actual table, expected table, label of the model."""
    connection = connections[alias]
    try:
        with transaction.atomic(using=alias), connection.cursor() as cursor:
            relations = connection.introspection.get_relations(cursor, model._meta.db_table)
    except (DatabaseError, NotImplementedError):
        return
    for field in model._meta.concrete_fields:
        # Tables without constraints, such as partitioned ones, cannot be checked.
        if isinstance(field, ForeignKey) and field.column in relations:
            owner = field.remote_field.model
            actual, expected = relations[field.column][1], owner._meta.db_table
            if _bare(actual) != _bare(expected):
                yield field.column, actual, expected, owner._meta.label


def _bare(table: str) -> str:
    """Return the name of the table without its schema."""
    return table.replace('"', "").rpartition(".")[2].casefold()


def check_peppers_of_keys(
    *, databases: Sequence[str] | None = None, **_kwargs: Any
) -> list[CheckMessage]:
    """Check that the settings have the peppers of all valid keys. Takes one query per table.

    Peppers of keys that are revoked or expired can be removed.
    """
    if not is_well_typed("PEPPERS"):
        return []
    return [
        message
        for alias in databases or ()
        for model in MODELS.values()
        if router.allow_migrate_model(alias, model)
        for message in _check_peppers_of_table(model, alias)
    ]


def _check_peppers_of_table(model: Any, alias: str) -> Iterator[CheckMessage]:
    for pepper_id, fingerprints in _peppers_in_use(model, alias).items():
        if pepper_id not in conf.PEPPERS:
            yield Error(
                f"STACK_APIKEYS['PEPPERS'] has no pepper {pepper_id}, which valid keys in "
                f"{model._meta.db_table} were created with. They cannot be verified.",
                hint="Restore the pepper, or revoke these keys.",
                id="stack_apikeys.E017",
            )
        elif fingerprints - {None, keys.pepper_fingerprint(pepper_id)}:
            yield Error(
                f"STACK_APIKEYS['PEPPERS'][{pepper_id}] is not the pepper that valid keys in "
                f"{model._meta.db_table} were created with. They cannot be verified.",
                hint="Restore the previous pepper, and add the new one with a new number. If the "
                "previous one is lost, revoke these keys.",
                id="stack_apikeys.E050",
            )


def _peppers_in_use(model: Any, alias: str) -> dict[int, set[int | None]]:
    """Return the fingerprints of the peppers of valid keys, by the pepper's number."""
    rows = model.objects.using(alias).valid().exclude(pepper_id=None)
    peppers = rows.order_by("pepper_id").values_list("pepper_id", "pepper_fingerprint").distinct()
    found: dict[int, set[int | None]] = {}
    try:
        with transaction.atomic(using=alias):
            for pepper_id, fingerprint in peppers:
                found.setdefault(pepper_id, set()).add(fingerprint)
    except DatabaseError:
        pass  # the tables do not exist before the first migration
    return found


SHORTEST_SECRET = 32
"""The minimum length of a secret in the settings, in characters."""

FEWEST_CHARACTERS = 5
"""The minimum number of different characters, as for Django's ``SECRET_KEY``."""

INEXACT_CACHES = (
    "locmem.LocMemCache",
    "dummy.DummyCache",
    "filebased.FileBasedCache",
    "db.DatabaseCache",
)
"""Django's cache backends that do not count exactly: local memory is not shared by processes, the
dummy cache stores nothing, and the others do not increment atomically."""


def check_deployment(**_kwargs: Any) -> list[CheckMessage]:
    """Check what matters in production. Requires valid settings."""
    if check_settings():
        return []
    return [
        *_check_strength(),
        *_check_https(),
        *_check_throttle_cache(),
        *_check_connections(),
    ]


def _check_strength() -> Iterator[CheckMessage]:
    if not conf.PEPPERS:
        yield Warning(
            "STACK_APIKEYS['PEPPERS'] is empty, so digests can be checked with the database alone.",
            hint="Set {1: '...'} to a long random string that is not stored in the database.",
            id="stack_apikeys.W001",
        )
    for number, pepper in conf.PEPPERS.items():
        if _is_weak(pepper):
            yield _weak("stack_apikeys.W002", f"STACK_APIKEYS['PEPPERS'][{number}]")
    for name in ("SECRET_SERVER_KEYS", "SUPER_SECRET_ADMIN_KEYS"):
        for position, key in enumerate(getattr(conf, name)):
            if _is_weak(key):
                yield _weak("stack_apikeys.W003", f"STACK_APIKEYS[{name!r}][{position}]")


def _is_weak(secret: str) -> bool:
    return (
        len(secret) < SHORTEST_SECRET
        or len(set(secret)) < FEWEST_CHARACTERS
        or secret == _secret_key()
    )


def _secret_key() -> str | None:
    try:
        return settings.SECRET_KEY
    except ImproperlyConfigured:  # Django's own check reports it
        return None


def _weak(id: str, place: str) -> CheckMessage:
    return Warning(
        f"{place} has fewer than {SHORTEST_SECRET} characters, or fewer than {FEWEST_CHARACTERS} "
        "different ones, or is the SECRET_KEY.",
        hint="Use a separate random secret, such as secrets.token_urlsafe(32) returns.",
        id=id,
    )


def _check_https() -> Iterator[CheckMessage]:
    if not conf.https_required:
        yield Warning(
            "Keys are accepted over plain HTTP, where they can be intercepted.",
            hint="Set STACK_APIKEYS['REQUIRE_HTTPS'] to None or True, and DEBUG to False.",
            id="stack_apikeys.W004",
        )


def _check_throttle_cache() -> Iterator[CheckMessage]:
    rates = [
        f"STACK_APIKEYS[{name!r}]"
        for name in SETTINGS
        if name.endswith(("_RATE", "RATES")) and getattr(conf, name)
    ]
    throttles = getattr(settings, "REST_FRAMEWORK", {}).get("DEFAULT_THROTTLE_RATES", {})
    if throttles.get("api_key") is not None:
        rates.append("REST_FRAMEWORK['DEFAULT_THROTTLE_RATES']['api_key']")
    if rates and settings.CACHES["default"]["BACKEND"].endswith(INEXACT_CACHES):
        yield Warning(
            "The default cache does not count exactly across processes, so more requests are "
            f"allowed than by these rates: {', '.join(rates)}.",
            hint="Use Redis (Django's RedisCache or django-redis) or Memcached for "
            "CACHES['default'], or set the rates to None, and RATES to an empty list.",
            id="stack_apikeys.W005",
        )


def _check_connections() -> Iterator[CheckMessage]:
    for alias in sorted({router.db_for_read(model) for model in MODELS.values()}):
        connection = connections[alias]
        if (
            connection.vendor in {"postgresql", "mysql"}
            and connection.settings_dict["CONN_MAX_AGE"] == 0
            and not connection.settings_dict["OPTIONS"].get("pool")
        ):
            yield Warning(
                f"Every request with a key opens a new connection to the database {alias!r}, which "
                "takes much longer than the verification of the key.",
                hint="Set 'pool' in OPTIONS on PostgreSQL or, unless the site runs under ASGI, "
                "CONN_MAX_AGE.",
                id="stack_apikeys.W006",
            )
