"""Processes that keep verified keys, and listen for changes."""

from django.db import connection

from tests.verifier import Verifier


def keeper(*source, database=None):
    """Return a process that keeps keys of the database of the tests, or another one, for a minute."""
    settings = {
        "DATABASE_URL": database or database_url(),
        "DJANGO_SETTINGS_MODULE": "tests.settings",
    }
    return Verifier("60", *source, environment=settings)


def database_url(port=None):
    """The URL of the database of the tests, at its own port or another one."""
    database = connection.settings_dict
    scheme = {"postgresql": "postgres"}.get(connection.vendor, connection.vendor)
    user = ":".join(filter(None, [database["USER"], database["PASSWORD"]]))
    return f"{scheme}://{user}@{database['HOST']}:{port or database['PORT']}/{database['NAME']}"
