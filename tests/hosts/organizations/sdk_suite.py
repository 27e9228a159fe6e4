"""What the official SDKs find at a host with Django's own users and with teams of its own."""

import json
import re
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth.models import User
from django.core import mail

from tests.hosts.organizations.models import Organization

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery staple"
PROJECT = {"x-stack-project-id": "internal"}
CLIENT = PROJECT | {"x-stack-access-type": "client"}
SERVER = PROJECT | {"x-stack-access-type": "server", "x-stack-secret-server-key": "ssk_test"}
ELSEWHERE = "Teams cannot be managed through this API."


@pytest.fixture
def user():
    return User.objects.create_user(
        "ada",
        "ada@example.com",
        PASSWORD,
        first_name="Ada",
        last_name="Lovelace",
        date_joined=datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC),
    )


@pytest.fixture
def organization(user):
    organization = Organization.objects.create(name="Analytical Engines")
    organization.members.add(user, through_defaults={"is_owner": True})
    return organization


@pytest.fixture
def call(client):
    def send(method, path, body=None, headers=SERVER):
        data = {} if body is None else {"data": json.dumps(body)}
        return client.generic(
            method, f"/api/v1/{path}", headers=headers, content_type="application/json", **data
        )

    return send


@pytest.fixture
def sign_in(call):
    def with_name(name, password=PASSWORD):
        return call("POST", "auth/password/sign-in", {"email": name, "password": password}, CLIENT)

    return with_name


@pytest.fixture
def person(sign_in, user):
    return CLIENT | {"x-stack-access-token": sign_in("ada@example.com").json()["access_token"]}


def test_people_sign_in_by_their_address_or_their_name(sign_in, user):
    for name in ("ada@example.com", "ADA@example.com", "ada"):
        response = sign_in(name)
        assert (response.status_code, response.json()["user_id"]) == (200, str(user.pk))


def test_an_address_of_two_people_is_nobodys(sign_in, user):
    User.objects.create_user("impostor", "ada@example.com", "a password of theirs")
    for password in (PASSWORD, "a password of theirs"):
        assert sign_in("ada@example.com", password).json()["code"] == "EMAIL_PASSWORD_MISMATCH"
    assert sign_in("ada").status_code == 200


def test_people_who_share_an_address_get_a_link_for_each_account(call, sign_in, user):
    User.objects.create_user("impostor", "ada@example.com", "a password of theirs")
    body = {"email": "ada@example.com", "callback_url": "http://testserver/reset"}
    assert call("POST", "auth/password/send-reset-code", body, CLIENT).status_code == 200
    for message in mail.outbox:
        [link] = re.findall(r"^http\S+$", message.body, re.MULTILINE)
        body = {"code": parse_qs(urlsplit(link).query)["code"][0], "password": "furious ideas"}
        assert call("POST", "auth/password/reset", body, CLIENT).status_code == 200
    assert [sign_in(name, "furious ideas").status_code for name in ("ada", "impostor")] == [200] * 2


def test_the_address_is_verified_for_the_hosts_own_users(call, person, user):
    [channel] = call("GET", "contact-channels?user_id=me", headers=person).json()["items"]
    path = f"contact-channels/me/{channel['id']}/send-verification-code"
    body = {"callback_url": "http://testserver/verify"}
    assert call("POST", path, body, person).json() == {"success": True}
    [link] = re.findall(r"^http\S+$", mail.outbox[0].body, re.MULTILINE)
    code = parse_qs(urlsplit(link).query)["code"][0]
    call("POST", "contact-channels/verify", {"code": code}, CLIENT)
    assert call("GET", f"users/{user.pk}").json()["primary_email_verified"] is True


def test_an_account_is_made_with_the_address_for_a_name(call, settings):
    settings.STACK_APIKEYS = settings.STACK_APIKEYS | {"ALLOW_SIGN_UP": True}
    body = {"email": "grace@example.com", "password": PASSWORD}
    response = call("POST", "auth/password/sign-up", body, CLIENT)
    made = User.objects.get(pk=response.json()["user_id"])
    assert (made.username, made.email) == ("grace@example.com", "grace@example.com")
    response = call("POST", "auth/password/sign-up", body, CLIENT)
    assert response.json()["code"] == "USER_EMAIL_ALREADY_EXISTS"
    # The column of the name is shorter than that of the address.
    body["email"] = "x" * 60 + "@" + ".".join(["y" * 60] * 3) + ".com"
    response = call("POST", "auth/password/sign-up", body, CLIENT)
    assert (response.status_code, response.json()["code"]) == (400, "SCHEMA_ERROR")
    assert "body.email" in response.json()["error"]


def test_people_are_told_with_what_the_host_knows_of_them(call, person, user):
    body = call("GET", "users/me", headers=person).json()
    assert body["id"] == str(user.pk)
    assert body["display_name"] == "Ada Lovelace"
    assert body["primary_email"] == "ada@example.com"
    assert body["signed_up_at_millis"] == 1767323045678
    body = call("PATCH", "users/me", {"display_name": "Countess"}, person).json()
    assert body["display_name"] == "Countess"
    user.refresh_from_db()
    assert user.get_full_name() == "Ada Lovelace"


