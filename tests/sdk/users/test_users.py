"""The user object, and changes to it."""

from base64 import b64encode
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from stack_apikeys import timestamps
from stack_apikeys.sdk.models import Profile
from stack_apikeys.teams.models import Team
from tests.factories import UserFactory
from tests.wire import (
    anyone,
    assert_known_error,
    assert_plain_error,
    browser,
    person,
    server,
    sign_in,
)

pytestmark = pytest.mark.django_db
PICTURE = "data:image/png;base64,iVBORw0KGgo="


@pytest.fixture
def team(user):
    return Team.objects.create_team(display_name="Analysts", creator=user)


def client_fields(user, **changes):
    return {
        "id": str(user.pk),
        "primary_email": user.email,
        "primary_email_verified": False,
        "display_name": "Ada",
        "client_metadata": None,
        "client_read_only_metadata": None,
        "profile_image_url": None,
        "signed_up_at_millis": timestamps.to_millis(user.date_joined),
        "has_password": True,
        "auth_with_email": True,
        "oauth_providers": [],
        "external_auth_providers": [],
        "selected_team_id": None,
        "selected_team": None,
        "requires_totp_mfa": False,
        "otp_auth_enabled": False,
        "passkey_auth_enabled": False,
        "is_anonymous": False,
        "is_restricted": False,
        "restricted_reason": None,
        "restricted_by_admin": False,
        "restricted_by_admin_reason": None,
    } | changes


def server_fields(user, **changes):
    return client_fields(user) | {
        "primary_email_auth_enabled": True,
        "server_metadata": None,
        "last_active_at_millis": timestamps.to_millis(user.last_login or user.date_joined),
        "restricted_by_admin_private_details": None,
        "country_code": None,
        "risk_scores": {"sign_up": {"bot": 0, "free_trial_abuse": 0}},
        **changes,
    }


def test_clients_read_their_user(user, django_assert_num_queries):
    caller = person(user)
    with django_assert_num_queries(2):  # token, session and user; and the profile
        response = caller.get("/users/me")
    assert (response.status_code, response.json()) == (200, client_fields(user))


def test_a_page_with_a_django_session_reads_its_user(user):
    assert browser(user).get("/users/me").json() == client_fields(user)


def test_a_server_gets_more_fields_of_any_user(user, django_assert_num_queries):
    user.last_login = datetime(2026, 11, 1, tzinfo=UTC)
    user.save()
    with django_assert_num_queries(2):
        response = server().get(f"/users/{user.pk}")
    assert (response.status_code, response.json()) == (200, server_fields(user))


def test_a_server_with_an_access_token_gets_more_fields_of_its_user(user):
    token = sign_in(user)["access_token"]
    user.refresh_from_db()
    assert server().get("/users/me", access_token=token).json() == server_fields(user)


@pytest.mark.parametrize("caller", [anyone, server, browser])
@pytest.mark.parametrize("method", ["GET", "PATCH"])
def test_me_without_a_user_is_refused(caller, method):
    assert_known_error(
        caller().send(method, "/users/me", None if method == "GET" else {}),
        400,
        "CANNOT_GET_OWN_USER_WITHOUT_USER",
        "You have specified 'me' as a userId, but did not provide authentication for a user.",
    )


@pytest.mark.parametrize(
    "user_id", ["0f8fad5b-d9cb-469f-a165-70867728950e", "abc", "1", "%00", "ü", "9" * 40]
)
def test_an_unknown_user_is_not_found(user_id):
    assert_known_error(server().get(f"/users/{user_id}"), 404, "USER_NOT_FOUND", "User not found.")


def test_a_client_cannot_read_users_by_id(user):
    response = person(user).get(f"/users/{user.pk}")
    assert response.json()["code"] == "INSUFFICIENT_ACCESS_TYPE"


def test_servers_can_read_inactive_users(user):
    user.is_active = False
    user.save()
    assert server().get(f"/users/{user.pk}").status_code == 200


def test_clients_change_the_fields_of_their_user(user):
    changes = {
        "display_name": "Countess",
        "profile_image_url": "https://example.com/ada.png",
        "client_metadata": {"theme": "dark", "pages": [1, 2.5, None, True]},
    }
    response = person(user).patch("/users/me", changes)
    assert (response.status_code, response.json()) == (200, client_fields(user, **changes))
    assert person(user).get("/users/me").json() == client_fields(user, **changes)
    user.refresh_from_db()
    assert user.display_name == "Countess"  # the user model has this field
    assert Profile.objects.get().display_name == ""


def test_only_the_fields_in_the_body_change(user):
    caller = person(user)
    caller.patch("/users/me", {"client_metadata": {"a": 1}, "profile_image_url": PICTURE})
    caller.patch("/users/me", {"display_name": "Countess"})
    caller.patch("/users/me", {})
    body = caller.get("/users/me").json()
    assert (body["client_metadata"], body["profile_image_url"]) == ({"a": 1}, PICTURE)
    body = caller.patch(
        "/users/me", {"client_metadata": None, "profile_image_url": None, "display_name": None}
    ).json()
    assert body == client_fields(user, display_name=None)


