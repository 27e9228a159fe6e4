"""What was typed into a form survives the end of the session, and is shown once."""

import pytest
from django.urls import reverse

from stack_apikeys.pages import drafts
from stack_apikeys.pages.views import ApiKeyCreateView
from tests.factories import TeamFactory, UserFactory
from tests.pages.drafts.forms import CREATE, NOTICE, RENAME, REVOKE, ROTATE, lose, open_form, submit
from tests.settings_pages import (
    address,
    chosen,
    field_value,
    hidden_fields,
    is_created,
    make_key,
    sign_in,
    was_signed_out,
)

pytestmark = pytest.mark.django_db


def new_password(_client, user):
    user.set_password("Set in another browser")
    user.save()


@pytest.fixture(params=["session deleted", "password changed"])
def how_it_ends(request):
    """A function that ends a sign-in."""
    if request.param == "password changed":
        return new_password
    return lambda client, _user: was_signed_out(client)


def test_a_new_key_is_created_after_the_session_has_ended(client, user, owner, team):
    url = address("api-key-create", team=team, next="/account/?user-q=C")
    answer = lose(client, url, CREATE)
    assert answer.url.startswith(f"{reverse('login')}?next=")
    assert not owner.api_keys.exists()
    answer = sign_in(client, user, url)
    page = client.get(answer.url).text
    assert NOTICE in page
    assert "<title>Create API key" in page
    assert 'role="alert"' not in page
    assert field_value(page, "description") == "Nightly <backup>"
    assert chosen(page, "expires_in") == "custom"
    assert field_value(page, "expires_on") == "2091-02-03"
    assert hidden_fields(page)["next"] == "/account/?user-q=C"
    assert page.count(" autofocus") == 1
    created = submit(client, url, hidden_fields(page) | CREATE)
    assert is_created(created)
    assert owner.api_keys.get().description == "Nightly <backup>"


def test_a_key_is_renamed_after_the_session_has_ended(client, user, owner, team):
    api_key = make_key(owner)
    url = address("api-key-rename", api_key, team)
    lose(client, url, RENAME)
    page = client.get(sign_in(client, user, url).url).text
    assert NOTICE in page
    assert field_value(page, "description") == "Renamed"
    api_key.refresh_from_db()
    assert api_key.description == "CI"
    submit(client, url, hidden_fields(page) | RENAME)
    api_key.refresh_from_db()
    assert api_key.description == "Renamed"


def test_the_choice_of_a_rotation_survives(client, user, owner, team):
    api_key = make_key(owner)
    url = address("api-key-rotate", api_key, team)
    client.force_login(user)
    lose(client, url, ROTATE)
    sign_in(client, user)
    page = client.get(url).text
    assert NOTICE in page
    assert chosen(page, "overlap") == "week"
    assert is_created(submit(client, url, hidden_fields(page) | ROTATE))


def test_a_key_is_revoked_after_the_session_has_ended_and_a_second_tick(client, user, owner, team):
    api_key = make_key(owner)
    url = address("api-key-revoke", api_key, team)
    lose(client, url, REVOKE)
    page = client.get(sign_in(client, user, url).url).text
    assert NOTICE in page
    assert field_value(page, "reason") == "It leaked"
    assert "checked" not in page
    api_key.refresh_from_db()
    assert api_key.is_valid()
    submit(client, url, hidden_fields(page) | REVOKE)
    api_key.refresh_from_db()
    assert api_key.revoked_reason == "It leaked"


def test_a_draft_is_shown_once(client, user, team):
    url = address("api-key-create", team=team)
    lose(client, url, CREATE)
    sign_in(client, user)
    client.head(url)
    assert NOTICE in client.get(url).text
    again = client.get(url).text
    assert NOTICE not in again
    assert field_value(again, "description") == ""
    assert drafts.SESSION_KEY not in client.session


def test_a_draft_is_of_one_page(client, user, team):
    url = address("api-key-create", team=team)
    lose(client, url, CREATE)
    sign_in(client, user)
    other = TeamFactory(creator=user)
    for elsewhere in (address("api-keys"), address("api-key-create", team=other)):
        assert NOTICE not in client.get(elsewhere).text
    assert NOTICE in client.get(url).text


def test_the_last_drafts_are_kept_of_each_tab(client, user):
    url = address("api-key-create")
    tabs = [open_form(client, url) for _tab in range(drafts.MOST_DRAFTS + 1)]
    was_signed_out(client)
    for number, fields in enumerate(tabs):
        submit(client, url, fields | {"description": f"Tab {number}"})
    sign_in(client, user)
    shown = [field_value(client.get(url).text, "description") for _tab in range(4)]
    assert shown == ["Tab 3", "Tab 2", "Tab 1", ""]


def test_a_form_that_is_submitted_twice_is_kept_once(client, user, owner, team):
    """Users go back from the sign-in page to the form, and press the button again."""
    revoke = address("api-key-revoke", make_key(owner), team)
    for url, typed in ((address("api-key-create", team=team), CREATE), (revoke, REVOKE)):
        fields = open_form(client, url) | typed
        was_signed_out(client)
        for _time in range(2):
            submit(client, url, fields)
        assert len(client.session[drafts.SESSION_KEY]) == 1
        sign_in(client, user)
        assert NOTICE in client.get(url).text
        assert NOTICE not in client.get(url).text


def test_a_form_that_was_accepted_after_all_is_not_shown_again(client, user, team):
    """Users sign in in another tab, and go back to the form instead of opening it again."""
    url = address("api-key-create", team=team)
    fields = open_form(client, url) | CREATE
    was_signed_out(client)
    submit(client, url, fields)
    sign_in(client, user)
    assert is_created(submit(client, url, fields))
    page = client.get(url).text
    assert NOTICE not in page
    assert field_value(page, "description") == ""


def test_a_form_that_had_created_a_key_creates_no_second_one(client, user, owner, team):
    url = address("api-key-create", team=team)
    fields = open_form(client, url) | CREATE
    submit(client, url, fields)
    was_signed_out(client)
    submit(client, url, fields)
    sign_in(client, user)
    page = client.get(url).text
    assert "This key already exists" in submit(client, url, hidden_fields(page) | CREATE).text
    assert owner.api_keys.count() == 1


def test_a_reason_is_shown_even_if_the_key_was_revoked_meanwhile(client, user, owner, team):
    api_key = make_key(owner)
    url = address("api-key-revoke", api_key, team)
    lose(client, url, REVOKE)
    api_key.revoke(by=UserFactory(display_name="Ada Lovelace"))
    sign_in(client, user)
    page = client.get(url).text
    assert 'It was revoked by <bdi dir="auto">Ada Lovelace</bdi> on' in page
    assert "Your reason was not saved." in page
    assert 'value="It leaked"' in page


def test_a_sign_in_that_ends_during_the_request_loses_nothing_either(
    client, user, monkeypatch, how_it_ends
):
    url = address("api-key-create")
    fields = open_form(client, url) | CREATE

    def be_signed_out(self, cleaned_data, create=ApiKeyCreateView._create_key):
        how_it_ends(client, user)
        return create(self, cleaned_data)

    monkeypatch.setattr(ApiKeyCreateView, "_create_key", be_signed_out)
    assert submit(client, url, fields).url.startswith(reverse("login"))
    assert not user.api_keys.exists()
    assert "_auth_user_id" not in client.session
    client.force_login(user)
    assert field_value(client.get(url).text, "description") == "Nightly <backup>"
