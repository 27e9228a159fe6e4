"""The settings of the fourth host; ``DATABASE_URL`` chooses the database here too."""

import environ

SECRET_KEY = "of the tests"

INSTALLED_APPS = [
    "tests.employees",
    "stack_apikeys",
    "stack_apikeys.teams",
    "rest_framework",
    "django.contrib.auth",
    "django.contrib.contenttypes",
]

AUTH_USER_MODEL = "employees.Employee"
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"

database = environ.Env().db("DATABASE_URL", default="sqlite://:memory:")
own = {"NAME": f"test_{database['NAME']}_employees"} if "sqlite" not in database["ENGINE"] else {}
mirror = {**database, "TEST": {"MIRROR": "default"}}
DATABASES = {
    "default": {**database, "TEST": own},
    "replica": mirror,
    "peculiar": {**mirror, "ENGINE": "tests.employees.peculiar"},
}
DATABASE_ROUTERS = ["tests.employees.router.ReadFromReplica"]

STACK_APIKEYS = {"PEPPERS": {1: "pepper of the employees"}}
