"""If the cache fails, ``ON_CACHE_FAILURE`` decides for each kind of limit."""

import logging

import pytest
from django.core.cache.backends.base import BaseCache
from django.test import Client

from stack_apikeys import limits
from stack_apikeys.reauthentication import SESSION_KEY
from stack_apikeys.sdk.models import Session
from stack_apikeys.teams.models import Team
from tests.factories import PASSWORD
from tests.settings_pages import address, filled_in
from tests.wire import anyone, browser, person

pytestmark = pytest.mark.django_db


class BrokenCache(BaseCache):
    """A cache whose server cannot be reached."""

    def __init__(self, _location, params):
        super().__init__(params)

    def fail(self, *args, **kwargs):
        raise ConnectionError("refused")

    add = get = set = incr = decr = touch = delete = clear = fail


class SilentCache(BrokenCache):
    """The same, configured to ignore errors, as django-redis and pymemcache can be."""

    def fail(self, *args, **kwargs):
        return None

    add = get = set = incr = decr = touch = delete = clear = fail


BROKEN = {"BACKEND": f"{__name__}.BrokenCache"}
SILENT = {"BACKEND": f"{__name__}.SilentCache"}
NO_REDIS = {
    "BACKEND": "django.core.cache.backends.redis.RedisCache",
    "LOCATION": "redis://127.0.0.1:1",
}


@pytest.fixture(autouse=True)
def no_warning_yet():
    limits._warnings.forget()


@pytest.fixture(params=[BROKEN, SILENT, NO_REDIS], ids=["broken", "silent", "redis"])
def down(request, settings):
    """Return a function that replaces the cache by one that fails."""

    def take_away():
        settings.CACHES = {"default": request.param}

    return take_away


def refused(response):
    return (response.status_code, response.headers.get("Retry-After")) == (503, "10")


def sign_in(user, password=PASSWORD):
    return anyone().post("/auth/password/sign-in", {"email": user.email, "password": password})


def test_signing_in_is_refused_unless_the_setting_allows_it(user, down, configure):
    down()
    assert refused(sign_in(user))
    assert refused(sign_in(user, "wrong"))
    assert not Session.objects.exists()
    configure(ON_CACHE_FAILURE={"sign_in": "allow"})
    assert sign_in(user, "wrong").status_code == 400
    assert sign_in(user).status_code == 200


def test_a_session_may_be_refused_by_itself(user, down, configure):
    down()
    configure(ON_CACHE_FAILURE={"sign_in": "allow", "session": "refuse"})
    assert refused(sign_in(user))
    assert not Session.objects.exists()


def test_signing_up_is_refused_unless_the_setting_allows_it(user, down, configure):
    down()
    configure(ALLOW_SIGN_UP=True)
    body = {"email": "new@example.com", "password": PASSWORD}
    assert refused(anyone().post("/auth/password/sign-up", body))
    assert type(user).objects.count() == 1
    configure(ALLOW_SIGN_UP=True, ON_CACHE_FAILURE={"sign_up": "allow"})
    assert anyone().post("/auth/password/sign-up", body).status_code == 200


def test_a_change_of_password_is_refused_unless_the_setting_allows_it(user, down, configure):
    caller = person(user)
    down()
    body = {"old_password": PASSWORD, "new_password": "something else entirely"}
    assert refused(caller.post("/auth/password/update", body))
    user.refresh_from_db()
    assert user.check_password(PASSWORD)
    configure(ON_CACHE_FAILURE={"sign_in": "allow"})
    assert caller.post("/auth/password/update", body).status_code == 200


def test_keys_are_created_unless_the_setting_refuses_it(user, down, configure):
    down()
    body = {"user_id": str(user.pk), "description": "CI", "expires_at_millis": None}
    assert browser(user).post("/user-api-keys", body).status_code == 200
    configure(ON_CACHE_FAILURE={"create": "refuse"})
    assert refused(browser(user).post("/user-api-keys", body))
    assert user.api_keys.count() == 1


def test_a_page_creates_keys_unless_the_setting_refuses_it(user, client, down, configure):
    client.force_login(user)
    down()
    assert client.post(address("api-key-create"), filled_in(client)).status_code == 200
    configure(ON_CACHE_FAILURE={"create": "refuse"})
    answer = client.post(address("api-key-create"), filled_in(client, description="Typed"))
    assert refused(answer)
    assert "This is not available at the moment." in answer.text
    assert 'value="Typed"' in answer.text
    assert user.api_keys.count() == 1