def test_the_largest_picture_of_the_component_is_accepted(user):
    picture = "data:image/jpeg;base64," + b64encode(bytes(int(0.1 * 2**20))).decode()
    caller = person(user)
    assert caller.patch("/users/me", {"profile_image_url": picture}).status_code == 200
    assert caller.get("/users/me").json()["profile_image_url"] == picture


def test_a_change_writes_no_other_column(user):
    token = sign_in(user)["access_token"]
    type(user).objects.filter(pk=user.pk).update(is_staff=True)
    anyone(access_token=token).patch("/users/me", {"display_name": "Countess"})
    user.refresh_from_db()
    assert user.is_staff


def test_servers_can_change_more_fields(user):
    changes = {
        "display_name": "Countess",
        "client_metadata": 1,
        "client_read_only_metadata": "two",
        "server_metadata": [3],
    }
    response = server().patch(f"/users/{user.pk}", changes)
    assert (response.status_code, response.json()) == (200, server_fields(user, **changes))
    assert person(user).get("/users/me").json()["client_read_only_metadata"] == "two"


@pytest.mark.parametrize("name", ["server_metadata", "client_read_only_metadata", "is_staff"])
def test_clients_cannot_change_the_fields_for_servers(user, name):
    response = person(user).patch("/users/me", {name: True, "display_name": "Countess"})
    assert response.json()["error"] == (
        "Request validation failed on PATCH /api/v1/users/me:\n"
        f"  - body contains unknown properties: {name}"
    )
    user.refresh_from_db()
    assert (user.display_name, user.is_staff) == ("Ada", False)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("display_name", "x" * 256),
        ("display_name", "\x00"),
        ("display_name", {}),
        ("profile_image_url", "javascript:alert(1)"),
        ("profile_image_url", "data:image/svg+xml;base64,PHN2Zz4="),
        ("profile_image_url", "data:text/html;base64,PGI+"),
        ("profile_image_url", "data:image/png;base64," + "A" * 150_000),
        ("profile_image_url", "nonsense"),
        ("client_metadata", {"a": "\x00"}),
        ("client_metadata", {"\x00": 1}),
        ("client_metadata", ["\ud800"]),
        ("selected_team_id", "nonsense"),
    ],
)
def test_an_invalid_value_is_named_and_changes_nothing(user, name, value):
    response = person(user).patch("/users/me", {"display_name": "Countess"} | {name: value})
    assert (response.status_code, response.json()["code"]) == (400, "SCHEMA_ERROR")
    assert f"body.{name}" in response.json()["error"]
    user.refresh_from_db()
    assert user.display_name == "Ada"
    assert not Profile.objects.exists()


@pytest.mark.parametrize("value", [b"1e999", b"[" * 40 + b"]" * 40, b"-1e999"])
def test_metadata_that_cannot_be_serialized_is_refused(user, value):
    response = person(user).patch("/users/me", b'{"client_metadata": ' + value + b"}")
    assert (response.status_code, response.json()["code"]) == (400, "SCHEMA_ERROR")


def test_clients_select_a_team_of_their_user(user, team):
    caller = person(user)
    body = caller.patch("/users/me", {"selected_team_id": str(team.pk)}).json()
    assert body["selected_team_id"] == str(team.pk)
    assert body["selected_team"] == {
        "id": str(team.pk),
        "display_name": "Analysts",
        "profile_image_url": None,
        "client_metadata": None,
        "client_read_only_metadata": None,
    }
    assert "server_metadata" in server().get(f"/users/{user.pk}").json()["selected_team"]
    body = caller.patch("/users/me", {"selected_team_id": None}).json()
    assert (body["selected_team_id"], body["selected_team"]) == (None, None)


def test_a_team_that_the_user_has_left_is_not_selected(user, team):
    caller = person(user)
    caller.patch("/users/me", {"selected_team_id": str(team.pk)})
    team.remove_member(user)
    assert caller.get("/users/me").json()["selected_team"] is None


def test_a_user_cannot_select_a_team_of_others(team):
    stranger = UserFactory()
    for team_id in (team.pk, uuid4()):
        response = person(stranger).patch(
            "/users/me", {"selected_team_id": str(team_id), "display_name": "x"}
        )
        assert_known_error(
            response,
            404,
            "TEAM_MEMBERSHIP_NOT_FOUND",
            f"User {stranger.pk} is not found in team {team_id}.",
            {"user_id": str(stranger.pk), "team_id": str(team_id)},
        )
    stranger.refresh_from_db()
    assert stranger.display_name != "x"


def test_a_deleted_team_is_not_selected(user, team):
    caller = person(user)
    caller.patch("/users/me", {"selected_team_id": str(team.pk)})
    team.delete()
    assert caller.get("/users/me").json()["selected_team_id"] is None


@pytest.mark.parametrize("secret", ["JBSWY3DPEHPK3PXP", None])
def test_multi_factor_authentication_is_refused(user, secret):
    assert_plain_error(
        person(user).patch("/users/me", {"totp_secret_base64": secret, "display_name": "Countess"}),
        400,
        "Multi-factor authentication is not enabled for this project. Your account was not changed.",
    )
    user.refresh_from_db()
    assert user.display_name == "Ada"
