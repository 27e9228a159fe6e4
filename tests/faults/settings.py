"""The example project as it runs in production, for servers that are attacked.

``EMAIL_FOLDER`` is where error reports to the site's admins go, ``FAULTS_STACK_APIKEYS`` holds
settings of the app as JSON, and ``FAULTS_HEARD`` is the file for what processes hear of changes.
With ``FAULTS_ASGI``, Django's own views run under ASGI, where a connection of ``CONN_MAX_AGE`` is not
used again.
"""

import json
import os

import django

from example_project.settings import *  # noqa: F403  # Django's way to extend settings
from example_project.settings import DATABASES, INSTALLED_APPS, MIDDLEWARE, STACK_APIKEYS
from stack_apikeys.conf import NOTICES

FAULTS_HEARD = os.environ["FAULTS_HEARD"]
INSTALLED_APPS += ["tests.faults.observed.ObservedConfig"]
MIDDLEWARE.insert(0, "tests.faults.observed.name_process")

SECURE_SSL_REDIRECT = False
ALLOWED_HOSTS = ["127.0.0.1"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # so that guesses are fast

ADMINS = ["admin@example.com"] if django.VERSION >= (6, 0) else [("Admin", "admin@example.com")]

if "FAULTS_ASGI" in os.environ:
    DATABASES["default"]["CONN_MAX_AGE"] = 0
    if DATABASES["default"]["ENGINE"] == "django.db.backends.postgresql":
        DATABASES["default"]["OPTIONS"] = {"pool": {"max_size": 8}}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {
        "console": {"class": "logging.StreamHandler"},
        "reports": {
            "class": "django.utils.log.AdminEmailHandler",
            "level": "ERROR",
            "include_html": True,
        },
    },
    "root": {"handlers": ["console", "reports"], "level": "INFO"},
}

STACK_APIKEYS |= {
    "REQUIRE_HTTPS": False,
    "REAUTHENTICATE_AFTER_SECONDS": None,
    "CREATE_RATE": None,
    "GUESS_RATE": None,
    "NOTICES": dict.fromkeys(NOTICES, False),  # the only e-mails are error reports
    "SIGN_IN_RATE": None,
    "SIGN_IN_ADDRESS_RATE": None,
    "SIGN_IN_STRANGERS_RATE": None,
    **json.loads(os.environ.get("FAULTS_STACK_APIKEYS", "{}")),
}
