"""With ``IDLE_DAYS``, keys that nobody uses are revoked."""

from contextlib import contextmanager
from datetime import timedelta
from time import time
from uuid import uuid4

import pytest
from django.apps import apps
from django.utils import timezone, translation

from stack_apikeys.models import TeamApiKey, UserApiKey
from stack_apikeys.models.querysets import ApiKeyQuerySet
from stack_apikeys.signals import api_key_revoked
from stack_apikeys.usage import idle
from stack_apikeys.usage import recorder as recording
from stack_apikeys.usage.models import KeyDay, KeyUsage
from stack_apikeys.usage.recorder import Recorder, recorder
from tests.settings_pages import make_key
from tests.usage.test_recorder import KEY

pytestmark = pytest.mark.django_db


def ago(days):
    return timezone.now() - timedelta(days=days)


@pytest.fixture(autouse=True)
def counted_for_long(configure):
    configure(IDLE_DAYS=90)
    KeyDay.objects.create(key_id=uuid4(), day=ago(100).date())


def key_of(owner, *, age, used=None, **fields):
    """A key that was made and used so many days ago."""
    api_key = make_key(owner, **fields)
    type(api_key).objects.filter(pk=api_key.pk).update(created_at=ago(age))
    if used is not None:
        note_use(api_key, ago(used))
    return api_key


def note_use(api_key, moment):
    KeyUsage.objects.update_or_create(
        key_id=api_key.pk, defaults={"kind": api_key.KIND, "last_used_at": moment}
    )


def revoke():
    """Do what the command does; return the last numbers."""
    config = apps.get_app_config("stack_apikeys_usage")
    return ([*config.maintain_api_keys()] or [(0, 0)])[-1]


@contextmanager
def told():
    """The keys of which the signal tells, with the cause."""
    found = []

    def note(api_key, cause, **_):
        found.append((api_key.pk, cause))

    api_key_revoked.connect(note)
    try:
        yield found
    finally:
        api_key_revoked.disconnect(note)


@pytest.mark.django_db(transaction=True)
def test_keys_that_nobody_uses_are_revoked_with_the_reason(owner):
    never, long_ago = key_of(owner, age=91), key_of(owner, age=200, used=91)
    kept = [
        key_of(owner, age=89),
        key_of(owner, age=200, used=89),
        key_of(owner, age=200, used=0),
    ]
    with translation.override("de"), told() as signals:
        assert revoke() == (2, 2)
    assert sorted(signals) == sorted([(never.pk, "idle"), (long_ago.pk, "idle")])
    assert {*owner.api_keys.valid()} == {*kept}
    for api_key in (never, long_ago):
        api_key.refresh_from_db()
        assert (api_key.revoked_reason, api_key.revoked_by) == ("Not used for 90 days.", None)
    assert revoke() == (0, 0)


def test_keys_that_have_ended_stay_as_they_are(user):
    expired = key_of(user, age=200, expires_at=ago(100))
    revoked = key_of(user, age=200)
    revoked.revoke(reason="Lost")
    assert revoke() == (0, 0)
    for api_key, reason in ((expired, ""), (revoked, "Lost")):
        api_key.refresh_from_db()
        assert api_key.revoked_reason == reason


def test_nothing_happens_without_the_setting(user, configure):
    configure(IDLE_DAYS=None)
    key_of(user, age=1000)
    assert revoke() == (0, 0)
    assert user.api_keys.valid().exists()


@pytest.mark.parametrize("days", [None, 90, 5])
def test_nothing_is_revoked_before_uses_were_counted_for_so_long(user, days):
    KeyDay.objects.all().delete()
    if days is not None:
        KeyDay.objects.create(key_id=uuid4(), day=ago(days).date())
    key_of(user, age=1000)
    assert revoke() == (0, 0)
    assert user.api_keys.valid().exists()


def test_what_this_process_has_not_written_is_a_use(user):
    api_key = key_of(user, age=200, used=100)
    recorder.accept(api_key.pk, "user", time(), ("192.0.2.7", None))
    assert revoke() == (0, 0)
    assert user.api_keys.valid().exists()


def test_a_use_that_is_counted_in_the_meantime_saves_the_key(user, team, monkeypatch):
    used, unused = key_of(user, age=200, used=100), key_of(user, age=200, used=100)
    write = ApiKeyQuerySet._revoke_some

    def use_first(*args):
        note_use(used, timezone.now())
        return write(*args)

    monkeypatch.setattr(ApiKeyQuerySet, "_revoke_some", use_first)
    with told() as signals:
        assert revoke() == (1, 2)
    assert not signals  # the transaction of the test is never committed
    assert user.api_keys.valid().get() == used
    unused.refresh_from_db()
    assert unused.status == "revoked"


def test_many_keys_are_revoked_in_batches(user, team, monkeypatch):
    monkeypatch.setattr(idle, "AT_A_TIME", 2)
    for owner in (user, team):
        owner.api_keys.bulk_create_keys(5)
    for model in (UserApiKey, TeamApiKey):
        model.objects.update(created_at=ago(91))
    steps = [*idle.revoke_idle_keys()]
    assert steps == [(2, 2), (4, 4), (5, 5), (7, 7), (9, 9), (10, 10)]
    assert not user.api_keys.valid().exists()


def test_a_key_that_was_not_used_for_a_day_is_written_at_once_again(monkeypatch):
    now = 1_000_000.0
    monkeypatch.setattr(recording.time, "monotonic", lambda: now)
    monkeypatch.setattr(recording, "write", lambda gathered: None)
    recorder = Recorder()
    other = uuid4()
    assert recorder.accept(KEY, "user", time(), (None, None))
    recorder.write()
    assert not recorder.accept(KEY, "user", time(), (None, None))
    recorder.write()
    now += recording.SEEN_FOR
    recorder.accept(other, "user", time(), (None, None))
    recorder.write()
    assert recorder.accept(KEY, "user", time(), (None, None))
