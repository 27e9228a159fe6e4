"""The project's settings."""

SECRET_KEY = "for the tests of this project only, which never runs anywhere else"
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "rest_framework",
    "stack_apikeys.teams",
    "stack_apikeys",
]
ROOT_URLCONF = "shop.urls"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
USE_TZ = True
STACK_APIKEYS = {"PEPPERS": {1: "the pepper of this project, which is long enough"}}
