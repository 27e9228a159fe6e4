"""The settings for rate limits."""

from collections.abc import Mapping, Sequence

from stack_apikeys.conf.setting import Setting

ON_CACHE_FAILURE: Mapping[str, str] = {
    "api_key": "allow",
    "create": "allow",
    "email": "refuse",
    "guess": "allow",
    "key": "allow",
    "session": "allow",
    "sign_in": "refuse",
    "sign_up": "refuse",
    "team_create": "allow",
}
"""The kinds of rate limits, and what each does by default when the cache is unavailable."""


class LimitSettings:
    """How often something may be done."""

    RATES = Setting[Sequence[str]]((), list, tuple)
    """How often each key may be used: rates in the syntax of DRF's throttle rates, such as
    ``["20/second", "1000/hour"]``, at most one for each period. A key may have rates of its own.
    Empty: no limit."""

    PUBLIC_RATES = Setting[Sequence[str] | None](None, list, tuple, type(None))
    """How often each public key may be used, by all visitors together. ``None``: as `RATES`;
    empty: no limit."""

    GUESS_RATE = Setting[str | None]("1000/minute", str, type(None))
    """How many refused keys from one network address are answered with their reason. Above this
    rate, refused keys are answered with 429. Valid keys are not counted and not affected. ``None``:
    no limit."""

    CREATE_RATE = Setting[str | None]("120/min", str, type(None))
    """How many keys one person may create, over the HTTP API and in the settings pages together,
    in the syntax of DRF's throttle rates. Server access, admin access and Django admin are not
    limited. ``None``: no limit."""

    SIGN_IN_RATE = Setting[str | None]("5/min", str, type(None))
    """How many wrong passwords for one account are accepted from one network address, in the
    syntax of DRF's throttle rates. It applies to signing in and to changing the password over the
    HTTP API, and to the password form of the settings pages. Correct passwords are not counted.
    ``None``: no limit."""

    SIGN_IN_ADDRESS_RATE = Setting[str | None]("30/min", str, type(None))
    """How many wrong passwords are accepted from one network address, for all accounts."""

    SIGN_IN_STRANGERS_RATE = Setting[str | None]("100/hour", str, type(None))
    """How many wrong passwords for one account are accepted from all network addresses together
    that it was not recently used from. Above this rate each of these addresses has three attempts
    an hour, so that nobody can lock the account's user out."""

    ON_CACHE_FAILURE = Setting[Mapping[str, str]](ON_CACHE_FAILURE, Mapping)
    """What each kind of rate limit does when the cache is unavailable: ``"allow"`` accepts requests
    without counting them, ``"refuse"`` responds with 503 and ``Retry-After``. Kinds that are not
    listed keep their default. ``"key"`` is `RATES` and `PUBLIC_RATES`, ``"api_key"`` is
    `stack_apikeys.throttling.ApiKeyRateThrottle`; the other kinds are named after their
    settings."""
