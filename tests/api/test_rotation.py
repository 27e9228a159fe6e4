"""``POST /api/v1/{T}-api-keys/{id}/rotate``."""

from datetime import timedelta

import pytest
from django.utils import timezone

from stack_apikeys import timestamps
from stack_apikeys.reauthentication import SESSION_KEY
from stack_apikeys.verification import verify_api_key
from tests.factories import UserFactory
from tests.scopes import SCOPES
from tests.wire import (
    IN_90_DAYS,
    UNKNOWN_ID,
    assert_known_error,
    assert_not_found,
    assert_plain_error,
    browser,
    person,
    server,
)

pytestmark = pytest.mark.django_db

HOUR = 60 * 60 * 1000


def path(api_key):
    return f"/{api_key.KIND}-api-keys/{api_key.pk}/rotate"


def rotate(caller, api_key, **changes):
    return caller.post(path(api_key), {"overlap_millis": HOUR} | changes)


def test_a_key_is_rotated_by_who_manages_it_and_by_backends(owner, manager, configure):
    configure(SCOPES=SCOPES)
    for caller in (browser(manager), server()):
        old, old_value = owner.api_keys.create_key(
            description="CI", scopes=["reports:read"], networks=["192.0.2.0/24"], rates=["9/day"]
        )
        in_59_minutes = timezone.now() + timedelta(minutes=59)
        response = rotate(caller, old)
        body = response.json()
        assert response["Cache-Control"] == "no-store, max-age=0"
        assert {name: body[name] for name in ("description", "rotated_from", "scopes")} == {
            "description": "CI",
            "rotated_from": str(old.pk),
            "scopes": ["reports:read"],
        }
        assert (body["networks"], body["rates"]) == (["192.0.2.0/24"], ["9/day"])
        assert "expires_at_millis" not in body
        new = verify_api_key(body["value"], address="192.0.2.7")
        assert (str(new.pk), new.owner) == (body["id"], owner)
        assert new.created_by == (
            manager if caller.headers.get("X-Stack-access-type") == "client" else None
        )
        assert verify_api_key(old_value, address="192.0.2.7").expires_at > in_59_minutes
        read = server().get(f"/{new.KIND}-api-keys/{new.pk}").json()
        assert read["value"] == {"last_four": body["value"][-4:]}


def test_without_overlap_the_key_ends_at_once(owner, endpoint):
    old, old_value = owner.api_keys.create_key()
    assert rotate(server(), old, overlap_millis=0).status_code == 200
    answer = server().post(f"{endpoint}/check", {"api_key": old_value})
    assert_known_error(answer, 401, "API_KEY_EXPIRED", "API key has expired.")


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ({}, "same"),
        ({"expires_at_millis": None}, None),
        ({"expires_at_millis": IN_90_DAYS}, IN_90_DAYS),
    ],
    ids=["nothing", "null", "a time"],
)
def test_the_successor_expires_when_the_request_says(user, sent, expected):
    ends_at = timezone.now() + timedelta(days=7)
    old, _value = user.api_keys.create_key(expires_at=ends_at)
    body = rotate(browser(user), old, **sent).json()
    if expected == "same":
        week = timestamps.to_millis(ends_at)
        assert week <= body["expires_at_millis"] < week + HOUR
    else:
        assert body.get("expires_at_millis") == expected


@pytest.mark.parametrize("overlap", [-1, 1.5, "soon", None, True, [], 10**400, "9" * 5000])
def test_an_overlap_that_is_no_duration_is_named(user, overlap):
    old, _value = user.api_keys.create_key()
    response = rotate(browser(user), old, overlap_millis=overlap)
    assert (response.status_code, response.json()["code"]) == (400, "SCHEMA_ERROR")
    assert "body.overlap_millis" in response.json()["error"]
    assert user.api_keys.count() == 1


def test_an_overlap_is_required(user):
    old, _value = user.api_keys.create_key()
    response = browser(user).post(path(old), {})
    assert "body.overlap_millis must be defined" in response.json()["error"]


def test_a_number_as_text_is_an_overlap(user):
    old, _value = user.api_keys.create_key()
    assert rotate(browser(user), old, overlap_millis="0").status_code == 200


def test_a_key_is_rotated_once(user):
    old, _value = user.api_keys.create_key()
    assert rotate(server(), old).status_code == 200
    assert_plain_error(rotate(server(), old), 409, "The API key has already been rotated.")
    assert user.api_keys.count() == 2


def test_a_key_that_has_ended_is_not_rotated(user):
    revoked, _value = user.api_keys.create_key()
    revoked.revoke()
    expired, _value = user.api_keys.create_key(expires_at=timezone.now())
    sentence = "An API key that has been revoked or has expired cannot be rotated."
    for api_key in (revoked, expired):
        for caller in (server(), browser(user)):
            assert_plain_error(rotate(caller, api_key), 409, sentence)


def test_keys_of_others_are_closed(user, team):
    other, _value = UserFactory().api_keys.create_key()
    answer = rotate(browser(user), other)
    assert_plain_error(answer, 403, "Client can only manage their own api keys")
    of_team, _value = team.api_keys.create_key()
    assert_not_found(rotate(browser(user), of_team))
    assert_known_error(rotate(browser(), other), 401, "USER_AUTHENTICATION_REQUIRED")
    for kind in ("user", "team"):
        unknown = f"/{kind}-api-keys/{UNKNOWN_ID}/rotate"
        assert_not_found(server().post(unknown, {"overlap_millis": 0}))
    for api_key in (other, of_team):
        api_key.refresh_from_db()
        assert api_key.expires_at is None


def test_a_request_with_a_key_rotates_no_key(user):
    old, value = user.api_keys.create_key()
    answer = browser(user).post(path(old), {"overlap_millis": 0}, api_key=value)
    assert answer.status_code == 403
    assert user.api_keys.count() == 1


def test_a_sign_in_long_ago_does_not_suffice(user, configure):
    configure(REAUTHENTICATE_AFTER_SECONDS=600)
    old, _value = user.api_keys.create_key()
    caller = browser(user)
    session = caller.client.session
    session[SESSION_KEY] = 1
    session.save()
    answer = rotate(caller, old)
    assert answer.status_code == 403
    assert "Sign in again" in answer.text
    assert rotate(person(user), old).status_code == 200


def test_rotations_and_creations_of_a_person_are_counted_together(user, configure):
    configure(CREATE_RATE="2/min")
    keys = [user.api_keys.create_key()[0] for _ in range(3)]
    caller = browser(user)
    assert [rotate(caller, each).status_code for each in keys] == [200, 200, 429]
    assert rotate(server(), keys[2]).status_code == 200


def test_a_kind_that_is_switched_off_answers_so(owner, kind, configure):
    old, _value = owner.api_keys.create_key()
    configure(**{f"ALLOW_{kind.upper()}_API_KEYS": False})
    sentence = f"{kind.capitalize()} API keys are not enabled for this project."
    assert_plain_error(rotate(server(), old), 400, sentence)


def test_no_answer_repeats_a_value(user, caplog):
    old, value = user.api_keys.create_key()
    answer = rotate(server(), old, overlap_millis=value)
    assert value not in answer.text
    assert value not in caplog.text
