"""No error report shows the value of a key whose creation could not be committed."""

from uuid import uuid4

import pytest
from django.db import OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import Client

from stack_apikeys import keys
from stack_apikeys.models import AbstractApiKey
from stack_apikeys.models.managers import ApiKeyManager
from stack_apikeys.sentry import SecretsRemover
from tests.error_reports import assert_no_secret_in, mails_to_admins, sentry_events
from tests.factories import UserFactory
from tests.settings_pages import address
from tests.wire import browser

pytestmark = pytest.mark.django_db


class RemovesNothing(SecretsRemover):
    """Lets an event show the variables of frames as they are."""

    def __call__(self, event, hint):
        return event


@pytest.fixture
def values(monkeypatch):
    """The values of the keys that are generated, none of which is committed."""

    def generate(**kwargs):
        values.append(value := original_generate(**kwargs))
        return value

    def failing(original):
        def create(self, **fields):
            created = original(self, **fields)
            monkeypatch.setattr(BaseDatabaseWrapper, "_savepoint_commit", fail)
            return created

        return create

    def fail(self, sid):
        raise OperationalError("server closed the connection unexpectedly")

    values = []
    original_generate = keys.generate
    monkeypatch.setattr(keys, "generate", generate)
    monkeypatch.setattr(ApiKeyManager, "create_key", failing(ApiKeyManager.create_key))
    monkeypatch.setattr(AbstractApiKey, "rotate", failing(AbstractApiKey.rotate))
    return values


def on_a_page(user, client):
    return client.post(address("api-key-create"), {"description": "CI", "expires_in": "7"})


def over_the_api(user, client):
    caller = browser()
    caller.client = client
    body = {"user_id": "me", "description": "CI", "expires_at_millis": None}
    return caller.post("/user-api-keys", body)


def in_django_admin(user, client):
    data = {"user": user.pk, "description": "CI", "new_id": uuid4()}
    return client.post("/admin/stack_apikeys/userapikey/add/", data)


def rotated_on_a_page(user, client):
    return client.post(address("api-key-rotate", make_old_key(user)), {"overlap": "now"})


def rotated_over_the_api(user, client):
    caller = browser()
    caller.client = client
    path = f"/user-api-keys/{make_old_key(user).pk}/rotate"
    return caller.post(path, {"overlap_millis": 0})


def rotated_in_django_admin(user, client):
    path = f"/admin/stack_apikeys/userapikey/{make_old_key(user).pk}/rotate/"
    return client.post(path, {"overlap": "now"})


def make_old_key(user):
    [(api_key, _value)] = user.api_keys.bulk_create_keys(1)
    return api_key


@pytest.mark.parametrize(
    "create",
    [
        *(on_a_page, over_the_api, in_django_admin),
        *(rotated_on_a_page, rotated_over_the_api, rotated_in_django_admin),
    ],
)
def test_a_key_that_could_not_be_committed_is_not_told(create, values, settings):
    user = UserFactory(is_staff=True, is_superuser=True)
    client = Client(raise_request_exception=False)
    client.force_login(user)
    with (
        sentry_events(before_send=RemovesNothing()) as events,
        mails_to_admins(settings) as mails,
    ):
        assert create(user, client).status_code == 500
    *_of_old_key, value = values
    assert_no_secret_in(events, mails, value[3:48])
