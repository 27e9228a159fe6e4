"""A DRF throttle class that counts the requests of each API key."""

from typing import TYPE_CHECKING, Any, cast

from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

from stack_apikeys.authentication import error_body
from stack_apikeys.exceptions import LimitUnavailable, RateLimited
from stack_apikeys.limits import Limit, Rate
from stack_apikeys.models import AbstractApiKey

if TYPE_CHECKING:
    # `rest_framework.views` imports this module if DRF's settings name a class in it.
    from rest_framework.views import APIView


class ThrottleUnavailable(APIException):
    """The cache is unavailable, and ``ON_CACHE_FAILURE`` is set to refuse requests (503)."""

    status_code = LimitUnavailable.status

    def __init__(self, error: LimitUnavailable) -> None:
        super().__init__(cast(Any, error_body(error)), error.code)
        self.wait = error.wait  # DRF's handler sends it as Retry-After


class ApiKeyRateThrottle(SimpleRateThrottle):
    """Limit the requests of each key to the rate ``DEFAULT_THROTTLE_RATES["api_key"]``.

    Requests without a key are not counted; use DRF's own throttles for them. For other rates on
    single views, subclass it and set ``scope`` or ``rate``. Unlike DRF's throttles, it uses an
    atomic counter, so that concurrent requests are all counted.
    """

    scope = "api_key"
    num_requests: int | None
    duration: int | None

    def get_cache_key(self, request: Request, view: "APIView") -> str | None:
        """Return a cache key made from the key's id, or None without a key."""
        if not isinstance(request.auth, AbstractApiKey):
            return None
        return self.cache_format % {"scope": self.scope, "ident": request.auth.pk.hex}

    def allow_request(self, request: Request, view: "APIView") -> bool:
        """Count the request and return whether it is allowed. Raises `ThrottleUnavailable`."""
        key = self.get_cache_key(request, view)
        if key is None or self.num_requests is None or self.duration is None:
            return True
        rate = Rate(self.num_requests, self.duration)
        try:
            Limit("api_key", rate, key, cache=self.cache).take()
        except RateLimited as error:
            self.seconds_to_wait = error.wait
            return False
        except LimitUnavailable as error:
            raise ThrottleUnavailable(error) from error
        return True

    def wait(self) -> float | None:
        """Return the number of seconds until a request is allowed."""
        return self.seconds_to_wait
