"""A project's own API: DRF views and plain Django views that require keys."""

from datetime import timedelta

import pytest
from asgiref.sync import async_to_sync
from django.core.cache import cache
from django.test import AsyncClient, Client
from django.utils import timezone

from stack_apikeys.authentication import TeamPrincipal
from tests.factories import TeamFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.host")]


@pytest.fixture
def team():
    return TeamFactory(display_name="Analysts")


@pytest.fixture
def users_key(user):
    return user.api_keys.create_key()[1]


@pytest.fixture
def teams_key(team):
    return team.api_keys.create_key()[1]


def with_settings(settings, **changes):
    settings.STACK_APIKEYS = settings.STACK_APIKEYS | changes


def get(path, value=None, *, client=None, **headers):
    if value is not None:
        headers["X-Stack-Api-Key"] = value
    return (client or Client()).get(path, headers=headers)


@pytest.mark.parametrize("path", ["/any", "/user", "/plain"])
def test_a_users_key_makes_the_user_the_caller(path, user, users_key):
    response = get(path, users_key)
    assert response.status_code == 200
    assert response.json() == {"caller": "Ada", "key": str(user.api_keys.get().pk)}


@pytest.mark.parametrize("path", ["/any", "/team", "/plain"])
def test_a_teams_key_makes_the_team_the_caller(path, team, teams_key):
    response = get(path, teams_key)
    assert response.json() == {"caller": "Analysts", "key": str(team.api_keys.get().pk)}


@pytest.mark.parametrize("path", ["/any", "/plain"])
def test_a_good_key_costs_one_query(path, users_key, teams_key, django_assert_num_queries):
    for value in (users_key, teams_key):
        with django_assert_num_queries(1):
            assert get(path, value).status_code == 200