def test_a_page_does_not_take_passwords_that_nobody_counts(user, client, down, configure):
    client.force_login(user)
    session = client.session
    del session[SESSION_KEY]
    session.save()
    down()
    configure(REAUTHENTICATE_AFTER_SECONDS=3600)
    sent = filled_in(client, password=PASSWORD)
    assert refused(client.post(address("api-key-create"), sent))
    assert not user.api_keys.exists()
    configure(REAUTHENTICATE_AFTER_SECONDS=3600, ON_CACHE_FAILURE={"sign_in": "allow"})
    assert client.post(address("api-key-create"), sent).status_code == 200
    assert user.api_keys.exists()


def test_teams_are_created_unless_the_setting_refuses_it(user, down, configure):
    configure(ALLOW_CLIENT_TEAM_CREATION=True)
    caller = person(user)
    down()
    assert caller.post("/teams", {"display_name": "One"}).status_code == 201
    configure(ALLOW_CLIENT_TEAM_CREATION=True, ON_CACHE_FAILURE={"team_create": "refuse"})
    assert refused(caller.post("/teams", {"display_name": "Two"}))
    assert Team.objects.count() == 1


@pytest.mark.urls("tests.host")
def test_a_hosts_view_lets_keys_in_unless_the_setting_refuses_it(user, down, configure):
    _api_key, value = user.api_keys.create_key()
    down()
    headers = {"X-Stack-Api-Key": value}
    assert [Client().get("/throttled", headers=headers).status_code for _ in range(5)] == [200] * 5
    configure(ON_CACHE_FAILURE={"api_key": "refuse"})
    answer = Client().get("/throttled", headers=headers)
    assert refused(answer)
    assert answer.json() == {
        "detail": "This is not available at the moment. Try again in a few seconds.",
        "code": "LIMIT_UNAVAILABLE",
    }
    assert Client().get("/throttled").status_code == 200


def test_a_sign_in_to_django_succeeds_without_the_sdk(user, down, configure):
    configure(SDK_COOKIES=True, ON_CACHE_FAILURE={"session": "refuse"})
    down()
    client = Client()
    form = {"username": user.email, "password": PASSWORD}
    assert client.post("/accounts/login/", form).status_code == 302
    assert "_auth_user_id" in client.session
    assert not Session.objects.exists()


def test_a_cache_that_fails_after_a_right_password_refuses_nobody(user, settings):
    settings.CACHES = {"default": {"BACKEND": f"{__name__}.FailsLater"}}
    settings.STACK_APIKEYS = settings.STACK_APIKEYS | {"SESSION_RATE": None}
    assert sign_in(user).status_code == 200


class FailsLater(BrokenCache):
    """A cache that fails after it has counted an event."""

    def incr(self, key, delta=1, version=None):
        return 1

    def get(self, *args, **kwargs):
        return None


def test_one_warning_a_minute_says_so(user, settings, caplog, monkeypatch):
    now = 1000.0
    monkeypatch.setattr(limits.time, "monotonic", lambda: now)
    settings.CACHES = {"default": BROKEN}

    def ours():
        return [record for record in caplog.records if record.name == "stack_apikeys.limits"]

    with caplog.at_level(logging.WARNING, logger="stack_apikeys.limits"):
        for _ in range(3):
            sign_in(user)
        [record] = ours()
        assert record.levelname == "WARNING"
        assert "'sign_in'" in record.getMessage()
        assert "are refused" in record.getMessage()
        now += 59
        sign_in(user)
        assert len(ours()) == 1
        now += 1
        sign_in(user)
        assert len(ours()) == 2
    assert user.email not in caplog.text
    assert PASSWORD not in caplog.text


def test_refusals_are_not_mailed_to_the_admins(user, client, settings, mailoutbox, caplog):
    settings.ADMINS = [("Admin", "admin@example.com")]
    settings.DEBUG = False
    settings.CACHES = {"default": BROKEN}
    settings.STACK_APIKEYS = settings.STACK_APIKEYS | {"ON_CACHE_FAILURE": {"create": "refuse"}}
    assert refused(sign_in(user))
    client.force_login(user)
    assert refused(client.post(address("api-key-create"), filled_in(client)))
    assert {record.levelname for record in caplog.records} == {"WARNING"}
    assert not mailoutbox
