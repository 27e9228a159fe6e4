"""The URLs of the settings pages, for the user's own keys and for the keys of each team.

An optional app adds pages by the attribute ``page_urls`` of its AppConfig, which names a module with
``urlpatterns``.
"""

from django.apps import apps
from django.urls import URLPattern, include, path

from stack_apikeys.models import ApiKeyModel, TeamApiKey, UserApiKey
from stack_apikeys.pages import many, rotation, views
from stack_apikeys.pages.networks import ApiKeyNetworksView
from stack_apikeys.pages.scopes import ApiKeyScopesView

app_name = "stack_apikeys"


def _pages(prefix: str, model: ApiKeyModel) -> list[URLPattern]:
    kind = model.KIND
    return [
        path(
            prefix,
            views.ApiKeyListView.as_view(model=model),
            name=f"{kind}-api-keys",
        ),
        path(
            f"{prefix}export.csv",
            views.ApiKeyCsvView.as_view(model=model),
            name=f"{kind}-api-keys-csv",
        ),
        path(
            f"{prefix}new/",
            views.ApiKeyCreateView.as_view(model=model),
            name=f"{kind}-api-key-create",
        ),
        path(
            f"{prefix}revoke/",
            many.RevokeManyView.as_view(model=model),
            name=f"{kind}-api-keys-revoke",
        ),
        path(
            f"{prefix}<uuid:pk>/",
            views.ApiKeyDetailView.as_view(model=model),
            name=f"{kind}-api-key",
        ),
        path(
            f"{prefix}<uuid:pk>/rename/",
            views.ApiKeyRenameView.as_view(model=model),
            name=f"{kind}-api-key-rename",
        ),
        path(
            f"{prefix}<uuid:pk>/scopes/",
            ApiKeyScopesView.as_view(model=model),
            name=f"{kind}-api-key-scopes",
        ),
        path(
            f"{prefix}<uuid:pk>/rotate/",
            rotation.ApiKeyRotateView.as_view(model=model),
            name=f"{kind}-api-key-rotate",
        ),
        path(
            f"{prefix}<uuid:pk>/networks/",
            ApiKeyNetworksView.as_view(model=model),
            name=f"{kind}-api-key-networks",
        ),
        path(
            f"{prefix}<uuid:pk>/revoke/",
            views.ApiKeyRevokeView.as_view(model=model),
            name=f"{kind}-api-key-revoke",
        ),
    ]


urlpatterns = [
    *_pages("api-keys/", UserApiKey),
    *_pages("teams/<str:team_id>/api-keys/", TeamApiKey),
    *(
        path("", include(config.page_urls))
        for config in apps.get_app_configs()
        if hasattr(config, "page_urls")
    ),
]
