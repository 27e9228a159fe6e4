"""The settings of a contender's project, whose name and database are in the environment."""

import json
import os

from benchmarks.contenders import CONTENDERS, PAGES, PREPARED

contender = {**CONTENDERS, **PAGES, PREPARED.name: PREPARED}[os.environ["BENCHMARK_CONTENDER"]]

SECRET_KEY = "of the benchmarks, as long as a signature wants it to be: 0123456789abcdef"
ALLOWED_HOSTS = ["127.0.0.1"]
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "rest_framework",
    *contender.apps,
]
MIDDLEWARE = []
ROOT_URLCONF = "benchmarks.urls"
DATABASES = {"default": json.loads(os.environ["BENCHMARK_DATABASE"])}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True

# The log messages of a contender are a part of its time. Django's message for each refused request
# is the same for all, and would hide their differences.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"nowhere": {"class": "logging.NullHandler"}},
    "loggers": {"django.request": {"level": "ERROR"}},
    "root": {"handlers": ["nowhere"], "level": "WARNING"},
}

globals().update(contender.settings)
