"""The settings of the fourth host; ``DATABASE_URL`` chooses the database here too."""

import environ

SECRET_KEY = "of the tests"

INSTALLED_APPS = [
    "tests.hosts.employees",
    "stack_apikeys",
    "stack_apikeys.teams",
    "rest_framework",
    "django.contrib.auth",
    "django.contrib.contenttypes",
]

AUTH_USER_MODEL = "employees.Employee"
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"

database = environ.Env().db("DATABASE_URL", default="sqlite://:memory:")
mirror = {**database, "TEST": {"MIRROR": "default"}}


def with_test_database(name):
    # The main suite, which runs this one, is using its own test database at the same time.
    is_sqlite = database["ENGINE"].endswith("sqlite3")
    return {**database, "TEST": {} if is_sqlite else {"NAME": f"test_{database['NAME']}_{name}"}}


DATABASES = {
    "default": with_test_database("employees"),
    "elsewhere": with_test_database("employees_elsewhere"),
    "replica": mirror,
    "peculiar": {**mirror, "ENGINE": "tests.hosts.employees.peculiar"},
}
DATABASE_ROUTERS = ["tests.hosts.employees.router.ReadFromReplica"]

STACK_APIKEYS = {"PEPPERS": {1: "pepper of the employees"}}
