"""Several keys are ticked in the list, and revoked together."""

import json
import re
from html import unescape
from unittest.mock import Mock
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from stack_apikeys.pages import many, panels
from stack_apikeys.pages.many import MOST_KEYS
from stack_apikeys.signals import api_key_revoked
from tests.factories import PASSWORD, TeamFactory, UserFactory
from tests.pages.lists import get, in_days, make_many, table_rows, team_of, text_of
from tests.pages.test_notices import told
from tests.settings_pages import (
    address,
    field_value,
    hidden_fields,
    make_key,
    sign_in,
    was_signed_out,
)

pytestmark = pytest.mark.django_db

HERE = {"Origin": "http://testserver"}

SURE = {"understood": "on", "reason": "Spring cleaning"}


@pytest.fixture
def url(owner):
    return address("api-keys-revoke", team=team_of(owner))


@pytest.fixture
def api_keys(owner):
    return [make_key(owner, description=f"Key {number}") for number in range(3)]


def boxes(page):
    """The ids that can be ticked in a list, by the text for screen readers."""
    found = re.findall(r'name="key" value="([^"]+)" aria-label="([^"]+)"', page)
    return {unescape(label): value for value, label in found}


def ask(client, url, *api_keys, **fields):
    """Tick the keys, and press the button below the list."""
    return client.post(url, {"key": [each.pk for each in api_keys], **fields})


def confirm(client, url, *api_keys, **fields):
    """Tick the keys, and confirm it."""
    page = ask(client, url, *api_keys).text
    return client.post(url, hidden_fields(page) | SURE | fields, headers=HERE)


def state_of(*api_keys):
    for each in api_keys:
        each.refresh_from_db()
    return [each.status for each in api_keys]


# The list -------------------------------------------------------------------------------------


def test_each_valid_key_of_the_list_can_be_ticked(client, owner, url, api_keys):
    api_keys[0].revoke()
    owner.api_keys.filter(pk=api_keys[1].pk).update(expires_at=in_days(-1))
    page = get(client, team_of(owner), sort="created").text
    assert boxes(page) == {f"Select {api_keys[2]}": str(api_keys[2].pk)}
    assert "Revoke selected…" in page
    assert re.search(r"<div hidden><label [^>]*>.*? Select all on this page</label></div>", page)
    [action] = re.findall(r'<form method="post" action="([^"]*)">\s*<table', page)
    here = address("api-keys", team=team_of(owner), sort="created")
    assert unescape(action) == address("api-keys-revoke", team=team_of(owner), next=here)


def test_a_list_without_valid_keys_has_nothing_to_tick(client, owner, api_keys):
    owner.api_keys.all().revoke()
    page = get(client, team_of(owner)).text
    assert len(table_rows(page)) == 3
    assert "checkbox" not in page
    assert "Revoke selected" not in page
    assert "apikeys-tick" not in page


def test_an_embedded_list_leads_back_to_its_page(client, user):
    api_key = make_key(user)
    page = client.get("/account/").text
    [action] = re.findall(r'<form method="post" action="([^"]*api-keys/revoke/[^"]*)"', page)
    assert boxes(page) == {f"Select {api_key}": str(api_key.pk)}
    answer = confirm(client, unescape(action), api_key)
    assert answer.url == "/account/#user-api-keys"
    assert told(client.get("/account/").text) == [
        "1 key was revoked. Anything that uses it no longer works."
    ]


# The question ---------------------------------------------------------------------------------


def test_the_keys_are_named_and_nothing_is_revoked_yet(client, url, api_keys):
    page = ask(client, url, *api_keys[:2]).text
    assert "<title>Revoke API keys" in page
    assert text_of(re.search("<h1.*?</h1>", page, re.DOTALL)[0]) == "Revoke 2 API keys?"
    for each in api_keys[:2]:
        assert each.description in page
        assert each.masked in page
    assert "Key 2" not in page
    assert page.index("Key 0") < page.index("Key 1")  # as in the list
    assert hidden_fields(page)["keys"].split() == [str(each.pk) for each in api_keys[:2]]
    assert state_of(*api_keys) == ["valid"] * 3


def test_the_question_can_be_reloaded(client, url, api_keys):
    pages = [text_of(ask(client, url, *api_keys).text) for _time in range(2)]
    assert pages[0] == pages[1]
    assert state_of(*api_keys) == ["valid"] * 3


def test_the_question_says_when_the_keys_were_last_used(
    client, url, owner, monkeypatch, django_assert_max_num_queries
):
    class UsagePanel(panels.Panel):
        def use(self, api_key):
            return "Last used yesterday." if api_key.description != "Key 0" else ""

    monkeypatch.setattr(panels, "_registered", [UsagePanel()])
    api_keys = [make_key(owner, description=f"Key {number}") for number in range(5)]
    ask(client, url, *api_keys[:2])
    with django_assert_max_num_queries(12):
        page = ask(client, url, *api_keys).text
    assert text_of(page).count("Last used yesterday.") == 4


