"""A host's own API: views behind keys, as the tests of the doors ask for them."""

from django.http import Http404, JsonResponse
from django.urls import path
from rest_framework.authentication import TokenAuthentication
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework.throttling import UserRateThrottle
from rest_framework.views import APIView

from stack_apikeys.authentication import (
    ApiKeyAuthentication,
    TeamApiKeyAuthentication,
    TeamPrincipal,
    UserApiKeyAuthentication,
)
from stack_apikeys.decorators import api_key_required
from stack_apikeys.permissions import (
    AuthenticatedByTeamApiKey,
    AuthenticatedByUserApiKey,
    NotAuthenticatedByApiKey,
)
from stack_apikeys.throttling import ApiKeyRateThrottle


def name_of(caller):
    return caller.team.display_name if isinstance(caller, TeamPrincipal) else str(caller)


class WhoAmI(APIView):
    """Answers who asks, and by what key."""

    authentication_classes = [ApiKeyAuthentication]
    permission_classes = [IsAuthenticated]

    def get(self, request):
        api_key = request.auth
        return Response({"caller": name_of(request.user), "key": api_key and str(api_key.pk)})

    post = get


class Broken(WhoAmI):
    def get(self, request):
        return Response({"detail": "the host's own error"}, status=409)


class Cached(WhoAmI):
    def get(self, request):
        return Response({}, headers={"Cache-Control": "no-store, max-age=60"})


class ThreePerDay(ApiKeyRateThrottle):
    rate = "3/day"


class OnePerUser(UserRateThrottle):
    rate = "1/day"


class BearerTokens(TokenAuthentication):
    keyword = "Bearer"

    def authenticate_credentials(self, key):
        from tests.factories import UserFactory

        return UserFactory.build(email=f"{key}@tokens.example"), None


@api_key_required()
def plain(request):
    return JsonResponse({"caller": name_of(request.user), "key": str(request.api_key.pk)})


@api_key_required(kind="team")
async def asynchronous(request):
    return JsonResponse({"team": str(request.user.team.pk)})


@api_key_required()
def missing(request):
    raise Http404


@api_key_required()
async def asynchronously_missing(request):
    raise Http404


@api_key_required()
async def asynchronous_caller(request):
    return JsonResponse({"caller": str((await request.auser()).pk)})


urlpatterns = [
    path("missing", missing),
    path("asynchronously-missing", asynchronously_missing),
    path("asynchronous-caller", asynchronous_caller),
    path("any", WhoAmI.as_view()),
    path("user", WhoAmI.as_view(authentication_classes=[UserApiKeyAuthentication])),
    path("team", WhoAmI.as_view(authentication_classes=[TeamApiKeyAuthentication])),
    path("open", WhoAmI.as_view(permission_classes=[])),
    path("broken", Broken.as_view()),
    path("cached", Cached.as_view()),
    path("throttled", WhoAmI.as_view(throttle_classes=[ThreePerDay], permission_classes=[])),
    path("throttled-by-drf", WhoAmI.as_view(throttle_classes=[OnePerUser])),
    path(
        "tokens-too",
        WhoAmI.as_view(authentication_classes=[ApiKeyAuthentication, BearerTokens]),
    ),
    path("by-user-key", WhoAmI.as_view(permission_classes=[AuthenticatedByUserApiKey])),
    path("by-team-key", WhoAmI.as_view(permission_classes=[AuthenticatedByTeamApiKey])),
    path("not-by-key", WhoAmI.as_view(permission_classes=[NotAuthenticatedByApiKey])),
    path("plain", plain),
    path("asynchronous", asynchronous),
]
