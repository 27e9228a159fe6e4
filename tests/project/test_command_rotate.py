"""``manage.py api_keys rotate``."""

from datetime import timedelta

import pytest
from django.core.management import CommandError
from django.utils import timezone

from stack_apikeys.verification import verify_api_key
from tests.command import run, run_json
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def api_key():
    return UserFactory().api_keys.create_key(description="CI", networks=["192.0.2.0/24"])[0]


def test_rotate_prints_the_value_of_the_successor_alone(api_key):
    stdout, stderr = run("rotate", str(api_key.pk))
    successor = api_key.user.api_keys.get(rotated_from=api_key)
    assert verify_api_key(stdout.removesuffix("\n"), address="192.0.2.7") == successor
    assert (successor.description, successor.networks) == ("CI", ["192.0.2.0/24"])
    assert f"{successor.pk}, the successor of {api_key.pk}." in stderr
    assert stdout.strip() not in stderr
    api_key.refresh_from_db()
    assert api_key.status == "expired"


def test_rotate_as_json_after_an_overlap(api_key):
    [rotated] = run_json("rotate", api_key.masked, "--overlap", "24h", "--expires", "30d")
    successor = verify_api_key(rotated["value"], address="192.0.2.7")
    assert (rotated["id"], rotated["rotated_from"]) == (str(successor.pk), str(api_key.pk))
    api_key.refresh_from_db()
    assert api_key.is_valid()
    for ends, days in ((api_key.expires_at, 1), (successor.expires_at, 30)):
        in_days = timezone.now() + timedelta(days=days)
        assert abs(ends - in_days) < timedelta(hours=2)


@pytest.mark.parametrize(("expires", "lives"), [([], True), (["--expires", "never"], False)])
def test_a_successor_lives_as_long_as_the_key_was_made_for(expires, lives):
    in_a_week = timezone.now() + timedelta(days=7)
    api_key, _value = UserFactory().api_keys.create_key(expires_at=in_a_week)
    [rotated] = run_json("rotate", str(api_key.pk), *expires)
    assert (rotated["expires_at"] is not None) == lives


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--overlap", "soon"], "--overlap: Enter a duration such as"),
        (["--overlap", "-1d"], "--overlap"),
        (["--expires", "2020-01-01"], "--expires: Enter a time in the future"),
    ],
)
def test_what_is_wrong_rotates_nothing(api_key, arguments, expected):
    with pytest.raises(CommandError, match=expected):
        run("rotate", str(api_key.pk), *arguments)
    api_key.refresh_from_db()
    assert api_key.is_valid()
    assert api_key.user.api_keys.count() == 1


@pytest.mark.parametrize("case", ["revoked", "rotated"])
def test_a_key_that_has_ended_is_not_rotated(api_key, case):
    if case == "revoked":
        api_key.revoke()
    else:
        api_key.rotate(overlap=timedelta(days=1))
    code = {"revoked": "API_KEY_NOT_ROTATABLE", "rotated": "API_KEY_ALREADY_ROTATED"}[case]
    before = api_key.user.api_keys.count()
    with pytest.raises(CommandError, match=code):
        run("rotate", str(api_key.pk))
    assert api_key.user.api_keys.count() == before
