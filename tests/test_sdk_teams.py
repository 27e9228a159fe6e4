"""Teams, who is in them, what they may do there, and how they are seen."""

from base64 import b64encode
from datetime import timedelta
from uuid import uuid4

import pytest

from stack_apikeys import timestamps
from stack_apikeys.adapters import MANAGE_API_KEYS
from stack_apikeys.sdk.models import TeamMemberProfile
from stack_apikeys.teams.models import Team
from tests.factories import UserFactory
from tests.wire import anyone, assert_known_error, assert_plain_error, person, server

pytestmark = pytest.mark.django_db

NOT_OWN_TEAM = "Client can only access teams that they are a member of"
EVERYTHING = [
    "$delete_team",
    "$invite_members",
    "$manage_api_keys",
    "$read_members",
    "$remove_members",
    "$update_team",
    "team_admin",
]


@pytest.fixture
def creator():
    return UserFactory(display_name="Ada")


@pytest.fixture
def member(team):
    member = UserFactory(display_name="Grace")
    team.add_member(member)
    return member


@pytest.fixture
def team(creator):
    return Team.objects.create_team(display_name="Analysts", creator=creator)


@pytest.fixture
def configure(settings):
    def set_names(**changes):
        settings.STACK_APIKEYS = settings.STACK_APIKEYS | changes

    return set_names


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


# Lists ----------------------------------------------------------------------------------------


def test_people_list_their_teams_oldest_first(creator, team, django_assert_num_queries):
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


def test_people_list_nobody_elses_teams(creator, team):
    for query in (f"?user_id={creator.pk}", ""):
        for caller in (person(UserFactory()), anyone()):
            assert_plain_error(
                caller.get(f"/teams{query}"),
                403,
                "Client can only list teams for their own user. user_id must be either "
                '"me" or the ID of the current user',
            )
    assert anyone().get("/teams?user_id=me").json()["code"] == "CANNOT_GET_OWN_USER_WITHOUT_USER"


def test_backends_list_all_teams_uncut(django_assert_num_queries):
    teams = [Team(display_name=f"Team {n}") for n in range(300)]
    Team.objects.bulk_create(teams)
    with django_assert_num_queries(1):
        body = server().get("/teams").json()
    assert body["is_paginated"] is False
    assert {item["id"] for item in body["items"]} == {str(team.pk) for team in teams}


def test_backends_list_anybodys_teams(creator, team):
    Team.objects.create_team(display_name="Others")
    body = server().get(f"/teams?user_id={creator.pk}").json()
    assert body["items"] == [server_fields(team)]
    assert_known_error(server().get(f"/teams?user_id={uuid4()}"), 404, "USER_NOT_FOUND")


def test_a_filter_that_we_do_not_have_is_told_and_not_ignored():
    response = server().get("/teams?query=x&limit=1")
    assert response.json()["error"].endswith(
        "\n  - query contains unknown properties: query, limit"
    )


# One team -------------------------------------------------------------------------------------


def test_members_and_backends_read_a_team(member, team):
    assert person(member).get(f"/teams/{team.pk}").json() == client_fields(team)
    assert server().get(f"/teams/{team.pk}").json() == server_fields(team)


def test_strangers_read_no_team_existing_or_not(team):
    for team_id in (team.pk, uuid4()):
        assert_plain_error(person(UserFactory()).get(f"/teams/{team_id}"), 403, NOT_OWN_TEAM)
    assert_known_error(anyone().get(f"/teams/{team.pk}"), 401, "USER_AUTHENTICATION_REQUIRED")
    unknown = uuid4()
    assert_known_error(
        server().get(f"/teams/{unknown}"),
        404,
        "TEAM_NOT_FOUND",
        f"Team {unknown} not found.",
        {"team_id": str(unknown)},
    )


def test_a_malformed_id_is_told():
    response = server().get("/teams/nonsense")
    assert response.json()["error"].endswith("\n  - params.team_id must be a valid UUID")


