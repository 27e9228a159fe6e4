"""What a host with integer ids and teams of its own relies on.

Run by ``tests/test_organizations.py`` in a process of its own, because these are other settings.
"""

import json
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from stack_apikeys.exceptions import ApiKeyRevoked, WrongApiKeyType
from stack_apikeys.leaving import creator_left, revoke_keys_of_absent_creators
from stack_apikeys.models import TeamApiKey
from stack_apikeys.verification import get_team, get_user, verify_api_key
from tests.hosts.organizations.models import Organization

pytestmark = pytest.mark.django_db

SERVER_ACCESS = {
    "x-stack-access-type": "server",
    "x-stack-project-id": "internal",
    "x-stack-secret-server-key": "ssk_test",
}
CLIENT_ACCESS = {"x-stack-access-type": "client", "x-stack-project-id": "internal"}


@pytest.fixture
def user():
    return User.objects.create_user("ada", "ada@example.com")


@pytest.fixture
def organization():
    return Organization.objects.create(name="Analytical Engines")


def call(client, method, path, body=None, headers=SERVER_ACCESS):
    return client.generic(
        method,
        f"/api/v1/{path}",
        "" if body is None else json.dumps(body),
        content_type="application/json",
        headers=headers,
    )


def test_users_with_integer_ids_have_keys(user):
    api_key, value = user.api_keys.create_key(description="CI", created_by=user)
    assert get_user(api_key=value) == user
    api_key.revoke(by=user)
    with pytest.raises(ApiKeyRevoked):
        verify_api_key(value)
    assert get_user(api_key=value) is None
    user.delete()
    with pytest.raises(type(api_key).DoesNotExist):
        api_key.refresh_from_db()


def test_the_hosts_own_teams_have_keys(user, organization):
    api_key, value = organization.api_keys.create_key(description="CI", created_by=user)
    assert get_team(api_key=value) == organization
    with pytest.raises(WrongApiKeyType):
        verify_api_key(value, kind="user")
    api_key.revoke()
    assert get_team(api_key=value) is None
    organization.delete()
    assert not TeamApiKey.objects.exists()


def test_a_key_opens_the_hosts_views_for_its_owner(client, user, organization):
    _api_key, user_value = user.api_keys.create_key()
    _api_key, team_value = organization.api_keys.create_key()
    answer = client.get("/whoami", headers={"X-Stack-Api-Key": user_value})
    assert answer.json() == {"id": user.pk}
    answer = client.get("/organization", headers={"X-Stack-Api-Key": team_value})
    assert answer.json() == {"id": organization.pk, "name": "Analytical Engines"}


@pytest.mark.parametrize("kind", ["user", "team"])
def test_the_life_of_a_key_over_http(client, user, organization, kind):
    owner_id = str({"user": user, "team": organization}[kind].pk)
    path = f"{kind}-api-keys"
    created = call(
        client,
        "POST",
        path,
        {f"{kind}_id": owner_id, "description": "CI", "expires_at_millis": None},
    ).json()
    assert created[f"{kind}_id"] == owner_id
    value = created["value"]

    listed = call(client, "GET", f"{path}?{kind}_id={owner_id}").json()["items"]
    checked = call(client, "POST", f"{path}/check", {"api_key": value}).json()
    read = call(client, "GET", f"{path}/{created['id']}").json()
    assert listed == [checked] == [read] == [{**created, "value": {"last_four": value[-4:]}}]

    revoked = call(client, "PATCH", f"{path}/{created['id']}", {"revoked": True}).json()
    assert revoked["manually_revoked_at_millis"] >= revoked["created_at_millis"]
    refused = call(client, "POST", f"{path}/check", {"api_key": value})
    assert (refused.status_code, refused.json()["code"]) == (401, "API_KEY_REVOKED")


