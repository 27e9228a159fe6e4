"""A pepper that was changed under its number is found and reported, and never revealed."""

import logging

import pytest
from django.core.checks import Tags, run_checks
from django.db import connection
from django.test.utils import CaptureQueriesContext

from stack_apikeys import keys
from stack_apikeys.exceptions import ApiKeyNotFound
from stack_apikeys.models import UserApiKey
from stack_apikeys.verification import changed_peppers, get_user, verify_api_key
from tests.factories import TeamFactory, UserFactory

pytestmark = pytest.mark.django_db

FIRST, SECOND = "pepper-number-one-of-these-tests", "another-pepper-of-these-tests"


@pytest.fixture
def season(settings):
    """A function that sets the peppers."""
    base = settings.STACK_APIKEYS

    def season(**peppers):
        numbered = {int(name.removeprefix("p")): pepper for name, pepper in peppers.items()}
        settings.STACK_APIKEYS = base | {"PEPPERS": numbered}

    return season


@pytest.fixture
def clock(monkeypatch):
    """The seconds that a process has run for, which a test may set."""
    monkeypatch.setattr(changed_peppers, "_reported_at", {})
    clock = {"now": 0.0}
    monkeypatch.setattr(changed_peppers, "monotonic", lambda: clock["now"])
    return clock


def found():
    return run_checks(tags=[Tags.database], databases=["default"])


def ids():
    return [message.id for message in found()]


def refuse(value):
    with pytest.raises(ApiKeyNotFound):
        verify_api_key(value)


def reports(caplog):
    return [r for r in caplog.records if r.name == "stack_apikeys.verification"]


def test_a_changed_pepper_is_found_for_each_table(season):
    season(p1=FIRST)
    UserFactory().api_keys.create_key()
    team_key, _value = TeamFactory().api_keys.create_key()
    assert found() == []
    season(p1=SECOND, p2=FIRST)
    assert ids() == ["stack_apikeys.E050"] * 2
    team_key.revoke()
    [message] = found()
    assert "stack_apikeys_userapikey" in message.msg
    assert "['PEPPERS'][1]" in message.msg
    season(p1=FIRST, p2=SECOND)
    assert found() == []


def test_keys_made_before_and_after_the_change_are_told_apart(season):
    season(p1=FIRST)
    old, _value = UserFactory().api_keys.create_key()
    season(p1=SECOND)
    UserFactory().api_keys.create_key()
    assert ids() == ["stack_apikeys.E050"]
    season(p1=FIRST)
    assert ids() == ["stack_apikeys.E050"]
    season(p1=SECOND)
    old.revoke()
    assert found() == []


def test_every_way_to_make_keys_stores_the_fingerprint(season):
    season(p1=FIRST)
    user = UserFactory()
    user.api_keys.create_key()
    user.api_keys.bulk_create_keys(2)
    list(UserApiKey.objects.issue_keys([user.pk]))
    stored = set(UserApiKey.objects.values_list("pepper_fingerprint", flat=True))
    assert stored == {keys.pepper_fingerprint(1)}
    season()
    plain, _value = user.api_keys.create_key()
    assert plain.pepper_fingerprint is None
    assert ids() == ["stack_apikeys.E017"]  # the pepper is missing, and was not changed


def test_a_key_without_a_fingerprint_is_not_complained_of(season, clock, caplog):
    season(p1=FIRST)
    _api_key, value = UserFactory().api_keys.create_key()
    UserApiKey.objects.update(pepper_fingerprint=None)
    season(p1=SECOND)
    assert found() == []
    refuse(value)
    assert reports(caplog) == []


def test_a_changed_pepper_is_logged_once_a_minute(season, clock, caplog):
    season(p1=FIRST)
    _api_key, value = UserFactory().api_keys.create_key()
    season(p1=SECOND)
    for now, expected in [(5, 1), (64, 1), (65, 2), (66, 2), (3600, 3)]:
        clock["now"] = now
        refuse(value)
        assert len(reports(caplog)) == expected
    [record, *_more] = reports(caplog)
    assert record.levelno == logging.ERROR
    assert "STACK_APIKEYS['PEPPERS'][1] was changed" in record.getMessage()


def test_each_changed_pepper_is_logged(season, clock, caplog):
    values = []
    for number in (1, 2):
        season(**{f"p{number}": FIRST})
        values.append(UserFactory().api_keys.create_key()[1])
    season(p1=SECOND, p2=SECOND)
    for value in values:
        refuse(value)
    assert len(reports(caplog)) == 2


def test_a_wrong_secret_and_an_unknown_key_are_not_logged(season, clock, caplog):
    season(p1=FIRST)
    api_key, value = UserFactory().api_keys.create_key()
    refuse(keys.generate(id=api_key.pk, kind="user"))
    api_key.delete()
    refuse(value)
    assert reports(caplog) == []


def test_neither_pepper_nor_key_is_logged_or_told(season, clock, caplog):
    season(p1=FIRST)
    _api_key, value = UserFactory().api_keys.create_key()
    season(p1=SECOND)
    refuse(value)
    shown = caplog.text + str(found())
    for secret in (FIRST, SECOND, value, value[3:48]):
        assert secret not in shown


def test_the_fingerprint_costs_no_query(season):
    season(p1=FIRST)
    user = UserFactory()
    with CaptureQueriesContext(connection) as queries:
        _api_key, value = user.api_keys.create_key()
    inserts = [query["sql"] for query in queries if "INSERT" in query["sql"]]
    assert len(inserts) == 1
    with CaptureQueriesContext(connection) as queries:
        assert get_user(api_key=value) == user
    assert len(queries) == 1


@pytest.mark.parametrize("pepper", [FIRST, "ü", "x" * 200])
def test_a_fingerprint_fits_into_every_databases_integer(season, pepper):
    season(p1=pepper)
    assert 0 <= keys.pepper_fingerprint(1) < 2**31
