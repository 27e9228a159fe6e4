"""The cache of verifications: what it stores, and when it drops an entry."""

import os
import subprocess
import sys
import threading
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from stack_apikeys import exceptions, timestamps
from stack_apikeys.models import TeamApiKey, UserApiKey
from stack_apikeys.verification import get_user, verify_api_key
from stack_apikeys.verification.cache import VerificationCache, cache
from tests import ROOT
from tests.factories import UserFactory

# What a transaction reads is not cached before the transaction is committed.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def keep_for(settings):
    def keep_for(seconds):
        settings.STACK_APIKEYS = settings.STACK_APIKEYS | {"VERIFICATION_CACHE_SECONDS": seconds}

    keep_for(60)
    return keep_for


@pytest.fixture
def cached(owner, django_assert_num_queries):
    """A key of the owner's that has been verified a moment ago, and its value."""
    api_key, value = owner.api_keys.create_key(description="before")
    verify_api_key(value)
    with django_assert_num_queries(0):
        assert verify_api_key(value) == api_key
    return api_key, value


def test_nothing_is_cached_by_default(user, keep_for, django_assert_num_queries):
    keep_for(0)
    _api_key, value = user.api_keys.create_key()
    for _ in range(2):
        with django_assert_num_queries(1):
            verify_api_key(value)
    assert len(cache) == 0


def test_a_key_is_verified_again_without_a_query(cached, owner, django_assert_num_queries):
    _api_key, value = cached
    with django_assert_num_queries(0):
        verified = verify_api_key(value, kind=cached[0].KIND)
        assert verified.owner == owner
        assert verified.description == "before"
        assert verified._state.db == "default"


def test_no_two_requests_share_a_key_or_an_owner(cached):
    _api_key, value = cached
    one = verify_api_key(value)
    one.description = one.owner.display_name = "changed"
    other = verify_api_key(value)
    assert other is not one
    assert other.owner is not one.owner
    assert other.description == "before"
    assert other.owner.display_name != "changed"


def test_neither_value_nor_secret_is_cached(cached):
    _api_key, value = cached
    everything = repr(vars(cache))
    assert value[3:48] not in everything
    assert len(cache) == 1


def test_what_is_wrong_with_a_key_is_told_as_ever(user, settings):
    _api_key, value = user.api_keys.create_key()
    verify_api_key(value)
    with pytest.raises(exceptions.WrongApiKeyType):
        verify_api_key(value, kind="team")
    settings.STACK_APIKEYS = settings.STACK_APIKEYS | {"ALLOW_USER_API_KEYS": False}
    with pytest.raises(exceptions.ApiKeysNotEnabled):
        verify_api_key(value)


def test_an_unknown_key_is_asked_for_every_time(user, django_assert_num_queries):
    api_key, value = user.api_keys.create_key()
    api_key.delete()
    for _ in range(2):
        with django_assert_num_queries(1), pytest.raises(exceptions.ApiKeyNotFound):
            verify_api_key(value)


def test_keys_with_an_older_pepper_are_kept_too(user, settings, django_assert_num_queries):
    _api_key, value = user.api_keys.create_key()
    peppers = settings.STACK_APIKEYS["PEPPERS"] | {2: "the next pepper"}
    settings.STACK_APIKEYS = settings.STACK_APIKEYS | {"PEPPERS": peppers}
    verify_api_key(value)
    with django_assert_num_queries(0):
        assert get_user(api_key=value) == user


def test_another_pepper_forgets_everything(cached, settings):
    settings.STACK_APIKEYS = settings.STACK_APIKEYS | {"PEPPERS": {1: "another"}}
    with pytest.raises(exceptions.ApiKeyNotFound):
        verify_api_key(cached[1])


# What this process does takes effect at once --------------------------------------------------


def test_a_revocation_takes_effect_at_once(cached):
    api_key, value = cached
    api_key.revoke()
    with pytest.raises(exceptions.ApiKeyRevoked):
        verify_api_key(value)


