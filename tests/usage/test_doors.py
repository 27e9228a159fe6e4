"""Every way to let a key in, or to refuse it, counts the request once."""

import pytest
from asgiref.sync import async_to_sync
from django.http import JsonResponse
from django.test import AsyncClient, Client
from django.urls import include, path
from rest_framework.permissions import IsAuthenticated

from stack_apikeys.authentication import ApiKeyAuthentication, UserApiKeyAuthentication
from stack_apikeys.decorators import api_key_or_session, api_key_required
from stack_apikeys.usage.models import KeyHour, KeyUsage
from stack_apikeys.usage.recorder import Recorder
from stack_apikeys.verification import averify_api_key, verify_api_key
from tests.host import WhoAmI
from tests.wire import server

MIDDLEWARE = "stack_apikeys.middleware.ApiKeyMiddleware"


def answer(request):
    return JsonResponse({"user": str(request.user)})


async def asynchronous_answer(request):
    return JsonResponse({})


class Twice(WhoAmI):
    authentication_classes = [UserApiKeyAuthentication, ApiKeyAuthentication]
    permission_classes = [IsAuthenticated]


urlpatterns = [
    path("drf", WhoAmI.as_view()),
    path("twice", Twice.as_view()),
    path("required", api_key_required(answer)),
    path("either", api_key_or_session(answer)),
    path("asynchronous", api_key_required(asynchronous_answer)),
    path("plain", answer),
    path("api/v1/", include("stack_apikeys.api.urls")),
]

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]

DOORS = ["drf", "twice", "required", "either", "asynchronous"]


@pytest.fixture
def with_middleware(settings):
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, MIDDLEWARE]


def totals():
    """The accepted and the refused requests that are stored: in all, and by hour."""
    usage, hour = KeyUsage.objects.get(), KeyHour.objects.get()
    assert usage.accepted == hour.accepted
    return usage.accepted, usage.refused, hour.refused_revoked


def use(view, api_key, value):
    """Use the key twice, revoke it, and use it three times more."""

    def get():
        return Client().get(f"/{view}", headers={"X-Stack-Api-Key": value}).status_code

    assert [get(), get()] == [200, 200]
    api_key.revoke()
    assert {get(), get(), get()} <= {401, 403}


@pytest.mark.parametrize("view", DOORS)
def test_a_view_counts(view, user, at, stored):
    at(2026, 5, 4, 12, 30)
    use(view, *user.api_keys.create_key())
    stored()
    assert totals() == (2, 3, 3)


@pytest.mark.parametrize("view", [*DOORS, "plain"])
def test_behind_the_middleware_a_request_counts_once(view, user, at, stored, with_middleware):
    at(2026, 5, 4, 12, 30)
    use(view, *user.api_keys.create_key())
    stored()
    assert totals() == (2, 3, 3)


def test_the_asynchronous_middleware_counts(user, at, stored, settings, monkeypatch):
    # It would write in another thread, whose connection is not in the transaction of the test.
    monkeypatch.setattr(Recorder, "write_if_due", lambda _self: False)
    settings.MIDDLEWARE = [MIDDLEWARE]
    at(2026, 5, 4, 12, 30)
    _api_key, value = user.api_keys.create_key()
    send = async_to_sync(AsyncClient().get)
    assert send("/plain", headers={"X-Stack-Api-Key": value}).status_code == 200
    stored()
    assert totals() == (1, 0, 0)


def test_a_key_that_a_backend_checks_counts(owner, at, stored):
    at(2026, 5, 4, 12, 30)
    api_key, value = owner.api_keys.create_key()
    path = f"/{api_key.KIND}-api-keys/check"
    assert server().post(path, {"api_key": value}).status_code == 200
    api_key.revoke()
    assert server().post(path, {"api_key": value}).status_code == 401
    stored()
    assert totals() == (1, 1, 1)


def test_python_code_counts_if_it_has_a_request(user, rf, at, stored):
    at(2026, 5, 4, 12, 30)
    _api_key, value = user.api_keys.create_key()
    verify_api_key(value, request=rf.get("/"))
    async_to_sync(averify_api_key)(value, request=rf.get("/"))
    verify_api_key(value)
    stored()
    assert totals() == (2, 0, 0)