def test_people_make_teams_and_manage_their_keys(creator, configure):
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


def test_people_make_teams_only_if_they_may_and_only_for_themselves(creator, configure):
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


def test_backends_make_teams_for_somebody_or_nobody(creator):
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
def test_a_team_that_would_be_wrong_is_told(body, problem):
    response = server().post("/teams", body)
    assert (response.status_code, response.json()["code"]) == (400, "SCHEMA_ERROR")
    assert f"\n  - {problem}" in response.json()["error"]
    assert not Team.objects.exists()


def test_a_team_gets_a_picture(creator, team):
    picture = "data:image/jpeg;base64," + b64encode(bytes(int(0.1 * 2**20))).decode()
    response = person(creator).patch(f"/teams/{team.pk}", {"profile_image_url": picture})
    assert response.status_code == 200
    assert person(creator).get(f"/teams/{team.pk}").json()["profile_image_url"] == picture


def test_a_team_is_renamed_by_who_may(creator, member, team):
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
    assert_plain_error(response, 403, NOT_OWN_TEAM)


def test_what_only_backends_may_change_of_a_team(creator, team):
    body = {"client_read_only_metadata": 1, "server_metadata": 2}
    assert person(creator).patch(f"/teams/{team.pk}", body).json()["code"] == "SCHEMA_ERROR"
    response = server().patch(f"/teams/{team.pk}", body)
    assert response.json() == server_fields(team, **body)


# Memberships ----------------------------------------------------------------------------------


def test_backends_add_members_who_do_not_manage_keys(team):
    user = UserFactory()
    response = server().post(f"/team-memberships/{team.pk}/{user.pk}", {})
    assert response.status_code == 201
    assert response.json() == {"team_id": str(team.pk), "user_id": str(user.pk)}
    assert team.permissions_of(user) == ["team_member"]
    assert_known_error(
        server().post(f"/team-memberships/{team.pk}/{user.pk}", {}),
        409,
        "TEAM_MEMBERSHIP_ALREADY_EXISTS",
        "Team membership already exists.",
    )


def test_an_unknown_user_is_told_before_an_unknown_team(team):
    user, nobody, nowhere = UserFactory(), uuid4(), uuid4()
    for path, code in (
        (f"{nowhere}/{nobody}", "USER_NOT_FOUND"),
        (f"{nowhere}/{user.pk}", "TEAM_NOT_FOUND"),
    ):
        response = server().post(f"/team-memberships/{path}", {})
        assert (response.status_code, response.json()["code"]) == (404, code)


def test_people_add_nobody(creator, team):
    response = person(creator).post(f"/team-memberships/{team.pk}/{UserFactory().pk}", {})
    assert response.json()["code"] == "INSUFFICIENT_ACCESS_TYPE"
    assert team.memberships.count() == 1


def test_people_leave_by_themselves(member, team):
    caller = person(member)
    response = caller.delete(f"/team-memberships/{team.pk}/me", {})
    assert (response.status_code, response.json()) == (200, {"success": True})
    assert not team.memberships.filter(user=member).exists()
    response = caller.delete(f"/team-memberships/{team.pk}/me", {})
    assert_plain_error(response, 403, NOT_OWN_TEAM)


def test_another_is_removed_by_who_may(creator, member, team):
    other = UserFactory()
    team.add_member(other)
    response = person(member).delete(f"/team-memberships/{team.pk}/{other.pk}", {})
    assert_known_error(
        response,
        401,
        "TEAM_PERMISSION_REQUIRED",
        details={
            "team_id": str(team.pk),
            "user_id": str(member.pk),
            "permission_id": "$remove_members",
        },
    )
    assert person(creator).delete(f"/team-memberships/{team.pk}/{other.pk}", {}).status_code == 200
    assert server().delete(f"/team-memberships/{team.pk}/{member.pk}", {}).status_code == 200
    assert_known_error(
        server().delete(f"/team-memberships/{team.pk}/{member.pk}", {}),
        404,
        "TEAM_MEMBERSHIP_NOT_FOUND",
        details={"team_id": str(team.pk), "user_id": str(member.pk)},
    )


