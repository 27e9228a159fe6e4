"""What one process has counted and not written yet."""

import functools
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from ipaddress import IPv4Address, ip_network
from uuid import UUID

from stack_apikeys.client_address import parse_address

MOST_NETWORKS = 50
"""The maximum number of networks that are stored for one key."""

ENDED = frozenset({"revoked", "expired"})
"""The reasons for which a key is refused after its end."""

PROVEN = ENDED | {"rate", "network", "scope"}
"""The reasons that only requests with the right secret have."""


@dataclass
class Hour:
    """The requests with a key in one hour."""

    accepted: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    last_used_at: datetime | None = None


@dataclass
class Counts:
    """The requests with one key. Every moment is in UTC."""

    kind: str
    is_proven: bool = False
    """Whether a value with this id was accepted. Otherwise, the id may be of no key."""
    first_used_at: datetime | None = None
    first_path: str = ""
    last_used_at: datetime | None = None
    last_refused_at: datetime | None = None
    last_denied_at: datetime | None = None
    """The last refused request with the right secret."""
    ended_at: datetime | None = None
    """The first request with the right secret, if the key had ended."""
    last_address: str = ""
    hours: dict[datetime, Hour] = field(default_factory=dict)
    networks: dict[str, tuple[datetime, datetime]] = field(default_factory=dict)
    """The first and the last use from each network, those that were seen last at the end."""

    def accept(self, number: int, first: datetime, last: datetime, address: str) -> None:
        """Count accepted requests of one hour and address, and the moments of the first and last.

        Call it in the order of the last moments. ``address`` is empty if it is unknown or must not
        be kept.
        """
        self.is_proven = True
        self.first_used_at = min(self.first_used_at or first, first)
        self.last_used_at = last
        hour = self._hour(last)
        hour.accepted += number
        hour.last_used_at = last
        if network := network_of(address):
            self.last_address = address
            self._see(network, first, last)

    def refuse(self, moment: datetime, reason: str) -> None:
        """Count a refused request."""
        self.last_refused_at = moment
        self._hour(moment).refused[reason] += 1
        if reason in PROVEN:
            if reason in ENDED and self.last_denied_at is None:
                self.ended_at = moment
            self.last_denied_at = moment

    def add(self, later: "Counts") -> None:
        """Add what was counted after this."""
        self.is_proven |= later.is_proven
        if self.last_denied_at is None:
            self.ended_at = later.ended_at
        self.first_used_at = self.first_used_at or later.first_used_at
        self.first_path = self.first_path or later.first_path
        self.last_used_at = later.last_used_at or self.last_used_at
        self.last_refused_at = later.last_refused_at or self.last_refused_at
        self.last_denied_at = later.last_denied_at or self.last_denied_at
        self.last_address = later.last_address or self.last_address
        for start, hour in later.hours.items():
            mine = self.hours.setdefault(start, Hour())
            mine.accepted += hour.accepted
            mine.refused += hour.refused
            mine.last_used_at = hour.last_used_at or mine.last_used_at
        for network, (first, last) in later.networks.items():
            self._see(network, first, last)

    @property
    def last_proven_at(self) -> datetime | None:
        """The last request with the right secret, accepted or refused."""
        return max(filter(None, (self.last_used_at, self.last_denied_at)), default=None)

    @property
    def accepted(self) -> int:
        """The number of accepted requests."""
        return sum(hour.accepted for hour in self.hours.values())

    @property
    def refused(self) -> int:
        """The number of refused requests."""
        return sum(hour.refused.total() for hour in self.hours.values())

    def _see(self, network: str, first: datetime, last: datetime) -> None:
        seen, _last = self.networks.pop(network, (first, last))
        self.networks[network] = min(seen, first), last
        if len(self.networks) > MOST_NETWORKS:
            del self.networks[next(iter(self.networks))]

    def _hour(self, moment: datetime) -> Hour:
        start = moment.replace(minute=0, second=0, microsecond=0)
        hour = self.hours.get(start)
        if hour is None:
            hour = self.hours[start] = Hour()
        return hour


Gathered = dict[UUID, Counts]


@functools.lru_cache(maxsize=4096)
def network_of(address: str) -> str:
    """Return the /24 network of an IPv4 address, the /48 of an IPv6 address, or an empty string."""
    try:
        parsed = parse_address(address)
    except ValueError:
        return ""
    length = 24 if isinstance(parsed, IPv4Address) else 48
    return str(ip_network((parsed, length), strict=False))
