"""The addresses of the HTTP API, to be included at ``api/v1/``. None ends in a slash."""

from django.urls import re_path
from rest_framework.routers import SimpleRouter

from stack_apikeys.api.base import NotFoundView
from stack_apikeys.api.viewsets import TeamApiKeyViewSet, UserApiKeyViewSet

router = SimpleRouter(trailing_slash=False)
router.register("user-api-keys", UserApiKeyViewSet, basename="user-api-key")
router.register("team-api-keys", TeamApiKeyViewSet, basename="team-api-key")

app_name = "stack_apikeys_api"
urlpatterns = [
    *router.urls,
    # Takes every other address, so that APPEND_SLASH never answers with a redirect.
    re_path("", NotFoundView.as_view(), name="not-found"),
]
