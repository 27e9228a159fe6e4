"""Rate limits for passwords, which slow down guessing without locking users out.

Wrong passwords are counted by address and by account. If an account is attacked from many
addresses, every address that the account has not recently signed in from is left a few attempts an
hour. The user's own addresses are not affected, and the user still has these few attempts elsewhere.
"""

import unicodedata
from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta

from django.contrib.auth.models import AbstractBaseUser
from django.core.cache import cache
from django.http import HttpRequest

from stack_apikeys.client_address import client_address
from stack_apikeys.conf import conf
from stack_apikeys.exceptions import LimitUnavailable, RateLimited
from stack_apikeys.limits import Limit, Rate, cache_key, on_cache_failure

ATTACKED_RATE = Rate(3, 60 * 60)
"""Attempts that are left to each unknown address while an account is attacked."""

ADDRESS_KNOWN_FOR = timedelta(days=30)
"""How long after a sign-in its address counts as known to the account."""


class SignInLimits:
    """The limits on the passwords of one account.

    Call `admit` before each attempt, and `succeeded` if the password was right. ``account`` is the
    user whose password is checked, or None if there is no such user. ``typed`` is the text by which
    the user was looked up, if any. Both are counted: the account, because different texts may find
    it, and the text, so that limits do not reveal whether an account exists.
    """

    def __init__(
        self, request: HttpRequest, account: AbstractBaseUser | None, typed: str | None = None
    ) -> None:
        address = client_address(request)
        text = "" if typed is None else folded(typed)
        name = f"text:{text}" if account is None else f"pk:{account.pk}"
        names = [name] if typed is None else [name, f"typed:{text}"]
        self._known_key = cache_key("known", name, address)
        self._usual = [
            *(Limit("sign_in", conf.SIGN_IN_RATE, "account", each, address) for each in names),
            Limit("sign_in", conf.SIGN_IN_ADDRESS_RATE, "address", address),
        ]
        self._from_unknown_addresses = [
            Limit("sign_in", conf.SIGN_IN_STRANGERS_RATE, "strangers", each) for each in names
        ]
        self._while_attacked = [
            Limit("sign_in", ATTACKED_RATE, "stranger", each, address) for each in names
        ]
        self._counted: list[Limit] = []

    def admit(self) -> None:
        """Count an attempt, which is taken for a failure until `succeeded` is called.

        Raises `RateLimited` or `LimitUnavailable`.
        """
        with on_cache_failure("sign_in"):
            self._count(self._usual)
            if cache.get(self._known_key):
                return
            try:
                self._count(self._from_unknown_addresses)
            except RateLimited:
                self._count(self._while_attacked)

    def succeeded(self) -> None:
        """Undo the count of the attempt, and remember its address as known to the account."""
        with suppress(LimitUnavailable), on_cache_failure("sign_in"):
            for limit in self._counted:
                limit.give_back()
            cache.set(self._known_key, True, timeout=ADDRESS_KNOWN_FOR.total_seconds())

    def _count(self, limits: Iterable[Limit]) -> None:
        for limit in limits:
            limit.count()
            self._counted.append(limit)


def folded(text: str) -> str:
    """Return the text without what databases ignore in comparisons.

    That is case, accents, invisible characters and surrounding whitespace. The text is converted to
    upper case first, because PostgreSQL's ``iexact`` compares in upper case, where a dotless i and
    a long s become plain letters.
    """
    plain = (
        letter
        for letter in unicodedata.normalize("NFKD", text)
        if unicodedata.category(letter) not in {"Mn", "Cf"}
    )
    return unicodedata.normalize("NFKC", "".join(plain).upper().casefold()).strip()
