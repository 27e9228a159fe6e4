"""No error report shows secrets from the body or the headers of a request to the HTTP API."""

import json
from itertools import product
from urllib.parse import urlencode

import pytest
from django.conf import settings as django_settings
from django.db import OperationalError
from django.db.backends.utils import CursorWrapper
from django.test import RequestFactory
from rest_framework.exceptions import UnsupportedMediaType

from stack_apikeys._redaction.headers import replace_header
from stack_apikeys._redaction.urls import mask_url
from stack_apikeys.sdk.sessions.models import Session, auth_hashes
from stack_apikeys.wire.body import forget_body
from stack_apikeys.wire.views import StackApiView
from tests.error_reports import ask, assert_no_secret_in, mails_to_admins, sentry_events
from tests.factories import PASSWORD
from tests.wire import sign_in

pytestmark = pytest.mark.django_db

PROJECT_ID = django_settings.STACK_APIKEYS["PROJECT_ID"]
NEW_PASSWORD = "another-Passw0rd-to-be"
FORM = "application/x-www-form-urlencoded;charset=UTF-8"


@pytest.fixture
def down(monkeypatch):
    """Return a function that makes the database fail after a number of queries."""

    def take_down(after=0):
        answered = []

        def execute(self, sql, params=None):
            if sql.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK")):
                return original(self, sql, params)
            if len(answered) >= after:
                raise OperationalError("server closed the connection unexpectedly")
            answered.append(sql)
            return original(self, sql, params)

        original = CursorWrapper.execute
        monkeypatch.setattr(CursorWrapper, "execute", execute)

    return take_down


@pytest.fixture(params=[{}, {"send_default_pii": True}], ids=["defaults", "pii"])
def reports(request, settings):
    """The events that Sentry would get, and the mails that administrators get."""
    with sentry_events(**request.param) as events, mails_to_admins(settings) as mails:
        yield events, mails


def client_access(**secrets):
    return {
        "X-Hexclave-Access-Type": "client",
        "X-Hexclave-Project-Id": PROJECT_ID,
        "X-Hexclave-Publishable-Client-Key": "pck_test",
    } | {f"X-Hexclave-{name.replace('_', '-')}": value for name, value in secrets.items()}


def encoded(body, content_type):
    return (urlencode(body) if content_type == FORM else json.dumps(body)).encode()


@pytest.mark.parametrize("content_type", [FORM, "application/json"])
def test_a_refresh_while_the_database_is_down_tells_no_token(user, down, reports, content_type):
    token = sign_in(user)["refresh_token"]
    down()
    body = {
        "refresh_token": token,
        "grant_type": "refresh_token",
        "client_id": PROJECT_ID,
        "client_secret": "pck_test",
    }
    path = "/api/v1/auth/oauth/token"
    assert ask("POST", path, encoded(body, content_type), content_type) == 500
    assert_no_secret_in(*reports, token, "pck_test")


@pytest.mark.parametrize(
    "case", [*product(["sign-in", "sign-up"], [FORM, "application/json"], [0, 1])], ids=str
)
def test_a_sign_in_while_the_database_goes_down_tells_no_password(
    user, down, reports, settings, case
):
    path, content_type, after = case
    settings.STACK_APIKEYS = settings.STACK_APIKEYS | {"ALLOW_SIGN_UP": True}
    email = user.email if path == "sign-in" else "somebody@example.com"
    body = {"email": email, "password": PASSWORD}
    down(after)
    status = ask(
        "POST",
        f"/api/v1/auth/password/{path}",
        encoded(body, content_type),
        content_type,
        **client_access(),
    )
    assert status == 500
    assert_no_secret_in(*reports, PASSWORD)


@pytest.mark.parametrize("after", [0, 1, 2])
def test_a_change_of_password_while_the_database_goes_down_tells_neither(
    user, down, reports, after
):
    signed_in = sign_in(user)
    headers = client_access(
        access_token=signed_in["access_token"], refresh_token=signed_in["refresh_token"]
    )
    body = json.dumps({"old_password": PASSWORD, "new_password": NEW_PASSWORD}).encode()
    down(after)
    path = "/api/v1/auth/password/update"
    assert ask("POST", path, body, "application/json", **headers) == 500
    assert_no_secret_in(*reports, PASSWORD, NEW_PASSWORD, *tokens(signed_in))


@pytest.mark.parametrize("after", [0, 1])
def test_a_first_password_while_the_database_goes_down_is_not_told(user, down, reports, after):
    signed_in = sign_in(user)
    user.set_unusable_password()
    user.save()
    Session.objects.update(auth_hash=auth_hashes(user)[0])
    body = json.dumps({"password": NEW_PASSWORD}).encode()
    headers = client_access(access_token=signed_in["access_token"])
    down(after)
    assert ask("POST", "/api/v1/auth/password/set", body, "application/json", **headers) == 500
    assert_no_secret_in(*reports, NEW_PASSWORD, signed_in["access_token"])


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("DELETE", "/auth/sessions/current"),
        ("POST", "/auth/sessions/current/refresh"),
        ("GET", "/users/me"),
        ("GET", "/user-api-keys?user_id=me"),
    ],
)
def test_no_token_in_a_header_is_told(user, down, reports, method, path):
    signed_in = sign_in(user)
    headers = client_access(
        access_token=signed_in["access_token"], refresh_token=signed_in["refresh_token"]
    )
    down()
    assert ask(method, f"/api/v1{path}", **headers) == 500
    assert_no_secret_in(*reports, *tokens(signed_in))


