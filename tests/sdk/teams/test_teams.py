"""Listing, reading, creating and changing teams."""

from base64 import b64encode
from datetime import timedelta
from uuid import uuid4

import pytest

from stack_apikeys import timestamps
from stack_apikeys.teams.models import Team
from tests.factories import UserFactory
from tests.sdk.teams.assertions import assert_not_own_team
from tests.wire import anyone, assert_known_error, assert_plain_error, person, server

pytestmark = pytest.mark.django_db


def client_fields(team, **changes):
    return {
        "id": str(team.pk),
        "display_name": team.display_name,
        "profile_image_url": None,
        "client_metadata": None,
        "client_read_only_metadata": None,
    } | changes


def server_fields(team, **changes):
    return client_fields(team) | {
        "created_at_millis": timestamps.to_millis(team.created_at),
        "server_metadata": None,
        **changes,
    }


def test_clients_list_the_teams_of_their_user_oldest_first(
    creator, team, django_assert_num_queries
):
    older = Team.objects.create_team(
        display_name="Pioneers", creator=creator, created_at=team.created_at - timedelta(days=1)
    )
    Team.objects.create_team(display_name="Others", creator=UserFactory())
    caller = person(creator)
    for user_id in ("me", creator.pk):
        with django_assert_num_queries(2):
            response = caller.get(f"/teams?user_id={user_id}")
        assert response.json() == {
            "items": [client_fields(older), client_fields(team)],
            "is_paginated": False,
        }


def test_clients_cannot_list_the_teams_of_others(creator, team):
    for query in (f"?user_id={creator.pk}", ""):
        for caller in (person(UserFactory()), anyone()):
            assert_plain_error(
                caller.get(f"/teams{query}"),
                403,
                "Client can only list teams for their own user. user_id must be either "
                '"me" or the ID of the current user',
            )
    assert anyone().get("/teams?user_id=me").json()["code"] == "CANNOT_GET_OWN_USER_WITHOUT_USER"


def test_servers_list_all_teams_without_pages(django_assert_num_queries):
    teams = [Team(display_name=f"Team {n}") for n in range(300)]
    Team.objects.bulk_create(teams)
    with django_assert_num_queries(1):
        body = server().get("/teams").json()
    assert body["is_paginated"] is False
    assert {item["id"] for item in body["items"]} == {str(team.pk) for team in teams}


def test_servers_list_the_teams_of_any_user(creator, team):
    Team.objects.create_team(display_name="Others")
    body = server().get(f"/teams?user_id={creator.pk}").json()
    assert body["items"] == [server_fields(team)]
    assert_known_error(server().get(f"/teams?user_id={uuid4()}"), 404, "USER_NOT_FOUND")


def test_unknown_filters_are_refused():
    response = server().get("/teams?name=x&offset=1")
    assert response.json()["error"].endswith(
        "\n  - query contains unknown properties: name, offset"
    )


def test_members_and_servers_read_a_team(member, team):
    assert person(member).get(f"/teams/{team.pk}").json() == client_fields(team)
    assert server().get(f"/teams/{team.pk}").json() == server_fields(team)


def test_others_cannot_read_a_team_and_do_not_learn_whether_it_exists(team):
    for team_id in (team.pk, uuid4()):
        assert_not_own_team(person(UserFactory()).get(f"/teams/{team_id}"))
    assert_known_error(anyone().get(f"/teams/{team.pk}"), 401, "USER_AUTHENTICATION_REQUIRED")
    unknown = uuid4()
    assert_known_error(
        server().get(f"/teams/{unknown}"),
        404,
        "TEAM_NOT_FOUND",
        f"Team {unknown} not found.",
        {"team_id": str(unknown)},
    )


def test_a_malformed_id_is_refused():
    response = server().get("/teams/nonsense")
    assert response.json()["error"].endswith("\n  - params.team_id must be a valid UUID")


