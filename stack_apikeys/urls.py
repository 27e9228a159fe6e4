"""The settings pages: the same six for the visitor's own keys and for each team's."""

from django.urls import URLPattern, path

from stack_apikeys import views
from stack_apikeys.models import TeamApiKey, UserApiKey
from stack_apikeys.views.section import ApiKeyModel

app_name = "stack_apikeys"


def _pages(at: str, model: ApiKeyModel) -> list[URLPattern]:
    kind = model.KIND
    return [
        path(at, views.ApiKeyListView.as_view(model=model), name=f"{kind}-api-keys"),
        path(
            f"{at}export.csv",
            views.ApiKeyCsvView.as_view(model=model),
            name=f"{kind}-api-keys-csv",
        ),
        path(
            f"{at}new/", views.ApiKeyCreateView.as_view(model=model), name=f"{kind}-api-key-create"
        ),
        path(
            f"{at}<uuid:pk>/", views.ApiKeyDetailView.as_view(model=model), name=f"{kind}-api-key"
        ),
        path(
            f"{at}<uuid:pk>/rename/",
            views.ApiKeyRenameView.as_view(model=model),
            name=f"{kind}-api-key-rename",
        ),
        path(
            f"{at}<uuid:pk>/revoke/",
            views.ApiKeyRevokeView.as_view(model=model),
            name=f"{kind}-api-key-revoke",
        ),
    ]


urlpatterns = [
    *_pages("api-keys/", UserApiKey),
    *_pages("teams/<str:team_id>/api-keys/", TeamApiKey),
]
