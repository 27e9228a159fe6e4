"""Features that the project does not have: billing, products, analytics, newer components."""

import gzip
from uuid import uuid4

import pytest
from django.test import Client

from stack_apikeys.teams.models import Team
from tests.factories import UserFactory
from tests.wire import anyone, assert_known_error, assert_plain_error, person, server

pytestmark = pytest.mark.django_db


@pytest.fixture
def team(user):
    return Team.objects.create_team(display_name="Analysts", creator=user)


def test_customers_have_no_payment_method_and_no_products(user, team):
    for customer in (f"user/{user.pk}", "user/me", f"team/{team.pk}"):
        response = person(user).get(f"/payments/billing/{customer}")
        assert response.json() == {"has_customer": False, "default_payment_method": None}
        response = person(user).get(f"/payments/products/{customer}?limit=1&cursor=x")
        assert response.json() == {
            "items": [],
            "is_paginated": True,
            "pagination": {"next_cursor": None},
        }


def test_clients_cannot_read_billing_products_or_invitations_of_others(user, team):
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


def test_servers_can_name_any_user_or_team_that_exists(user, team):
    assert server().get(f"/payments/billing/user/{user.pk}").status_code == 200
    assert server().get(f"/payments/billing/team/{team.pk}").status_code == 200
    response = server().get(f"/payments/billing/team/{uuid4()}")
    assert response.json()["code"] == "TEAM_NOT_FOUND"


def test_analytics_are_accepted_and_discarded(django_assert_num_queries):
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
def test_the_list_of_component_versions_is_empty(version):
    response = Client().get(f"/api/{version}/internal/component-versions")
    assert response.json() == {"versions": {}}