@pytest.mark.parametrize("family", ["X-Stack", "X-Hexclave"])
def test_a_check_while_the_database_is_down_tells_neither_key(user, down, reports, family):
    _api_key, value = user.api_keys.create_key()
    down()
    status = ask(
        "POST",
        "/api/v1/user-api-keys/check",
        json.dumps({"api_key": value}).encode(),
        "application/json",
        **{
            f"{family}-Access-Type": "server",
            f"{family}-Project-Id": PROJECT_ID,
            f"{family}-Secret-Server-Key": "ssk_test",
            f"{family}-Super-Secret-Admin-Key": "sak_test",
        },
    )
    assert status == 500
    assert_no_secret_in(*reports, value, value[3:48], "ssk_test", "sak_test")


@pytest.mark.parametrize("content_type", [FORM, "application/json"])
def test_an_error_before_the_body_is_read_tells_nothing_of_it(reports, monkeypatch, content_type):
    def fail(request):
        raise OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr("stack_apikeys.wire.views.read_body", fail)
    body = encoded({"email": "ada@example.com", "password": PASSWORD}, content_type)
    path = "/api/v1/auth/password/sign-in"
    assert ask("POST", path, body, content_type, **client_access()) == 500
    assert_no_secret_in(*reports, PASSWORD)


@pytest.mark.parametrize("path", ["auth/password/sign-in", "auth/password/signin"])
def test_no_middleware_finds_the_body_on_the_way_out(path, settings):
    settings.MIDDLEWARE = [f"{__name__}.keep_request", *settings.MIDDLEWARE]
    body = {"email": "ada@example.com", "password": PASSWORD}
    headers = client_access(access_token="a.b.c")
    for content_type in (FORM, "application/json"):
        ask("POST", f"/api/v1/{path}", encoded(body, content_type), content_type, **headers)
        request = seen.pop()
        assert (request.body, request.read()) == (b"", b"")
        assert not request.POST
        assert request.headers["X-Hexclave-Access-Token"] == "<secret>"


seen = []


def keep_request(get_response):
    def middleware(request):
        request.headers.get("Accept")  # what is read once is kept
        response = get_response(request)
        seen.append(request)
        return response

    return middleware


def test_nobody_parses_the_body_a_second_time(rf):
    request = rf.post("/", {"a": 1}, content_type="application/json")
    with pytest.raises(UnsupportedMediaType):
        StackApiView().initialize_request(request).data  # noqa: B018


# What the tests above rely on -----------------------------------------------------------------


def test_a_header_is_masked_in_the_scope_and_its_copies_too():
    request = RequestFactory().get("/", headers={"X-Stack-Access-Token": "a.b.c"})
    pairs = [(b"x-stack-access-token", b"a.b.c"), (b"accept", b"*/*")]
    request.scope = {"headers": pairs}
    assert request.headers["X-Stack-Access-Token"] == "a.b.c"
    replace_header(request, "X-Stack-Access-Token", "<secret>")
    assert pairs == [(b"x-stack-access-token", b"<secret>"), (b"accept", b"*/*")]
    assert request.headers["X-Stack-Access-Token"] == "<secret>"
    request.scope = {"headers": (*pairs,)}
    replace_header(request, "Accept", "")
    assert request.scope["headers"] == [(b"x-stack-access-token", b"<secret>"), (b"accept", b"")]


def test_a_key_in_the_url_is_masked_wherever_the_request_has_it(user):
    _api_key, value = user.api_keys.create_key()
    url = f"/api/{value}?q={value}&page=2"
    request = RequestFactory().get(url, REQUEST_URI=url)
    request.scope = {}
    assert request.GET["q"] == value
    assert mask_url(request)
    assert value not in f"{request.META} {request.scope} {request!r}"
    assert request.GET.dict() == {"q": f"sk_…{value[-4:]}", "page": "2"}
    assert request.path == f"/api/sk_…{value[-4:]}"


def test_a_url_without_a_key_stays_as_it_is():
    request = RequestFactory().get("/api/v1/users/me?a=%20")
    assert not mask_url(request)
    assert request.get_full_path() == "/api/v1/users/me?a=%20"


def test_a_forgotten_body_is_an_empty_one():
    request = RequestFactory().post("/", {"password": PASSWORD})
    forget_body(request)
    assert (request.body, dict(request.POST), dict(request.FILES)) == (b"", {}, {})


def tokens(signed_in):
    return signed_in["access_token"], signed_in["refresh_token"]
