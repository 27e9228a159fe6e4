"""Where a key may be used from: networks, as IPv4 and IPv6 addresses in CIDR notation."""

import ipaddress
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, TypeAlias

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from stack_apikeys.client_address import parse_address

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

MOST_NETWORKS = 50
"""The maximum number of networks of one key."""

# The prefix length of ::ffff:0:0/96, the IPv4 addresses within IPv6 (RFC 4291, section 2.5.5.2).
_MAPPED_PREFIX = 96


def parse_network(text: object) -> Network:
    """Return the network that the text names. A single address is a network of its own.

    IPv4 networks within ``::ffff:0:0/96`` are returned as IPv4. Raises ValueError.
    """
    if not isinstance(text, str) or "%" in text:
        raise ValueError("not an address or a network")  # a zone (RFC 4007) has no meaning here
    network = ipaddress.ip_network(text.strip())
    if isinstance(network, ipaddress.IPv6Network) and network.prefixlen >= _MAPPED_PREFIX:
        mapped = network.network_address.ipv4_mapped
        if mapped is not None:
            return ipaddress.IPv4Network((mapped, network.prefixlen - _MAPPED_PREFIX))
    return network


def clean_networks(networks: Any) -> list[str] | None:
    """Return networks as a key stores them, sorted. None: the key can be used from anywhere.

    Raises ValidationError, also for an empty list, from which the key could not be used at all.
    """
    if networks is None:
        return None
    if not isinstance(networks, list | tuple) or not networks:
        raise ValidationError(
            _("Must be a list of networks such as 192.0.2.0/24 or 2001:db8::/32, or none."),
            code="invalid",
        )
    if len(networks) > MOST_NETWORKS:
        raise ValidationError(
            _("A key can have at most %(limit)s networks."),
            code="too_many",
            params={"limit": MOST_NETWORKS},
        )
    parsed = set()
    for network in networks:
        try:
            parsed.add(parse_network(network))
        except ValueError:
            raise ValidationError(
                _("“%(network)s” is not a network such as 192.0.2.0/24 or 2001:db8::/32."),
                code="invalid",
                params={"network": str(network)[:100]},
            ) from None
    return [str(each) for each in sorted(parsed, key=lambda each: (each.version, each))]


def contain(networks: Sequence[str], address: str) -> bool:
    """Return whether the address is in one of the networks. An unknown address is in none."""
    try:
        parsed = parse_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in _parse(tuple(networks)))


@lru_cache(maxsize=1000)
def _parse(networks: tuple[str, ...]) -> Sequence[Network]:
    return [ipaddress.ip_network(each) for each in networks]
