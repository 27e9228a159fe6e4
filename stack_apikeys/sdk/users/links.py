"""The links in e-mails: the trusted origins, and the code in the query."""

import re
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from django.conf import settings
from django.http import HttpRequest

from stack_apikeys.conf import conf
from stack_apikeys.sdk.users.exceptions import RedirectUrlNotWhitelisted
from stack_apikeys.secret import Revealed, Secret

_ORIGIN = re.compile(
    # Browsers and Python disagree about the host of URLs with user information or a backslash.
    r"(?P<scheme>https?)://(?P<host>[a-z0-9.-]+|\[[0-9a-f:.]+\])(:(?P<port>\d{1,5}))?(?=[/?#]|$)",
    re.IGNORECASE,
)

_DEFAULT_PORTS = {"http": "80", "https": "443"}

_LOCAL_MACHINE = re.compile(r"https?://(([a-z0-9-]+\.)*localhost|127\.0\.0\.1|\[::1\])(:\d+)?")


def _origin_of(url: str) -> str | None:
    """Return the origin of an absolute HTTP or HTTPS URL, or None for any other string.

    The origin is in lower case and does not include the default port.
    """
    found = _ORIGIN.match(url)
    if found is None:
        return None
    scheme, host, port = found["scheme"].lower(), found["host"].lower(), found["port"]
    shown_port = f":{port}" if port and port != _DEFAULT_PORTS[scheme] else ""
    return f"{scheme}://{host}{shown_port}"


def is_origin(text: object) -> bool:
    """Return whether ``text`` is an origin, without a path."""
    found = _ORIGIN.match(text) if isinstance(text, str) else None
    return found is not None and found.end() == len(found.string)


def require_trusted(request: HttpRequest, url: str) -> None:
    """Raise `RedirectUrlNotWhitelisted` unless an e-mail may contain a link to ``url``."""
    origin = _origin_of(url)
    if origin is None or not (
        origin in {_origin_of(trusted) for trusted in conf.TRUSTED_ORIGINS}
        or (settings.DEBUG and _LOCAL_MACHINE.fullmatch(origin))
        # Otherwise a forged Host header could choose the origin.
        or ("*" not in settings.ALLOWED_HOSTS and origin == _own_origin(request))
    ):
        raise RedirectUrlNotWhitelisted


def _own_origin(request: HttpRequest) -> str | None:
    return _origin_of(f"{request.scheme}://{request.get_host()}")


def with_code(url: str, code: Secret) -> Revealed:
    """Return ``url`` with ``code`` in its query, where the SDK's pages read it."""
    parts = urlsplit(url)
    query = [
        (name, value)
        for name, value in parse_qsl(parts.query, keep_blank_values=True)
        if name != "code"
    ]
    query.append(("code", code.reveal()))
    return Revealed(urlunsplit(parts._replace(query=urlencode(query))))
