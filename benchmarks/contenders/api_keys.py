"""Packages for API keys."""

import secrets
from datetime import timedelta
from typing import Any

from benchmarks.contenders.base import Contender


class ApiKey(Contender):
    """https://florimondmanca.github.io/djangorestframework-api-key/guide/"""

    name = "api-key"
    title = "djangorestframework-api-key"
    package = "djangorestframework-api-key"
    module = "rest_framework_api_key"
    apps = ("rest_framework_api_key",)
    loads_owner = False
    has_many_keys_per_user = False
    keyword = "Api-Key"

    @property
    def model(self) -> Any:
        from rest_framework_api_key.models import APIKey

        return APIKey

    def view_attributes(self):
        from rest_framework_api_key.permissions import HasAPIKey

        return {"authentication_classes": [], "permission_classes": [HasAPIKey]}

    def owner(self, request):
        return None

    def create(self, user):
        return self.model.objects.create_key(name="benchmark")[1]

    def fill(self, user_ids):
        self.insert(self.model, {"name": "benchmark"}, (self.row() for _user_id in user_ids))

    def row(self) -> dict[str, Any]:
        prefix, digest = secrets.token_urlsafe(6), f"sha512$${secrets.token_hex(64)}"
        return {"id": f"{prefix}.{digest}", "prefix": prefix, "hashed_key": digest}

    def unknown(self):
        return f"{secrets.token_hex(4)}.{secrets.token_hex(16)}"


class ApiKeyWithUser(ApiKey):
    """The same guide, "API key models" and "Making authorized requests"."""

    name = "api-key-with-user"
    title = "djangorestframework-api-key, with the user"
    apps = ("rest_framework_api_key", "benchmarks.contenders.models.api_key_with_user")
    loads_owner = True
    has_many_keys_per_user = True

    @property
    def model(self):
        from benchmarks.contenders.models.api_key_with_user.models import UserAPIKey

        return UserAPIKey

    def view_attributes(self):
        from rest_framework_api_key.permissions import BaseHasAPIKey

        has_user_api_key = type("HasUserAPIKey", (BaseHasAPIKey,), {"model": self.model})
        return {"authentication_classes": [], "permission_classes": [has_user_api_key]}

    def owner(self, request):
        key = request.headers["authorization"].split()[1]
        return self.model.objects.get_from_key(key).user

    def create(self, user):
        return self.model.objects.create_key(name="benchmark", user=user)[1]

    def fill(self, user_ids):
        rows = ({**self.row(), "user_id": user_id} for user_id in user_ids)
        self.insert(self.model, {"name": "benchmark"}, rows)


class SimpleApiKey(Contender):
    """https://djangorestframework-simple-apikey.readthedocs.io/en/latest/authentication.html"""

    name = "simple-apikey"
    title = "drf-simple-apikey"
    package = "drf-simple-apikey"
    module = "drf_simple_apikey"
    apps = ("drf_simple_apikey",)
    settings = {
        "DRF_API_KEY": {
            "FERNET_SECRET": "Q5vXr1mU0rYwq0d8eOqVYy1dY8m0vYkq2b1o8hJ7n0E=",
            "ENFORCE_HTTPS": False,
        }
    }
    keyword = "Api-Key"

    def view_attributes(self):
        from drf_simple_apikey.backends import APIKeyAuthentication
        from rest_framework.permissions import IsAuthenticated

        return {
            "authentication_classes": [APIKeyAuthentication],
            "permission_classes": [IsAuthenticated],
        }

    def create(self, user):
        from drf_simple_apikey.models import APIKey

        return APIKey.objects.create_api_key(name="benchmark", entity=user)[1]

    def fill(self, user_ids):
        from django.utils import timezone
        from drf_simple_apikey.models import APIKey

        same = {"name": "benchmark", "expiry_date": timezone.now() + timedelta(days=365)}
        self.insert(APIKey, same, ({"entity_id": user_id} for user_id in user_ids))

    def unknown(self):
        from drf_simple_apikey.crypto import get_crypto

        return get_crypto().generate({"_pk": 2**31 - 1})


class TenantApiKeys(Contender):
    """https://stackadnan.github.io/django-tenant-apikeys/quickstart/"""

    name = "tenant-apikeys"
    title = "django-tenant-apikeys"
    package = "django-tenant-apikeys"
    module = "django_tenant_apikeys"
    apps = ("django_tenant_apikeys", "benchmarks.contenders.models.tenant_apikeys")
    settings = {"TENANT_API_KEY_MODEL": "tenant_apikeys.UserAPIKey"}
    keyword = "Api-Key"

    @property
    def model(self) -> Any:
        from benchmarks.contenders.models.tenant_apikeys.models import UserAPIKey

        return UserAPIKey

    def view_attributes(self):
        from django_tenant_apikeys.authentication import TenantAPIKeyAuthentication
        from django_tenant_apikeys.permissions import HasAPIKeyScope

        return {
            "authentication_classes": [TenantAPIKeyAuthentication],
            "permission_classes": [HasAPIKeyScope],
        }

    def owner(self, request):
        return request.tenant

    def create(self, user):
        return self.model.generate_key(name="benchmark", tenant=user)[1]

    def fill(self, user_ids):
        rows = (
            {
                "tenant_id": user_id,
                "prefix": f"tak_live_{secrets.token_hex(8)}",
                "hashed_key": secrets.token_hex(32),
            }
            for user_id in user_ids
        )
        self.insert(self.model, {"name": "benchmark"}, rows)

    def unknown(self):
        from django_tenant_apikeys.models import generate_api_key

        return generate_api_key()[0]