def test_the_host_tells_when_a_creator_has_left(settings, user, organization):
    settings.STACK_APIKEYS = settings.STACK_APIKEYS | {"ON_CREATOR_LEAVING": "revoke"}
    organization.members.add(user)
    first, _value = organization.api_keys.create_key(created_by=user)
    second, _value = organization.api_keys.create_key()
    assert [*revoke_keys_of_absent_creators()] == []
    organization.members.remove(user)
    creator_left(user, organization)
    assert organization.api_keys.valid().get() == second
    third, _value = organization.api_keys.create_key(created_by=user)
    assert [*revoke_keys_of_absent_creators()] == [(1, 1)]
    for api_key in (first, third):
        api_key.refresh_from_db()
        assert api_key.revoked_reason == "The person who created the key has left the team."


def test_an_owner_manages_the_organizations_keys_and_a_member_does_not(client, organization):
    owner, member = User.objects.create_user("owner"), User.objects.create_user("member")
    organization.members.add(owner, through_defaults={"is_owner": True})
    organization.members.add(member)
    body = {"team_id": str(organization.pk), "description": "", "expires_at_millis": None}

    client.force_login(member)
    assert call(client, "POST", "team-api-keys", body, CLIENT_ACCESS).status_code == 404
    client.force_login(owner)
    assert call(client, "POST", "team-api-keys", body, CLIENT_ACCESS).status_code == 200
    assert organization.api_keys.get().created_by == owner


@pytest.mark.parametrize("wrong_id", ["nonsense", "-1", "1.5", "", "9" * 30, "\x00"])
@pytest.mark.parametrize("kind", ["user", "team"])
def test_an_id_that_is_none_of_ours_is_refused(client, kind, wrong_id):
    body = {f"{kind}_id": wrong_id, "description": "", "expires_at_millis": None}
    assert call(client, "POST", f"{kind}-api-keys", body).status_code in {400, 404}


def test_staff_make_and_find_an_organizations_key_in_the_admin(admin_client, organization):
    form = {"team": organization.pk, "description": "CI", "new_id": str(uuid4())}
    made = admin_client.post(reverse("admin:stack_apikeys_teamapikey_add"), form)
    assert get_team(api_key=made.context["value"]) == organization

    keys = reverse("admin:stack_apikeys_teamapikey_changelist")
    found = admin_client.get(keys, {"q": "analytical"})
    assert list(found.context["cl"].result_list) == [organization.api_keys.get()]


@pytest.mark.parametrize("name", ["ada", "Ada Lovelace", "ada@example.com"])
def test_staff_find_a_users_key_by_username_full_name_and_address(admin_client, user, name):
    User.objects.filter(pk=user.pk).update(first_name="Ada", last_name="Lovelace")
    api_key, _value = user.api_keys.create_key()
    User.objects.create_user("bob").api_keys.create_key()
    keys = reverse("admin:stack_apikeys_userapikey_changelist")
    found = admin_client.get(keys, {"q": name})
    assert list(found.context["cl"].result_list) == [api_key]


def test_the_settings_pages_serve_the_hosts_own_teams(client, user, organization):
    organization.members.add(user, through_defaults={"is_owner": True})
    elsewhere = Organization.objects.create(name="Difference Engines")
    elsewhere.members.add(user)
    former = User.objects.create_user("charles")
    organization.api_keys.create_key(description="Billing", created_by=former)
    organization.api_keys.create_key(description="Backup", created_by=user)
    client.force_login(user)
    page = client.get(f"/settings/teams/{organization.pk}/api-keys/").text
    assert "Analytical Engines" in page
    assert "Billing" in page
    assert page.count("left the team") == 1
    assert f"/settings/teams/{organization.pk}/api-keys/new/" in page
    assert f"/settings/teams/{elsewhere.pk}/" not in page
    for team_id in (elsewhere.pk, "me", organization.pk + 1000):
        assert client.get(f"/settings/teams/{team_id}/api-keys/").status_code == 404
    assert client.get("/settings/api-keys/").status_code == 200
