"""The IP address of a client, for rate limits and for the record of a session."""

import functools
import ipaddress
from typing import TypeAlias

from django.conf import settings
from django.http import HttpRequest

FORWARDED_FOR = "HTTP_X_FORWARDED_FOR"

Source: TypeAlias = tuple[str | None, str | None]
"""What a request says about where it comes from: its remote address, and ``X-Forwarded-For``."""


def client_address(request: HttpRequest, *, whole: bool = False) -> str:
    """Return the address that the request comes from; for IPv6, its /64 network unless ``whole``.

    ``X-Forwarded-For`` is read only if DRF's setting ``NUM_PROXIES`` is set, and only as far as it
    says, because a client can send any value. An IPv6 address is replaced by its /64 network,
    because every customer of a provider has at least that many addresses.
    """
    return address_from(source_of(request), whole=whole)


def source_of(request: HttpRequest) -> Source:
    """Return what `address_from` reads in a request."""
    # `request.headers` would read every header.
    return request.META.get("REMOTE_ADDR"), request.META.get(FORWARDED_FOR)


def address_from(source: Source, *, whole: bool = False) -> str:
    """Return the same as `client_address`, from the source of the request."""
    remote, forwarded = source
    # Looking for a setting that does not exist is slow.
    # DRF's own method would make this module depend on DRF.
    proxies = forwarded and getattr(settings, "REST_FRAMEWORK", {}).get("NUM_PROXIES")
    if not forwarded or not proxies:
        return _normalized(remote or "", whole=whole)
    addresses = forwarded.split(",")
    return _normalized(addresses[-min(proxies, len(addresses))].strip(), whole=whole)


def parse_address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """Return the address, an IPv4 address within IPv6 as IPv4. Raises ValueError."""
    address = ipaddress.ip_address(text)
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


@functools.lru_cache(maxsize=4096)
def _normalized(text: str, *, whole: bool) -> str:
    try:
        address = parse_address(text.partition("%")[0])  # without the zone of IPv6
    except ValueError:
        return text
    if whole or isinstance(address, ipaddress.IPv4Address):
        return str(address)
    return str(ipaddress.ip_network((address, 64), strict=False))