@pytest.mark.parametrize(
    "rename",
    [
        lambda api_key: api_key.rename("after"),
        lambda api_key: type(api_key)(pk=api_key.pk).rename("after"),
        lambda api_key: type(api_key).objects.filter(pk=api_key.pk).update(description="after"),
        lambda api_key: type(api_key).objects.update(description="after"),
        lambda api_key: api_key.owner.api_keys.update(description="after"),
    ],
)
def test_a_change_of_the_key_takes_effect_at_once(cached, rename):
    api_key, value = cached
    rename(api_key)
    assert verify_api_key(value).description == "after"


def test_a_saved_key_takes_effect_at_once(cached):
    api_key, value = cached
    api_key.expires_at = timezone.now() - timedelta(days=1)
    api_key.save()
    with pytest.raises(exceptions.ApiKeyExpired):
        verify_api_key(value)


def test_a_bulk_update_takes_effect_at_once(cached):
    api_key, value = cached
    api_key.description = "after"
    type(api_key).objects.bulk_update([api_key], ["description"])
    assert verify_api_key(value).description == "after"


@pytest.mark.parametrize(
    "delete",
    [
        lambda api_key: api_key.delete(),
        lambda api_key: type(api_key).objects.filter(pk=api_key.pk).delete(),
        lambda api_key: api_key.owner.api_keys.all().delete(),
        lambda api_key: api_key.owner.delete(),
        lambda api_key: type(api_key.owner).objects.filter(pk=api_key.owner_id).delete(),
    ],
)
def test_a_deletion_takes_effect_at_once(cached, delete):
    api_key, value = cached
    delete(api_key)
    with pytest.raises(exceptions.ApiKeyNotFound):
        verify_api_key(value)


def test_a_deactivated_owner_takes_effect_at_once(user):
    _api_key, value = user.api_keys.create_key()
    verify_api_key(value)
    user.is_active = False
    user.save(update_fields=["is_active"])
    with pytest.raises(exceptions.ApiKeyNotFound):
        verify_api_key(value)
    user.is_active = True
    user.save()
    assert get_user(api_key=value) == user


def test_a_changed_owner_takes_effect_at_once(cached, owner):
    owner.display_name = "Renamed"
    owner.save()
    assert verify_api_key(cached[1]).owner.display_name == "Renamed"


def test_what_happens_to_one_key_costs_no_other_a_query(cached, owner, django_assert_num_queries):
    _api_key, value = cached
    other, _value = owner.api_keys.create_key()
    other.rename("another")
    other.revoke()
    other.delete()
    UserFactory().save()
    with django_assert_num_queries(0):
        verify_api_key(value)


def test_a_key_that_has_expired_is_refused_while_it_is_kept(
    user, monkeypatch, django_assert_num_queries
):
    api_key, value = user.api_keys.create_key(expires_at=timezone.now() + timedelta(hours=1))
    verify_api_key(value)
    monkeypatch.setattr(timestamps, "now", lambda: api_key.expires_at)
    with django_assert_num_queries(0), pytest.raises(exceptions.ApiKeyExpired):
        verify_api_key(value)


# Transactions ---------------------------------------------------------------------------------


def test_what_a_transaction_has_read_is_kept_when_it_is_committed(user, django_assert_num_queries):
    _api_key, value = user.api_keys.create_key()
    with transaction.atomic():  # as with ATOMIC_REQUESTS
        verify_api_key(value)
    with django_assert_num_queries(0):
        verify_api_key(value)


def test_what_is_rolled_back_was_never_kept(user):
    def make_and_use():
        with transaction.atomic():
            value = user.api_keys.create_key()[1]
            verify_api_key(value)
            transaction.set_rollback(True)
        return value

    with pytest.raises(exceptions.ApiKeyNotFound):
        verify_api_key(make_and_use())


def test_a_revocation_takes_effect_for_others_when_it_is_committed(cached):
    api_key, value = cached
    with transaction.atomic():
        api_key.revoke()
        # Another thread reads what was before, and keeps it.
        moment = cache.moment()
        cache.put(
            "another thread's",
            [],
            subjects=[(type(api_key), api_key.pk)],
            read_at=moment,
            seconds=60,
        )
        assert len(cache) == 1
    assert len(cache) == 0
    with pytest.raises(exceptions.ApiKeyRevoked):
        verify_api_key(value)


# The cache itself -----------------------------------------------------------------------------


