"""What a refused key leaves behind: codes in exceptions and answers, a signal, a log line."""

import logging
from uuid import uuid4

import pytest
from django.http import JsonResponse
from django.test import Client
from django.urls import path
from drf_standardized_errors.handler import exception_handler
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory
from rest_framework.throttling import AnonRateThrottle

from stack_apikeys import signals
from stack_apikeys.authentication import ApiKeyAuthentication, TeamApiKeyAuthentication
from stack_apikeys.decorators import api_key_required
from stack_apikeys.keys import generate
from stack_apikeys.models import UserApiKey
from stack_apikeys.permissions import (
    AuthenticatedByPublicApiKey,
    AuthenticatedBySecretApiKey,
    AuthenticatedByTeamApiKey,
    AuthenticatedByUserApiKey,
    NotAuthenticatedByApiKey,
)
from stack_apikeys.verification import get_user, verify_api_key
from tests.factories import TeamFactory
from tests.host import WhoAmI, plain


class TwoPerMinute(AnonRateThrottle):
    rate = "2/min"


class StandardizedErrors(WhoAmI):
    def get_exception_handler(self):
        return exception_handler


class PublicKeysToo(ApiKeyAuthentication):
    accept_public_keys = True


@api_key_required(accept_public_keys=True)
def plain_for_public_keys(request):
    return JsonResponse({"key": request.api_key.masked})


def with_permission(permission, authentication=PublicKeysToo):
    return WhoAmI.as_view(authentication_classes=[authentication], permission_classes=[permission])


urlpatterns = [
    path("any", WhoAmI.as_view()),
    path("plain", plain),
    path("team", WhoAmI.as_view(authentication_classes=[TeamApiKeyAuthentication])),
    path("throttled", WhoAmI.as_view(throttle_classes=[TwoPerMinute])),
    path("standardized", StandardizedErrors.as_view()),
    path("public-too", WhoAmI.as_view(authentication_classes=[PublicKeysToo])),
    path("plain-public-too", plain_for_public_keys),
    path("by-user-key", with_permission(AuthenticatedByUserApiKey)),
    path("by-team-key", with_permission(AuthenticatedByTeamApiKey)),
    path("by-public-key", with_permission(AuthenticatedByPublicApiKey)),
    path("by-secret-key", with_permission(AuthenticatedBySecretApiKey)),
    path("not-by-key", with_permission(NotAuthenticatedByApiKey)),
]

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


@pytest.fixture
def teams_key():
    return TeamFactory().api_keys.create_key()[1]


@pytest.fixture
def public(user):
    return user.api_keys.create_key(is_public=True)[1]


@pytest.fixture
def received():
    """What the signal of refused keys was sent with."""
    received = []

    def receive(sender, signal, **kwargs):
        received.append((sender, kwargs))

    signals.api_key_rejected.connect(receive)
    yield received
    signals.api_key_rejected.disconnect(receive)


def get(address, value, **more):
    return Client().get(address, headers={"X-Stack-Api-Key": value}, **more)


# DRF's exceptions -----------------------------------------------------------------------------


def refusal_of(value):
    request = Request(APIRequestFactory().get("/", headers={"X-Stack-Api-Key": value}))
    with pytest.raises((AuthenticationFailed, PermissionDenied)) as raised:
        ApiKeyAuthentication().authenticate(request)
    return raised.value


def test_the_exception_has_one_detail_with_our_code(user, value):
    user.api_keys.get().revoke()
    error = refusal_of(value)
    assert error.get_codes() == "API_KEY_REVOKED"
    assert error.get_full_details() == {
        "message": "API key has been revoked.",
        "code": "API_KEY_REVOKED",
    }


def test_plain_http_is_a_403_with_our_code(settings, value):
    settings.STACK_APIKEYS = settings.STACK_APIKEYS | {"REQUIRE_HTTPS": True}
    error = refusal_of(value)
    assert (error.status_code, error.get_codes()) == (403, "HTTPS_REQUIRED")
    assert get("/any", value).json()["code"] == "HTTPS_REQUIRED"


def test_standardized_errors_show_one_error():
    assert get("/standardized", "sk_" + "0" * 99).json() == {
        "type": "client_error",
        "errors": [{"code": "API_KEY_NOT_FOUND", "detail": "API key not found.", "attr": None}],
    }


@pytest.mark.parametrize(
    ("address", "key", "code"),
    [
        ("/by-user-key", "teams_key", "USER_API_KEY_REQUIRED"),
        ("/by-team-key", "value", "TEAM_API_KEY_REQUIRED"),
        ("/by-public-key", "value", "PUBLIC_API_KEY_REQUIRED"),
        ("/by-secret-key", "public", "SECRET_API_KEY_REQUIRED"),
        ("/not-by-key", "value", "API_KEY_NOT_ALLOWED"),
    ],
)
def test_permissions_report_what_is_missing(address, key, code, request):
    answer = get(address, request.getfixturevalue(key))
    assert answer.status_code == 403
    assert answer.json()["code"] == code
    assert answer.json()["detail"]


def test_permissions_distinguish_public_and_secret_keys(value, public):
    addresses = ["/by-public-key", "/by-secret-key"]
    assert [get(address, value).status_code for address in addresses] == [403, 200]
    assert [get(address, public).status_code for address in addresses] == [200, 403]


