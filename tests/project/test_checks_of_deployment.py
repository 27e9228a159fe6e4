"""What ``check --deploy`` reports."""

import pytest
from django.core.checks import Tags
from django.db import connections

from stack_apikeys.conf import SETTINGS
from tests.checks import STRONG, WEAK_SETTINGS, deployment_ids, ids, manage, messages

STRONG_SETTINGS = {
    "PEPPERS": {1: f"pepper-{STRONG}"},
    "SECRET_SERVER_KEYS": [f"server-{STRONG}"],
    "SUPER_SECRET_ADMIN_KEYS": [f"admin-{STRONG}"],
    "REQUIRE_HTTPS": None,
}


class Elsewhere:
    """A router that reads keys from another database."""

    def db_for_read(self, model, **hints):
        return "elsewhere" if model._meta.app_label == "stack_apikeys" else None


@pytest.fixture
def deployed(configure, settings):
    """A project that is ready to be reached by strangers."""
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache"}}
    configure(**STRONG_SETTINGS)
    return settings


def test_a_project_that_is_ready_for_deployment_is_clean(deployed):
    assert deployment_ids() == set()


@pytest.mark.parametrize(("id", "changes"), WEAK_SETTINGS)
def test_a_weak_setting_is_told_in_deployment_only(deployed, configure, id, changes):
    configure(**STRONG_SETTINGS | changes)
    assert deployment_ids() == {id}
    assert ids() == set()


def test_the_secret_key_is_no_pepper_and_no_key(deployed, configure):
    deployed.SECRET_KEY = STRONG
    configure(**STRONG_SETTINGS | {"PEPPERS": {1: STRONG}, "SECRET_SERVER_KEYS": [STRONG]})
    assert deployment_ids() == {"stack_apikeys.W002", "stack_apikeys.W003"}


def test_a_project_without_a_secret_key_hears_of_it_from_django(deployed):
    deployed.SECRET_KEY = ""
    assert deployment_ids() == set()
    assert "security.W009" in ids(Tags.security, include_deployment_checks=True)


def test_debug_lets_plain_http_in(deployed):
    deployed.DEBUG = True
    assert deployment_ids() == {"stack_apikeys.W004"}


NO_RATES = {name: None for name in SETTINGS if name.endswith("_RATE")} | {
    "RATES": [],
    "PUBLIC_RATES": None,
}


@pytest.mark.parametrize(
    ("backend", "counts"),
    [
        ("django.core.cache.backends.locmem.LocMemCache", False),
        ("django.core.cache.backends.dummy.DummyCache", False),
        ("django.core.cache.backends.filebased.FileBasedCache", False),
        ("django.core.cache.backends.db.DatabaseCache", False),
        ("django.core.cache.backends.redis.RedisCache", True),
        ("django.core.cache.backends.memcached.PyMemcacheCache", True),
        ("django.core.cache.backends.memcached.PyLibMCCache", True),
        ("django_redis.cache.RedisCache", True),
        ("a_package_that_nobody_knows.Cache", True),
    ],
)
def test_a_cache_that_does_not_count_exactly_is_reported(deployed, backend, counts):
    deployed.CACHES = {"default": {"BACKEND": backend}}
    assert deployment_ids() == (set() if counts else {"stack_apikeys.W005"})


@pytest.mark.parametrize("name", NO_RATES)
def test_each_rate_needs_a_cache_that_counts_exactly(deployed, configure, name):
    deployed.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    configure(**STRONG_SETTINGS | NO_RATES)
    assert deployment_ids() == set()
    configure(**STRONG_SETTINGS | NO_RATES | {name: ["5/min"] if name.endswith("S") else "5/min"})
    [message] = [
        each for each in messages(include_deployment_checks=True) if each.id == "stack_apikeys.W005"
    ]
    assert f"['{name}']" in message.msg


def test_the_throttle_of_keys_needs_such_a_cache_too(deployed, configure):
    deployed.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    configure(**STRONG_SETTINGS | NO_RATES)
    deployed.REST_FRAMEWORK = {"DEFAULT_THROTTLE_RATES": {"api_key": "5/s"}}
    assert deployment_ids() == {"stack_apikeys.W005"}


@pytest.mark.parametrize(
    ("database", "expected"),
    [
        ({}, {"stack_apikeys.W006"}),
        ({"CONN_MAX_AGE": 60}, set()),
        ({"CONN_MAX_AGE": None}, set()),
        ({"OPTIONS": {"pool": True}}, set()),
    ],
)
def test_a_connection_for_each_request_is_told(deployed, monkeypatch, database, expected):
    engine = {"ENGINE": "django.db.backends.postgresql", "NAME": "keys"}
    configured = connections.configure_settings({"default": {}, "elsewhere": engine | database})
    monkeypatch.setitem(connections.settings, "elsewhere", configured["elsewhere"])
    deployed.DATABASE_ROUTERS = ["tests.project.test_checks_of_deployment.Elsewhere"]
    try:
        assert deployment_ids() == expected
    finally:
        del connections["elsewhere"]


def test_the_demos_own_secrets_are_told_in_deployment():
    check = manage(
        "check", "--deploy", "--tag=stack_apikeys", "--settings=example_project.settings"
    )
    assert check.stderr.count("(stack_apikeys.W002)") == 1
    assert check.stderr.count("(stack_apikeys.W003)") == 2