@pytest.mark.parametrize("path", ["/any", "/plain"])
@pytest.mark.parametrize("value", [None, "", "garbage", "sk_" + "0" * 99])
def test_a_missing_or_garbage_key_costs_no_query(path, value, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert get(path, value).status_code == 401


def test_a_wrong_checksum_costs_no_query(users_key, django_assert_num_queries):
    with django_assert_num_queries(0):
        response = get("/any", users_key[:-1] + ("0" if users_key[-1] != "0" else "1"))
    assert response.status_code == 401
    assert response.json() == {"detail": "API key not found.", "code": "API_KEY_NOT_FOUND"}


@pytest.mark.parametrize("path", ["/any", "/plain"])
def test_expiry_and_revocation_are_reported(path, user):
    expired, value = user.api_keys.create_key(expires_at=timezone.now() - timedelta(days=1))
    response = get(path, value)
    assert response.status_code == 401
    assert response.json() == {"detail": "API key has expired.", "code": "API_KEY_EXPIRED"}
    assert response["WWW-Authenticate"] == 'ApiKey realm="api", error="invalid_token"'
    expired.revoke()
    response = get(path, value)
    assert response.status_code == 401
    assert response.json() == {"detail": "API key has been revoked.", "code": "API_KEY_REVOKED"}


@pytest.mark.parametrize(("path", "key"), [("/user", "teams_key"), ("/team", "users_key")])
def test_a_key_of_the_other_kind_is_refused(path, key, request):
    response = get(path, request.getfixturevalue(key))
    assert response.status_code == 401
    assert response.json()["code"] == "WRONG_API_KEY_TYPE"


def test_without_a_key_other_authentication_classes_are_tried(users_key):
    response = get("/tokens-too", Authorization="Bearer somebody")
    assert response.status_code == 200
    assert response.json()["key"] is None
    assert get("/tokens-too", users_key, Authorization="Bearer somebody").json()["key"]


def test_a_plain_view_requires_a_key():
    response = get("/plain")
    assert response.status_code == 401
    assert response.json() == {"detail": "An API key is required.", "code": "API_KEY_REQUIRED"}
    assert response["WWW-Authenticate"] == 'ApiKey realm="api"'


# Headers --------------------------------------------------------------------------------------


@pytest.fixture
def all_headers(settings):
    with_settings(settings, HEADERS=["X-Stack-Api-Key", "Authorization", "X-Api-Key"])


@pytest.mark.parametrize("path", ["/any", "/plain"])
def test_only_the_configured_headers_are_read(path, users_key):
    assert get(path, **{"X-Api-Key": users_key}).status_code == 401
    assert get(path, Authorization=f"Bearer {users_key}").status_code == 401


@pytest.mark.usefixtures("all_headers")
@pytest.mark.parametrize("path", ["/any", "/plain"])
def test_other_common_headers_are_read_by_setting(path, users_key):
    assert get(path, **{"X-Api-Key": users_key}).status_code == 200
    assert get(path, Authorization=f"Bearer {users_key}").status_code == 200
    assert get(path, Authorization=f"bearer {users_key}").status_code == 200
    assert get(path)["WWW-Authenticate"] == 'Bearer realm="api"'


@pytest.mark.usefixtures("all_headers")
def test_a_bearer_token_that_is_not_a_key_is_left_to_others(users_key):
    assert get("/tokens-too", Authorization="Bearer somebody").status_code == 200
    assert get("/tokens-too", Authorization=f"Bearer {users_key[:-1]}").status_code == 401
    assert get("/plain", Authorization="Basic YTpi").json()["code"] == "API_KEY_REQUIRED"


@pytest.mark.usefixtures("all_headers")
@pytest.mark.parametrize("path", ["/any", "/plain"])
def test_two_different_keys_are_refused(path, users_key, teams_key, django_assert_num_queries):
    with django_assert_num_queries(0):
        response = get(path, users_key, **{"X-Api-Key": teams_key})
    assert response.status_code == 401
    assert response.json()["code"] == "CONFLICTING_API_KEYS"
    assert get(path, users_key, **{"X-Api-Key": users_key}).status_code == 200


# HTTPS ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/any", "/plain"])
def test_a_key_over_plain_http_is_refused(path, users_key, settings, django_assert_num_queries):
    with_settings(settings, REQUIRE_HTTPS=None)
    with django_assert_num_queries(0):
        response = get(path, users_key)
    assert response.status_code == 403
    assert response.json()["code"] == "HTTPS_REQUIRED"
    assert "HTTPS" in response.json()["detail"]
    assert (
        Client().get(path, headers={"X-Stack-Api-Key": users_key}, secure=True).status_code == 200
    )


def test_plain_http_is_allowed_while_debugging_by_default(users_key, settings):
    settings.DEBUG = True
    with_settings(settings, REQUIRE_HTTPS=None)
    assert get("/any", users_key).status_code == 200
    with_settings(settings, REQUIRE_HTTPS=True)
    assert get("/any", users_key).status_code == 403


def test_a_request_without_a_key_may_use_plain_http(settings):
    with_settings(settings, REQUIRE_HTTPS=True)
    assert get("/open").status_code == 200


# Caches ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/any", "/plain", "/broken"])
@pytest.mark.parametrize("usable", [True, False])
def test_answers_to_a_key_stay_out_of_shared_caches(path, usable, users_key):
    response = get(path, users_key if usable else "garbage")
    assert "private" in response["Cache-Control"]
    assert "X-Stack-Api-Key" in response["Vary"]


def test_an_answer_to_a_key_that_came_over_plain_http_is_not_shared_either(users_key, settings):
    with_settings(settings, REQUIRE_HTTPS=True)
    assert "private" in get("/any", users_key)["Cache-Control"]


def test_answers_without_a_key_depend_on_it_but_may_be_shared():
    response = get("/open")
    assert "X-Stack-Api-Key" in response["Vary"]
    assert "private" not in response.get("Cache-Control", "")


def test_a_views_stricter_cache_control_is_kept(users_key):
    directives = get("/cached", users_key)["Cache-Control"]
    assert {"no-store", "private", "max-age=60"} == set(directives.split(", "))


def test_every_configured_header_is_one_that_answers_depend_on(users_key, settings):
    with_settings(settings, HEADERS=["X-Stack-Api-Key", "X-Api-Key"])
    assert {"X-Stack-Api-Key", "X-Api-Key"} <= set(get("/any", users_key)["Vary"].split(", "))


# Permissions ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "statuses"),
    [
        ("/by-user-key", [401, 200, 403]),
        ("/by-team-key", [401, 403, 200]),
        ("/not-by-key", [200, 403, 403]),
    ],
)
def test_views_choose_the_kinds_of_keys_they_accept(path, statuses, users_key, teams_key):
    reached = [get(path, value).status_code for value in (None, users_key, teams_key)]
    assert reached == statuses


