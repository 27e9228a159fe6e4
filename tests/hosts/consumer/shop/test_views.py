"""The project's tests, written with the helpers that the app offers."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import AsyncClient, Client, RequestFactory, override_settings
from django.utils import timezone
from factory.declarations import SubFactory
from factory.django import DjangoModelFactory
from rest_framework.test import APIRequestFactory

from shop.views import Orders, invoices
from stack_apikeys.teams.models import Team
from stack_apikeys.testing import (
    ApiClientCreator,
    TeamApiKeyCreator,
    UserApiKeyCreator,
    with_api_key,
)
from stack_apikeys.testing.factories import TeamApiKeyFactory, UserApiKeyFactory


@pytest.fixture
def user(db: None) -> User:
    return User.objects.create_user("ada")


def test_orders_of_a_user(
    user: User, user_api_key: UserApiKeyCreator, api_client_with_key: ApiClientCreator
) -> None:
    _api_key, value = user_api_key(user)
    client = api_client_with_key(value)
    for _ in range(2):
        assert client.get("/orders").json() == {"for": "ada"}


def test_orders_of_a_team(
    team_api_key: TeamApiKeyCreator, api_client_with_key: ApiClientCreator
) -> None:
    team = Team.objects.create_team(display_name="Analysts")
    api_key, value = team_api_key(team, description="Nightly report")
    assert api_key.description == "Nightly report"
    assert api_client_with_key(value).get("/orders").json() == {"for": f"team:{team.pk}"}


def test_a_key_that_cannot_be_used(
    user: User, user_api_key: UserApiKeyCreator, api_client_with_key: ApiClientCreator
) -> None:
    revoked, value = user_api_key(user)
    revoked.revoke()
    assert api_client_with_key(value).get("/orders").json()["code"] == "API_KEY_REVOKED"
    _api_key, value = user_api_key(user, expires_at=timezone.now() - timedelta(days=1))
    assert api_client_with_key(value).get("/orders").json()["code"] == "API_KEY_EXPIRED"


def test_a_client_of_django(user: User, user_api_key: UserApiKeyCreator, client: Client) -> None:
    _api_key, value = user_api_key(user)
    assert client.get("/invoices", **with_api_key(value)).json() == {"for": "ada"}


def test_a_request_without_a_client(
    user: User, user_api_key: UserApiKeyCreator, rf: RequestFactory
) -> None:
    _api_key, value = user_api_key(user)
    assert invoices(rf.get("/", **with_api_key(value))).status_code == 200
    request = APIRequestFactory().get("/", **with_api_key(value))
    assert Orders.as_view()(request).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_an_asynchronous_view(user_api_key: UserApiKeyCreator) -> None:
    _api_key, value = user_api_key(User.objects.create_user("ada"))

    async def ask() -> int:
        response = await AsyncClient().get("/deliveries", **with_api_key(value))
        return response.status_code

    from asgiref.sync import async_to_sync

    assert async_to_sync(ask)() == 200


def test_another_header(
    user: User,
    user_api_key: UserApiKeyCreator,
    api_client_with_key: ApiClientCreator,
    client: Client,
) -> None:
    _api_key, value = user_api_key(user)
    with override_settings(STACK_APIKEYS={"HEADERS": ["Authorization"]}):
        _api_key, value = user_api_key(user)
        assert api_client_with_key(value).get("/orders").status_code == 200
        assert client.get("/invoices", **with_api_key(value)).status_code == 200


def test_a_factory(user: User, api_client_with_key: ApiClientCreator) -> None:
    api_key = UserApiKeyFactory.create(user=user, description="CI")
    assert api_client_with_key(api_key.value).get("/orders").json() == {"for": "ada"}
    assert not hasattr(user.api_keys.get(), "value")
    [first, second] = UserApiKeyFactory.create_batch(2, user=user)
    assert first.description != second.description


@pytest.mark.django_db
def test_a_factory_for_teams_as_a_part_of_others(api_client_with_key: ApiClientCreator) -> None:
    class TeamFactory(DjangoModelFactory[Team]):
        class Meta:
            model = Team

    class KeyFactory(TeamApiKeyFactory):
        team = SubFactory(TeamFactory)  # type: ignore[no-untyped-call]  # it has no types

    assert api_client_with_key(KeyFactory.create().value).get("/orders").status_code == 200


def test_a_factory_needs_an_owner() -> None:
    with pytest.raises(TypeError, match="pass user="):
        UserApiKeyFactory.create()


def test_plain_http_is_refused_with_what_to_do(
    user: User, user_api_key: UserApiKeyCreator, client: Client
) -> None:
    _api_key, value = user_api_key(user)
    response = client.get("/invoices", headers={"X-Stack-Api-Key": value})
    assert response.status_code == 403
    assert "secure=True" in response.json()["detail"]
    assert "REQUIRE_HTTPS" in response.json()["detail"]
