"""Users who confirm who they are on another page come back to what they have typed."""

import time

import pytest

from stack_apikeys.pages import drafts
from stack_apikeys.policy import Policy
from stack_apikeys.reauthentication import SESSION_KEY
from tests.factories import TeamFactory
from tests.settings_pages import (
    address,
    chosen,
    field_value,
    hidden_fields,
    is_created,
    make_key,
)

pytestmark = pytest.mark.django_db

NOTICE = "Nothing was changed yet, because you had to sign in again."

ASKED = "You signed in a while ago. Please confirm that it is you."

BUTTON = 'type="submit" name="confirm" value="1"'

CREATE = {"description": "Nightly <backup>", "expires_in": "7"}
REVOKE = {"reason": "It leaked", "understood": "on"}


class ConfirmElsewhere(Policy):
    """Users confirm who they are on a page of the project."""

    def confirmation_url(self, request, next_url):
        return f"/passkey/?next={next_url}"


@pytest.fixture(autouse=True)
def old_sign_in(client, settings):
    settings.STACK_APIKEYS = {
        **settings.STACK_APIKEYS,
        "REAUTHENTICATE_AFTER_SECONDS": 3600,
        "POLICY": f"{__name__}.ConfirmElsewhere",
    }
    session = client.session
    del session[SESSION_KEY]
    session.save()


@pytest.fixture(params=["user", "team"])
def team(request, user):
    """The team whose pages are opened, or None for the pages of the user."""
    return TeamFactory(creator=user) if request.param == "team" else None


@pytest.fixture
def owner(user, team):
    return team or user


def filled_in(client, url, typed):
    page = client.get(url).text
    assert BUTTON in page
    assert 'name="password"' not in page
    return hidden_fields(page) | typed


def confirm(client, url, fields):
    """Press the button that leads to the other page."""
    return client.post(url, fields | {"confirm": "1"})


def has_confirmed(client):
    """Do what the other page does."""
    session = client.session
    session[SESSION_KEY] = int(time.time())
    session.save()


def test_a_new_key_is_created_after_the_confirmation(client, owner, team):
    url = address("api-key-create", team=team)
    answer = confirm(client, url, filled_in(client, url, CREATE))
    assert (answer.status_code, answer.url) == (302, f"/passkey/?next={url}")
    assert not owner.api_keys.exists()
    has_confirmed(client)
    page = client.get(url).text
    assert NOTICE in page
    assert BUTTON not in page
    assert field_value(page, "description") == "Nightly <backup>"
    assert chosen(page, "expires_in") == "7"
    assert is_created(client.post(url, hidden_fields(page) | CREATE))
    assert owner.api_keys.get().description == "Nightly <backup>"
    assert field_value(client.get(url).text, "description") == ""


def test_a_key_is_revoked_after_the_confirmation_and_a_second_tick(client, owner, team):
    api_key = make_key(owner)
    url = address("api-key-revoke", api_key, team)
    assert confirm(client, url, filled_in(client, url, REVOKE)).url.endswith(url)
    has_confirmed(client)
    page = client.get(url).text
    assert NOTICE in page
    assert field_value(page, "reason") == "It leaked"
    assert "checked" not in page
    api_key.refresh_from_db()
    assert api_key.is_valid()
    client.post(url, hidden_fields(page) | REVOKE)
    api_key.refresh_from_db()
    assert api_key.revoked_reason == "It leaked"


def test_a_form_that_is_not_complete_may_lead_there_too(client):
    url = address("api-key-create")
    answer = confirm(client, url, filled_in(client, url, {"description": ""}))
    assert answer.url == f"/passkey/?next={url}"


def test_without_the_confirmation_the_form_is_refused_and_keeps_its_text(client, owner, team):
    url = address("api-key-create", team=team)
    answer = client.post(url, filled_in(client, url, CREATE))
    assert answer.status_code == 200
    assert ASKED in answer.text
    assert field_value(answer.text, "description") == "Nightly <backup>"
    assert not owner.api_keys.exists()
    again = hidden_fields(answer.text) | CREATE
    confirm(client, url, again)
    has_confirmed(client)
    assert is_created(client.post(url, again))
    assert NOTICE not in client.get(url).text


def test_the_button_neither_creates_nor_revokes_after_a_confirmation_in_another_tab(
    client, owner, team
):
    api_key = make_key(owner)
    forms = {
        address("api-key-create", team=team): CREATE,
        address("api-key-revoke", api_key, team): REVOKE,
    }
    open_forms = {url: filled_in(client, url, typed) for url, typed in forms.items()}
    has_confirmed(client)
    for url, fields in open_forms.items():
        answer = confirm(client, url, fields)
        assert answer.status_code == 200
        assert NOTICE in answer.text
        [name] = {"description", "reason"} & {*fields}
        assert field_value(answer.text, name) == fields[name]
    assert owner.api_keys.get().is_valid()
    assert drafts.SESSION_KEY not in client.session