def test_a_permission_of_a_view_that_has_another_authentication_class_reports_its_code(
    value, settings
):
    settings.ROOT_URLCONF = "tests.drf.test_plain_views"
    settings.MIDDLEWARE = [
        *settings.MIDDLEWARE,
        "stack_apikeys.middleware.ApiKeyMiddleware",
    ]
    assert get("/not-by-key", value).json() == {
        "detail": "This is not allowed with an API key.",
        "code": "API_KEY_NOT_ALLOWED",
    }


# Public keys ----------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["/any", "/plain"])
def test_a_public_key_is_refused_by_default(address, public, received):
    answer = get(address, public)
    assert answer.status_code == 401
    assert answer.json()["code"] == "PUBLIC_API_KEY_NOT_ACCEPTED"
    assert "accept_public_keys" in answer.json()["detail"]
    assert [kwargs["reason"] for _sender, kwargs in received] == ["PUBLIC_API_KEY_NOT_ACCEPTED"]


@pytest.mark.parametrize("address", ["/public-too", "/plain-public-too"])
def test_a_view_can_accept_public_keys_beside_secret_ones(address, public, value):
    assert [get(address, each).status_code for each in (public, value)] == [200, 200]


@pytest.mark.parametrize("address", ["/any", "/plain"])
def test_a_setting_accepts_public_keys_everywhere(address, public, settings):
    settings.STACK_APIKEYS = settings.STACK_APIKEYS | {"ACCEPT_PUBLIC_KEYS": True}
    assert get(address, public).status_code == 200


def test_a_public_key_that_was_revoked_says_so(user, public):
    user.api_keys.get().revoke()
    assert get("/any", public).json()["code"] == "API_KEY_REVOKED"


def test_python_verifies_public_keys_as_ever(user, public):
    assert get_user(api_key=public) == user
    assert verify_api_key(public).is_public


# Traces ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["/team", "/plain"])
def test_a_refusal_is_signalled_and_logged(address, user, value, received, caplog):
    api_key = user.api_keys.get()
    api_key.revoke()
    reason = {"/team": "WRONG_API_KEY_TYPE", "/plain": "API_KEY_REVOKED"}[address]
    with caplog.at_level(logging.INFO, logger="stack_apikeys"):
        get(address, value)
    [(sender, kwargs)] = received
    request = kwargs.pop("request")
    assert request.path == address
    assert kwargs == {"reason": reason, "api_key_id": api_key.pk, "kind": "user"}
    assert sender is UserApiKey
    [record] = [each for each in caplog.records if each.name == "stack_apikeys.verification"]
    assert record.getMessage() == f"Refused key {api_key.pk}: {reason}"
    assert value not in caplog.text + str(received)


@pytest.mark.parametrize(
    ("sent", "reason"),
    [("garbage", "API_KEY_NOT_FOUND"), ("Digest {}", "API_KEY_FORM_NOT_ACCEPTED")],
)
def test_refusals_without_a_query_are_signalled_too(sent, reason, value, received):
    get("/any", sent.format(value))
    [(sender, kwargs)] = received
    assert kwargs["reason"] == reason
    assert (kwargs["api_key_id"] is None) is (sent == "garbage")
    assert (sender is None) is (sent == "garbage")


def test_two_keys_are_signalled_without_an_id(user, value, received, settings):
    settings.STACK_APIKEYS = settings.STACK_APIKEYS | {"HEADERS": ["X-Stack-Api-Key", "X-Api-Key"]}
    other = user.api_keys.create_key()[1]
    Client().get("/any", headers={"X-Stack-Api-Key": value, "X-Api-Key": other})
    [(_sender, kwargs)] = received
    assert (kwargs["reason"], kwargs["api_key_id"]) == ("CONFLICTING_API_KEYS", None)


def test_a_refusal_in_python_is_signalled_without_a_request(received):
    unknown = uuid4()
    assert get_user(api_key=generate(id=unknown, kind="user")) is None
    [(_sender, kwargs)] = received
    assert kwargs == {
        "reason": "API_KEY_NOT_FOUND",
        "api_key_id": unknown,
        "kind": "user",
        "request": None,
    }


def test_nothing_is_signalled_for_requests_without_a_key_or_with_a_usable_one(value, received):
    Client().get("/any")
    assert get("/any", value).status_code == 200
    assert received == []


def test_a_receiver_that_fails_changes_nothing(user, value):
    def fail(**_kwargs):
        raise ZeroDivisionError

    user.api_keys.get().revoke()
    signals.api_key_rejected.connect(fail)
    try:
        assert get("/any", value).json()["code"] == "API_KEY_REVOKED"
    finally:
        signals.api_key_rejected.disconnect(fail)


def test_wrong_keys_are_counted_by_a_views_throttles():
    statuses = [get("/throttled", generate(id=uuid4(), kind="user")).status_code for _ in range(4)]
    assert statuses == [401, 401, 429, 429]


def test_a_renaming_is_signalled_after_the_commit(user, django_capture_on_commit_callbacks):
    received = []

    def receive(sender, api_key, **_kwargs):
        received.append((sender, api_key.description))

    signals.api_key_renamed.connect(receive)
    api_key, _value = user.api_keys.create_key(description="old")
    with django_capture_on_commit_callbacks(execute=True):
        api_key.rename("new")
        assert received == []
    signals.api_key_renamed.disconnect(receive)
    assert received == [(UserApiKey, "new")]
