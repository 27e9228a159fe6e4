"""The settings of the second host; ``DATABASE_URL`` chooses the database here too."""

import django
import environ

SECRET_KEY = "of the tests"

INSTALLED_APPS = [
    "tests.hosts.organizations",
    "stack_apikeys",
    "stack_apikeys.sdk",
    "rest_framework",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]

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

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

ROOT_URLCONF = "tests.hosts.organizations.urls"
STATIC_URL = "static/"
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"

database = environ.Env().db("DATABASE_URL", default="sqlite://:memory:")
if not database["ENGINE"].endswith("sqlite3"):
    # The main suite, which runs this one, is using its own test database at the same time.
    database["TEST"] = {"NAME": f"test_{database['NAME']}_organizations"}
DATABASES = {"default": database}

if django.VERSION >= (6, 1):
    MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}

STACK_APIKEYS_TEAM_MODEL = "organizations.Organization"
SILENCED_SYSTEM_CHECKS = ["stack_apikeys_sdk.W001"]  # the ids are integers
STACK_APIKEYS = {
    "TEAM_ADAPTER": "tests.hosts.organizations.adapter.OrganizationAdapter",
    "REQUIRE_HTTPS": False,
    "SECRET_SERVER_KEYS": ["ssk_test"],
}
