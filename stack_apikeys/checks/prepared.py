"""Check that ``PREPARE_VERIFICATION`` has an effect on the databases that keys are read from."""

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Warning  # noqa: A004  # Django's own name
from django.db import DatabaseError, connections, router

from stack_apikeys._database.preparation import can_prepare, loses_prepared_statements
from stack_apikeys.conf import conf, is_well_typed
from stack_apikeys.models import MODELS


def check_prepared_verification(**_kwargs: Any) -> list[CheckMessage]:
    """Check that keys are read from PostgreSQL, with psycopg 3."""
    return [
        Warning(
            f"PREPARE_VERIFICATION has no effect on the database {alias!r}, which is not PostgreSQL "
            "with psycopg 3.",
            hint="Remove STACK_APIKEYS['PREPARE_VERIFICATION'], or install psycopg 3.",
            id="stack_apikeys.W041",
        )
        for alias in _aliases()
        if not can_prepare(connections[alias])
    ]


def check_poolers(*, databases: Sequence[str] | None = None, **_kwargs: Any) -> list[CheckMessage]:
    """Check that no pooler loses prepared statements. Opens up to two connections."""
    return [
        Warning(
            f"PREPARE_VERIFICATION has no effect on the database {alias!r}, because a pooler loses "
            "prepared statements.",
            hint="With PgBouncer, set max_prepared_statements, which version 1.21 has, or the pool "
            "mode to session. Or remove STACK_APIKEYS['PREPARE_VERIFICATION'].",
            id="stack_apikeys.W042",
        )
        for alias in _aliases()
        if alias in (databases or ()) and can_prepare(connections[alias]) and _loses(alias)
    ]


def _aliases() -> list[str]:
    """Return the databases that keys are read from, if the setting is on."""
    if not (is_well_typed("PREPARE_VERIFICATION") and conf.PREPARE_VERIFICATION):
        return []
    return sorted({router.db_for_read(model) for model in MODELS.values()})


def _loses(alias: str) -> bool:
    try:
        return loses_prepared_statements(alias)
    except DatabaseError:
        return False  # Django reports a database that cannot be reached