def test_clients_create_teams_and_manage_their_keys(creator, configure):
    configure(ALLOW_CLIENT_TEAM_CREATION=True)
    caller = person(creator)
    for creator_id in ({"creator_user_id": "me"}, {"creator_user_id": str(creator.pk)}, {}):
        response = caller.post(
            "/teams",
            {"display_name": "Analysts", "profile_image_url": "https://example.com/a.png"}
            | creator_id,
        )
        team = Team.objects.get(pk=response.json()["id"])
        assert response.status_code == 201
        assert response.json() == client_fields(team, profile_image_url="https://example.com/a.png")
        key = {"team_id": str(team.pk), "description": "", "expires_at_millis": None}
        assert caller.post("/team-api-keys", key).status_code == 200


def test_clients_create_teams_only_if_allowed_and_only_for_their_user(creator, configure):
    caller = person(creator)
    body = {"display_name": "Analysts", "creator_user_id": "me"}
    assert_plain_error(
        caller.post("/teams", body), 403, "Client team creation is disabled for this project"
    )
    configure(ALLOW_CLIENT_TEAM_CREATION=True)
    assert_plain_error(
        caller.post("/teams", body | {"creator_user_id": str(UserFactory().pk)}),
        403,
        "You cannot create a team as a user that is not yourself. Make sure you set the "
        "creator_user_id to 'me'.",
    )
    assert_known_error(
        anyone().post("/teams", {"display_name": "Analysts"}), 401, "USER_AUTHENTICATION_REQUIRED"
    )
    assert not Team.objects.exists()


def test_servers_create_teams_with_or_without_a_creator(creator):
    body = {"display_name": "Analysts", "server_metadata": {"plan": "free"}}
    response = server().post("/teams", body)
    assert response.status_code == 201
    assert response.json()["server_metadata"] == {"plan": "free"}
    response = server().post("/teams", body | {"creator_user_id": str(creator.pk)})
    assert Team.objects.get(pk=response.json()["id"]).permissions_of(creator) == ["team_admin"]
    response = server().post("/teams", body | {"creator_user_id": str(uuid4())})
    assert_known_error(response, 404, "USER_NOT_FOUND")
    assert Team.objects.count() == 2


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({}, "body.display_name must be defined"),
        ({"display_name": ""}, "body.display_name"),
        ({"display_name": "x" * 256}, "body.display_name must be at most 255 characters"),
        ({"display_name": "x", "profile_image_url": "x"}, "body.profile_image_url"),
        (
            {"display_name": "x", "profile_image_url": "data:image/svg+xml;base64,PHN2Zz4="},
            "body.profile_image_url",
        ),
        ({"display_name": "x", "client_metadata": "\x00"}, "body.client_metadata"),
    ],
)
def test_invalid_values_do_not_create_a_team(body, problem):
    response = server().post("/teams", body)
    assert (response.status_code, response.json()["code"]) == (400, "SCHEMA_ERROR")
    assert f"\n  - {problem}" in response.json()["error"]
    assert not Team.objects.exists()


def test_a_team_can_have_a_picture(creator, team):
    picture = "data:image/jpeg;base64," + b64encode(bytes(int(0.1 * 2**20))).decode()
    response = person(creator).patch(f"/teams/{team.pk}", {"profile_image_url": picture})
    assert response.status_code == 200
    assert person(creator).get(f"/teams/{team.pk}").json()["profile_image_url"] == picture


def test_renaming_a_team_requires_a_permission(creator, member, team):
    response = person(creator).patch(f"/teams/{team.pk}", {"display_name": "Engineers"})
    team.refresh_from_db()
    assert (response.status_code, response.json()) == (200, client_fields(team))
    assert team.display_name == "Engineers"
    assert_known_error(
        person(member).patch(f"/teams/{team.pk}", {"display_name": "x"}),
        401,
        "TEAM_PERMISSION_REQUIRED",
        f"User {member.pk} does not have permission $update_team in team {team.pk}.",
        {"team_id": str(team.pk), "user_id": str(member.pk), "permission_id": "$update_team"},
    )
    response = person(UserFactory()).patch(f"/teams/{team.pk}", {"display_name": "x"})
    assert_not_own_team(response)


def test_only_servers_change_read_only_and_server_metadata(creator, team):
    body = {"client_read_only_metadata": 1, "server_metadata": 2}
    assert person(creator).patch(f"/teams/{team.pk}", body).json()["code"] == "SCHEMA_ERROR"
    response = server().patch(f"/teams/{team.pk}", body)
    assert response.json() == server_fields(team, **body)