def put(cached, name, *, subjects=(), seconds=60, read_at=None):
    cached.put(name, [name], subjects=subjects, seconds=seconds, read_at=read_at or cached.moment())


def test_what_was_read_before_something_was_forgotten_is_not_kept():
    cached = VerificationCache()
    before = cached.moment()
    cached.forget([(UserApiKey, 1)])
    put(cached, "late", read_at=before)
    assert cached.get("late") is None
    put(cached, "fresh")
    assert cached.get("fresh") == ["fresh"]


def test_nothing_is_kept_for_longer_than_its_seconds():
    cached = VerificationCache()
    put(cached, "over", seconds=0)
    put(cached, "expired", seconds=-1)
    assert cached.get("over") is cached.get("expired") is None
    assert len(cached) == 0


def test_the_seconds_count_from_the_reading():
    cached = VerificationCache()
    moment = cached.moment()
    put(cached, "slow", read_at=moment._replace(seconds=moment.seconds - 10), seconds=10)
    assert cached.get("slow") is None


def test_of_too_many_the_one_that_was_not_used_for_longest_goes():
    cached = VerificationCache(size=3)
    for name in "abc":
        put(cached, name, subjects=[(UserApiKey, name)])
    cached.get("a")
    put(cached, "d")
    assert [cached.get(name) for name in "abcd"] == [["a"], None, ["c"], ["d"]]
    assert len(cached) == 3


def test_forgetting_leaves_nothing_behind():
    cached = VerificationCache()
    owner = (TeamApiKey, "owner")
    for name in "abc":
        put(cached, name, subjects=[(UserApiKey, name), owner])
        put(cached, name, subjects=[(UserApiKey, name), owner])
    cached.forget([(UserApiKey, "a")])
    assert [cached.get(name) for name in "abc"] == [None, ["b"], ["c"]]
    cached.forget([owner])
    assert len(cached) == 0
    assert not cached._names


def test_several_threads_may_use_it_at_once():
    cached = VerificationCache(size=20)
    failures = []

    def use(number):
        try:
            for step in range(300):
                name = (number * step) % 31
                put(cached, name, subjects=[(UserApiKey, name), (TeamApiKey, name % 3)])
                cached.get((name + 7) % 31)
                cached.forget([(TeamApiKey, step % 3)])
        except Exception as error:  # noqa: BLE001  # the assertion below shows it
            failures.append(error)

    threads = [threading.Thread(target=use, args=[number]) for number in range(1, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(cached) <= 20
    assert sum(len(names) for names in cached._names.values()) == 2 * len(cached)


# Two processes --------------------------------------------------------------------------------


class Process:
    """A process of its own, with the database of all those that were given the same file."""

    def __init__(self, database, *, seconds):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.verifier", str(seconds)],
            cwd=ROOT,
            env=os.environ
            | {"DATABASE_URL": f"sqlite:///{database}", "DJANGO_SETTINGS_MODULE": "tests.settings"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, *order):
        print(*order, file=self.process.stdin, flush=True)
        return self.process.stdout.readline().strip()

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        self.process.communicate()  # closes its input, at which it ends


def test_a_revocation_by_another_process_is_seen_within_the_seconds(tmp_path):
    database = tmp_path / "keys.sqlite3"
    with Process(database, seconds=60) as one, Process(database, seconds=60) as other:
        one.ask("migrate")
        value = one.ask("create")
        for process in (one, other):
            assert process.ask("verify", value) == "usable after 1"
            assert process.ask("verify", value) == "usable after 0"
        assert one.ask("revoke", value) == "revoked"
        assert one.ask("verify", value) == "API_KEY_REVOKED after 1"
        other.ask("skip", 60)
        assert other.ask("verify", value) == "API_KEY_REVOKED after 1"


def test_with_0_seconds_a_revocation_by_another_process_is_seen_at_once(tmp_path):
    database = tmp_path / "keys.sqlite3"
    with Process(database, seconds=0) as one, Process(database, seconds=0) as other:
        one.ask("migrate")
        value = one.ask("create")
        assert other.ask("verify", value) == "usable after 1"
        assert one.ask("revoke", value) == "revoked"
        assert other.ask("verify", value) == "API_KEY_REVOKED after 1"
