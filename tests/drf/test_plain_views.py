"""Plain Django views that require keys, and the middleware."""

import inspect

import pytest
from asgiref.sync import async_to_sync
from django.http import Http404, JsonResponse
from django.test import AsyncClient, Client
from django.urls import path
from django.utils.decorators import method_decorator
from django.views import View
from rest_framework.authentication import SessionAuthentication

from stack_apikeys.decorators import api_key_or_session, api_key_required
from stack_apikeys.keys import generate
from stack_apikeys.middleware import ApiKeyMiddleware
from stack_apikeys.permissions import NotAuthenticatedByApiKey
from tests.factories import TeamFactory
from tests.host import WhoAmI

MIDDLEWARE = "stack_apikeys.middleware.ApiKeyMiddleware"


def caller(request):
    api_key = getattr(request, "api_key", None)
    return JsonResponse({"caller": str(request.user), "key": api_key and str(api_key.pk)})


async def asynchronous_caller(request):
    return JsonResponse({"caller": str(await request.auser())})


def failing(request):
    raise Http404


@method_decorator(api_key_required(), name="dispatch")
class SynchronousView(View):
    def get(self, request):
        return caller(request)


@method_decorator(api_key_required(), name="dispatch")
class AsynchronousView(View):
    async def get(self, request):
        return await asynchronous_caller(request)


class AsynchronousMethod(View):
    @method_decorator(api_key_required())
    async def get(self, request):
        return await asynchronous_caller(request)


class Undecorated(View):
    async def get(self, request):
        return await asynchronous_caller(request)


by_session = WhoAmI.as_view(authentication_classes=[SessionAuthentication])
not_by_key = WhoAmI.as_view(
    authentication_classes=[SessionAuthentication], permission_classes=[NotAuthenticatedByApiKey]
)

urlpatterns = [
    path("caller", caller),
    path("asynchronous-caller", asynchronous_caller),
    path("failing", failing),
    path("required", api_key_required(caller)),
    path("either", api_key_or_session()(caller)),
    path("either-asynchronously", api_key_or_session(asynchronous_caller)),
    path("either-team", api_key_or_session(kind="team")(caller)),
    path("synchronous-class", SynchronousView.as_view()),
    path("asynchronous-class", AsynchronousView.as_view()),
    path("asynchronous-method", AsynchronousMethod.as_view()),
    path("decorated-class", api_key_required()(Undecorated.as_view())),
    path("drf-behind-decorator", api_key_required()(WhoAmI.as_view())),
    path("not-by-key", not_by_key),
]

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


@pytest.mark.parametrize("decorator", [api_key_required, api_key_or_session])
@pytest.mark.parametrize("arguments", [None, {}, {"kind": "user"}], ids=str)
@pytest.mark.parametrize("view", [failing, asynchronous_caller])
def test_a_decorated_view_keeps_its_name_and_signature(decorator, arguments, view):
    decorated = decorator(view) if arguments is None else decorator(**arguments)(view)
    assert decorated.__name__ == view.__name__
    assert inspect.signature(decorated) == inspect.signature(view)
    assert inspect.iscoroutinefunction(decorated) == inspect.iscoroutinefunction(view)


@pytest.fixture
def everywhere(settings):
    place = settings.MIDDLEWARE.index("django.contrib.auth.middleware.AuthenticationMiddleware")
    settings.MIDDLEWARE = [*settings.MIDDLEWARE]
    settings.MIDDLEWARE.insert(place + 1, MIDDLEWARE)


@async_to_sync
async def ask(address, value=None, client=None, **headers):
    client = client or AsyncClient(raise_request_exception=False)
    if value:
        headers["X-Stack-Api-Key"] = value
    return await client.get(address, headers=headers)


# Class-based views ----------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "address",
    ["/synchronous-class", "/asynchronous-class", "/asynchronous-method", "/decorated-class"],
)
def test_a_class_based_view_is_decorated_at_any_place(address, user, value):
    assert ask(address).status_code == 401
    assert ask(address, value).json()["caller"] == "Ada"
    answer = ask(address, value)
    assert "private" in answer["Cache-Control"]


def test_the_class_based_views_work_in_wsgi_too(value):
    for address in ("/synchronous-class", "/decorated-class"):
        answer = Client().get(address, headers={"X-Stack-Api-Key": value})
        assert answer.json()["caller"] == "Ada"


def test_without_djangos_middleware_no_user_is_signed_in(value, settings):
    settings.MIDDLEWARE = []
    assert Client().get("/either").status_code == 401
    assert Client().get("/either", headers={"X-Stack-Api-Key": value}).json()["caller"] == "Ada"


