"""URLs of the HTTP API, to be included at ``api/v1/``. None ends in a slash.

An optional app adds URLs of its own by the attribute ``api_urls`` of its AppConfig, which names a
module with ``urlpatterns``.
"""

from django.apps import apps
from django.urls import include, path, re_path
from rest_framework.routers import SimpleRouter

from stack_apikeys.api.own_key import OwnKeyView, RotateOwnKeyView
from stack_apikeys.api.viewsets import TeamApiKeyViewSet, UserApiKeyViewSet
from stack_apikeys.wire.views import NotFoundView

router = SimpleRouter(trailing_slash=False)
router.register("user-api-keys", UserApiKeyViewSet, basename="user-api-key")
router.register("team-api-keys", TeamApiKeyViewSet, basename="team-api-key")

app_name = "stack_apikeys_api"
urlpatterns = [
    *router.urls,
    path("api-key", OwnKeyView.as_view(), name="own-api-key"),
    path("api-key/rotate", RotateOwnKeyView.as_view(), name="own-api-key-rotate"),
    *(
        path("", include(config.api_urls))
        for config in apps.get_app_configs()
        if hasattr(config, "api_urls")
    ),
    # Matches every other URL, so that APPEND_SLASH never redirects.
    re_path("", NotFoundView.as_view(), name="not-found"),
]