# Permissions ----------------------------------------------------------------------------------


def listed(caller, team, user_id, **query):
    query = "".join(f"&{name}={value}" for name, value in query.items())
    response = caller.get(f"/team-permissions?team_id={team.pk}&user_id={user_id}{query}")
    assert response.status_code == 200
    assert response.json()["is_paginated"] is False
    return [item["id"] for item in response.json()["items"]]


def test_people_list_what_they_may_do(creator, member, team, django_assert_num_queries):
    caller = person(creator)
    with django_assert_num_queries(3):
        assert listed(caller, team, "me", recursive="true") == EVERYTHING
    assert listed(caller, team, creator.pk, recursive="false") == ["team_admin"]
    assert listed(caller, team, "me") == ["team_admin"]
    assert listed(caller, team, "me", recursive="true", permission_id=MANAGE_API_KEYS) == [
        MANAGE_API_KEYS
    ]
    assert MANAGE_API_KEYS not in listed(person(member), team, "me", recursive="true")


def test_each_permission_names_user_and_team(creator, team):
    response = server().get(f"/team-permissions?team_id={team.pk}&user_id={creator.pk}")
    assert response.json()["items"] == [
        {"id": "team_admin", "user_id": str(creator.pk), "team_id": str(team.pk)}
    ]


def test_without_a_team_the_permissions_of_all_are_listed(creator, team):
    other = Team.objects.create_team(display_name="Others", creator=creator)
    items = person(creator).get("/team-permissions?user_id=me").json()["items"]
    assert {item["team_id"] for item in items} == {str(team.pk), str(other.pk)}


def test_people_list_nobody_elses_permissions(creator, member, team):
    response = person(member).get(f"/team-permissions?team_id={team.pk}&user_id={creator.pk}")
    assert_plain_error(
        response,
        403,
        "Client can only list permissions for their own user. user_id must be either "
        '"me" or the ID of the current user',
    )
    assert listed(person(UserFactory()), team, "me", recursive="true") == []


@pytest.mark.parametrize("permission", [MANAGE_API_KEYS, "%24manage_api_keys"])
def test_backends_grant_and_take_back(member, team, permission):
    path = f"/team-permissions/{team.pk}/{member.pk}/{permission}"
    for _ in range(2):  # granting it again changes nothing
        response = server().post(path, {})
        assert response.status_code == 201
        assert response.json() == {
            "id": MANAGE_API_KEYS,
            "user_id": str(member.pk),
            "team_id": str(team.pk),
        }
    assert MANAGE_API_KEYS in listed(person(member), team, "me", recursive="true")
    assert server().delete(path, {}).json() == {"success": True}
    assert MANAGE_API_KEYS not in listed(person(member), team, "me", recursive="true")
    assert_known_error(
        server().delete(path, {}),
        401,
        "TEAM_PERMISSION_NOT_FOUND",
        details={
            "user_id": str(member.pk),
            "team_id": str(team.pk),
            "permission_id": MANAGE_API_KEYS,
        },
    )


def test_what_cannot_be_granted_is_told(member, team):
    assert_known_error(
        server().post(f"/team-permissions/{team.pk}/{member.pk}/nonsense", {}),
        404,
        "PERMISSION_NOT_FOUND",
        details={"permission_id": "nonsense"},
    )
    stranger = UserFactory()
    assert_known_error(
        server().post(f"/team-permissions/{team.pk}/{stranger.pk}/{MANAGE_API_KEYS}", {}),
        404,
        "TEAM_MEMBERSHIP_NOT_FOUND",
        details={"user_id": str(stranger.pk), "team_id": str(team.pk)},
    )


