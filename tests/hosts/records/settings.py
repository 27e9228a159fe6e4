"""The settings of a host that records who did what; ``DATABASE_URL`` chooses the database.

``RECORDS_PRIMARY_KEY`` chooses what kind of primary key its users have.
"""

import os

import environ

SECRET_KEY = "of the tests"

INSTALLED_APPS = [
    "stack_apikeys",
    "stack_apikeys.teams",
    "tests.hosts.records",  # after the app whose admin it replaces
    "rest_framework",
    "simple_history",
    "auditlog",
    "guardian",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
]

MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "auditlog.middleware.AuditlogMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
]

AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "guardian.backends.ObjectPermissionBackend",
]

AUTH_USER_MODEL = "records.User"
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]
STATIC_URL = "static/"
ROOT_URLCONF = "tests.hosts.records.urls"
USE_TZ = True

database = environ.Env().db("DATABASE_URL", default="sqlite://:memory:")
if not database["ENGINE"].endswith("sqlite3"):
    # The main suite, which runs this one, is using its own test database at the same time.
    own = f"test_{database['NAME']}_records_{os.environ['RECORDS_PRIMARY_KEY']}"
    database["TEST"] = {"NAME": own}
DATABASES = {"default": database}

STACK_APIKEYS = {"REQUIRE_HTTPS": False}
