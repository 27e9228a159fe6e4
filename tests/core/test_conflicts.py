"""A transaction that the database has rolled back in favor of another one is run again."""

import pytest
from django.db import OperationalError, transaction
from django.db.models.signals import pre_save

from stack_apikeys._database import conflicts
from stack_apikeys._database.conflicts import TRIES, repeat_on_conflict
from stack_apikeys.models import UserApiKey
from stack_apikeys.signals import api_key_created
from tests.factories import UserFactory

DEADLOCK = 1213
LOCK_WAIT_TIMEOUT = 1205


@pytest.fixture(autouse=True)
def pauses(monkeypatch):
    """The pauses that were made, without their time."""
    made = []
    monkeypatch.setattr(conflicts.time, "sleep", made.append)
    return made


def failing(number, code=DEADLOCK):
    """A function that fails so often, and the arguments of its calls."""
    calls = []

    @repeat_on_conflict
    def change(argument):
        calls.append(argument)
        if len(calls) <= number:
            raise OperationalError(code, "Try restarting transaction")
        return "changed"

    return change, calls


def test_a_conflict_runs_the_transaction_again():
    change, calls = failing(2)
    assert change("x") == "changed"
    assert calls == ["x"] * 3


def test_the_pauses_between_tries_are_random_and_short(pauses):
    change, _calls = failing(TRIES - 1)
    assert change("x") == "changed"
    assert len({*pauses}) == TRIES - 1
    assert sum(pauses) < 2


def test_the_last_conflict_is_raised():
    change, calls = failing(TRIES)
    with pytest.raises(OperationalError):
        change("x")
    assert len(calls) == TRIES


def test_another_error_is_raised_at_once():
    change, calls = failing(1, code=LOCK_WAIT_TIMEOUT)
    with pytest.raises(OperationalError):
        change("x")
    assert len(calls) == 1


@pytest.mark.django_db
def test_a_conflict_inside_another_transaction_is_raised_at_once():
    change, calls = failing(1)
    with pytest.raises(OperationalError), transaction.atomic():
        change("x")
    assert len(calls) == 1


@pytest.mark.django_db(transaction=True)
def test_a_creation_that_is_run_again_stores_one_key_and_sends_one_signal(monkeypatch):
    user = UserFactory()
    told = []

    def tell(sender, api_key, **_kwargs):
        told.append(api_key.pk)

    api_key_created.connect(tell)
    errors = [OperationalError(DEADLOCK, "Try restarting transaction")]
    save = UserApiKey.save

    def save_and_fail(self, *args, **kwargs):
        with transaction.atomic():
            save(self, *args, **kwargs)
            if errors:
                raise errors.pop()

    monkeypatch.setattr(UserApiKey, "save", save_and_fail)
    try:
        api_key, value = user.api_keys.create_key(actor=user)
    finally:
        api_key_created.disconnect(tell)
    assert told == [api_key.pk] == [*user.api_keys.values_list("pk", flat=True)]
    assert value
    assert not errors


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("field", ["networks", "rates", "scopes"])
def test_a_creation_that_is_run_again_has_the_lists_of_an_iterator(settings, field):
    settings.STACK_APIKEYS = settings.STACK_APIKEYS | {"SCOPES": {"read": "Read"}}
    items = {"networks": ["192.0.2.0/24"], "rates": ["20/second"], "scopes": ["read"]}[field]
    user = UserFactory()
    errors = [OperationalError(DEADLOCK, "Try restarting transaction")]

    def fail(**_kwargs):
        if errors:
            raise errors.pop()

    pre_save.connect(fail, sender=UserApiKey)
    try:
        api_key, _value = user.api_keys.create_key(**{field: iter(items)})
    finally:
        pre_save.disconnect(fail, sender=UserApiKey)
    assert not errors
    assert getattr(api_key, field) == items
