"""The settings of a host whose models have our relations' names already."""

import os

from tests.hosts.organizations.settings import *  # noqa: F403  # the same host otherwise
from tests.hosts.organizations.settings import database

INSTALLED_APPS = [
    "tests.hosts.occupied",
    "stack_apikeys",
    "rest_framework",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
]
ROOT_URLCONF = "tests.hosts.occupied.urls"
AUTH_USER_MODEL = "occupied.User"

if "TEST" in database:
    database["TEST"] = {"NAME": f"test_{database['NAME']}_occupied"}

STACK_APIKEYS_TEAM_MODEL = "occupied.Group"
STACK_APIKEYS = {
    "TEAM_ADAPTER": "tests.hosts.occupied.adapter.GroupAdapter",
    "REQUIRE_HTTPS": False,
    "SECRET_SERVER_KEYS": ["ssk_test"],
}
if os.environ.get("OCCUPIED_NAMES") != "ours":
    STACK_APIKEYS["RELATED_NAMES"] = {
        "UserApiKey.user": "stack_api_keys",
        "TeamApiKey.team": "+",
    }
