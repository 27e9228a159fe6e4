"""The work that a request to the HTTP API makes grows no faster than its length.

What is counted is calls of functions, which do not depend on the speed of the machine.
"""

import json
import sys

import pytest

from stack_apikeys.sdk import urls
from tests.factories import TeamFactory, UserFactory
from tests.wire import anyone, person, server

pytestmark = pytest.mark.django_db

ITEMS = 100

CALLS_PER_ITEM = 12
"""What parsing, the check of the depth and a message take, with room. A field of DRF's takes 60."""

VALUES = {
    "strings": lambda number: [""] * number,
    "lists": lambda number: [[]] * number,
    "objects": lambda number: {f"{position}": {} for position in range(number)},
    "a string": lambda number: "\u2028" * number,
    "digits": lambda number: "1" * number,
    "a path": lambda number: "/" * number,
}

FIELDS = {
    "client_metadata",
    "client_secret",
    "creator_user_id",
    "description",
    "display_name",
    "email",
    "expires_at_millis",
    "grant_type",
    "profile_image_url",
    "refresh_token",
    "password",
    "user_id",
}


def calls(function):
    """How many functions are called, Python's and C's."""
    count = 0

    def profile(frame, event, argument):
        nonlocal count
        count += event in {"call", "c_call"}

    sys.setprofile(profile)
    try:
        function()
    finally:
        sys.setprofile(None)
    return count


@pytest.fixture
def addresses():
    user, team = UserFactory(), TeamFactory()
    known = {"user_id": user.pk, "team_id": team.pk, "project_id": "x", "channel_id": user.pk}
    known |= {"session_id": user.pk, "permission_id": "x"}
    paths = {
        str(pattern.pattern).replace("<str:", "{").replace(">", "}").format(**known)
        for pattern in urls.urlpatterns
    }
    keys = {"user-api-keys", "team-api-keys", "user-api-keys/check", f"user-api-keys/{user.pk}"}
    return user, sorted(paths | keys)


def growth(send, make):
    """How many functions one more item calls."""
    short, long = make(ITEMS), make(4 * ITEMS)
    return (calls(lambda: send(long)) - calls(lambda: send(short))) / (3 * ITEMS)


@pytest.mark.long
@pytest.mark.parametrize("kind", VALUES)
def test_a_long_body_makes_no_more_work_than_its_length(addresses, settings, kind):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10**8
    settings.STACK_APIKEYS = settings.STACK_APIKEYS | {"ALLOW_SIGN_UP": True, "CREATE_RATE": None}
    for rate in ("SIGN_IN_RATE", "SIGN_IN_ADDRESS_RATE", "SIGN_IN_STRANGERS_RATE", "SIGN_UP_RATE"):
        settings.STACK_APIKEYS = settings.STACK_APIKEYS | {rate: None}
    user, paths = addresses
    caller = person(user)
    server().get("/users/me")  # what is loaded once is loaded

    def body(number):
        value = VALUES[kind](number)
        return json.dumps(dict.fromkeys(FIELDS, value) | {"unknown": value}).encode()

    for path in paths:
        for method in ("POST", "PATCH"):
            found = growth(lambda text: caller.send(method, f"/{path}", text), body)  # noqa: B023
            assert found < CALLS_PER_ITEM * (len(FIELDS) + 1), (method, path, found)


@pytest.mark.parametrize("kind", VALUES)
def test_a_body_that_is_no_object_makes_no_more_work_than_its_length(kind, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10**8
    caller = anyone()
    caller.get("/users/me")
    found = growth(
        lambda value: caller.post("/auth/password/sign-up", json.dumps(value).encode()),
        VALUES[kind],
    )
    assert found < CALLS_PER_ITEM


def test_many_names_of_a_query_make_no_more_work_than_its_length(settings):
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = None
    caller = server()
    caller.get("/teams")

    def ask(number):
        query = "&".join(f"{position}=" for position in range(number))
        return calls(lambda: caller.get(f"/teams?{query}"))

    assert ask(20 * ITEMS) < 5 * ask(5 * ITEMS)  # Django takes a query apart in Python


def test_a_field_of_metadata_costs_no_more_than_its_length():
    caller = person(UserFactory())

    def update(number):
        body = {"client_metadata": [""] * number}
        return caller.patch("/users/me", json.dumps(body).encode())

    assert update(ITEMS).status_code == 200
    assert growth(update, int) < CALLS_PER_ITEM


@pytest.mark.parametrize("field", ["client_metadata", "server_metadata"])
def test_metadata_may_have_64_kib(field):
    caller = server()
    path = f"/users/{UserFactory().pk}"
    text = "ü" * ((65_536 - 2) // 2)
    assert caller.patch(path, {field: text}).json()[field] == text
    response = caller.patch(path, {field: f"{text}x"})
    assert response.json()["error"].endswith(
        f"\n  - body.{field} must be at most 65536 bytes of JSON"
    )
    assert caller.get(path).json()[field] == text
