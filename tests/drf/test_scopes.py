"""Views that require scopes of a key, in Django REST framework and in plain Django."""

import pytest
from asgiref.sync import async_to_sync
from django.core.exceptions import ImproperlyConfigured
from django.http import JsonResponse
from django.test import AsyncClient, Client
from django.urls import path
from django.utils.decorators import method_decorator
from django.views import View
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import AllowAny, IsAdminUser, IsAuthenticated

from stack_apikeys import signals
from stack_apikeys.authentication import ApiKeyAuthentication
from stack_apikeys.decorators import api_key_or_session, api_key_required, require_scopes
from stack_apikeys.permissions import (
    AuthenticatedByTeamApiKey,
    HasScopes,
    NotAuthenticatedByApiKey,
)
from stack_apikeys.usage.recorder import recorder
from tests.host import WhoAmI
from tests.scopes import SCOPES

MIDDLEWARE = "stack_apikeys.middleware.ApiKeyMiddleware"

READ = HasScopes("reports:read")
BY_METHOD = {"GET": ["reports:read"], "POST": ["reports:read", "reports:write"]}


class Scoped(WhoAmI):
    permission_classes = [IsAuthenticated, READ]


class ByMethod(WhoAmI):
    permission_classes = [HasScopes]
    required_scopes = BY_METHOD

    delete = WhoAmI.get


class SessionsToo(WhoAmI):
    authentication_classes = [ApiKeyAuthentication, SessionAuthentication]
    permission_classes = [IsAuthenticated, NotAuthenticatedByApiKey | READ]


class OfReaders(WhoAmI):
    """A view whose objects only staff may see."""

    permission_classes = [READ | AllowAny]

    def get(self, request):
        raise PermissionDenied("Not this one.")


def view(**attributes):
    return WhoAmI.as_view(**attributes)


def answer(request, *args):
    return JsonResponse({"user": str(request.user)})


async def asynchronous_answer(request):
    return JsonResponse({})


@method_decorator(api_key_required(scopes="reports:read"), name="dispatch")
class Decorated(View):
    def get(self, request):
        return answer(request)


urlpatterns = [
    path("drf", Scoped.as_view()),
    path("drf-alone", view(permission_classes=[READ])),
    path("drf-list", type("Listed", (ByMethod,), {"required_scopes": ["reports:read"]}).as_view()),
    path("drf-by-method", ByMethod.as_view()),
    path("drf-or-admin", view(permission_classes=[IsAdminUser | READ])),
    path("drf-and", view(permission_classes=[IsAuthenticated & READ])),
    path("drf-sessions", SessionsToo.as_view()),
    path("drf-of-readers", OfReaders.as_view()),
    path(
        "drf-behind-middleware",
        view(authentication_classes=[SessionAuthentication], permission_classes=[READ]),
    ),
    path(
        "drf-team-keys",
        view(permission_classes=[READ | AllowAny, AuthenticatedByTeamApiKey]),
    ),
    path("drf-misconfigured", view(permission_classes=[HasScopes])),
    path("required", api_key_required(scopes=["reports:read"])(answer)),
    path("required-by-method", api_key_required(scopes=BY_METHOD)(answer)),
    path("required-asynchronously", api_key_required(scopes="reports:read")(asynchronous_answer)),
    path("required-class", Decorated.as_view()),
    path("either", api_key_or_session(scopes=["reports:read"])(answer)),
    path("behind-middleware", require_scopes("reports:read")(answer)),
    path("behind-middleware-asynchronously", require_scopes("reports:read")(asynchronous_answer)),
]

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]

DOORS = [
    "/drf",
    "/drf-alone",
    "/drf-list",
    "/drf-by-method",
    "/drf-or-admin",
    "/drf-and",
    "/drf-sessions",
    "/drf-behind-middleware",
    "/required",
    "/required-by-method",
    "/required-asynchronously",
    "/required-class",
    "/either",
    "/behind-middleware",
    "/behind-middleware-asynchronously",
]


@pytest.fixture(autouse=True)
def named(configure, settings, request):
    configure(SCOPES=SCOPES)
    if "behind-middleware" in request.node.name:
        place = settings.MIDDLEWARE.index("django.contrib.auth.middleware.AuthenticationMiddleware")
        settings.MIDDLEWARE = [*settings.MIDDLEWARE]
        settings.MIDDLEWARE.insert(place + 1, MIDDLEWARE)


@pytest.fixture
def rejections():
    """The ids and reasons of refused keys."""
    seen = []

    def note(api_key_id, kind, reason, request, **_):
        assert request is not None
        seen.append((api_key_id, kind, reason))

    signals.api_key_rejected.connect(note)
    yield seen
    signals.api_key_rejected.disconnect(note)


@pytest.fixture
def reader(user):
    return user.api_keys.create_key(scopes=["reports:read"])


@pytest.fixture
def other(user):
    return user.api_keys.create_key(scopes=["orders:read"])


def ask(address, value=None, method="GET", client=None):
    headers = {"X-Stack-Api-Key": value} if value else {}
    return (client or Client()).generic(method, address, headers=headers)


@async_to_sync
async def ask_asynchronously(address, value):
    return await AsyncClient().get(address, headers={"X-Stack-Api-Key": value})


