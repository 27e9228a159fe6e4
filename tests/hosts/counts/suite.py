"""What a host relies on whose usage of keys is in another database.

Run by ``tests/hosts/test_counts.py`` in a process of its own, because these are other settings.
"""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db import connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from stack_apikeys.usage.idle import revoke_idle_keys
from stack_apikeys.usage.models import KeyHour, KeyUsage, UnusualUse
from tests.admin.pages import address as admin_address
from tests.settings_pages import address, make_key
from tests.usage.conftest import *  # noqa: F403  # the fixtures
from tests.usage.test_endpoint import path
from tests.usage.test_pages import age, descriptions, mark, used
from tests.wire import server

pytestmark = pytest.mark.django_db(databases=["default", "counts", "stale"])


@pytest.fixture
def client(user):
    user.is_staff = user.is_superuser = True
    user.save()
    client = Client()
    client.force_login(user)
    return client


def test_counts_are_written_to_their_own_database(user, use, stored):
    api_key, value = user.api_keys.create_key()
    for _ in range(3):
        use(value)
    with CaptureQueriesContext(connections["default"]) as queries:
        stored()
    assert not queries
    assert KeyUsage.objects.using("counts").get().accepted == 3
    assert api_key.usage.accepted == 3
    assert api_key.usage._state.db == "counts"
    assert server().get(path(api_key)).json()["total"]["accepted"] == 3


def test_a_refused_id_is_looked_up_among_the_keys(user, use, stored):
    api_key, value = user.api_keys.create_key()
    api_key.revoke()
    use(value)
    stored()
    assert KeyUsage.objects.using("counts").get().refused == 1


def test_idle_keys_are_revoked_by_what_the_other_database_has(user, configure):
    configure(IDLE_DAYS=90)
    in_use, idle = make_key(user), make_key(user)
    user.api_keys.update(created_at=timezone.now() - timedelta(days=200))
    used(idle, timedelta(days=100))
    used(in_use, timedelta(days=1))
    assert [*revoke_idle_keys()] == [(1, 1)]
    assert user.api_keys.valid().get() == in_use


@pytest.mark.parametrize("page", [address("api-keys"), admin_address("changelist")])
def test_lists_say_how_keys_were_used(client, user, page):
    used(make_key(user), timedelta(hours=2))
    used(make_key(user), timedelta(hours=2))
    mark(make_key(user), days=1)
    with CaptureQueriesContext(connections["counts"]) as queries:
        text = client.get(page).text
    assert text.count("2\xa0hours ago") == 2
    assert "Never used" in text
    assert text.count("Unusual use<") == 1
    of_usage = [query["sql"] for query in queries if "keyusage" in query["sql"]]
    assert len([sql for sql in of_usage if " IN (" in sql and "key_id" in sql]) == 1
    assert len([query for query in queries if "unusualuse" in query["sql"]]) == 1


def test_keys_that_nobody_uses_are_found(client, user):
    used(make_key(user, description="busy"), timedelta(0), accepted=40)
    used(make_key(user, description="old"), timedelta(days=100))
    make_key(user, description="never")
    age(user)
    page = client.get(address("api-keys"))
    assert "40 requests today" in page.text
    assert "1 active key never used" in page.text
    assert descriptions(client.get(address("api-keys", status="never-used"))) == ["never"]
    assert sorted(descriptions(client.get(address("api-keys", status="unused")))) == [
        "never",
        "old",
    ]
    assert len(descriptions(client.get(address("api-keys", sort="-used")))) == 3
    found = client.get(admin_address("changelist"), {"used": "never"}).context["cl"].result_list
    assert [each.description for each in found] == ["never"]


def test_the_pages_of_a_key_show_its_use(client, user):
    api_key = make_key(user)
    used(api_key, timedelta(minutes=1), accepted=5, revoked=2)
    for page in (address("api-key", api_key), admin_address("change", api_key.pk)):
        assert 'aria-label="5 accepted, 2 refused requests"' in client.get(page).text


def test_old_counts_are_pruned(user, settings):
    settings.DATABASE_ROUTERS = ["tests.hosts.counts.routers.ReadFromAStaleCopy"]
    long_ago = timezone.now() - timedelta(days=500)
    kept, gone = make_key(user).pk, uuid4()
    for key_id in (kept, gone):
        KeyHour.objects.create(key_id=key_id, hour=long_ago)
        KeyUsage.objects.create(key_id=key_id, kind="user", last_used_at=long_ago)
    call_command("api_keys", "prune")
    assert not KeyHour.objects.using("counts").exists()
    assert [each.key_id for each in KeyUsage.objects.using("counts")] == [kept]


def test_what_a_replica_does_not_have_yet_is_not_unusual(user, use, stored, at, settings):
    settings.DATABASE_ROUTERS = ["tests.hosts.counts.routers.ReadFromAStaleCopy"]
    _api_key, value = user.api_keys.create_key()
    for day in range(1, 28, 7):
        at(2026, 1, day)
        use(value)
        stored()
    assert KeyUsage.objects.using("counts").get().accepted == 4
    assert not UnusualUse.objects.using("counts").exists()
    assert not KeyUsage.objects.using("stale").exists()
