"""Send requests to the HTTP API as its clients do, and check its errors."""

import json
from datetime import timedelta
from urllib.parse import urlencode

from django.conf import settings
from django.test import Client
from django.utils import timezone

from stack_apikeys import timestamps
from tests.factories import PASSWORD

BASE = "/api/v1"

UNKNOWN_ID = "6ba7b810-9dad-41d1-80b4-00c04fd430c8"

IN_90_DAYS = timestamps.to_millis(timezone.now() + timedelta(days=90))


class Caller:
    """A client that sends requests with one access type."""

    def __init__(self, *, family="X-Stack-", client=None, **headers):
        self.family = family
        self.client = client or Client()
        self.headers = {f"{family}{name.replace('_', '-')}": text for name, text in headers.items()}

    def send(self, method, path, body=None, **headers):
        content = {}
        if body is not None:
            data = body if isinstance(body, bytes) else json.dumps(body)
            content = {"data": data, "content_type": "application/json"}
        headers = self.headers | {
            f"{self.family}{name.replace('_', '-')}": text for name, text in headers.items()
        }
        return self.client.generic(method, BASE + path, headers=headers, **content)

    def get(self, path, **headers):
        return self.send("GET", path, **headers)

    def post(self, path, body=None, **headers):
        return self.send("POST", path, body, **headers)

    def patch(self, path, body=None, **headers):
        return self.send("PATCH", path, body, **headers)

    def delete(self, path, body=None, **headers):
        return self.send("DELETE", path, body, **headers)


def server(**options):
    return Caller(
        access_type="server",
        project_id=settings.STACK_APIKEYS["PROJECT_ID"],
        secret_server_key="ssk_test",
        **options,
    )


def admin(**options):
    return Caller(
        access_type="admin",
        project_id=settings.STACK_APIKEYS["PROJECT_ID"],
        super_secret_admin_key="sak_test",
        **options,
    )


def browser(user=None, **options):
    """A settings page: client access, and the Django session of ``user``."""
    client = Client()
    if user is not None:
        client.force_login(user)
    return Caller(
        access_type="client",
        project_id=settings.STACK_APIKEYS["PROJECT_ID"],
        publishable_client_key="pck_test",
        client=client,
        **options,
    )


def anyone(**options):
    """The SDK without a signed-in user."""
    return Caller(
        family="X-Hexclave-",
        access_type="client",
        project_id=settings.STACK_APIKEYS["PROJECT_ID"],
        publishable_client_key="pck_test",
        **options,
    )


def sign_in(user, password=PASSWORD):
    """Sign in with a password, and return both tokens and the user's id."""
    response = anyone().post("/auth/password/sign-in", {"email": user.email, "password": password})
    assert response.status_code == 200, response.content
    return response.json()


def person(user, **options):
    """The SDK with ``user`` signed in."""
    return anyone(access_token=sign_in(user)["access_token"], **options)


def refresh(refresh_token, **changes):
    """Request a new access token as the SDK does: with a form, and without access headers."""
    form = {
        "refresh_token": refresh_token,
        "grant_type": "refresh_token",
        "client_id": settings.STACK_APIKEYS["PROJECT_ID"],
        "client_secret": "pck_test",
    } | changes
    return Client().generic(
        "POST",
        f"{BASE}/auth/oauth/token",
        urlencode(form),
        content_type="application/x-www-form-urlencoded;charset=UTF-8",
        headers={"accept": "application/json"},
    )


def new_key(kind, owner, **changes):
    """The body that creates a key for this owner."""
    body = {f"{kind}_id": str(owner.pk), "description": "CI", "expires_at_millis": IN_90_DAYS}
    return body | changes


def assert_known_error(response, status, code, message=None, details=None):
    assert (response.status_code, response.headers.get("X-Stack-Known-Error")) == (status, code)
    assert response["X-Hexclave-Known-Error"] == code
    assert response["Content-Type"] == "application/json; charset=utf-8"
    body = response.json()
    assert body["code"] == code
    if message is not None:
        assert body["error"] == message
    assert body.get("details") == details


def assert_not_found(response):
    assert_known_error(response, 404, "API_KEY_NOT_FOUND", "API key not found.")


def assert_plain_error(response, status, sentence):
    assert (response.status_code, response.content.decode()) == (status, sentence)
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert "X-Stack-Known-Error" not in response.headers
