"""A recorder that writes, and ways to use keys."""

from datetime import UTC, datetime

import pytest
from django.test import Client

from stack_apikeys.usage import receivers
from stack_apikeys.usage.recorder import Recorder, recorder

WRITE_IF_DUE = Recorder.write_if_due


@pytest.fixture(autouse=True)
def usage_is_written(usage_is_not_written, monkeypatch):
    """Write as in production, except by the timer."""
    monkeypatch.setattr(Recorder, "write_if_due", WRITE_IF_DUE)


@pytest.fixture
def at(monkeypatch):
    """A function that sets the clock of the counts, and returns the moment."""

    def set_clock(*parts):
        moment = datetime(*parts, tzinfo=UTC)
        monkeypatch.setattr(receivers.timezone, "now", lambda: moment)
        monkeypatch.setattr(receivers, "time", moment.timestamp)
        return moment

    return set_clock


@pytest.fixture
def use():
    """A function that sends a request with a key, and returns the response."""
    client = Client()
    paths = {"user": ("get", "/api/protected"), "team": ("post", "/api/team-protected")}

    def send(value, address="192.0.2.7", kind="user"):
        method, path = paths[kind]
        return getattr(client, method)(
            path, headers={"X-Stack-Api-Key": value}, REMOTE_ADDR=address
        )

    return send


@pytest.fixture
def stored():
    """A function that writes what was counted."""
    return recorder.write
