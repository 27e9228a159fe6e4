"""What Django's own error report shows, as ``ADMINS`` get it by mail."""

import logging
import re
import sys

import django
import pytest
from django.core import mail
from django.db import OperationalError
from django.test import Client
from django.utils.log import AdminEmailHandler
from django.views.debug import (
    SafeExceptionReporterFilter,
    get_default_exception_reporter_filter,
    get_exception_reporter_filter,
)

from stack_apikeys import keys
from stack_apikeys._redaction.error_reports import SecretsFilter, hide_secrets
from stack_apikeys.verification.query import VerificationQuery
from tests.core.test_sentry import SDK_COOKIES
from tests.leaks import ADDRESSES, CREATIONS, VERIFICATIONS, lost_connection

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.leaks")]

ADMIN = "root@example.com"


class HostsFilter(SafeExceptionReporterFilter):
    """Hides less than Django's, and something of its own, by another substitute."""

    cleansed_substitute = "hidden by the host"
    hidden_settings = re.compile("SHOE_SIZE")

    def get_safe_settings(self):
        return {"ONLY": "the host's"}


@pytest.fixture(autouse=True)
def admins(settings):
    settings.ADMINS = [ADMIN] if django.VERSION >= (6,) else [("root", ADMIN)]


@pytest.fixture
def hosts_filter(settings):
    settings.DEFAULT_EXCEPTION_REPORTER_FILTER = f"{__name__}.HostsFilter"
    get_default_exception_reporter_filter.cache_clear()
    yield
    get_default_exception_reporter_filter.cache_clear()


def ask(address, method="get", **more):
    client = Client(raise_request_exception=False)
    client.cookies.load(SDK_COOKIES | {"theme": "dark"})
    assert getattr(client, method)(address, **more).status_code == 500
    return mailed()


def mailed():
    [message] = mail.outbox
    return message.body + "".join(content for content, _type in message.alternatives)


def report(error):
    """What is mailed of an error outside of any request."""
    record = logging.LogRecord(
        "django", logging.ERROR, "", 0, "Failed", (), (type(error), error, error.__traceback__)
    )
    AdminEmailHandler(include_html=True).emit(record)
    return mailed()


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_error_in_a_hosts_view_shows_neither_key_nor_cookies(address, value):
    text = ask(address, headers={"X-Stack-Api-Key": value})
    assert "ZeroDivisionError" in text
    assert "dark" in text
    assert value[3:48] not in text
    assert "-token-of-the-sdk" not in text


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_error_while_a_key_is_verified_shows_no_value(address, value, monkeypatch):
    def fail(self, id):
        raise OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(VerificationQuery, "find", fail)
    text = ask(address, headers={"X-Stack-Api-Key": value})
    assert "OperationalError" in text
    assert value[3:48] not in text


@pytest.mark.usefixtures("hosts_filter")
@pytest.mark.parametrize("address", ADDRESSES)
def test_what_the_hosts_filter_hides_stays_hidden_and_ours_too(address, value):
    headers = {
        "X-Stack-Api-Key": value,
        "Shoe-Size": "forty-two",
        "X-Stack-Secret-Server-Key": "ssk_test",
        "X-Hexclave-Refresh-Token": "a-refresh-token",
        "X-Other": "shown",
    }
    text = ask(address, headers=headers)
    assert "shown" in text
    assert "hidden by the host" in text
    assert "ONLY" in text
    for secret in (value[3:48], "-token-of-the-sdk", "forty-two", "ssk_test", "a-refresh-token"):
        assert secret not in text


def test_a_filter_of_the_request_is_kept(rf):
    request = rf.get("/")
    request.exception_reporter_filter = HostsFilter()
    hide_secrets(request)
    hide_secrets(request)
    current = get_exception_reporter_filter(request)
    assert isinstance(current, SecretsFilter)
    assert current.cleansed_substitute == "hidden by the host"
    assert current.get_safe_settings() == {"ONLY": "the host's"}


def test_a_key_in_form_data_is_hidden_and_the_rest_is_not(value):
    text = ask(
        "/broken",
        "post",
        data={"note": f"my key: {value}", "colour": "green"},
        headers={"X-Stack-Api-Key": value},
    )
    assert "green" in text
    assert value[3:48] not in text


def test_form_data_without_secrets_is_shown_as_it_is(rf):
    request = rf.post("/", data={"colour": "green"})
    hide_secrets(request)
    assert get_exception_reporter_filter(request).get_post_parameters(request) is request.POST
    assert get_exception_reporter_filter(request).get_post_parameters(None) == {}


def test_a_variable_of_a_hosts_view_that_holds_a_key_is_hidden(rf, value):
    request = rf.get("/")
    hide_secrets(request)
    kept = "not a key"
    current = get_exception_reporter_filter(request)
    shown = dict(current.get_traceback_frame_variables(request, sys._getframe()))
    assert shown["value"] == current.cleansed_substitute
    assert shown["kept"] == kept


@pytest.mark.parametrize("way", VERIFICATIONS)
def test_an_error_in_any_verification_shows_no_value(way, value, monkeypatch):
    with lost_connection(), pytest.raises(OperationalError) as raised:
        VERIFICATIONS[way](value)
    assert_not_reported(raised.value, [value], monkeypatch)


@pytest.mark.parametrize("way", CREATIONS)
def test_an_error_while_a_key_is_made_shows_no_value(way, user, monkeypatch):
    made = []

    def generate(**kwargs):
        made.append(value := original(**kwargs))
        return value

    original = keys.generate
    monkeypatch.setattr(keys, "generate", generate)
    with lost_connection(), pytest.raises(OperationalError) as raised:
        CREATIONS[way](user)
    assert made
    assert_not_reported(raised.value, made, monkeypatch)


def assert_not_reported(error, values, monkeypatch):
    def variables(self, request, frame):
        # The frames of tests do hold values.
        return [] if "/tests/" in frame.f_code.co_filename else original(self, request, frame)

    original = SafeExceptionReporterFilter.get_traceback_frame_variables
    monkeypatch.setattr(SafeExceptionReporterFilter, "get_traceback_frame_variables", variables)
    text = report(error)
    assert "connection unexpectedly" in text
    for value in values:
        assert value[3:48] not in text