@pytest.mark.parametrize("user_id", ["0", "-1", "1.5", "abc", "9" * 30])
def test_an_id_that_is_nobodys_is_told(call, user_id):
    response = call("GET", f"users/{user_id}")
    assert (response.status_code, response.json()["code"]) == (404, "USER_NOT_FOUND")


def test_the_hosts_teams_are_found(call, person, organization):
    expected = {
        "id": str(organization.pk),
        "display_name": "Analytical Engines",
        "profile_image_url": None,
        "client_metadata": None,
        "client_read_only_metadata": None,
    }
    assert call("GET", "teams?user_id=me", headers=person).json()["items"] == [expected]
    assert call("GET", f"teams/{organization.pk}", headers=person).json() == expected
    [item] = call("GET", "teams").json()["items"]
    assert item == expected | {"created_at_millis": 0, "server_metadata": None}
    selected = call("PATCH", "users/me", {"selected_team_id": organization.pk}, person).json()
    assert selected["selected_team"] == expected


def test_who_manages_keys_is_what_is_known_of_permissions(call, person, user, organization):
    path = f"team-permissions?team_id={organization.pk}&user_id=me&recursive=true"
    [item] = call("GET", path, headers=person).json()["items"]
    assert item == {
        "id": "$manage_api_keys",
        "user_id": str(user.pk),
        "team_id": str(organization.pk),
    }
    user.membership_set.update(is_owner=False)
    assert call("GET", path, headers=person).json()["items"] == []


def test_members_see_themselves(call, person, user, organization):
    member = {
        "team_id": str(organization.pk),
        "user_id": str(user.pk),
        "display_name": "Ada Lovelace",
        "profile_image_url": None,
    }
    path = f"team-member-profiles?team_id={organization.pk}"
    assert call("GET", path, headers=person).json()["items"] == [member]
    path = f"team-member-profiles/{organization.pk}/me"
    assert call("GET", path, headers=person).json() == member


@pytest.mark.parametrize(
    ("request_line", "body"),
    [
        ("POST teams", {"display_name": "x"}),
        ("PATCH teams/{team}", {"display_name": "x"}),
        ("POST team-memberships/{team}/{user}", {}),
        ("DELETE team-memberships/{team}/{user}", {}),
        ("POST team-permissions/{team}/{user}/$manage_api_keys", {}),
        ("DELETE team-permissions/{team}/{user}/$manage_api_keys", {}),
        ("GET team-member-profiles?team_id={team}", None),
    ],
)
def test_teams_are_managed_elsewhere(call, user, organization, request_line, body):
    method, path = request_line.format(team=organization.pk, user=user.pk).split()
    response = call(method, path, body)
    assert (response.status_code, response.content.decode()) == (400, ELSEWHERE)
    organization.refresh_from_db()
    assert organization.name == "Analytical Engines"
    assert organization.members.contains(user)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "users/{}"),
        ("GET", "teams?user_id={}"),
        ("GET", "teams/{}"),
        ("GET", "user-api-keys?user_id={}"),
        ("GET", "team-api-keys?team_id={}"),
        ("GET", "team-permissions?user_id={0}&team_id={0}"),
        ("GET", "auth/sessions?user_id={}"),
        ("GET", "contact-channels?user_id={}"),
        ("GET", "payments/products/user/{}"),
        ("POST", "team-memberships/{0}/{0}"),
        ("DELETE", "team-permissions/{0}/{0}/x"),
    ],
)
@pytest.mark.parametrize("text", ["9" * 20, "-" + "9" * 20, str(2**63), "9" * 5_000, "%00"])
def test_an_id_that_no_column_can_hold_is_a_bad_request(call, person, method, path, text):
    for headers in (SERVER, person):
        assert 400 <= call(method, path.format(text), headers=headers).status_code < 500


@pytest.mark.parametrize("field", ["user_id", "team_id", "selected_team_id", "creator_user_id"])
@pytest.mark.parametrize("number", [10**20, -(10**20), 2**63, "9" * 20])
def test_an_id_in_a_body_that_no_column_can_hold_is_a_bad_request(call, person, field, number):
    body = {field: number, "description": "", "expires_at_millis": None, "display_name": "x"}
    for headers in (SERVER, person):
        for method, path in [
            ("POST", "user-api-keys"),
            ("POST", "team-api-keys"),
            ("PATCH", "users/me"),
            ("POST", "teams"),
        ]:
            assert 400 <= call(method, path, body, headers).status_code < 500


@pytest.mark.parametrize("text", ["9" * 20, str(2**63), "9" * 5_000])
def test_a_page_of_a_team_that_no_column_can_hold_is_not_found(client, user, text):
    client.force_login(user)
    assert client.get(f"/settings/teams/{text}/api-keys/").status_code == 404
