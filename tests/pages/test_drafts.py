"""What was typed into a form survives the end of the session, for the same user only."""

import pytest
from django.contrib.sessions.models import Session
from django.core.signing import TimestampSigner
from django.test import Client
from django.urls import reverse

from stack_apikeys.pages import drafts
from stack_apikeys.pages.views import ApiKeyCreateView
from stack_apikeys.policy import Policy
from tests.factories import PASSWORD, TeamFactory, UserFactory
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

HERE = {"Origin": "http://testserver"}

NOTICE = "Nothing was changed yet, because you had to sign in again."

CREATE = {"description": "Nightly <backup>", "expires_in": "custom", "expires_on": "2091-02-03"}
RENAME = {"description": "Renamed"}
ROTATE = {"overlap": "week"}
REVOKE = {"reason": "It leaked", "understood": "on"}


@pytest.fixture(params=["user", "team"])
def team(request, user):
    """The team whose pages are opened, or None for the pages of the user."""
    return TeamFactory(creator=user) if request.param == "team" else None


@pytest.fixture
def owner(user, team):
    return team or user


def open_form(client, url):
    """Open a page, and return the hidden fields of its form."""
    fields = hidden_fields(client.get(url).text)
    assert drafts.FIELD in fields
    return fields


def submit(client, url, fields, **headers):
    return client.post(url, fields, headers=HERE | headers)


def lose(client, url, typed):
    """Type into a form, and submit it after the session has ended."""
    fields = open_form(client, url) | typed
    was_signed_out(client)
    return submit(client, url, fields)


def new_password(_client, user):
    user.set_password("Set in another browser")
    user.save()


@pytest.fixture(params=["session deleted", "password changed"])
def how_it_ends(request):
    """A function that ends a sign-in."""
    if request.param == "password changed":
        return new_password
    return lambda client, _user: was_signed_out(client)


def no_sessions():
    return not Session.objects.exists()


# What is kept ---------------------------------------------------------------------------------


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


# What is not kept -----------------------------------------------------------------------------


def test_nobody_else_sees_what_was_typed(client, user, team):
    other = UserFactory()
    if team:
        team.add_member(other, permission_ids=["team_admin"])
    url = address("api-key-create", team=team)
    lose(client, url, CREATE)
    sign_in(client, other)
    page = client.get(url).text
    assert NOTICE not in page
    assert "Nightly" not in page
    assert field_value(page, "description") == ""
    assert drafts.SESSION_KEY not in client.session


def test_a_secret_is_not_kept(client, user, team):
    _api_key, value = (team or user).api_keys.create_key(description="Other")
    url = address("api-key-create", team=team)
    lose(client, url, CREATE | {"description": f"of {value}", "password": PASSWORD})
    [draft] = client.session[drafts.SESSION_KEY]
    assert set(draft["typed"]) == {"key_id", "expires_in", "expires_on"}
    assert value not in str(draft)
    assert PASSWORD not in str(draft)
    sign_in(client, user)
    page = client.get(url).text
    assert NOTICE in page
    assert value not in page


def test_a_text_that_no_form_accepts_is_not_kept(client, user):
    lose(
        client, address("api-key-create"), CREATE | {"description": "x" * (drafts.LONGEST_TEXT + 1)}
    )
    [draft] = client.session[drafts.SESSION_KEY]
    assert "description" not in draft["typed"]


def test_a_draft_is_kept_for_an_hour(client, user, monkeypatch):
    url = address("api-key-create")
    lose(client, url, CREATE)
    sign_in(client, user)
    session = client.session
    [draft] = session[drafts.SESSION_KEY]
    session[drafts.SESSION_KEY] = [draft | {"kept_at": draft["kept_at"] - 3600}]
    session.save()
    assert NOTICE not in client.get(url).text
    assert drafts.SESSION_KEY not in client.session


# Who can make the site store something --------------------------------------------------------


