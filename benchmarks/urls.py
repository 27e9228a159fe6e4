"""The view without authentication, and the same view with a contender's."""

from django.conf import settings
from django.urls import include, path
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response
from rest_framework.views import APIView

from benchmarks.settings import contender


class Open(APIView):
    authentication_classes = []
    permission_classes = []
    renderer_classes = [JSONRenderer]

    def get(self, request):
        return Response({"ok": True})


class Guarded(Open):
    locals().update(contender.view_attributes())

    def get(self, request):
        contender.owner(request)
        return Response({"ok": True})


urlpatterns = [path("open", Open.as_view()), path("guarded", Guarded.as_view())]
if "stack_apikeys" in settings.INSTALLED_APPS:
    urlpatterns.append(path("api/v1/", include("stack_apikeys.api.urls")))
if "django.contrib.sessions" in settings.INSTALLED_APPS:
    urlpatterns.append(path("", include("stack_apikeys.urls")))
