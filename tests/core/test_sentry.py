"""What Sentry's SDK would send after an error that met a key. Nothing leaves this process."""

import asyncio
import json
import sys
import types
from contextlib import suppress

import pytest
import sentry_sdk
from asgiref.testing import ApplicationCommunicator
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import OperationalError, close_old_connections
from django.test import RequestFactory
from sentry_sdk.integrations.django import DjangoIntegration
from sentry_sdk.transport import Transport

from stack_apikeys import keys
from stack_apikeys.pages.views import ApiKeyListView
from stack_apikeys.sentry import SecretsRemover, before_send, protect_events
from stack_apikeys.verification.query import VerificationQuery
from tests.leaks import ADDRESSES, CREATIONS, VERIFICATIONS, lost_connection
from tests.server import PATIENCE

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.urls("tests.leaks"),
    pytest.mark.filterwarnings("ignore:The send_default_pii option is deprecated"),
]

SDK_COOKIES = {
    "hexclave-refresh-0f2b--default": "refresh-token-of-the-sdk",
    "__Host-hexclave-refresh-0f2b--default": "refresh-token-of-the-sdk",
    "hexclave-access": "access-token-of-the-sdk",
    "stack-access-token": "access-token-of-the-sdk",
    "stack-refresh-0f2b": "refresh-token-of-the-sdk",
}


