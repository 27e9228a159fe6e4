"""The settings of the tests, with two more databases."""

from tests.settings import *  # noqa: F403  # Django's way to extend settings
from tests.settings import DATABASES

IN_MEMORY = {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}

DATABASES = {**DATABASES, "counts": IN_MEMORY, "stale": IN_MEMORY}
DATABASE_ROUTERS = ["tests.hosts.counts.routers.CountsElsewhere"]