def test_a_team_is_authenticated_and_holds_none_of_djangos_permissions(team):
    principal = TeamPrincipal(team)
    assert principal.is_authenticated
    assert not principal.is_anonymous
    assert (principal.pk, principal.id) == (TeamPrincipal(team).pk,) * 2
    assert str(principal) == f"team:{team.pk}"
    assert not principal.has_perm("auth.view_user")
    assert not principal.has_perms(["auth.view_user"])
    assert not principal.has_module_perms("auth")


# Throttling -----------------------------------------------------------------------------------


def test_a_key_is_throttled_by_itself(user, users_key):
    cache.clear()
    other_key = user.api_keys.create_key()[1]
    assert [get("/throttled", users_key).status_code for _ in range(4)] == [200, 200, 200, 429]
    assert get("/throttled", other_key).status_code == 200
    assert get("/throttled").status_code == 200


def test_drfs_own_throttles_work_for_teams(teams_key):
    cache.clear()
    assert get("/throttled-by-drf", teams_key).status_code == 200


# Plain Django views ---------------------------------------------------------------------------


@async_to_sync
async def ask_asynchronously(value, path="/asynchronous", client=None):
    client = client or AsyncClient()
    return await client.get(path, headers={"X-Stack-Api-Key": value})


@pytest.mark.django_db(transaction=True)
def test_an_asynchronous_view_requires_a_key_too(team, teams_key, users_key):
    response = ask_asynchronously(teams_key)
    assert response.json() == {"team": str(team.pk)}
    assert "private" in response["Cache-Control"]
    response = ask_asynchronously(users_key)
    assert response.status_code == 401
    assert response.json()["code"] == "WRONG_API_KEY_TYPE"


def test_a_plain_view_needs_no_csrf_token_with_a_key(users_key):
    client = Client(enforce_csrf_checks=True)
    response = client.post("/plain", headers={"X-Stack-Api-Key": users_key})
    assert response.status_code == 200


@pytest.mark.django_db(transaction=True)
def test_the_caller_is_the_keys_owner_and_not_the_sessions(user, users_key):
    client = AsyncClient()
    client.force_login(UserFactory())
    response = ask_asynchronously(users_key, "/asynchronous-caller", client)
    assert response.json() == {"caller": str(user.pk)}


@pytest.mark.django_db(transaction=True)
def test_errors_of_a_plain_view_stay_out_of_shared_caches_too(users_key):
    for response in (
        get("/missing", users_key),
        ask_asynchronously(users_key, "/asynchronously-missing"),
    ):
        assert response.status_code == 404
        assert "private" in response["Cache-Control"]
        assert "X-Stack-Api-Key" in response["Vary"]


def test_a_key_is_sufficient_where_all_views_require_a_sign_in(users_key, settings):
    settings.MIDDLEWARE = [
        *settings.MIDDLEWARE,
        "django.contrib.auth.middleware.LoginRequiredMiddleware",
    ]
    assert get("/plain", users_key).status_code == 200
    assert get("/plain").status_code == 401


def test_a_team_finds_nothing_of_a_user_who_is_named_like_it():
    ada = UserFactory(email="ada@example.com")
    principal = TeamPrincipal(TeamFactory(display_name=ada.email))
    assert not type(ada).objects.filter(email=principal).exists()