@pytest.fixture(autouse=True)
def connection_stays_open():
    """As with Django's test client, a request does not close the connection of the test."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture(params=[False, True], ids=["defaults", "send_default_pii"])
def start(request):
    """A function that starts the SDK, and returns the list into which it sends."""

    def start(**options):
        events = []

        class Kept(Transport):
            def capture_envelope(self, envelope):
                events.extend(
                    event for item in envelope.items if (event := item.payload.json) is not None
                )

        sentry_sdk.init(
            dsn="http://public@127.0.0.1:9/1",
            transport=Kept,
            integrations=[DjangoIntegration()],
            auto_enabling_integrations=False,
            auto_session_tracking=False,
            send_default_pii=request.param,
            max_request_body_size="always",
            **options,
        )
        return events

    yield start
    sentry_sdk.init(default_integrations=False, auto_enabling_integrations=False)


@pytest.fixture
def events(start):
    return start()


def serve(address, method="get", **more):
    """Ask through WSGI, as a server does: the SDK listens there."""
    environ = getattr(RequestFactory(), method)(address, **more).environ
    said = []
    answer = WSGIHandler()(environ, lambda *start: said.append(start[0]))
    b"".join(answer)
    answer.close()
    sentry_sdk.flush()
    return said[0]


def serve_asynchronously(address, value):
    """Ask through ASGI, as a server does."""
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "path": address,
        "query_string": b"",
        "headers": [(b"host", b"testserver"), (b"x-stack-api-key", value.encode())],
    }

    async def ask():
        server = ApplicationCommunicator(ASGIHandler(), scope)
        await server.send_input({"type": "http.request"})
        answer = await server.receive_output(timeout=PATIENCE)
        with suppress(asyncio.TimeoutError, asyncio.CancelledError):
            await server.wait(timeout=PATIENCE)
        return answer["status"]

    status = asyncio.run(ask())
    sentry_sdk.flush()
    return status


def without_frames_of_tests(event):
    for exception in event["exception"]["values"]:
        frames = exception["stacktrace"]["frames"]
        exception["stacktrace"]["frames"] = [
            frame for frame in frames if "/tests/" not in frame["abs_path"]
        ]
    return event


# Variables of frames, without anything to remove secrets from events ----------------------------


@pytest.mark.parametrize("way", VERIFICATIONS)
def test_an_error_in_a_verification_shows_no_value(way, value, events):
    with lost_connection(), pytest.raises(OperationalError) as raised:
        VERIFICATIONS[way](value)
    sentry_sdk.capture_exception(raised.value)
    sentry_sdk.flush()
    [event] = events
    assert "verification" in json.dumps(event)
    assert value[3:48] not in json.dumps(without_frames_of_tests(event))


@pytest.mark.parametrize("way", CREATIONS)
def test_an_error_while_a_key_is_made_shows_no_value(way, user, events, monkeypatch):
    made = []

    def generate(**kwargs):
        made.append(value := original(**kwargs))
        return value

    original = keys.generate
    monkeypatch.setattr(keys, "generate", generate)
    with lost_connection(), pytest.raises(OperationalError) as raised:
        CREATIONS[way](user)
    sentry_sdk.capture_exception(raised.value)
    sentry_sdk.flush()
    [event] = events
    assert made
    for value in made:
        assert value[3:48] not in json.dumps(without_frames_of_tests(event))


# Requests -------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_error_in_a_hosts_view_shows_no_value(address, value, events):
    assert serve(address, headers={"X-Stack-Api-Key": value}).startswith("500")
    [event] = events
    assert event["exception"]["values"][0]["type"] == "ZeroDivisionError"
    assert value[3:48] not in json.dumps(event)


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_error_while_a_request_is_authenticated_shows_no_value(
    address, value, events, monkeypatch
):
    def fail(self, id):
        raise OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(VerificationQuery, "find", fail)
    assert serve(address, headers={"X-Stack-Api-Key": value}).startswith("500")
    [event] = events
    assert event["exception"]["values"][0]["type"] == "OperationalError"
    assert value[3:48] not in json.dumps(event)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("address", ["/plain", "/asynchronous"])
def test_an_error_under_asgi_shows_no_value(address, value, events, monkeypatch):
    def fail(self, id):
        raise OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(VerificationQuery, "find", fail)
    assert serve_asynchronously(address, value) == 500
    assert events
    assert value[3:48] not in json.dumps(events)


def test_all_that_is_secret_is_removed_from_a_request(events):
    headers = {
        "X-Stack-Secret-Server-Key": "ssk_test",
        "X-Hexclave-Super-Secret-Admin-Key": "sak_test",
        "X-Stack-Access-Token": "an-access-token",
        "X-Hexclave-Refresh-Token": "a-refresh-token",
        "X-Stack-Project-Id": "the-project",
        "Cookie": "; ".join(f"{name}={text}" for name, text in SDK_COOKIES.items())
        + "; theme=dark",
    }
    assert serve("/plain?key=x", headers=headers).startswith("401")
    sentry_sdk.capture_message("ssk_test was here")
    serve("/broken", headers=headers)
    text = json.dumps(events)
    assert "the-project" in text
    for secret in ["ssk_test", "sak_test", "an-access", "a-refresh", "-token-of-the-sdk"]:
        assert secret not in text


def test_the_body_of_a_request_to_our_views_is_removed_and_a_hosts_is_not(events, monkeypatch):
    def fail(self, request, *args, **kwargs):
        raise ZeroDivisionError(request.POST)

    monkeypatch.setattr(ApiKeyListView, "dispatch", fail)
    csrf = {"Cookie": f"csrftoken={'t' * 32}", "X-CSRFToken": "t" * 32}
    sent = {"data": {"field": "of ours"}, "headers": csrf}
    assert serve("/settings/api-keys/", "post", **sent).startswith("500")
    assert serve("/broken", "post", data={"field": "of a host"}).startswith("500")
    [ours, hosts] = events
    assert ours["request"]["data"] == "…"
    assert hosts["request"]["data"] == {"field": "of a host"}


# before_send ----------------------------------------------------------------------------------


def test_a_hosts_own_function_gets_the_event_without_secrets_and_has_the_last_word(start, value):
    seen = []

    def host(event, hint):
        seen.append(json.dumps(event))
        return None if "unwanted" in seen[-1] else event

    events = start(before_send=SecretsRemover(host))
    sentry_sdk.capture_message(f"unwanted {value}")
    sentry_sdk.capture_message(f"wanted {value}")
    sentry_sdk.flush()
    assert [event["message"] for event in events] == [f"wanted sk_…{value[-4:]}"]
    assert len(seen) == 2
    assert value not in str(seen)


def test_a_hosts_own_function_is_kept_when_requests_start(start, value):
    def host(event, hint):
        return event | {"tags": {"by": "host"}}

    events = start(before_send=host)
    for _ in range(2):
        serve("/broken", headers={"X-Stack-Api-Key": value})
    assert [event["tags"] for event in events] == [{"by": "host"}] * 2
    assert value not in json.dumps(events)


def test_transactions_lose_their_secrets_too(start, value):
    events = start(traces_sample_rate=1.0)
    serve("/plain", headers={"X-Stack-Api-Key": value})
    assert [event["type"] for event in events if "type" in event] == ["transaction"]
    assert value not in json.dumps(events)


@pytest.mark.parametrize(
    ("event", "cleaned"),
    [
        ({"vars": {"headers": [["x-stack-access-token", "abc"], ["accept", "*/*"]]}}, None),
        ({"vars": {"b'x-hexclave-refresh-token'": "b'abc'"}}, None),
        ({"data": {"http.request.header.x-stack-refresh-token": "abc"}}, None),
        ({"environ": {"HTTP_X_STACK_SECRET_SERVER_KEY": "'abc'"}}, None),
        ({"cookies": {"hexclave-access": "abc"}}, None),
        ({"headers": {"Cookie": "a=b; hexclave-access=abc; c=d"}}, None),
        ({"function": "a_function_with_a_name_of_more_than_36_letters"}, "a_function"),
        ({"request": {"url": "http://[broken", "data": "kept"}}, "kept"),
        ({"request": {"url": None, "data": "kept"}}, "kept"),
    ],
)
def test_secrets_are_found_by_their_names_wherever_an_event_has_them(event, cleaned):
    text = json.dumps(before_send(event, {}))
    assert "abc" not in text
    assert (cleaned or "") in text


def test_an_older_sdk_disturbs_no_request(monkeypatch):
    monkeypatch.setitem(sys.modules, "sentry_sdk", types.ModuleType("sentry_sdk"))
    protect_events()
    monkeypatch.setitem(sys.modules, "sentry_sdk", None)
    protect_events()
