"""Who can make the site store what was typed, in which session."""

import pytest
from django.contrib.sessions.models import Session
from django.core.signing import TimestampSigner
from django.test import Client
from django.urls import reverse

from stack_apikeys.pages import drafts
from stack_apikeys.policy import Policy
from tests.factories import TeamFactory, UserFactory
from tests.pages.drafts.forms import CREATE, NOTICE, open_form, submit
from tests.settings_pages import address, sign_in, was_signed_out

pytestmark = pytest.mark.django_db


def no_sessions():
    return not Session.objects.exists()


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
