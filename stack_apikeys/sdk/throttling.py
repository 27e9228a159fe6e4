"""How often somebody may try to sign in, without a way for strangers to lock a person out.

Wrong passwords are counted, by address and by account. One who guesses from many addresses is
slowed down by leaving each address that the account does not know a few attempts an hour: the
person at home notices nothing, and from elsewhere still has these few.
"""

import ipaddress
import json
from contextlib import suppress
from datetime import timedelta

from django.core.cache import cache
from django.http import HttpRequest
from django.utils.crypto import salted_hmac
from rest_framework.exceptions import Throttled
from rest_framework.request import Request
from rest_framework.settings import api_settings
from rest_framework.throttling import BaseThrottle, SimpleRateThrottle

from stack_apikeys.conf import conf

LONGEST_WAIT = 10
"""Seconds after which a client is told to try again, at most: the official SDK waits as long with
its caller waiting too, and gives up after five times."""

STRANGER_RATE = "3/hour"
"""What each address is left with that an account under attack does not know."""

ADDRESS_KNOWN_FOR = timedelta(days=30)
"""How long after a sign-in its address counts as known to the account."""


def address_of(request: HttpRequest) -> str:
    """Where the request comes from, as far as the host's proxies are to be believed.

    ``X-Forwarded-For`` counts only as DRF's ``NUM_PROXIES`` says, and not at all where that is
    not set: anybody can write anything into it. Of IPv6, whose customers have a network each, it
    is the network.
    """
    if api_settings.NUM_PROXIES is None:
        text = str(request.META.get("REMOTE_ADDR", ""))
    else:
        text = BaseThrottle().get_ident(Request(request)) or ""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return text
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is None:
            return str(ipaddress.ip_network((address, 64), strict=False))
        address = address.ipv4_mapped
    return str(address)


class Limit(SimpleRateThrottle):
    """How many events of one kind a rate allows, in windows that begin at whole units of time.

    Each is counted by one step of the cache, so that attempts at the same moment all count.
    ``of`` is what the events have in common, such as an address; no cache ever holds it.
    """

    def __init__(self, rate: str | None, *of: str) -> None:
        self.num_requests, self.duration = self.parse_rate(rate)
        self.of = of

    def take(self) -> None:
        """Count one event. Raises DRF's Throttled if it is one too many."""
        if self.num_requests is None or self.duration is None:
            return
        now = self.timer()
        self.key = _cache_key(*self.of, str(now // self.duration))
        cache.add(self.key, 0, timeout=self.duration)
        try:
            events = cache.incr(self.key)
        except ValueError:  # the cache has thrown it away in this very moment, or keeps nothing
            return
        if events > self.num_requests:
            raise Throttled(wait=min(LONGEST_WAIT, self.duration - now % self.duration))

    def give_back(self) -> None:
        """Count one event less: it was none of those to limit."""
        if self.num_requests is not None:
            with suppress(ValueError):
                cache.decr(self.key)


class SignInLimits:
    """The limits for attempts at one account: `admit` before each, `succeeded` after a right one.

    ``account`` is what was typed, whether there is such an account or not.
    """

    def __init__(self, request: HttpRequest, account: str) -> None:
        self.account = account.lower()
        self.address = address_of(request)
        self.known = _cache_key("known", self.account, self.address)
        self.taken: list[Limit] = []

    def admit(self) -> None:
        """Count an attempt as a failure until it has succeeded. Raises DRF's Throttled."""
        self._take(Limit(conf.SIGN_IN_RATE, "account", self.account, self.address))
        self._take(Limit(conf.SIGN_IN_ADDRESS_RATE, "address", self.address))
        if cache.get(self.known):
            return
        try:
            self._take(Limit(conf.SIGN_IN_STRANGERS_RATE, "strangers", self.account))
        except Throttled:
            self._take(Limit(STRANGER_RATE, "stranger", self.account, self.address))

    def succeeded(self) -> None:
        """Forget that the attempt was counted, and know its address from now on."""
        for limit in self.taken:
            limit.give_back()
        cache.set(self.known, True, timeout=ADDRESS_KNOWN_FOR.total_seconds())

    def _take(self, limit: Limit) -> None:
        limit.take()
        self.taken.append(limit)


def _cache_key(*parts: str) -> str:
    return salted_hmac(
        "stack_apikeys.sdk.throttling", json.dumps(parts), algorithm="sha256"
    ).hexdigest()
