"""What Django's mails to administrators and Sentry say of an error, for tests that search them."""

import json
import logging
import warnings
from contextlib import contextmanager

import django
import sentry_sdk
from django.core import mail
from django.core.handlers.wsgi import WSGIHandler
from django.test import RequestFactory
from django.utils.log import AdminEmailHandler
from sentry_sdk.integrations.django import DjangoIntegration
from sentry_sdk.transport import Transport


@contextmanager
def mails_to_admins(settings):
    """The mails that Django sends about errors, in text and in HTML."""
    address = "admin@example.com"
    settings.ADMINS = [address] if django.VERSION >= (6, 0) else [("Admin", address)]
    handlers = [AdminEmailHandler(include_html=True)]
    logger = logging.getLogger("django.request")
    for handler in handlers:
        logger.addHandler(handler)
    mail.outbox.clear()
    try:
        yield mail.outbox
    finally:
        for handler in handlers:
            logger.removeHandler(handler)


@contextmanager
def sentry_events(**options):
    """The events that Sentry's SDK would send."""
    events = []

    class Kept(Transport):
        def capture_envelope(self, envelope):
            if event := envelope.get_event():
                events.append(event)

    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):  # of an option
        sentry_sdk.init(
            dsn="http://public@127.0.0.1:9/1",
            transport=Kept,
            integrations=[DjangoIntegration()],
            auto_enabling_integrations=False,
            **options,
        )
    try:
        yield events
        sentry_sdk.flush()
    finally:
        sentry_sdk.init()


def ask(method, path, body=b"", content_type="", **headers):
    """The status of an answer through WSGI, as a server asks: Sentry's SDK listens there."""
    environ = RequestFactory().generic(method, path, body, content_type, headers=headers).environ
    said = []
    answer = WSGIHandler()(environ, lambda *answer: said.append(answer[0]))
    b"".join(answer)
    answer.close()
    sentry_sdk.flush()
    return int(said[0].split()[0])


def text_of(mails):
    return "".join(
        str(part) for each in mails for part in (each.subject, each.body, each.alternatives)
    )


def places(event, secret, path=""):
    """Where an event holds the secret."""
    found = []
    pairs = event.items() if isinstance(event, dict) else enumerate(event)
    for name, each in pairs:
        here = f"{path}.{name}"
        if isinstance(each, dict | list):
            found += places(each, secret, here)
        elif secret in str(each):
            found.append(here)
    return found


def assert_no_secret_in(events, mails, *secrets):
    """Both were told of the error, and neither of the secrets."""
    assert events
    assert mails
    text = text_of(mails)
    for secret in secrets:
        assert places(events, secret) == []
        assert secret not in json.dumps(events, default=str)
        assert secret not in text
