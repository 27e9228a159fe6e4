"""E-mails that are sent, and keys that expire."""

from datetime import timedelta

import pytest
from django.utils import timezone

from stack_apikeys.conf import NOTICES
from stack_apikeys.reminders.expiry import remind
from tests.settings_pages import make_key


@pytest.fixture(autouse=True)
def notices_are_wanted(configure):
    """Send all e-mails, as by default."""
    configure(NOTICES=dict(NOTICES))


@pytest.fixture
def expiring():
    """A function that returns a key of the owner that expires in so many days."""

    def make(owner, days, *, lives=400, **fields):
        end = timezone.now() + timedelta(days=days)
        api_key = make_key(owner, expires_at=end, **fields)
        moments = {"created_at": end - timedelta(days=lives), "expires_at": end}
        type(api_key).objects.filter(pk=api_key.pk).update(**moments)
        api_key.refresh_from_db()
        return api_key

    return make


@pytest.fixture
def pass_days():
    """A function after which a key expires so many days earlier than before."""

    def change(api_key, days):
        api_key.created_at -= timedelta(days=days)
        api_key.expires_at -= timedelta(days=days)
        moments = {"created_at": api_key.created_at, "expires_at": api_key.expires_at}
        type(api_key).objects.filter(pk=api_key.pk).update(**moments)

    return change


@pytest.fixture
def run():
    """A function that sends what is due, and returns the last progress."""

    def send():
        progress = (0, 0)
        for progress in remind():
            assert progress[0] <= progress[1]
        return progress

    return send
