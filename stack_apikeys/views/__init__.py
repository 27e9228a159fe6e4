"""The settings pages: thin views over the hall. Each serves users' keys or teams' by its model."""

from stack_apikeys.views.create import ApiKeyCreateView
from stack_apikeys.views.lists import ApiKeyCsvView, ApiKeyListView
from stack_apikeys.views.one_key import ApiKeyDetailView, ApiKeyRenameView, ApiKeyRevokeView

__all__ = [
    "ApiKeyCreateView",
    "ApiKeyCsvView",
    "ApiKeyDetailView",
    "ApiKeyListView",
    "ApiKeyRenameView",
    "ApiKeyRevokeView",
]
