"""Users create keys, teams and sessions at limited rates. Backends are not limited."""

from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from stack_apikeys.reauthentication import SESSION_KEY
from stack_apikeys.sdk.models import Session
from stack_apikeys.teams.models import Team
from tests.factories import PASSWORD, TeamFactory, UserFactory
from tests.settings_pages import address, filled_in, make_key
from tests.wire import admin, anyone, browser, person, server

pytestmark = pytest.mark.django_db


def create(caller, owner, kind="user"):
    body = {f"{kind}_id": str(owner.pk), "description": "CI", "expires_at_millis": None}
    return caller.post(f"/{kind}-api-keys", body).status_code


def sign_in(email, password=PASSWORD):
    return anyone().post("/auth/password/sign-in", {"email": email, "password": password})


# Keys -----------------------------------------------------------------------------------------


def test_pages_and_api_share_one_count_of_a_persons_creations(user, client, configure):
    configure(CREATE_RATE="3/min")
    client.force_login(user)
    team = TeamFactory(creator=user)
    assert create(browser(user), user) == 200
    assert client.post(address("api-key-create"), filled_in(client)).status_code == 200
    form = filled_in(client, team=team)
    assert client.post(address("api-key-create", team=team), form).status_code == 200
    refused = client.post(address("api-key-create"), filled_in(client, description="Typed"))
    assert (refused.status_code, refused["Retry-After"]) == (429, "31")
    assert "Too many attempts. Try again in 31 seconds." in refused.text
    assert 'value="Typed"' in refused.text
    assert create(browser(user), user) == 429
    assert user.api_keys.count() == 2
    assert create(browser(other := UserFactory()), other) == 200


def test_a_form_that_is_sent_twice_shows_the_key_that_it_made(user, client, configure):
    configure(CREATE_RATE="1/min")
    client.force_login(user)
    form = filled_in(client)
    assert client.post(address("api-key-create"), form).status_code == 200
    again = client.post(address("api-key-create"), form)
    assert again.status_code == 200
    assert 'name="description"' not in again.text
    assert user.api_keys.count() == 1


def test_a_form_with_mistakes_is_not_counted(user, client, configure):
    configure(CREATE_RATE="1/min")
    client.force_login(user)
    client.post(address("api-key-create"), filled_in(client, description=""))
    assert client.post(address("api-key-create"), filled_in(client)).status_code == 200
    assert user.api_keys.count() == 1


def test_a_request_with_mistakes_is_not_counted(user, configure):
    configure(CREATE_RATE="1/min")
    caller = browser(user)
    body = {"user_id": str(user.pk), "description": "CI", "expires_at_millis": "tomorrow"}
    assert caller.post("/user-api-keys", body).json()["code"] == "SCHEMA_ERROR"
    assert create(caller, user) == 200
    assert create(caller, user) == 429


def test_backends_create_keys_as_they_like(user, configure):
    configure(CREATE_RATE="1/min")
    token = sign_in(user.email).json()["access_token"]
    for caller in (server(), admin(), server(access_token=token)):
        assert [create(caller, user) for _ in range(3)] == [200] * 3


def test_django_admin_creates_keys_as_it_likes(client, configure):
    configure(CREATE_RATE="1/min")
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    owner = UserFactory()
    url = reverse("admin:stack_apikeys_userapikey_add")
    for _ in range(3):
        client.post(url, {"user": str(owner.pk), "description": "CI", "new_id": str(uuid4())})
    assert owner.api_keys.count() == 3


# Teams ----------------------------------------------------------------------------------------


def test_a_person_makes_teams_at_a_limited_rate_and_a_backend_as_it_likes(user, configure):
    configure(ALLOW_CLIENT_TEAM_CREATION=True, TEAM_CREATE_RATE="2/hour")
    caller = person(user)
    answers = [caller.post("/teams", {"display_name": "Mine"}) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [201, 201, 429]
    assert answers[-1]["Retry-After"] == "10"
    for backend in (server(), admin()):
        body = {"display_name": "Theirs", "creator_user_id": str(user.pk)}
        assert [backend.post("/teams", body).status_code for _ in range(3)] == [201] * 3
    assert Team.objects.count() == 8
    assert person(UserFactory()).post("/teams", {"display_name": "Other"}).status_code == 201


# Sessions -------------------------------------------------------------------------------------


def test_a_person_starts_sessions_at_a_limited_rate(user, configure):
    configure(SESSION_RATE="2/hour")
    statuses = [sign_in(user.email).status_code for _ in range(3)]
    assert statuses == [200, 200, 429]
    assert Session.objects.count() == 2
    assert sign_in(UserFactory().email).status_code == 200


def test_failed_sign_ins_start_no_session_and_are_not_counted_as_such(user, configure):
    configure(SESSION_RATE="1/hour")
    assert [sign_in(user.email, "wrong").status_code for _ in range(3)] == [400] * 3
    assert sign_in(user.email).status_code == 200


def test_beyond_the_rate_a_sign_in_to_django_gets_no_session_of_the_sdk(user, configure, caplog):
    configure(SESSION_RATE="1/hour", SDK_COOKIES=True)
    form = {"username": user.email, "password": PASSWORD}
    for _ in range(3):
        client = Client()
        assert client.post("/accounts/login/", form).status_code == 302
        assert "_auth_user_id" in client.session
    assert Session.objects.count() == 1
    assert not [name for name in client.cookies if "refresh" in name]
    assert f"user {user.pk}" in caplog.text


# Passwords ------------------------------------------------------------------------------------


@pytest.fixture
def old_session(user, client, configure):
    """A client with a sign-in that is too old, so that pages ask for the password."""
    configure(REAUTHENTICATE_AFTER_SECONDS=3600)
    client.force_login(user)
    session = client.session
    del session[SESSION_KEY]
    session.save()
    return client


def test_a_page_takes_as_few_wrong_passwords_as_a_sign_in(user, old_session):
    sent = filled_in(old_session, description="Typed")
    url = address("api-key-create")
    statuses = [old_session.post(url, sent | {"password": "wrong"}).status_code for _ in range(6)]
    assert statuses == [200] * 5 + [429]
    answer = old_session.post(url, sent | {"password": PASSWORD})
    assert (answer.status_code, answer["Retry-After"]) == (429, "31")
    assert "Too many attempts. Try again in 31 seconds." in answer.text
    assert 'value="Typed"' in answer.text
    assert not user.api_keys.exists()
    assert sign_in(user.email).status_code == 429


def test_after_the_wait_the_page_works_again(user, old_session, limits_clock):
    url = address("api-key-revoke", api_key := make_key(user))
    sent = {"understood": "on", "reason": "Leaked", "password": "wrong"}
    assert [old_session.post(url, sent).status_code for _ in range(6)][-1] == 429
    limits_clock.now += 31
    assert old_session.post(url, sent | {"password": PASSWORD}).status_code == 302
    api_key.refresh_from_db()
    assert not api_key.is_valid()


def test_right_passwords_on_pages_are_not_counted(user, old_session, configure):
    configure(REAUTHENTICATE_AFTER_SECONDS=0)
    for _ in range(7):
        form = filled_in(old_session, password=PASSWORD)
        assert old_session.post(address("api-key-create"), form).status_code == 200
    assert user.api_keys.count() == 7


def test_a_change_of_password_and_a_sign_in_share_one_count(user):
    caller = person(user)
    body = {"old_password": "wrong", "new_password": "something else entirely"}
    assert [caller.post("/auth/password/update", body).status_code for _ in range(3)] == [400] * 3
    assert [sign_in(user.email, "wrong").status_code for _ in range(3)] == [400, 400, 429]
