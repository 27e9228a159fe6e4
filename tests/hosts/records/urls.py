from auditlog.context import set_actor
from django.contrib import admin
from django.urls import path
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework.throttling import UserRateThrottle
from rest_framework.views import APIView

from stack_apikeys.authentication import ApiKeyAuthentication
from tests.hosts.records.models import Note


class Notes(APIView):
    authentication_classes = [ApiKeyAuthentication]
    permission_classes = [IsAuthenticated]

    def get(self, request):
        notes = Note.objects.filter(owner=request.user)
        return Response({"user": request.user.pk, "titles": [note.title for note in notes]})

    def post(self, request):
        with set_actor(request.user):
            note = Note.objects.create(owner=request.user, editor=request.user, title="new")
        return Response({"id": note.pk}, status=201)


class OnePerDay(UserRateThrottle):
    rate = "1/day"


urlpatterns = [
    path("admin/", admin.site.urls),
    path("notes", Notes.as_view()),
    path("throttled", Notes.as_view(throttle_classes=[OnePerDay])),
]