@pytest.mark.parametrize(
    ("ids", "expected"),
    [
        ([], "Tick the keys that you want to revoke."),
        (["nonsense"], "does not exist any more"),
        ([str(uuid4())], "does not exist any more"),
        ([str(uuid4()) for _ in range(MOST_KEYS + 1)], f"At most {MOST_KEYS} keys"),
    ],
)
@pytest.mark.parametrize("step", ["ask", "confirm"])
def test_a_selection_that_is_none_says_so_and_changes_nothing(
    client, url, api_keys, ids, expected, step
):
    if ids and len(ids) == 1:
        ids = [*ids, str(api_keys[0].pk)]
    sent = {"key": ids} if step == "ask" else {"keys": " ".join(ids), **SURE}
    answer = client.post(url, sent)
    assert answer.status_code == 400
    assert expected in answer.text
    assert "Revoke keys" not in answer.text
    assert state_of(*api_keys) == ["valid"] * 3


def test_as_many_as_the_longest_page_has_can_be_revoked(client, user):
    make_many(type(make_key(user)), user, MOST_KEYS - 1)
    answer = confirm(client, address("api-keys-revoke"), *user.api_keys.all())
    assert answer.status_code == 302
    assert user.api_keys.revoked().count() == MOST_KEYS


def test_keys_of_others_cannot_be_revoked(client, user, url, api_keys):
    theirs = make_key(UserFactory())
    sent = {"keys": f"{theirs.pk} {api_keys[0].pk}", **SURE}
    for answer in (ask(client, url, theirs, api_keys[0]), client.post(url, sent)):
        assert answer.status_code == 400
        assert "does not exist any more" in answer.text
    assert state_of(theirs, *api_keys) == ["valid"] * 4


def test_who_does_not_manage_the_keys_gets_404(client, api_keys):
    url = address("api-keys-revoke", team=TeamFactory())
    assert client.get(url).status_code == 404
    assert ask(client, url, *api_keys).status_code == 404


def test_who_is_not_signed_in_signs_in_first(url, api_keys):
    visitor = Client()
    for sent in ({"key": [each.pk for each in api_keys]}, {"keys": str(api_keys[0].pk), **SURE}):
        answer = visitor.post(url, sent)
        assert answer.url.startswith(reverse("login"))
        assert str(api_keys[0].pk) not in answer.url
    assert state_of(*api_keys) == ["valid"] * 3


def test_the_address_alone_revokes_nothing(client, url):
    answer = client.get(url)
    assert answer.status_code == 400
    assert "Tick the keys that you want to revoke." in answer.text


# The answer -----------------------------------------------------------------------------------


def test_several_keys_are_revoked_for_one_reason(
    client, user, owner, url, api_keys, django_capture_on_commit_callbacks
):
    received = Mock()
    api_key_revoked.connect(received)
    with django_capture_on_commit_callbacks(execute=True):
        answer = confirm(client, f"{url}?next=/account/%3Fuser-q=Key", *api_keys[:2])
    api_key_revoked.disconnect(received)
    assert answer.url == "/account/?user-q=Key"
    assert received.call_count == 2
    assert state_of(*api_keys) == ["revoked", "revoked", "valid"]
    for each in api_keys[:2]:
        assert (each.revoked_by, each.revoked_reason) == (user, "Spring cleaning")
    page = get(client, team_of(owner), status="valid").text
    assert told(page) == ["2 keys were revoked. Anything that uses them no longer works."]
    assert page.index("2 keys were revoked") < page.index("<table")
    assert told(get(client, team_of(owner)).text) == []


def test_without_the_tick_nothing_is_revoked_and_the_reason_is_kept(client, url, api_keys):
    refused = confirm(client, url, *api_keys, understood="")
    assert refused.status_code == 200
    assert "Tick this box to revoke the keys." in refused.text
    assert field_value(refused.text, "reason") == "Spring cleaning"
    assert state_of(*api_keys) == ["valid"] * 3
    sent = hidden_fields(refused.text) | SURE
    assert client.post(url, sent, headers=HERE).status_code == 302


def test_keys_that_somebody_else_has_revoked_are_not_changed(client, owner, url, api_keys):
    page = ask(client, url, *api_keys).text
    api_keys[0].revoke(by=UserFactory(), reason="first")
    again = ask(client, url, *api_keys).text
    assert f"Already revoked: {api_keys[0]}" in text_of(again)
    client.post(url, hidden_fields(page) | SURE, headers=HERE)
    assert state_of(*api_keys) == ["revoked"] * 3
    assert api_keys[0].revoked_reason == "first"
    [notice] = told(get(client, team_of(owner)).text)
    assert notice == (
        "2 keys were revoked. Anything that uses them no longer works. Already revoked before: "
        f"{api_keys[0]}"
    )