def test_people_grant_nothing(creator, team):
    path = f"/team-permissions/{team.pk}/{creator.pk}/{MANAGE_API_KEYS}"
    for method in ("POST", "DELETE"):
        response = person(creator).send(method, path, {})
        assert response.json()["code"] == "INSUFFICIENT_ACCESS_TYPE"


# Members' profiles ----------------------------------------------------------------------------


def profile(user, team, **changes):
    return {
        "team_id": str(team.pk),
        "user_id": str(user.pk),
        "display_name": user.display_name,
        "profile_image_url": None,
    } | changes


def test_members_see_each_other(creator, member, team, django_assert_num_queries):
    other_team = Team.objects.create_team(display_name="Others", creator=member)
    other_team.add_member(creator)
    caller = person(member)
    with django_assert_num_queries(6):  # token, team, permission, members, and two of profiles
        response = caller.get(f"/team-member-profiles?team_id={team.pk}")
    assert response.json() == {
        "items": [profile(creator, team), profile(member, team)],
        "is_paginated": False,
    }
    [mine] = caller.get(f"/team-member-profiles?team_id={team.pk}&user_id=me").json()["items"]
    assert mine == caller.get(f"/team-member-profiles/{team.pk}/me").json()
    response = caller.get(f"/team-member-profiles/{team.pk}/{creator.pk}")
    assert response.json() == profile(creator, team)


def test_without_the_permission_members_see_themselves(creator, member, team):
    team.revoke_permission(member, "team_member")
    caller = person(member)
    items = caller.get(f"/team-member-profiles?team_id={team.pk}").json()["items"]
    assert items == [profile(member, team)]
    response = caller.get(f"/team-member-profiles/{team.pk}/{creator.pk}")
    assert response.json()["code"] == "TEAM_PERMISSION_REQUIRED"


def test_members_choose_how_they_are_seen_in_a_team(member, team):
    caller = person(member)
    path = f"/team-member-profiles/{team.pk}/{member.pk}"
    assert caller.patch(path, {"display_name": "Boss"}).json() == profile(
        member, team, display_name="Boss"
    )
    picture = "https://example.com/boss.png"
    caller.patch(path, {"profile_image_url": picture})
    assert caller.get(f"/team-member-profiles/{team.pk}/me").json() == profile(
        member, team, display_name="Boss", profile_image_url=picture
    )
    assert caller.get("/users/me").json()["display_name"] == "Grace"
    caller.patch(path, {"display_name": None, "profile_image_url": None})
    assert caller.get(f"/team-member-profiles/{team.pk}/me").json() == profile(member, team)


def test_nobody_changes_how_others_are_seen(creator, member, team):
    path = f"/team-member-profiles/{team.pk}/{member.pk}"
    response = person(creator).patch(path, {"display_name": "x"})
    assert_plain_error(response, 403, "Client can only access their own user")
    stranger = UserFactory()
    path = f"/team-member-profiles/{team.pk}/me"
    assert_plain_error(person(stranger).patch(path, {"display_name": "x"}), 403, NOT_OWN_TEAM)
    assert not TeamMemberProfile.objects.exists()


def test_backends_see_and_change_all_members(creator, member, team):
    response = server().patch(
        f"/team-member-profiles/{team.pk}/{member.pk}", {"display_name": "Boss"}
    )
    assert response.json()["user"]["id"] == str(member.pk)
    items = server().get(f"/team-member-profiles?team_id={team.pk}").json()["items"]
    assert [item["display_name"] for item in items] == ["Ada", "Boss"]
    stranger = UserFactory()
    assert_known_error(
        server().get(f"/team-member-profiles/{team.pk}/{stranger.pk}"),
        404,
        "TEAM_MEMBERSHIP_NOT_FOUND",
        details={"user_id": str(stranger.pk), "team_id": str(team.pk)},
    )