def refused_fields(user, team):
    """Values of the signed field that are not valid for the page that creates a key."""
    client = Client()
    client.force_login(user)
    url = address("api-key-create", team=team)
    here = open_form(client, url)[drafts.FIELD]
    elsewhere = address("api-key-create", team=TeamFactory(creator=user))
    user_id, *_rest = here.split(":")
    return {
        "none": "",
        "unsigned": user_id,
        "of another page": open_form(client, elsewhere)[drafts.FIELD],
        "of another signer": TimestampSigner().sign(str(user.pk)),
        "for somebody else": here.replace(user_id, str(UserFactory().pk)),
        "long": here * 1000,
    }


def test_without_the_signed_field_no_session_is_stored(user, team):
    fields = refused_fields(user, team)
    Session.objects.all().delete()
    url = address("api-key-create", team=team)
    for case, value in fields.items():
        visitor = Client()
        answer = submit(visitor, url, CREATE | {drafts.FIELD: value})
        assert answer.url.startswith(reverse("login")), case
        assert "sessionid" not in answer.cookies, case
    assert no_sessions()


def test_a_form_from_long_ago_is_not_kept(client, user, team, monkeypatch):
    url = address("api-key-create", team=team)
    fields = open_form(client, url) | CREATE
    was_signed_out(client)
    monkeypatch.setattr(drafts, "SECONDS_TO_SUBMIT", -1)
    assert submit(client, url, fields).status_code == 302
    assert no_sessions()


def test_a_form_without_an_origin_is_kept(client, user, team):
    """Old browsers and some proxies leave the header out."""
    url = address("api-key-create", team=team)
    fields = open_form(client, url) | CREATE
    was_signed_out(client)
    client.post(url, fields)
    sign_in(client, user)
    assert NOTICE in client.get(url).text


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://testserver.evil", ""])
def test_another_site_cannot_replace_the_session_of_a_user(client, user, team, origin):
    """A browser sends no session cookie with the request, but would accept a new one."""
    url = address("api-key-create", team=team)
    fields = open_form(client, url) | CREATE
    Session.objects.all().delete()
    answer = submit(Client(), url, fields, Origin=origin)
    assert answer.url.startswith(reverse("login"))
    assert "sessionid" not in answer.cookies
    assert no_sessions()


def test_a_site_that_django_trusts_is_no_other_site(client, user, settings):
    settings.CSRF_TRUSTED_ORIGINS = ["https://keys.example.com"]
    url = address("api-key-create")
    fields = open_form(client, url) | CREATE
    was_signed_out(client)
    submit(client, url, fields, Origin="https://keys.example.com")
    sign_in(client, user)
    assert NOTICE in client.get(url).text


def test_the_session_of_an_anonymous_visitor_keeps_its_other_data(client, user):
    url = address("api-key-create")
    fields = open_form(client, url) | CREATE
    client.logout()
    session = client.session
    session["basket"] = "of the project"
    session.save()
    submit(client, url, fields)
    assert client.session["basket"] == "of the project"
    sign_in(client, user)
    assert NOTICE in client.get(url).text


def test_a_visitor_whom_the_site_does_not_let_act_stays_signed_in(client, user, settings):
    url = address("api-key-create")
    fields = open_form(client, url) | CREATE
    settings.STACK_APIKEYS = {**settings.STACK_APIKEYS, "POLICY": f"{__name__}.Suspended"}
    assert submit(client, url, fields).status_code == 302
    assert client.session["_auth_user_id"] == str(user.pk)
    assert drafts.SESSION_KEY in client.session


class Suspended(Policy):
    """Nobody may act."""

    def owner_may_act(self, owner):
        return False


@pytest.mark.parametrize(
    ("page", "number"), [("api-key-create", 3), ("api-key-rename", 4), ("api-key-revoke", 4)]
)
def test_drafts_cost_no_query_of_a_user_who_stays_signed_in(
    client, user, django_assert_num_queries, page, number
):
    url = address(page, None if page == "api-key-create" else make_key(user))
    with django_assert_num_queries(number):
        client.get(url)