# Preflights -----------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["/required", "/either"])
def test_a_preflight_request_does_not_reach_the_view(address):
    headers = {"Origin": "https://a.example", "Access-Control-Request-Method": "GET"}
    answer = Client().options(address, headers=headers)
    assert answer.status_code == 204
    assert answer.content == b""
    assert "Access-Control-Allow-Origin" not in answer


@pytest.mark.parametrize("address", ["/required", "/either"])
def test_any_other_options_needs_a_key(address, value):
    assert Client().options(address).status_code == 401
    headers = {"X-Stack-Api-Key": value, "Access-Control-Request-Method": "GET"}
    assert Client().options(address, headers=headers).json()["caller"] == "Ada"


# Key or session -------------------------------------------------------------------------------


def test_a_key_and_a_session_share_a_view(user, value):
    client = Client()
    assert client.get("/either").json()["code"] == "API_KEY_REQUIRED"
    assert client.get("/either", headers={"X-Stack-Api-Key": value}).json() == {
        "caller": "Ada",
        "key": str(user.api_keys.get().pk),
    }
    client.force_login(user)
    assert client.get("/either").json() == {"caller": "Ada", "key": None}


def test_only_the_session_needs_a_csrf_token(user, value):
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)
    assert client.post("/either").status_code == 403
    assert client.post("/either", headers={"X-Stack-Api-Key": value}).status_code == 200
    client.cookies["csrftoken"] = "t" * 32
    assert client.post("/either", headers={"X-CSRFToken": "t" * 32}).status_code == 200


def test_a_bad_key_is_refused_beside_a_good_session(user, value):
    user.api_keys.get().revoke()
    client = Client()
    client.force_login(user)
    answer = client.get("/either", headers={"X-Stack-Api-Key": value})
    assert answer.json()["code"] == "API_KEY_REVOKED"
    answer = client.get("/either-team", headers={"X-Stack-Api-Key": value})
    assert answer.json()["code"] == "WRONG_API_KEY_TYPE"


@pytest.mark.django_db(transaction=True)
def test_a_key_and_a_session_share_an_asynchronous_view(user, value):
    client = AsyncClient(enforce_csrf_checks=True)
    assert ask("/either-asynchronously", client=client).status_code == 401
    assert ask("/either-asynchronously", value, client).json() == {"caller": "Ada"}
    client.force_login(user)
    assert ask("/either-asynchronously", client=client).json() == {"caller": "Ada"}
    post = async_to_sync(client.post)
    assert post("/either-asynchronously").status_code == 403


# Middleware -----------------------------------------------------------------------------------


@pytest.mark.usefixtures("everywhere")
def test_the_middleware_signs_a_key_in_for_one_request(user, value, django_assert_num_queries):
    client = Client(enforce_csrf_checks=True)
    with django_assert_num_queries(1):
        answer = client.post("/caller", headers={"X-Stack-Api-Key": value})
    assert answer.json() == {"caller": "Ada", "key": str(user.api_keys.get().pk)}
    assert "private" in answer["Cache-Control"]
    assert client.get("/caller").json() == {"caller": "AnonymousUser", "key": None}
    assert client.post("/caller").status_code == 403


@pytest.mark.usefixtures("everywhere")
def test_the_middleware_refuses_a_bad_key_on_any_page(user, value):
    answer = Client().get("/failing", headers={"X-Stack-Api-Key": value})
    assert answer.status_code == 404
    user.api_keys.get().revoke()
    answer = Client().get("/failing", headers={"X-Stack-Api-Key": value})
    assert answer.status_code == 401
    assert answer.json()["code"] == "API_KEY_REVOKED"
    assert 'error="invalid_token"' in answer["WWW-Authenticate"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("everywhere")
def test_the_middleware_works_asynchronously(value):
    assert ask("/asynchronous-caller", value).json() == {"caller": "Ada"}
    assert (
        ask("/asynchronous-caller", generate(id=TeamFactory().pk, kind="user")).status_code == 401
    )


@pytest.mark.usefixtures("everywhere")
def test_a_permission_sees_a_key_that_the_middleware_accepted(value):
    answer = Client().get("/not-by-key", headers={"X-Stack-Api-Key": value})
    assert answer.status_code == 403
    assert answer.json()["code"] == "API_KEY_NOT_ALLOWED"


def test_a_subclass_of_the_middleware_chooses_keys(rf, value):
    class TeamsOnly(ApiKeyMiddleware):
        kind = "team"

    answer = TeamsOnly(caller)(rf.get("/", headers={"X-Stack-Api-Key": value}))
    assert answer.status_code == 401
    assert b"WRONG_API_KEY_TYPE" in answer.content
