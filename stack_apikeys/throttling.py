"""DRF throttles that count by key, and by person where keys are made."""

from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle
from rest_framework.views import APIView

from stack_apikeys.conf import conf
from stack_apikeys.models import AbstractApiKey


class ApiKeyRateThrottle(SimpleRateThrottle):
    """Limit how often one key is used, at DRF's ``DEFAULT_THROTTLE_RATES["api_key"]``.

    Requests that carry no key are not counted; DRF's own throttles are for those. A subclass with
    another ``scope`` or ``rate`` limits single views.
    """

    scope = "api_key"

    def get_cache_key(self, request: Request, view: APIView) -> str | None:
        """Count by the key's id, which is no secret."""
        if not isinstance(request.auth, AbstractApiKey):
            return None
        return self.cache_format % {"scope": self.scope, "ident": request.auth.pk.hex}


class CreateRateThrottle(SimpleRateThrottle):
    """Limit how many keys one person makes, at ``STACK_APIKEYS["CREATE_RATE"]``."""

    scope = "stack_apikeys_create"

    def get_rate(self) -> str | None:
        """Take the rate from our settings instead of DRF's."""
        return conf.CREATE_RATE

    def get_cache_key(self, request: Request, view: APIView) -> str | None:
        """Count by the signed-in person; a backend without one is not limited."""
        if not request.user.is_authenticated:
            return None
        return self.cache_format % {"scope": self.scope, "ident": request.user.pk}
