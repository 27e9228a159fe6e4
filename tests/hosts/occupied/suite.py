"""What a host relies on that gave our relations other names, or none.

Run by ``tests/test_related_names.py`` in a process of its own, because these are other settings.
"""

import json
import re
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.urls import reverse

from stack_apikeys.models import TeamApiKey, UserApiKey
from stack_apikeys.verification import get_team, get_user
from tests.hosts.occupied.models import Group, User

pytestmark = pytest.mark.django_db

SERVER_ACCESS = {
    "x-stack-access-type": "server",
    "x-stack-project-id": "internal",
    "x-stack-secret-server-key": "ssk_test",
}


@pytest.fixture
def user():
    return User.objects.create_user("ada", api_keys=["of the host"])


@pytest.fixture
def group(user):
    return Group.objects.create(name="Analysts", owner=user)


def test_the_system_checks_pass():
    call_command("check", "--fail-level", "WARNING")


def test_the_relation_has_the_chosen_name(user):
    api_key, value = user.stack_api_keys.create_key()
    assert get_user(api_key=value) == user
    assert list(User.objects.filter(stack_api_keys=api_key)) == [user]
    assert get_user(api_key=value).api_keys == ["of the host"]


def test_keys_need_no_relation(group):
    api_key, value = TeamApiKey.objects.create_key(team=group)
    assert get_team(api_key=value) == group
    assert list(TeamApiKey.objects.for_owner(group)) == [api_key]
    assert not hasattr(group, "teamapikey_set")
    group.delete()
    assert not TeamApiKey.objects.exists()


@pytest.mark.parametrize("kind", ["user", "team"])
def test_the_settings_pages_work(client, user, group, kind):
    client.force_login(user)
    model = {"user": UserApiKey, "team": TeamApiKey}[kind]
    arguments = {"user": {}, "team": {"team_id": group.pk}}[kind]

    def address(page, **more):
        return reverse(f"stack_apikeys:{kind}-{page}", kwargs=arguments | more)

    form = client.get(address("api-key-create")).context["form"]
    sent = {"description": "CI", "expires_in": "30", "key_id": form["key_id"].value()}
    assert re.search("sk_[0-9a-z]{99}", client.post(address("api-key-create"), sent).text)
    api_key = model.objects.get()
    assert "CI" in client.get(address("api-keys")).text
    assert b"CI" in client.get(address("api-keys-csv")).getvalue()
    assert client.get(address("api-key-revoke", pk=api_key.pk)).status_code == 200


@pytest.mark.parametrize("kind", ["user", "team"])
def test_the_api_works(client, user, group, kind):
    owner_id = str({"user": user, "team": group}[kind].pk)
    body = {f"{kind}_id": owner_id, "description": "CI", "expires_at_millis": None}
    path = f"/api/v1/{kind}-api-keys"
    made = client.post(path, json.dumps(body), "application/json", headers=SERVER_ACCESS).json()
    listed = client.get(f"{path}?{kind}_id={owner_id}", headers=SERVER_ACCESS).json()["items"]
    assert [item["id"] for item in listed] == [made["id"]]


@pytest.mark.parametrize("model", [UserApiKey, TeamApiKey])
def test_the_admin_works(admin_client, user, group, model):
    owner = {"user": user, "team": group}[model.KIND]
    form = {model.KIND: owner.pk, "description": "CI", "new_id": str(uuid4())}
    name = f"admin:stack_apikeys_{model._meta.model_name}"
    assert admin_client.post(reverse(f"{name}_add"), form).context["value"]
    found = admin_client.get(reverse(f"{name}_changelist"), {"q": "a"})
    assert list(found.context["cl"].result_list) == [model.objects.get()]
