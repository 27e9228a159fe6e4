"""The forms ask for the password if the sign-in to the session was long ago."""

import re
import time

import pytest
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.signals import user_logged_in, user_login_failed
from django.test import Client

from example_project.models import User
from stack_apikeys.reauthentication import SESSION_KEY
from tests.factories import PASSWORD, TeamFactory, UserFactory
from tests.settings_pages import address, filled_in, make_key

pytestmark = pytest.mark.django_db

TYPED = {"description": "Typed before", "expires_in": "7"}


@pytest.fixture(autouse=True)
def an_hour(settings):
    settings.STACK_APIKEYS = {**settings.STACK_APIKEYS, "REAUTHENTICATE_AFTER_SECONDS": 3600}


def make_old(client, seconds=3600):
    session = client.session
    session[SESSION_KEY] = int(time.time()) - seconds
    session.save()


def asks(answer):
    return 'name="password"' in answer.text


def test_after_a_recent_sign_in_nothing_is_asked(client, user):
    assert not asks(client.get(address("api-key-create")))
    client.post(address("api-key-create"), filled_in(client, **TYPED))
    assert user.api_keys.exists()


def test_nothing_is_asked_where_the_setting_is_off(client, settings, user):
    settings.STACK_APIKEYS = {}
    make_old(client, 10**9)
    client.post(address("api-key-create"), filled_in(client, **TYPED))
    assert user.api_keys.exists()


def test_after_an_old_sign_in_a_key_is_made_with_the_password_only(client, user):
    make_old(client)
    assert asks(client.get(address("api-key-create")))
    sent = filled_in(client, **TYPED)
    for password in ({}, {"password": ""}, {"password": "wrong"}):
        answer = client.post(address("api-key-create"), sent | password)
        assert not user.api_keys.exists()
        assert asks(answer)
        assert 'value="Typed before"' in answer.text
        assert re.findall(r'type="radio"[^>]* value="(\w+)"[^>]* checked', answer.text) == ["7"]
        assert 'aria-describedby="id_password_helptext id_password_error"' in answer.text
        assert 'value="wrong"' not in answer.text
    client.post(address("api-key-create"), sent | {"password": PASSWORD})
    assert user.api_keys.get().description == "Typed before"


def test_the_same_holds_for_revoking_and_not_for_renaming_or_looking(client, user):
    make_old(client)
    api_key = make_key(user)
    for name in ("api-key", "api-key-rename"):
        assert not asks(client.get(address(name, api_key)))
    url = address("api-key-revoke", api_key)
    refused = client.post(url, {"understood": "on", "reason": "Leaked", "password": "wrong"})
    assert "That password is incorrect." in refused.text
    assert 'value="Leaked"' in refused.text
    api_key.refresh_from_db()
    assert api_key.is_valid()
    client.post(url, {"understood": "on", "reason": "Leaked", "password": PASSWORD})
    api_key.refresh_from_db()
    assert not api_key.is_valid()


def test_the_form_that_was_open_too_long_keeps_what_was_typed(client, user):
    sent = filled_in(client, **TYPED)
    make_old(client)
    answer = client.post(address("api-key-create"), sent)
    assert asks(answer)
    assert 'value="Typed before"' in answer.text
    assert f'value="{sent["key_id"]}"' in answer.text


def test_a_right_password_counts_for_the_whole_session(client, user):
    make_old(client)
    answer = client.post(
        address("api-key-create"), filled_in(client, description="", password=PASSWORD)
    )
    assert "Enter a description." in answer.text
    assert not asks(answer)
    client.post(address("api-key-create"), filled_in(client, **TYPED))
    assert user.api_keys.exists()
    assert PASSWORD not in str(dict(client.session.items()))


def test_zero_asks_each_time(client, user, settings):
    settings.STACK_APIKEYS = {"REAUTHENTICATE_AFTER_SECONDS": 0}
    for number in (1, 2):
        assert asks(client.post(address("api-key-create"), filled_in(client, **TYPED)))
        client.post(address("api-key-create"), filled_in(client, **TYPED, password=PASSWORD))
        assert user.api_keys.count() == number


def test_a_session_that_does_not_say_when_it_began_is_old(client):
    session = client.session
    del session[SESSION_KEY]
    session.save()
    assert asks(client.get(address("api-key-create")))


def test_a_sign_in_elsewhere_makes_no_other_session_recent(client, user):
    make_old(client)
    Client().force_login(user)
    assert asks(client.get(address("api-key-create")))


def test_somebody_elses_password_does_not_do(client, user):
    other = UserFactory()
    other.set_password("the other's")
    other.save()
    make_old(client)
    client.post(address("api-key-create"), filled_in(client, password="the other's"))
    assert not user.api_keys.exists()


def test_the_hosts_backends_decide_and_hear_of_failures(client, user, settings):
    settings.AUTHENTICATION_BACKENDS = ["tests.pages.test_reauthentication.OnlyOnFridays"]
    client.force_login(user)
    make_old(client)
    failures = []

    def failed(sender, credentials, request, **kwargs):
        failures.append((credentials["username"], request.path))

    user_login_failed.connect(failed)
    try:
        client.post(address("api-key-create"), filled_in(client, **TYPED, password=PASSWORD))
        client.post(address("api-key-create"), filled_in(client, password="Friday"))
    finally:
        user_login_failed.disconnect(failed)
    assert failures == [(user.email, address("api-key-create"))]
    assert user.api_keys.exists()


class OnlyOnFridays(ModelBackend):
    """A project's own rule for sign-in."""

    def authenticate(self, request, username=None, password=None, **kwargs):
        return User.objects.get(email=username) if password == "Friday" else None


def test_a_sign_in_of_somebody_else_does_not_make_the_session_recent(client, rf):
    make_old(client)
    request = rf.get("/")
    request.session = session = client.session
    signed_in_at = session[SESSION_KEY]
    for signal_request in (None, rf.get("/"), request):
        user_logged_in.send(sender=User, request=signal_request, user=UserFactory())
    assert session[SESSION_KEY] == signed_in_at


def test_a_team_key_asks_too(client, user):
    team = TeamFactory(creator=user)
    make_old(client)
    assert asks(client.get(address("api-key-create", team=team)))
