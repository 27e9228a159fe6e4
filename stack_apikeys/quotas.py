"""Counts the requests with each key, and tells clients how many are left.

A key is charged when it is verified for a request, after everything else about it was found to be
right. So no view can forget it, and a key that is over its limit is refused like any other.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias
from uuid import UUID

from django.http import HttpRequest, HttpResponseBase

from stack_apikeys.client_address import client_address
from stack_apikeys.conf import conf
from stack_apikeys.exceptions import ApiKeyRateLimited, RateLimited
from stack_apikeys.limits import Limit, Quota, on_cache_failure
from stack_apikeys.rates import PERIODS, LimitedKey, rates_of

Cost: TypeAlias = int | Callable[[], int]
"""How many requests a request counts as. A function is called only if the key has rates."""

QUOTA_EXCEEDED = "https://iana.org/assignments/http-problem-types#quota-exceeded"
"""The problem type of the IETF draft on rate limit headers."""


class Charge(NamedTuple):
    """What a request was charged for a key."""

    cost: int
    quotas: Sequence[Quota]
    """What its rates leave, the shortest period first."""


def cost_of(view: Any) -> int:
    """Return the cost of a view: the ``api_key_cost`` of the function, or of its class."""
    view_class = getattr(view, "view_class", None) or getattr(view, "cls", None)
    # The arguments of ``as_view()``, which Django and DRF call differently.
    arguments = getattr(view, "view_initkwargs", None) or getattr(view, "initkwargs", None) or {}
    for cost in (
        getattr(view, "api_key_cost", None),
        arguments.get("api_key_cost"),
        getattr(view_class, "api_key_cost", None),
    ):
        if isinstance(cost, int):
            return cost
    return 1


def charge(api_key: LimitedKey, request: HttpRequest, cost: Cost = 1) -> None:
    """Count a request with a key by each of its rates, or by none if one refuses it.

    A request is charged once. If it was charged before and a view costs more, it is charged the
    difference. Raises `ApiKeyRateLimited`, and `LimitUnavailable` if the cache fails and
    ``ON_CACHE_FAILURE`` refuses.
    """
    rates = rates_of(api_key)
    if not rates:
        return
    charges = _charges(request)
    paid = charges[api_key.pk].cost if api_key.pk in charges else 0
    due = (cost() if callable(cost) else cost) - paid
    if due <= 0:
        return
    with on_cache_failure("key"):
        quotas = Limit("key", None, api_key.pk.hex).add_to_all(rates, due)
        wait = max(quota.wait for quota in quotas)
        charges[api_key.pk] = Charge(paid if wait else paid + due, quotas)
        if wait:
            raise ApiKeyRateLimited(wait=str(wait))


def count_guess(request: HttpRequest) -> None:
    """Count a refused key by the address of the client. Raises as `charge`.

    The limit delays nobody who has a valid key, because valid keys are not counted.
    """
    try:
        Limit("guess", conf.GUESS_RATE, client_address(request)).take()
    except RateLimited as error:
        raise ApiKeyRateLimited(**error.params) from None


def add_headers(request: HttpRequest, response: HttpResponseBase) -> None:
    """Set ``RateLimit-Policy`` and ``RateLimit``, if the request was charged.

    These are lists of structured fields (RFC 9651), as in the IETF draft: the policies with the
    shortest period first, and what they leave with the tightest first.
    """
    quotas = quotas_of(request)
    if not quotas:
        return
    response.headers["RateLimit-Policy"] = ", ".join(
        f'"{name(quota)}";q={quota.rate.events};w={quota.rate.seconds}' for quota in quotas
    )
    response.headers["RateLimit"] = ", ".join(
        f'"{name(quota)}";r={quota.remaining};t={quota.reset}'
        for quota in sorted(quotas, key=lambda quota: (-quota.wait, quota.remaining))
    )


def violated_policies(request: HttpRequest) -> list[str]:
    """Return the names of the rates that refused the request."""
    return [name(quota) for quota in quotas_of(request) if quota.wait]


def name(quota: Quota) -> str:
    """Return the name of the quota's period, such as ``"minute"``."""
    return PERIODS[quota.rate.seconds]


def _charges(request: HttpRequest) -> dict[UUID, Charge]:
    charges: dict[UUID, Charge] = request.__dict__.setdefault("_stack_apikeys_charges", {})
    return charges


def quotas_of(request: HttpRequest) -> Sequence[Quota]:
    """Return what the rates of the request's own key leave: the key that was charged first."""
    charges: Mapping[UUID, Charge] = request.__dict__.get("_stack_apikeys_charges", {})
    return next(iter(charges.values())).quotas if charges else ()
