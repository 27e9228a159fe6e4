"""The example project as the tests run it, whatever keys and switches the environment holds.

``DATABASE_URL`` chooses the database.
"""

import os

from example_project.settings import *  # noqa: F403  # Django's way to extend settings
from example_project.settings import DATABASES
from stack_apikeys.conf import NOTICES

if DATABASES["default"]["ENGINE"] != "django.db.backends.sqlite3":
    # On a server, runs at the same time must not meet.
    DATABASES["default"]["TEST"] = {"NAME": f"test_stack_apikeys_{os.getpid()}"}

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

STACK_APIKEYS = {
    "PROJECT_ID": "0f2b6d9e-5a3c-4e8f-8b71-64c2d0a9e753",
    "PUBLISHABLE_CLIENT_KEYS": ["pck_test"],
    "SECRET_SERVER_KEYS": ["ssk_test"],
    "SUPER_SECRET_ADMIN_KEYS": ["sak_test"],
    "PEPPERS": {1: "pepper of the tests"},
    # Creating and revoking keys sends e-mails only in the tests of e-mails.
    "NOTICES": dict.fromkeys(NOTICES, False),
    "REQUIRE_HTTPS": False,  # the test client and the live server speak plain HTTP
}
