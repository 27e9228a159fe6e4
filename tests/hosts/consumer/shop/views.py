"""The project's own API, behind keys."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.decorators import method_decorator
from django.views import View
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from stack_apikeys.authentication import ApiKeyAuthentication
from stack_apikeys.decorators import (
    ApiKeyRequest,
    TeamApiKeyRequest,
    UserApiKeyRequest,
    api_key_or_session,
    api_key_required,
)


class Orders(APIView):
    """The orders of the key's owner."""

    authentication_classes = [ApiKeyAuthentication]
    permission_classes = [IsAuthenticated]

    def get(self, request: Request) -> Response:
        return Response({"for": str(request.user)})


@api_key_required(kind="user")
def invoices(request: UserApiKeyRequest) -> HttpResponse:
    return JsonResponse({"for": request.user.username})


@api_key_required(kind="user")
async def deliveries(request: UserApiKeyRequest) -> HttpResponse:
    return JsonResponse({"for": (await request.auser()).username})


@api_key_required
def reports(request: ApiKeyRequest, *, year: int) -> HttpResponse:
    return JsonResponse({"by": str(request.api_key.pk), "year": year})


@api_key_or_session
def summary(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"for": str(request.user)})


@method_decorator(api_key_required(kind="team"), name="dispatch")
class Shipments(View):
    """The shipments of a team."""

    def get(self, request: TeamApiKeyRequest) -> HttpResponse:
        return JsonResponse({"for": str(request.user.team)})


stock = api_key_required(kind="team")(Shipments.as_view())
