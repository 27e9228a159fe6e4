"""A view that takes a key, and the endpoints that change keys."""

from django.urls import include, path
from rest_framework.permissions import IsAuthenticated
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response
from rest_framework.views import APIView

from stack_apikeys.authentication import ApiKeyAuthentication


class Invoices(APIView):
    authentication_classes = [ApiKeyAuthentication]
    permission_classes = [IsAuthenticated]
    renderer_classes = [JSONRenderer]

    def get(self, request):
        return Response({"owner": request.user.get_username(), "invoices": []})


urlpatterns = [
    path("invoices", Invoices.as_view()),
    path("api/v1/", include("stack_apikeys.api.urls")),
]