@pytest.mark.parametrize("understood", ["on", ""])
def test_when_all_were_revoked_meanwhile_the_reason_is_not_lost(
    client, owner, url, api_keys, understood
):
    page = ask(client, url, *api_keys).text
    owner.api_keys.all().revoke(by=UserFactory(), reason="first")
    sent = hidden_fields(page) | SURE | {"understood": understood}
    answer = client.post(url, sent, headers=HERE)
    assert answer.status_code == 200
    assert "These keys are already revoked" in answer.text
    assert "Nothing was changed. Your reason was not saved." in answer.text
    assert 'value="Spring cleaning" readonly' in answer.text
    assert told(get(client, team_of(owner)).text) == []
    state_of(*api_keys)
    assert {each.revoked_reason for each in api_keys} == {"first"}


def test_a_second_submission_of_the_same_form_succeeds_too(client, url, api_keys):
    sent = hidden_fields(ask(client, url, *api_keys).text) | SURE
    for _time in range(2):
        assert client.post(url, sent, headers=HERE).status_code == 302
    assert state_of(*api_keys) == ["revoked"] * 3


def test_a_revocation_during_the_request_is_told_too(client, url, api_keys, monkeypatch):
    def be_second(self, *args, hold_rights=many.RevokeManyView.hold_rights, **kwargs):
        for each in api_keys:
            type(each).objects.get(pk=each.pk).revoke(by=UserFactory(), reason="first")
        return hold_rights(self, *args, **kwargs)

    monkeypatch.setattr(many.RevokeManyView, "hold_rights", be_second)
    answer = confirm(client, url, *api_keys)
    assert "These keys are already revoked" in answer.text
    assert 'value="Spring cleaning" readonly' in answer.text


def test_a_key_that_is_deleted_during_the_request_is_404_and_no_other_is_revoked(
    client, url, api_keys, monkeypatch
):
    def delete_first(self, *args, hold_rights=many.RevokeManyView.hold_rights, **kwargs):
        api_keys[0].delete()
        return hold_rights(self, *args, **kwargs)

    monkeypatch.setattr(many.RevokeManyView, "hold_rights", delete_first)
    assert confirm(client, url, *api_keys).status_code == 404
    assert state_of(*api_keys[1:]) == ["valid"] * 2


def test_the_session_holds_only_ids_until_the_list_is_shown(client, url, api_keys):
    api_keys[0].revoke(by=UserFactory())
    confirm(client, url, *api_keys, reason="Confidential")
    session = json.dumps(dict(client.session.items()), default=str)
    assert str(api_keys[0].pk) in session
    for text in ("Confidential", "Key 0", api_keys[0].last_four + '"'):
        assert text not in session


# Signing in again -----------------------------------------------------------------------------


def test_who_signed_in_long_ago_confirms_by_the_password(client, url, api_keys, configure):
    configure(REAUTHENTICATE_AFTER_SECONDS=0)
    page = ask(client, url, *api_keys).text
    assert 'name="password"' in page
    refused = confirm(client, url, *api_keys, password="wrong")
    assert "That password is incorrect." in refused.text
    assert state_of(*api_keys) == ["valid"] * 3
    sent = hidden_fields(refused.text) | SURE | {"password": PASSWORD}
    assert client.post(url, sent, headers=HERE).status_code == 302
    assert state_of(*api_keys) == ["revoked"] * 3


def test_the_selection_and_the_reason_survive_the_end_of_the_session(client, user, url, api_keys):
    sent = hidden_fields(ask(client, url, *api_keys).text) | SURE
    was_signed_out(client)
    answer = client.post(url, sent, headers=HERE)
    assert answer.url.startswith(f"{reverse('login')}?next=")
    page = client.get(sign_in(client, user, url).url).text
    assert "Nothing was changed yet, because you had to sign in again." in page
    assert "Revoke 3 API keys?" in page
    assert field_value(page, "reason") == "Spring cleaning"
    assert state_of(*api_keys) == ["valid"] * 3
    client.post(url, hidden_fields(page) | SURE, headers=HERE)
    assert state_of(*api_keys) == ["revoked"] * 3


def test_a_page_of_another_site_can_only_ask(user, url, api_keys):
    visitor = Client(enforce_csrf_checks=True)
    visitor.force_login(user)
    elsewhere = {"Origin": "https://evil.example"}
    page = visitor.post(url, {"key": [each.pk for each in api_keys]}, headers=elsewhere)
    assert page.status_code == 200
    sent = hidden_fields(page.text) | SURE
    assert visitor.post(url, sent, headers=elsewhere).status_code == 403
    assert state_of(*api_keys) == ["valid"] * 3
    again = visitor.post(url, {**sent, "csrfmiddlewaretoken": "x" * 32}, headers=HERE)
    assert again.status_code == 403
    assert field_value(again.text, "reason") == "Spring cleaning"
    assert "Revoke 3 API keys?" in again.text
    assert visitor.post(url, sent, headers=HERE).status_code == 302
