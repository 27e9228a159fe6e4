"""What the current official SDK requests (section 13 of the wire contract)."""

from datetime import UTC, datetime
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from django.conf import settings as django_settings
from django.test import Client

from stack_apikeys.sdk.checks import check_team_ids
from stack_apikeys.teams.models import Team
from tests.factories import PASSWORD, UserFactory
from tests.wire import (
    BASE,
    Caller,
    anyone,
    assert_known_error,
    person,
    refresh,
    server,
    sign_in,
)

pytestmark = pytest.mark.django_db

PROJECT_ID = django_settings.STACK_APIKEYS["PROJECT_ID"]
NO_KEY = "__stack_public_client__"


def keyless(**options):
    return Caller(family="X-Hexclave-", access_type="client", project_id=PROJECT_ID, **options)


# Projects without publishable keys ------------------------------------------------------------


@pytest.mark.parametrize("keys", [[], ["pck_test"]])
def test_a_project_that_demands_no_publishable_key_takes_the_projects_id_alone(
    user, configure, keys
):
    configure(PUBLISHABLE_CLIENT_KEYS=keys, REQUIRE_PUBLISHABLE_CLIENT_KEY=False)
    body = {"email": user.email, "password": PASSWORD}
    token = keyless().post("/auth/password/sign-in", body).json()["refresh_token"]
    access_token = refresh(token, client_secret=NO_KEY).json()["access_token"]
    assert keyless(access_token=access_token).get("/users/me").json()["id"] == str(user.pk)
    # A server's `getProject()` asks as a client.
    response = keyless(secret_server_key="ssk_test").get("/projects/current")
    assert response.status_code == 200


def test_a_project_that_demands_none_takes_one_of_its_keys_too(user, configure):
    configure(REQUIRE_PUBLISHABLE_CLIENT_KEY=False)
    token = sign_in(user)["refresh_token"]
    assert refresh(token, client_secret="pck_test").status_code == 200
    assert refresh(token, client_secret="wrong").status_code == 400
    response = anyone().get("/projects/current", publishable_client_key="wrong")
    assert response.json()["code"] == "INVALID_PUBLISHABLE_CLIENT_KEY"


def test_a_project_that_demands_one_takes_nothing_else(user):
    token = sign_in(user)["refresh_token"]
    assert refresh(token, client_secret=NO_KEY).status_code == 400
    response = keyless().get("/projects/current")
    assert response.json()["code"] == "PUBLISHABLE_CLIENT_KEY_REQUIRED_FOR_PROJECT"


@pytest.mark.parametrize("key", [NO_KEY, ""])
def test_the_sentinel_is_no_key_of_any_project(user, configure, key):
    token = sign_in(user)["refresh_token"]
    configure(PUBLISHABLE_CLIENT_KEYS=["pck_test", NO_KEY, ""])
    assert refresh(token, client_secret=key).status_code == 400


# The refresh in a browser ---------------------------------------------------------------------


def test_a_browser_may_send_the_refresh_with_the_sdks_header(user):
    preflight = Client().options(
        f"{BASE}/auth/oauth/token",
        headers={
            "Origin": "https://app.example",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "x-hexclave-random-nonce",
        },
    )
    assert preflight.status_code == 204
    allowed = preflight["Access-Control-Allow-Headers"].split(", ")
    assert "x-hexclave-random-nonce" in allowed
    form = {
        "refresh_token": sign_in(user)["refresh_token"],
        "grant_type": "refresh_token",
        "client_id": PROJECT_ID,
        "client_secret": "pck_test",
    }
    response = Client().post(
        f"{BASE}/auth/oauth/token",
        urlencode(form),
        content_type="application/x-www-form-urlencoded;charset=UTF-8",
        headers={"Origin": "https://app.example", "X-Hexclave-Random-Nonce": "x"},
    )
    assert response.status_code == 200
    exposed = response["Access-Control-Expose-Headers"].split(", ")
    assert {"x-stack-request-id", "x-hexclave-request-id"} <= set(exposed)


# Users and teams ------------------------------------------------------------------------------


def test_a_user_has_no_external_providers(user):
    assert person(user).get("/users/me").json()["external_auth_providers"] == []
    assert server().get(f"/users/{user.pk}").json()["external_auth_providers"] == []


def test_a_backend_finds_a_team_by_its_id():
    team = Team.objects.create_team(display_name="Analysts")
    response = server().get(f"/teams/{team.pk}")
    assert response.json() == server().get("/teams").json()["items"][0]
    unknown = str(uuid4())
    assert_known_error(
        server().get(f"/teams/{unknown}"),
        404,
        "TEAM_NOT_FOUND",
        f"Team {unknown} not found.",
        {"team_id": unknown},
    )


