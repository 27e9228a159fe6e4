"""The settings of the site. Its database, cache and options are in the environment."""

import json
import os

from benchmarks.day.http import HOST, SERVER_KEY

SECRET_KEY = "of the benchmarks, as long as a signature wants it to be: 0123456789abcdef"
ALLOWED_HOSTS = [HOST]
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "rest_framework",
    "stack_apikeys",
    "stack_apikeys.teams",
    "stack_apikeys.usage",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "benchmarks.day.urls"
DATABASES = {
    "default": {
        **json.loads(os.environ["DAY_DATABASE"]),
        "CONN_MAX_AGE": None,
        "OPTIONS": {"server_side_binding": True, "prepare_threshold": 5},
    }
}
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": os.environ["DAY_REDIS"],
        "KEY_PREFIX": DATABASES["default"]["NAME"],
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TIME_ZONE = "UTC"
USE_TZ = True

RATES = ["50/second", "1000/minute"]

STACK_APIKEYS = {
    "PEPPERS": {1: "a pepper of the benchmarks, 0123456789abcdef"},
    "REQUIRE_HTTPS": False,
    "SECRET_SERVER_KEYS": [SERVER_KEY],
    "ACCEPT_PUBLIC_KEYS": True,
    "RATES": RATES,
    "GUESS_RATE": "1000000/minute",  # all refused requests come from this machine
    "VERIFICATION_CACHE_SECONDS": int(os.environ["DAY_CACHE_SECONDS"]),
}

REST_FRAMEWORK = {"NUM_PROXIES": 1}
"""Each request names the address of its client, as a proxy would."""

# Refused requests are logged as warnings. Errors, and what the app warns of, are printed.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "loggers": {"django.request": {"level": "ERROR"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
}
