"""The settings of the third host: those of the main suite, and a team model."""

from tests.settings import *  # noqa: F403  # Django's way to extend settings
from tests.settings import DATABASES, INSTALLED_APPS

INSTALLED_APPS = ["tests.hosts.clubs", *INSTALLED_APPS]

database = DATABASES["default"]
if not database["ENGINE"].endswith("sqlite3"):
    # The main suite, which runs this one, is using its own test database at the same time.
    database["TEST"] = {"NAME": f"test_{database['NAME']}_clubs"}

STACK_APIKEYS_TEAM_MODEL = "clubs.Club"
