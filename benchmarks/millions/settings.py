"""The example project, for measurements. ``DATABASE_URL`` chooses the database."""

from example_project.settings import *  # noqa: F403  # Django's way to extend settings
from example_project.settings import STACK_APIKEYS

# Otherwise Django keeps the text of all statements.
DEBUG = False
ALLOWED_HOSTS = ["testserver"]
STACK_APIKEYS = {**STACK_APIKEYS, "REQUIRE_HTTPS": False}
