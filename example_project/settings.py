"""The settings of the project, from environment variables or the file ``.env``.

``DEBUG`` is on by default, and everything has a default for a demo on your own machine. With
``DEBUG=False``, all secrets are required, and the site uses HTTPS.
"""

import os
from pathlib import Path

import django
import environ  # type: ignore[import-untyped]  # the library has no types
from django.conf.locale import LANG_INFO
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
env.read_env(BASE_DIR / ".env")

DEBUG = env.bool("DEBUG", default=True)


def secret(name: str, *, demo: str) -> str:
    """Return the secret from the environment, or the demo's if DEBUG is on.

    Does not use django-environ, which replaces a leading ``$``. Raises ImproperlyConfigured.
    """
    value = os.environ.get(name, "")
    if not value and not DEBUG:
        raise ImproperlyConfigured(f"Set {name} in the environment: DEBUG is off.")
    return value or demo


def secrets(name: str, *, demo: str) -> list[str]:
    """Return several secrets, separated by commas. All of them are valid, for rotation."""
    return [value.strip() for value in secret(name, demo=demo).split(",") if value.strip()]


def numbered_secrets(name: str, *, demo: str) -> dict[int, str]:
    """Return secrets by number, from ``1=first,2=second``. Raises ImproperlyConfigured."""
    pairs = [pair.partition("=") for pair in secrets(name, demo=demo)]
    if not all(number.isdecimal() and value for number, _equals, value in pairs):
        raise ImproperlyConfigured(f"{name} is not of the form 1=first,2=second.")
    return {int(number): value for number, _equals, value in pairs}


# Django ---------------------------------------------------------------------------------------

SECRET_KEY = secret("SECRET_KEY", demo="for-the-demo-only-" + "0123456789" * 4)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[])

INSTALLED_APPS = [
    "example_project",
    "stack_apikeys",
    "stack_apikeys.teams",
    "stack_apikeys.sdk",
    "stack_apikeys.usage",
    "stack_apikeys.reminders",
    "rest_framework",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "stack_apikeys.sdk.middleware.SdkCookiesMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    (
        "django.middleware.csp.ContentSecurityPolicyMiddleware"
        if django.VERSION >= (6, 0)
        else "example_project.csp.content_security_policy"
    ),
]

SECURE_CSP = {
    "default-src": ["'self'"],
    "base-uri": ["'none'"],
    "form-action": ["'self'"],
    "frame-ancestors": ["'none'"],
}

ROOT_URLCONF = "example_project.urls"
WSGI_APPLICATION = "example_project.wsgi.application"

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

database = env.db("DATABASE_URL", default=f"sqlite:///{BASE_DIR / 'db.sqlite3'}")
if database["ENGINE"] == "django.db.backends.sqlite3":
    # Transactions take the lock when they begin. Otherwise one that reads before it writes fails
    # if another transaction has written in between.
    options = {"transaction_mode": "IMMEDIATE", "timeout": 20}
    database["OPTIONS"] = options | database.get("OPTIONS", {})

DATABASES = {
    "default": {
        # A new connection for each request would take longer than verifying its key.
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        **database,
    },
}
CACHES = {"default": env.cache("CACHE_URL", default="locmemcache://")}

AUTH_USER_MODEL = "example_project.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_REDIRECT_URL = "account"
LOGOUT_REDIRECT_URL = "home"

# E-mails are stored in a folder if one is set, printed if DEBUG is on, and sent otherwise.
mail_folder = env.str("EMAIL_FOLDER", default="")
mail_host = env.str("EMAIL_HOST", default="localhost")
mail_backend = f"django.core.mail.backends.{'filebased' if mail_folder else 'smtp'}.EmailBackend"
if DEBUG and not mail_folder:
    mail_backend = "example_project.mails.EmailBackend"
if django.VERSION >= (6, 1):
    mail_options = (
        {"file_path": mail_folder} if mail_folder else {} if DEBUG else {"host": mail_host}
    )
    MAILERS = {"default": {"BACKEND": mail_backend, "OPTIONS": mail_options}}
else:
    EMAIL_BACKEND, EMAIL_FILE_PATH, EMAIL_HOST = mail_backend, mail_folder or None, mail_host

LANGUAGE_CODE = "en"
LANGUAGES = [
    (code, LANG_INFO[code]["name_local"])
    for code in (
        *("ar", "de", "en", "es", "fa", "fr", "he", "it", "ja", "ko", "nl", "pl", "pt-br"),
        *("ru", "tr", "zh-hans", "zh-hant"),
    )
]
LANGUAGE_COOKIE_AGE = 365 * 24 * 60 * 60
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = env.str("STATIC_ROOT", default=None)

# API keys -------------------------------------------------------------------------------------

STACK_APIKEYS = {
    "PROJECT_ID": env.str("STACK_PROJECT_ID", default="6b1fd2a4-0c3e-4f7a-9d58-2e9a7c41b0f6"),
    "PUBLISHABLE_CLIENT_KEYS": secrets(
        "STACK_PUBLISHABLE_CLIENT_KEY", demo="pck_for_the_demo_only"
    ),
    "SECRET_SERVER_KEYS": secrets("STACK_SECRET_SERVER_KEY", demo="ssk_for_the_demo_only"),
    "SUPER_SECRET_ADMIN_KEYS": secrets(
        "STACK_SUPER_SECRET_ADMIN_KEY", demo="sak_for_the_demo_only"
    ),
    "PEPPERS": numbered_secrets("STACK_APIKEYS_PEPPERS", demo="1=for_the_demo_only"),
    "ALLOW_USER_API_KEYS": env.bool("STACK_APIKEYS_ALLOW_USER_API_KEYS", default=True),
    "ALLOW_TEAM_API_KEYS": env.bool("STACK_APIKEYS_ALLOW_TEAM_API_KEYS", default=True),
    "PROJECT_DISPLAY_NAME": "Example project",
    "ALLOW_SIGN_UP": env.bool("STACK_APIKEYS_ALLOW_SIGN_UP", default=DEBUG),
    "ALLOW_CLIENT_TEAM_CREATION": env.bool(
        "STACK_APIKEYS_ALLOW_CLIENT_TEAM_CREATION", default=DEBUG
    ),
    "SDK_COOKIES": env.bool("STACK_APIKEYS_SDK_COOKIES", default=DEBUG),
    "REAUTHENTICATE_AFTER_SECONDS": None if DEBUG else 60 * 60,
    "SITE_URL": env.str("SITE_URL", default="http://127.0.0.1:8000" if DEBUG else ""),
    "SIDEBAR_ITEMS": [(_("Account"), "account")],
}

# HTTPS ----------------------------------------------------------------------------------------

if not DEBUG:
    SECURE_SSL_REDIRECT = True
    # The API refuses keys over plain HTTP, instead of redirecting: a redirect would hide the leak.
    SECURE_REDIRECT_EXEMPT = ["^api/"]
    SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=365 * 24 * 60 * 60)
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
    LANGUAGE_COOKIE_SECURE = True

if env.bool("TRUST_X_FORWARDED_PROTO", default=False):
    # Only behind a proxy that always sets this header. Otherwise clients can claim HTTPS.
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
