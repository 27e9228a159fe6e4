"""The project's configuration and the health check."""

import pytest
from django.conf import settings as django_settings
from django.test import Client

from tests.wire import Caller, anyone, server

pytestmark = pytest.mark.django_db
PROJECT_ID = django_settings.STACK_APIKEYS["PROJECT_ID"]


def test_the_project_has_its_configuration(configure, django_assert_num_queries):
    with django_assert_num_queries(0):
        response = anyone().get("/projects/current")
    assert response.json() == {
        "id": PROJECT_ID,
        "display_name": "testserver",
        "config_warnings": [],
        "pushed_config_error": None,
        "is_development_environment": False,
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
            "allow_promo_codes": False,
            "allow_stacking_promo_codes": False,
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


def test_the_project_requires_access_headers():
    assert Caller().get("/projects/current").json()["code"] == "ACCESS_TYPE_REQUIRED"


@pytest.mark.parametrize("path", ["/health", "/api/v1/health"])
def test_the_health_check_returns_ok(path, django_assert_num_queries):
    with django_assert_num_queries(0):
        response = Client().get(path)
    assert (response.status_code, response.json()) == (200, {"status": "ok"})
    assert response["Access-Control-Allow-Origin"] == "*"
