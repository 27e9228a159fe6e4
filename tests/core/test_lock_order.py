"""Django admin and the HTTP API take locks in the same order, so that there is no deadlock."""

import pytest

from stack_apikeys import rights
from tests.factories import TeamFactory, UserFactory
from tests.parallel import Meanwhile
from tests.wire import browser, new_key

pytestmark = pytest.mark.usefixtures("shared_database")

KEYS = "/admin/stack_apikeys/teamapikey"
NEW_ID = "11111111-2222-4333-8444-555555555555"


def create(api_key):
    sent = {"team": str(api_key.team_id), "description": "CI", "new_id": NEW_ID}
    return f"{KEYS}/add/", sent


def rename(api_key):
    return f"{KEYS}/{api_key.pk}/change/", {"description": "by staff"}


def revoke(api_key):
    return f"{KEYS}/{api_key.pk}/revoke/", {"revoke": "1", "reason": ""}


def rotate(api_key):
    return f"{KEYS}/{api_key.pk}/rotate/", {"overlap": "hour"}


def revoke_selected(api_key):
    sent = {"action": "revoke_selected", "_selected_action": str(api_key.pk), "revoke": "1"}
    return f"{KEYS}/", sent


@pytest.mark.parametrize(
    ("action", "unique"),
    [
        (create, False),
        (rename, False),
        (rename, True),
        (rotate, False),
        (rotate, True),
        (revoke, False),
        (revoke_selected, False),
    ],
)
def test_django_admin_takes_locks_in_the_order_of_the_api(action, unique, monkeypatch, configure):
    configure(UNIQUE_DESCRIPTIONS=unique)
    staff = UserFactory(is_staff=True, is_superuser=True)
    team = TeamFactory(creator=staff)
    api_key = team.api_keys.create_key(description="before")[0]
    caller, client = browser(staff), browser(staff).client

    def over_the_api():
        if action not in {create, rotate}:
            return caller.patch(f"/team-api-keys/{api_key.pk}", {"description": "by the API"})
        return caller.post("/team-api-keys", new_key("team", team))

    meanwhile = Meanwhile(over_the_api)

    def lock_permissions(user):
        lock(user)
        meanwhile.begin()

    lock = rights._lock_permissions
    monkeypatch.setattr(rights, "_lock_permissions", lock_permissions)
    path, sent = action(api_key)
    assert client.post(path, sent).status_code in {200, 302}
    assert meanwhile.result().status_code == 200
    assert team.api_keys.count() == (3 if action in {create, rotate} else 1)
