"""The scopes of a key over HTTP: chosen when it is created, and taken away later."""

import pytest

from stack_apikeys.models import MODELS
from tests.factories import UserFactory
from tests.scopes import ONLY_READING, SCOPES
from tests.wire import admin, assert_plain_error, browser, new_key, person, server

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def named(configure):
    configure(SCOPES=SCOPES)


@pytest.fixture(params=["server", "admin", "session", "token"])
def caller(request, manager):
    callers = {"server": server, "admin": admin}
    users = {"session": browser, "token": person}
    return callers[request.param]() if request.param in callers else users[request.param](manager)


def test_a_key_has_the_scopes_it_was_created_with(kind, owner, endpoint, caller):
    body = new_key(kind, owner, scopes=["reports:*", "admin"])
    created = caller.post(endpoint, body).json()
    assert created["scopes"] == ["admin", "reports:*"]
    url = f"{endpoint}/{created['id']}"
    assert caller.get(url).json()["scopes"] == ["admin", "reports:*"]
    listed = caller.get(f"{endpoint}?{kind}_id={owner.pk}").json()["items"]
    assert [each["scopes"] for each in listed] == [["admin", "reports:*"]]
    narrowed = caller.patch(url, {"scopes": ["reports:read"]})
    assert narrowed.json()["scopes"] == ["reports:read"]
    assert caller.patch(url, {"scopes": []}).json()["scopes"] == []
    assert owner.api_keys.get().scopes == []


def test_a_client_that_knows_no_scopes_creates_keys_with_the_default(
    kind, owner, endpoint, caller, configure
):
    for body in (new_key(kind, owner), new_key(kind, owner, scopes=None)):
        assert caller.post(endpoint, body).json()["scopes"] == []
    configure(DEFAULT_SCOPES=["reports:read"])
    assert caller.post(endpoint, new_key(kind, owner)).json()["scopes"] == ["reports:read"]


def test_without_named_scopes_a_key_looks_as_the_official_sdks_know_it(
    kind, owner, endpoint, caller, configure
):
    configure(SCOPES={})
    created = caller.post(endpoint, new_key(kind, owner)).json()
    assert "scopes" not in created
    assert "scopes" not in caller.get(f"{endpoint}/{created['id']}").json()
    assert "scopes" not in caller.get(f"{endpoint}?{kind}_id={owner.pk}").json()["items"][0]


def test_a_key_from_before_scopes_were_named_has_no_field(kind, owner, endpoint, configure):
    configure(SCOPES={})
    api_key, _value = owner.api_keys.create_key()
    configure(SCOPES=SCOPES)
    assert "scopes" not in server().get(f"{endpoint}/{api_key.pk}").json()


def test_a_scope_that_the_project_removed_is_not_shown(owner, endpoint, configure):
    api_key, _value = owner.api_keys.create_key(scopes=["admin", "reports:read"])
    configure(SCOPES={"admin": "All"})
    assert server().get(f"{endpoint}/{api_key.pk}").json()["scopes"] == ["admin"]


@pytest.mark.parametrize(
    ("scopes", "problem"),
    [
        ("admin", 'must be a list of at most 100 scopes such as "reports:read"'),
        ([7], 'must be a list of at most 100 scopes such as "reports:read"'),
        ({}, 'must be a list of at most 100 scopes such as "reports:read"'),
        (["reports:delete", "admin", "orders:*"], "unknown scopes: orders:*, reports:delete"),
    ],
)
def test_what_are_no_scopes_is_refused_and_nothing_changes(
    kind, owner, endpoint, caller, scopes, problem
):
    api_key, _value = owner.api_keys.create_key(scopes=["admin"])
    changes = {"scopes": scopes, "description": "New"}
    for answer in (
        caller.post(endpoint, new_key(kind, owner, **changes)),
        caller.patch(f"{endpoint}/{api_key.pk}", changes),
    ):
        assert (answer.status_code, answer.json()["code"]) == (400, "SCHEMA_ERROR")
        assert "body.scopes " in answer.json()["error"]
        assert problem in answer.json()["error"]
    stored = owner.api_keys.get()
    assert (stored.scopes, stored.description) == (["admin"], "")


def test_scopes_are_never_added_and_nothing_changes(owner, endpoint, caller):
    api_key, _value = owner.api_keys.create_key(scopes=["reports:read"])
    body = {"scopes": ["reports:read", "reports:write"], "description": "New", "revoked": True}
    answer = caller.patch(f"{endpoint}/{api_key.pk}", body)
    sentence = "The key does not have the scope reports:write. Scopes can only be taken away."
    assert_plain_error(answer, 400, sentence)
    answer = caller.patch(f"{endpoint}/{api_key.pk}", {"scopes": None})
    assert "body.scopes cannot be null" in answer.json()["error"]
    stored = owner.api_keys.get()
    assert (stored.scopes, stored.description) == (["reports:read"], "")
    assert stored.is_valid()


def test_strangers_take_no_scopes_away(owner, endpoint):
    api_key, _value = owner.api_keys.create_key(scopes=["reports:read"])
    answer = browser(UserFactory()).patch(f"{endpoint}/{api_key.pk}", {"scopes": []})
    assert answer.status_code in {403, 404}
    assert owner.api_keys.get().scopes == ["reports:read"]


def test_people_grant_what_the_policy_lets_them_and_backends_all(
    kind, owner, manager, endpoint, configure
):
    configure(**ONLY_READING)
    for client in (browser(manager), person(manager)):
        allowed = client.post(endpoint, new_key(kind, owner, scopes=["orders:read"]))
        assert allowed.json()["scopes"] == ["orders:read"]
        refused = client.post(endpoint, new_key(kind, owner, scopes=["orders:read", "admin"]))
        sentence = "You are not allowed to grant the scope admin."
        assert_plain_error(refused, 403, sentence)
    assert MODELS[kind].objects.count() == 2
    for backend in (server(), admin()):
        created = backend.post(endpoint, new_key(kind, owner, scopes=["admin"])).json()
        assert created["scopes"] == ["admin"]
