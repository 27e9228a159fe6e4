from django.conf import settings
from django.db import models
from django_tenant_apikeys.models import AbstractTenantAPIKey


class UserAPIKey(AbstractTenantAPIKey):
    tenant = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="api_keys")