def assert_refused(response, scope="reports:read", named="scope reports:read"):
    assert response.status_code == 403
    assert response.json() == {
        "detail": f"This requires an API key with the {named}.",
        "code": "insufficient_scope",
    }
    assert response["WWW-Authenticate"] == (
        f'ApiKey realm="api", error="insufficient_scope", scope="{scope}"'
    )
    assert response["Cache-Control"] == "private"


@pytest.mark.parametrize("address", DOORS)
def test_a_key_needs_the_scope_of_the_view(address, reader, other, rejections):
    assert ask(address, reader[1]).status_code == 200
    assert rejections == []
    assert_refused(ask(address, other[1]))
    assert rejections == [(other[0].pk, "user", "insufficient_scope")]


@pytest.mark.parametrize("address", ["/drf", "/drf-and", "/required", "/either"])
def test_usage_counts_the_refusal_with_its_reason(address, other):
    ask(address, other[1])
    [hour] = recorder.gathered(other[0].pk).hours.values()
    assert hour.refused == {"scope": 1}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("address", ["/drf", "/required", "/required-asynchronously", "/either"])
def test_a_key_needs_the_scope_under_asgi_too(address, reader, other):
    assert ask_asynchronously(address, reader[1]).status_code == 200
    assert_refused(ask_asynchronously(address, other[1]))


@pytest.mark.parametrize("address", DOORS)
def test_a_request_without_a_key_is_refused(address, rejections):
    response = ask(address)
    assert response.status_code == (403 if address == "/drf-behind-middleware" else 401)
    assert rejections == []


@pytest.mark.parametrize("address", ["/drf-alone", "/required", "/behind-middleware"])
def test_a_session_is_no_key(address, client, user):
    client.force_login(user)
    assert ask(address, client=client).status_code == 401


def test_a_session_lacks_the_scope_where_sessions_are_accepted(client, user):
    client.force_login(user)
    response = ask("/drf-behind-middleware", client=client)
    assert (response.status_code, response.json()["code"]) == (403, "insufficient_scope")
    assert "WWW-Authenticate" not in response


@pytest.mark.parametrize("address", ["/drf-sessions", "/either"])
def test_a_session_may_pass_where_the_view_says_so(address, client, user):
    client.force_login(user)
    assert ask(address, client=client).status_code == 200


@pytest.mark.parametrize("address", ["/drf-by-method", "/required-by-method"])
def test_each_method_has_scopes_of_its_own(address, user, reader):
    _api_key, writer = user.api_keys.create_key(scopes=["reports:*"])
    assert ask(address, reader[1]).status_code == 200
    for method in ("HEAD", "OPTIONS"):
        assert ask(address, reader[1], method).status_code in {200, 405}
    assert_refused(
        ask(address, reader[1], "POST"),
        "reports:read reports:write",
        "scopes reports:read, reports:write",
    )
    assert ask(address, writer, "POST").status_code == 200
    for method in ("DELETE", "PUT"):
        assert ask(address, writer, method).status_code == 405


def test_describing_a_view_reports_no_refusal(reader, rejections):
    response = ask("/drf-by-method", reader[1], "OPTIONS")
    assert response.status_code == 200
    assert "WWW-Authenticate" not in response
    assert rejections == []


def test_what_the_view_itself_refuses_is_not_for_its_scopes(other, rejections):
    response = ask("/drf-of-readers", other[1])
    assert response.json() == {"detail": "Not this one."}
    assert "WWW-Authenticate" not in response
    assert rejections == []


def test_what_another_permission_refuses_is_not_for_the_scopes(other, rejections):
    response = ask("/drf-team-keys", other[1])
    assert response.json()["code"] == "TEAM_API_KEY_REQUIRED"
    assert "WWW-Authenticate" not in response
    assert rejections == []


def test_a_permission_without_scopes_is_a_mistake_of_the_project(reader):
    with pytest.raises(ImproperlyConfigured, match="WhoAmI has the permission HasScopes, but no"):
        ask("/drf-misconfigured", reader[1])


def test_the_challenge_names_the_scheme_in_which_keys_are_sent(configure, other):
    configure(HEADERS=["Authorization"])
    for address in ("/drf", "/required"):
        headers = {"Authorization": f"Bearer {other[1]}"}
        response = Client().get(address, headers=headers)
        assert response["WWW-Authenticate"] == (
            'Bearer realm="api", error="insufficient_scope", scope="reports:read"'
        )


def test_a_missing_scope_is_no_guess(configure, other, reader):
    configure(GUESS_RATE="1/hour")
    for address in ("/drf", "/required") * 3:
        assert_refused(ask(address, other[1]))
    assert ask("/drf", reader[1]).status_code == 200


def test_a_key_that_is_narrowed_is_refused_at_once(reader):
    api_key, value = reader
    assert ask("/drf", value).status_code == 200
    api_key.narrow_scopes([])
    assert_refused(ask("/drf", value))


@pytest.mark.parametrize("address", ["/drf", "/required", "/either"])
def test_a_view_with_scopes_takes_one_query(address, reader, other, django_assert_num_queries):
    for value in (reader[1], other[1]):
        with django_assert_num_queries(1):
            ask(address, value)
