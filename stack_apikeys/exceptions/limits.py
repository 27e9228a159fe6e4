"""What rate limits raise."""

from django.utils.translation import gettext_noop as _
from django.utils.translation import ngettext

from stack_apikeys.exceptions.base import PlainError


class LimitError(PlainError):
    """Base class of the errors of rate limits. The argument ``wait`` is a number as a string."""

    @property
    def wait(self) -> int:
        """The number of seconds to wait before the next request, for ``Retry-After``."""
        return int(self.params["wait"])


class RateLimited(LimitError):
    """The rate limit is exceeded."""

    code = "RATE_LIMITED"
    status = 429
    message_format = "Too many requests. Try again in {wait} seconds."

    @property
    def translated_message(self) -> str:
        """The message in the active language, with long waits in minutes."""
        if self.wait <= 90:
            return ngettext(
                "Too many attempts. Try again in %(number)d second.",
                "Too many attempts. Try again in %(number)d seconds.",
                self.wait,
            ) % {"number": self.wait}
        minutes = -(-self.wait // 60)
        return ngettext(
            "Too many attempts. Try again in %(number)d minute.",
            "Too many attempts. Try again in %(number)d minutes.",
            minutes,
        ) % {"number": minutes}


class ApiKeyRateLimited(RateLimited):
    """The key has been used too often, or too many keys from the same address were refused."""

    code = "rate_limited"


class LimitUnavailable(LimitError):
    """The cache is unavailable, and ``ON_CACHE_FAILURE`` is set to refuse requests."""

    code = "LIMIT_UNAVAILABLE"
    status = 503
    message_format = _("This is not available at the moment. Try again in a few seconds.")
