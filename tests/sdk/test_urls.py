"""What all endpoints have in common."""

import pytest
from django.test import Client
from django.urls import get_resolver

from stack_apikeys.sdk import urls
from tests.wire import assert_known_error

pytestmark = pytest.mark.django_db
OPEN = {"token", "jwks", "health", "component-versions"}


def path_of(pattern):
    return "/api/v1/" + str(pattern.pattern).replace("<str:", "").replace(">", "")


@pytest.mark.parametrize("path", [path_of(pattern) for pattern in urls.urlpatterns])
def test_every_endpoint_allows_every_origin_and_forbids_caching(path):
    for method in ("GET", "POST", "PATCH", "DELETE"):
        response = Client().generic(method, path)
        assert response.status_code < 500
        assert response["Access-Control-Allow-Origin"] == "*"
        assert response["Cache-Control"] == "no-store, max-age=0"
        assert "Set-Cookie" not in response.headers
    preflight = Client().options(path)
    assert (preflight.status_code, preflight["Access-Control-Max-Age"]) == (204, "86400")


@pytest.mark.parametrize(
    "pattern",
    [pattern for pattern in urls.urlpatterns if pattern.name not in OPEN],
    ids=lambda pattern: pattern.name,
)
def test_every_other_endpoint_requires_an_access_type(pattern, django_assert_num_queries):
    path = path_of(pattern)
    for method in ("GET", "POST", "PATCH", "DELETE"):
        if hasattr(pattern.callback.view_class, method.lower()):
            with django_assert_num_queries(0):
                response = Client().generic(method, path)
            assert_known_error(response, 400, "ACCESS_TYPE_REQUIRED")


def test_urls_end_without_a_slash_and_are_not_redirected():
    assert all(not str(pattern.pattern).endswith("/") for pattern in urls.urlpatterns)
    assert Client().get("/api/v1/users/me/").status_code == 404
    assert get_resolver().resolve("/api/v1/user-api-keys").url_name == "user-api-key-list"