@pytest.fixture
def five_teams(user):
    names = ("Analytical", "Difference", "Steam", "Search", "Game")
    teams = [
        Team.objects.create_team(display_name=f"{name} Engines", creator=user) for name in names
    ]
    for hour, team in enumerate(teams):
        Team.objects.filter(pk=team.pk).update(created_at=datetime(2026, 1, 2, hour, tzinfo=UTC))
    return teams


def names(response):
    return [item["display_name"].split()[0] for item in response.json()["items"]]


@pytest.mark.parametrize("caller", ["person", "server"])
def test_a_list_of_teams_is_whole_unless_a_part_is_asked_for(user, five_teams, caller):
    caller, of = (person(user), "user_id=me") if caller == "person" else (server(), "")
    whole = ["Analytical", "Difference", "Steam", "Search", "Game"]
    response = caller.get(f"/teams?{of}")
    assert (names(response), response.json()["is_paginated"]) == (whole, False)
    response = caller.get(f"/teams?{of}&desc=true&order_by=created_at")
    assert (names(response), response.json()["is_paginated"]) == (whole[::-1], False)
    assert names(caller.get(f"/teams?{of}&query=S")) == whole
    assert names(caller.get(f"/teams?{of}&query=sea")) == ["Search"]
    assert names(caller.get(f"/teams?{of}&query={five_teams[2].pk}")) == ["Steam"]
    assert names(caller.get(f"/teams?{of}&query=")) == whole
    assert names(caller.get(f"/teams?{of}&query=nothing")) == []


def test_a_list_of_teams_can_be_read_page_by_page(five_teams):
    read, cursor = [], ""
    for _page in range(3):
        response = server().get(f"/teams?limit=2&desc=true{cursor}")
        assert response.json()["is_paginated"] is True
        read += names(response)
        following = response.json()["pagination"]["next_cursor"]
        cursor = f"&cursor={following}"
    assert following is None
    assert read == ["Game", "Search", "Steam", "Difference", "Analytical"]
    assert names(server().get("/teams?cursor=3")) == ["Search", "Game"]


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=-1",
        "limit=1001",
        "limit=x",
        "limit=%D9%A3",
        "limit=" + "9" * 5000,
        "cursor=-1",
        "cursor=" + "9" * 20,
        "order_by=name",
        "desc=maybe",
        "query=%00",
    ],
)
def test_a_part_of_a_list_that_there_is_not_is_a_bad_request(query):
    response = server().get(f"/teams?{query}")
    assert response.json()["code"] == "SCHEMA_ERROR"
    assert f"query.{query.split('=')[0]} " in response.json()["error"]


def test_somebody_elses_teams_are_not_found_by_their_names(user, five_teams):
    response = person(UserFactory()).get("/teams?user_id=me&query=Engines")
    assert names(response) == []


# Keys -----------------------------------------------------------------------------------------


def test_a_key_without_a_date_never_expires(user):
    body = {"user_id": "me", "description": ""}
    response = person(user).post("/user-api-keys", body)
    assert response.status_code == 200
    assert "expires_at_millis" not in response.json()
    assert user.api_keys.get().expires_at is None


# What the SDK counts and records --------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "/analytics/events/batch",
        "/analytics/otlp/v1/logs",
        "/analytics/otlp/v1/traces",
        "/session-replays/batch",
    ],
)
@pytest.mark.parametrize("content_type", ["application/x-protobuf", "application/json", ""])
def test_what_the_sdk_has_counted_is_taken_and_forgotten(path, content_type, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10
    caller = anyone()
    response = caller.client.generic(
        "POST", BASE + path, b"\x1f\x8b" * 100, content_type=content_type, headers=caller.headers
    )
    assert (response.status_code, response.json()) == (200, {"inserted": 0})


# Ids of teams ---------------------------------------------------------------------------------


def test_a_check_tells_hosts_whose_teams_the_sdk_cannot_find(settings):
    assert check_team_ids() == []
    settings.STACK_APIKEYS_TEAM_MODEL = "auth.Group"
    [message] = check_team_ids()
    assert message.id == "stack_apikeys_sdk.W001"
    assert "auth.Group" in message.msg
    settings.STACK_APIKEYS_TEAM_MODEL = "nowhere.Team"
    assert check_team_ids() == []
