"""Places where an error meets a key's value, for the tests of what error reports show."""

from contextlib import contextmanager

from asgiref.sync import async_to_sync
from django.db import OperationalError, connection
from django.http import JsonResponse
from django.test import AsyncRequestFactory, RequestFactory
from django.urls import include, path
from rest_framework.views import APIView

from stack_apikeys.authentication import ApiKeyAuthentication
from stack_apikeys.decorators import api_key_or_session, api_key_required
from stack_apikeys.models import UserApiKey
from stack_apikeys.verification import (
    aget_team,
    aget_user,
    averify_api_key,
    get_team,
    get_user,
    verify_api_key,
)


class Broken(APIView):
    """A host's view with an error of its own, after the key was accepted."""

    authentication_classes = [ApiKeyAuthentication]

    def get(self, request):
        raise ZeroDivisionError

    post = get


@api_key_required()
def plain(request):
    return JsonResponse({"by": str(1 / 0)})


@api_key_required()
async def asynchronous(request):
    return JsonResponse({"by": str(1 / 0)})


@api_key_or_session()
def either(request):
    return JsonResponse({"by": str(1 / 0)})


urlpatterns = [
    path("broken", Broken.as_view()),
    path("plain", plain),
    path("asynchronous", asynchronous),
    path("either", either),
    path("settings/", include("stack_apikeys.urls")),
]

ADDRESSES = ["/broken", "/plain", "/asynchronous", "/either"]


@contextmanager
def lost_connection():
    """Every query fails."""

    def fail(*_args):
        raise OperationalError("server closed the connection unexpectedly")

    with connection.execute_wrapper(fail):
        yield


def _request(value):
    return RequestFactory().get("/", headers={"X-Stack-Api-Key": value})


def _asynchronous_request(value):
    return AsyncRequestFactory().get("/", headers={"X-Stack-Api-Key": value})


VERIFICATIONS = {
    "verify_api_key": verify_api_key,
    "get_user": lambda value: get_user(api_key=value),
    "get_team": lambda value: get_team(api_key=value),
    "averify_api_key": async_to_sync(averify_api_key),
    "aget_user": lambda value: async_to_sync(aget_user)(api_key=value),
    "aget_team": lambda value: async_to_sync(aget_team)(api_key=value),
    "drf": lambda value: Broken.as_view()(_request(value)),
    "decorator": lambda value: plain(_request(value)),
    "asynchronous decorator": lambda value: async_to_sync(asynchronous)(
        _asynchronous_request(value)
    ),
    "key or session": lambda value: either(_request(value)),
}
"""Ways of a value into a verification."""

CREATIONS = {
    "create_key": lambda user: user.api_keys.create_key(description="CI"),
    "acreate_key": lambda user: async_to_sync(user.api_keys.acreate_key)(description="CI"),
    "bulk_create_keys": lambda user: user.api_keys.bulk_create_keys(3),
    "abulk_create_keys": lambda user: async_to_sync(user.api_keys.abulk_create_keys)(3),
    "issue_keys": lambda user: list(UserApiKey.objects.issue_keys([user.pk])),
}
"""Ways to make keys."""
