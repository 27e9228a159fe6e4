"""The models of API keys: `UserApiKey` and `TeamApiKey`."""

from stack_apikeys.models import fixtures  # noqa: F401  # importing it connects its receiver
from stack_apikeys.models.abstract import AbstractApiKey
from stack_apikeys.models.kinds import MODELS, ApiKey, ApiKeyModel, TeamApiKey, UserApiKey
from stack_apikeys.models.managers import ApiKeyManager

__all__ = [
    "MODELS",
    "AbstractApiKey",
    "ApiKey",
    "ApiKeyManager",
    "ApiKeyModel",
    "TeamApiKey",
    "UserApiKey",
]
