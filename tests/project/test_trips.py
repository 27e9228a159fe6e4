"""How many modules the three most frequent calls pass through.

The numbers are upper limits, at about what the code needs today. A change that exceeds one should
have a reason: a call that goes through more modules, or back and forth between them, is harder to
follow.
"""

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from stack_apikeys.authentication import ApiKeyAuthentication
from tests.trips import trace

pytestmark = pytest.mark.django_db


@pytest.fixture
def from_header_to_principal(user, value):
    def authenticate():
        request = APIRequestFactory().get("/", headers={"X-Stack-Api-Key": value})
        assert Request(request, authenticators=[ApiKeyAuthentication()]).user == user

    return authenticate


@pytest.fixture
def from_page_to_revoked_row(user):
    client = Client()
    client.force_login(user)
    api_keys = iter([user.api_keys.create_key()[0] for _ in range(2)])

    def revoke():
        api_key = next(api_keys)
        url = reverse("stack_apikeys:user-api-key-revoke", args=[api_key.pk])
        assert client.post(url, {"understood": "on"}).status_code == 302
        api_key.refresh_from_db()
        assert api_key.status == "revoked"

    return revoke


@pytest.fixture
def from_post_to_row(user):
    [secret_server_key] = settings.STACK_APIKEYS["SECRET_SERVER_KEYS"]
    headers = {
        "x-stack-access-type": "server",
        "x-stack-project-id": settings.STACK_APIKEYS.get("PROJECT_ID", "internal"),
        "x-stack-secret-server-key": secret_server_key,
    }
    body = {"user_id": str(user.pk), "description": "CI", "expires_at_millis": None}

    def create():
        url = "/api/v1/user-api-keys"
        answer = Client().post(url, body, content_type="application/json", headers=headers)
        assert answer.status_code == 200, answer.text

    return create


@pytest.mark.parametrize(
    ("call", "modules", "transitions", "round_trips"),
    [
        # The example project has the optional app for usage, which counts the request: 4 modules.
        ("from_header_to_principal", 19, 35, set()),
        # The base class of the pages calls methods of its subclasses, and they call it.
        ("from_page_to_revoked_row", 26, 70, {"pages.base", "_database.conflicts"}),
        # The same for the API's views, and a decorator runs transactions again that were in conflict.
        (
            "from_post_to_row",
            35,
            92,
            {"wire.views", "api.viewsets", "models.managers", "_database.conflicts"},
        ),
    ],
)
def test_a_call_passes_through_few_modules(call, modules, transitions, round_trips, request):
    trip = trace(request.getfixturevalue(call))
    assert len(trip.modules) <= modules, trip
    assert trip.transitions <= transitions, trip
    assert set(trip.round_trips) <= round_trips, trip
