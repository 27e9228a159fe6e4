"""Keys as rows, and their life: made, renamed, revoked, expired."""

from stack_apikeys.models.abstract import AbstractApiKey
from stack_apikeys.models.kinds import MODELS, TeamApiKey, UserApiKey
from stack_apikeys.models.managers import ApiKeyManager

__all__ = ["MODELS", "AbstractApiKey", "ApiKeyManager", "TeamApiKey", "UserApiKey"]
