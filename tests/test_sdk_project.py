"""The project, what the React component asks for beside keys, and what every answer has."""

import gzip
from uuid import uuid4

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.urls import get_resolver

from stack_apikeys.sdk import urls
from stack_apikeys.teams.models import Team
from tests.factories import UserFactory
from tests.wire import Caller, anyone, assert_known_error, assert_plain_error, person, server

pytestmark = pytest.mark.django_db

PROJECT_ID = django_settings.STACK_APIKEYS["PROJECT_ID"]
NOTHING = {"items": [], "is_paginated": False}


@pytest.fixture
def user():
    return UserFactory()


@pytest.fixture
def team(user):
    return Team.objects.create_team(display_name="Analysts", creator=user)


@pytest.fixture
def configure(settings):
    def set_names(**changes):
        settings.STACK_APIKEYS = settings.STACK_APIKEYS | changes

    return set_names


def test_the_project_tells_what_is_switched_on(configure, django_assert_num_queries):
    with django_assert_num_queries(0):
        response = anyone().get("/projects/current")
    assert response.json() == {
        "id": PROJECT_ID,
        "display_name": "testserver",
        "config": {
            "sign_up_enabled": False,
            "credential_enabled": True,
            "magic_link_enabled": False,
            "passkey_enabled": False,
            "client_team_creation_enabled": False,
            "client_user_deletion_enabled": False,
            "allow_user_api_keys": True,
            "allow_team_api_keys": True,
            "allow_localhost": False,
            "enabled_oauth_providers": [],
            "domains": [],
        },
    }
    configure(
        PROJECT_DISPLAY_NAME="Analytical Engines",
        ALLOW_SIGN_UP=True,
        ALLOW_PASSWORD_SIGN_IN=False,
        ALLOW_CLIENT_TEAM_CREATION=True,
        ALLOW_USER_API_KEYS=False,
        ALLOW_TEAM_API_KEYS=False,
    )
    body = server().get("/projects/current").json()
    assert body["display_name"] == "Analytical Engines"
    assert [
        body["config"][name] for name in ("sign_up_enabled", "client_team_creation_enabled")
    ] == [
        True,
        True,
    ]
    assert not any(
        body["config"][name]
        for name in ("credential_enabled", "allow_user_api_keys", "allow_team_api_keys")
    )


def test_the_project_is_told_to_who_knows_it():
    assert Caller().get("/projects/current").json()["code"] == "ACCESS_TYPE_REQUIRED"


@pytest.mark.parametrize("path", ["/health", "/api/v1/health"])
def test_the_server_is_alive(path, django_assert_num_queries):
    with django_assert_num_queries(0):
        response = Client().get(path)
    assert (response.status_code, response.json()) == (200, {"status": "ok"})
    assert response["Access-Control-Allow-Origin"] == "*"


# Billing, products, invitations: honest answers of a server that has none -----------------------


def test_nobody_pays_and_nothing_was_bought(user, team):
    for customer in (f"user/{user.pk}", "user/me", f"team/{team.pk}"):
        response = person(user).get(f"/payments/billing/{customer}")
        assert response.json() == {"has_customer": False, "default_payment_method": None}
        response = person(user).get(f"/payments/products/{customer}?limit=1&cursor=x")
        assert response.json() == {
            "items": [],
            "is_paginated": True,
            "pagination": {"next_cursor": None},
        }


def test_nobody_is_invited(user, team):
    for query in (f"team_id={team.pk}", "user_id=me"):
        assert person(user).get(f"/team-invitations?{query}").json() == NOTHING


def test_nobody_can_be_invited(user, team):
    body = {"email": "x@example.com", "team_id": str(team.pk), "callback_url": "http://localhost/"}
    assert_plain_error(
        person(user).post("/team-invitations/send-code", body),
        400,
        "This project sends no invitations. Ask the people who run it to add the member to the team.",
    )


def test_others_customers_and_invitations_are_nobodys_business(user, team):
    stranger = person(UserFactory())
    for kind in ("billing", "products"):
        assert_plain_error(
            stranger.get(f"/payments/{kind}/user/{user.pk}"),
            403,
            "Client can only access their own user",
        )
        response = stranger.get(f"/payments/{kind}/team/{team.pk}")
        assert response.status_code == 403
    for query in (f"team_id={team.pk}", f"user_id={user.pk}"):
        assert stranger.get(f"/team-invitations?{query}").status_code == 403
        response = anyone().get(f"/team-invitations?{query}")
        assert_known_error(response, 401, "USER_AUTHENTICATION_REQUIRED")


def test_backends_ask_of_all_that_there_are(user, team):
    assert server().get(f"/payments/billing/user/{user.pk}").status_code == 200
    assert server().get(f"/payments/billing/team/{team.pk}").status_code == 200
    response = server().get(f"/payments/billing/team/{uuid4()}")
    assert response.json()["code"] == "TEAM_NOT_FOUND"


def test_what_the_sdk_has_counted_is_taken_and_forgotten(django_assert_num_queries):
    caller = anyone(access_token="nonsense")
    with django_assert_num_queries(0):
        response = caller.client.post(
            "/api/v1/analytics/events/batch",
            gzip.compress(b'{"events": []}'),
            content_type="application/octet-stream",
            headers=caller.headers,
        )
    assert (response.status_code, response.json()) == (200, {"inserted": 0})


@pytest.mark.parametrize("version", ["v1", "latest"])
def test_there_are_no_newer_components(version):
    response = Client().get(f"/api/{version}/internal/component-versions")
    assert response.json() == {"versions": {}}


# What every answer has ------------------------------------------------------------------------


def path_of(pattern):
    return "/api/v1/" + str(pattern.pattern).replace("<str:", "").replace(">", "")


@pytest.mark.parametrize("path", [path_of(pattern) for pattern in urls.urlpatterns])
def test_every_endpoint_is_open_to_every_origin_and_never_cached(path):
    for method in ("GET", "POST", "PATCH", "DELETE"):
        response = Client().generic(method, path)
        assert response.status_code < 500
        assert response["Access-Control-Allow-Origin"] == "*"
        assert response["Cache-Control"] == "no-store, max-age=0"
        assert "Set-Cookie" not in response.headers
    preflight = Client().options(path)
    assert (preflight.status_code, preflight["Access-Control-Max-Age"]) == (204, "86400")


OPEN = {"token", "jwks", "health", "component-versions"}


@pytest.mark.parametrize(
    "pattern",
    [pattern for pattern in urls.urlpatterns if pattern.name not in OPEN],
    ids=lambda pattern: pattern.name,
)
def test_every_other_endpoint_wants_to_know_who_is_asking(pattern, django_assert_num_queries):
    path = path_of(pattern)
    for method in ("GET", "POST", "PATCH", "DELETE"):
        if hasattr(pattern.callback.view_class, method.lower()):
            with django_assert_num_queries(0):
                response = Client().generic(method, path)
            assert_known_error(response, 400, "ACCESS_TYPE_REQUIRED")


def test_addresses_end_without_a_slash_and_are_not_redirected():
    assert all(not str(pattern.pattern).endswith("/") for pattern in urls.urlpatterns)
    assert Client().get("/api/v1/users/me/").status_code == 404
    assert get_resolver().resolve("/api/v1/user-api-keys").url_name == "user-api-key-list"
