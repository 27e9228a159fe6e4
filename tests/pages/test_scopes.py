"""Scopes in the pages: chosen for a new key, shown on its page, and taken away there."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.translation import gettext_lazy

from tests.factories import UserFactory
from tests.pages.lists import team_of, text_of
from tests.pages.test_views_one_key import facts
from tests.scopes import ONLY_READING, SCOPES
from tests.settings_pages import (
    address,
    chosen,
    create,
    hidden_fields,
    is_created,
    make_key,
    sign_in,
    was_signed_out,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def named(configure):
    configure(SCOPES=SCOPES)


def offered(page):
    """The scopes with a checkbox, and whether it is ticked."""
    boxes = re.findall(r'<input type="checkbox" name="scopes"[^>]*>', page)
    return {re.search(' value="([^"]*)"', each)[1]: " checked" in each for each in boxes}


def shortcuts(page):
    """What each radio button of the picker stands for, by its value."""
    return dict(
        re.findall(r'name="scope_choice" value="(\w+)".*?<(?:p>(.*?)</p>|div>)', page, re.DOTALL)
    )


# Chosen -----------------------------------------------------------------------------------------


def test_without_named_scopes_there_is_nothing_to_choose(client, owner, configure):
    configure(SCOPES={})
    page = client.get(address("api-key-create", team=team_of(owner))).text
    assert "Scopes" not in page
    assert is_created(create(client, team_of(owner), scope_choice="all", scopes=["admin"]))
    assert owner.api_keys.get().scopes is None


def test_scopes_are_offered_in_groups_with_descriptions(client, owner, configure):
    configure(SCOPES={"admin": "Settings", "reports:read": "Read <all> reports", "a:b": "c"})
    page = client.get(address("api-key-create", team=team_of(owner))).text
    assert offered(page) == {"admin": False, "reports:read": False, "a:b": False}
    groups = re.findall("<legend><code[^>]*>(.*?)</code></legend>", page)
    assert groups == ["admin", "reports", "a"]
    assert "Read &lt;all&gt; reports" in page
    assert chosen(page, "scope_choice") == "chosen"


def test_scopes_of_a_group_stand_together(client, configure):
    configure(SCOPES={"a:read": "One", "b:read": "Two", "a:write": "Three"})
    assert [*offered(client.get(address("api-key-create")).text)] == ["a:read", "a:write", "b:read"]


def test_the_default_scopes_are_ticked(client, configure):
    configure(DEFAULT_SCOPES=["orders:read"])
    ticked = offered(client.get(address("api-key-create")).text)
    assert [name for name, is_ticked in ticked.items() if is_ticked] == ["orders:read"]


@pytest.mark.parametrize(
    ("choice", "scopes"),
    [
        ("all", ["admin", "orders:items:read", "orders:read", "reports:*"]),
        ("read", ["orders:items:read", "orders:read", "reports:read"]),
        ("chosen", ["admin", "reports:write"]),
    ],
)
def test_a_key_gets_the_scopes_that_were_chosen(client, owner, choice, scopes):
    sent = {"scope_choice": choice, "scopes": ["reports:write", "admin"]}
    assert is_created(create(client, team_of(owner), **sent))
    assert owner.api_keys.get().scopes == scopes


def test_the_shortcuts_say_what_they_stand_for(client):
    said = shortcuts(client.get(address("api-key-create")).text)
    assert [*said] == ["all", "read", "chosen"]
    assert said["read"] == "Read reports · Read orders · Read what was ordered"
    assert "Everything with reports" in said["all"]
    assert "Change reports" not in said["all"]


@pytest.mark.parametrize("scopes", [{"a:read": "A", "b:read": "B"}, {"a:write": "A"}])
def test_there_is_no_shortcut_for_reading_if_it_would_be_all_or_nothing(client, configure, scopes):
    configure(SCOPES=scopes)
    assert [*shortcuts(client.get(address("api-key-create")).text)] == ["all", "chosen"]


@pytest.mark.parametrize("choice", ["chosen", None])
def test_a_key_without_any_scope_is_a_mistake(client, owner, choice):
    sent = {"scope_choice": choice} if choice else {}
    answer = create(client, team_of(owner), **sent)
    assert not is_created(answer)
    assert '<a href="#id_scopes_0">Choose at least one scope.</a>' in answer.text
    assert 'aria-describedby="id_scopes_error"' in answer.text
    assert answer.text.count('id="id_scopes_error"') == 1
    assert not owner.api_keys.exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"scope_choice": "chosen", "scopes": ["reports:delete"]},
        {"scope_choice": "chosen", "scopes": ["admin", "reports:*:x"]},
        {"scope_choice": "most", "scopes": ["admin"]},
    ],
)
def test_what_is_not_offered_cannot_be_chosen(client, owner, changes):
    answer = create(client, team_of(owner), **changes)
    assert "is not one of the available choices" in answer.text
    assert not owner.api_keys.exists()


def test_only_what_the_policy_lets_people_grant_is_offered(client, owner, configure):
    configure(**ONLY_READING)
    team = team_of(owner)
    page = client.get(address("api-key-create", team=team)).text
    assert [*offered(page)] == ["reports:read", "orders:read", "orders:items:read"]
    assert not is_created(create(client, team, scope_choice="chosen", scopes=["admin"]))
    assert is_created(create(client, team, scope_choice="all"))
    assert owner.api_keys.get().scopes == ["orders:items:read", "orders:read", "reports:read"]


def test_who_may_grant_nothing_creates_keys_without_scopes(client, owner, configure, monkeypatch):
    configure(**ONLY_READING)
    monkeypatch.setattr("tests.scopes.ReadersGrantReading.grantable_scopes", lambda *_args: [])
    team = team_of(owner)
    assert "Scopes" not in client.get(address("api-key-create", team=team)).text
    assert is_created(create(client, team))
    assert owner.api_keys.get().scopes == []


def test_a_scope_that_may_not_be_granted_any_more_is_refused_with_the_reason(
    client, user, configure, monkeypatch
):
    configure(**ONLY_READING)
    allowed = iter([["orders:read"], []])
    monkeypatch.setattr(
        "tests.scopes.ReadersGrantReading.grantable_scopes", lambda *_args: next(allowed)
    )
    fields = {"description": "CI", "expires_in": "30", "scope_choice": "all"}
    answer = client.post(address("api-key-create"), fields)
    assert "You are not allowed to grant the scope orders:read." in answer.text
    assert not user.api_keys.exists()


def test_what_was_chosen_survives_the_end_of_the_session(client, user):
    url = address("api-key-create")
    fields = hidden_fields(client.get(url).text)
    typed = {"description": "CI", "scope_choice": "chosen", "scopes": ["admin", "orders:read"]}
    was_signed_out(client)
    client.post(url, {**fields, **typed}, headers={"Origin": "http://testserver"})
    sign_in(client, user)
    page = client.get(url).text
    assert chosen(page, "scope_choice") == "chosen"
    ticked = [name for name, is_ticked in offered(page).items() if is_ticked]
    assert ticked == ["orders:read", "admin"]


# Shown ------------------------------------------------------------------------------------------


def test_the_page_of_a_key_shows_its_scopes(client, owner, configure):
    configure(SCOPES={**SCOPES, "orders:read": gettext_lazy("Rename")})
    api_key = make_key(owner, scopes=["reports:*", "orders:read"])
    page = client.get(address("api-key", api_key, team_of(owner))).text
    said = facts(page)["Scopes"]
    assert said.startswith("Rename orders:read Everything with reports reports:*")
    configure(SCOPES={"reports:*": "Reports"})
    said = facts(client.get(address("api-key", api_key, team_of(owner))).text)["Scopes"]
    assert said.startswith("Reports reports:*")
    assert "orders" not in said


def test_the_page_of_a_key_says_whether_it_has_no_scopes_or_all(client, owner, configure):
    team = team_of(owner)
    configure(SCOPES={})
    unscoped = make_key(owner)
    assert "Scopes" not in facts(client.get(address("api-key", unscoped, team)).text)
    configure(SCOPES=SCOPES)
    assert facts(client.get(address("api-key", unscoped, team)).text)["Scopes"] == "None"
    configure(SCOPELESS_KEYS="full")
    page = client.get(address("api-key", unscoped, team)).text
    assert facts(page)["Scopes"] == "Everything Take scopes away"
    unscoped.revoke()
    assert "Scopes" not in facts(client.get(address("api-key", unscoped, team)).text)


# Taken away -------------------------------------------------------------------------------------


def test_scopes_are_taken_away(client, owner):
    team = team_of(owner)
    api_key = make_key(owner, scopes=["reports:*", "orders:read"])
    page = client.get(address("api-key", api_key, team)).text
    url = re.search(r'href="([^"]*/scopes/[^"]*)"', page)[1]
    page = client.get(url).text
    assert offered(page) == {
        "reports:read": False,
        "reports:write": False,
        "reports:*": True,
        "orders:read": True,
    }
    answer = client.post(url, {"scopes": ["reports:read"], **hidden_fields(page)}, follow=True)
    assert "Scopes changed." in text_of(answer.text)
    api_key.refresh_from_db()
    assert api_key.scopes == ["reports:read"]
    client.post(url, {})
    api_key.refresh_from_db()
    assert api_key.scopes == []
    assert client.get(url).status_code == client.post(url).status_code == 404


def test_scopes_are_never_added(client, owner):
    api_key = make_key(owner, scopes=["reports:read"])
    url = address("api-key-scopes", api_key, team_of(owner))
    answer = client.post(url, {"scopes": ["reports:read", "reports:write"]})
    assert "is not one of the available choices" in answer.text
    api_key.refresh_from_db()
    assert api_key.scopes == ["reports:read"]


def test_a_scope_that_somebody_else_took_away_meanwhile_is_not_given_back(
    client, owner, monkeypatch
):
    api_key = make_key(owner, scopes=["reports:read", "admin"])
    narrow = type(api_key).narrow_scopes

    def be_too_late(self, scopes):
        narrow(type(api_key).objects.get(), ["admin"])
        narrow(self, scopes)

    monkeypatch.setattr(type(api_key), "narrow_scopes", be_too_late)
    url = address("api-key-scopes", api_key, team_of(owner))
    answer = client.post(url, {"scopes": ["reports:read"]})
    assert "The key does not have the scope reports:read." in answer.text


def test_the_scopes_of_others_are_not_found(owner):
    api_key = make_key(owner, scopes=["admin"])
    url = address("api-key-scopes", api_key, team_of(owner))
    assert Client().get(url).status_code == 302
    stranger = Client()
    stranger.force_login(UserFactory())
    for answer in (stranger.get(url), stranger.post(url, {})):
        assert answer.status_code == 404
    api_key.refresh_from_db()
    assert api_key.scopes == ["admin"]


def test_the_form_of_a_project_without_scopes_is_not_found(client, owner, configure):
    configure(SCOPES={})
    api_key = make_key(owner)
    assert client.get(address("api-key-scopes", api_key, team_of(owner))).status_code == 404


def test_a_form_of_another_site_takes_nothing_away(owner, user):
    api_key = make_key(owner, scopes=["admin"])
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)
    answer = client.post(address("api-key-scopes", api_key, team_of(owner)), {})
    assert answer.status_code == 403
    api_key.refresh_from_db()
    assert api_key.scopes == ["admin"]


def test_scopes_cost_the_pages_no_query(client, user, django_assert_num_queries, configure):
    api_key = make_key(user, scopes=["admin"])
    for url in (address("api-key-create"), address("api-key", api_key)):
        configure(SCOPES={})
        with CaptureQueriesContext(connection) as without:
            client.get(url)
        configure(SCOPES=SCOPES)
        with django_assert_num_queries(len(without)):
            client.get(url)
