from django.contrib import admin
from django.http import JsonResponse
from django.urls import include, path

from stack_apikeys.decorators import api_key_required


@api_key_required(kind="user")
def whoami(request):
    return JsonResponse({"id": request.user.pk})


@api_key_required(kind="team")
def which_organization(request):
    return JsonResponse({"id": request.user.team.pk, "name": request.user.team.name})


urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/v1/", include("stack_apikeys.sdk.urls")),
    path("api/v1/", include("stack_apikeys.api.urls")),
    path("settings/", include("stack_apikeys.urls")),
    path("whoami", whoami),
    path("organization", which_organization),
]
