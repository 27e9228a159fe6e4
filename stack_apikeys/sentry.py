"""Keep secrets out of the events that Sentry's SDK sends.

The SDK copies all headers of a request before Django processes it, and the variables of every frame
of a traceback. If it is installed, `protect_events` is called at the start of each request. In a
process that verifies keys without serving requests, pass `before_send` to the SDK:

    sentry_sdk.init(..., before_send=before_send, before_send_transaction=before_send)
"""

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias, cast
from urllib.parse import urlsplit

from django.urls import Resolver404, get_script_prefix, resolve

from stack_apikeys._redaction.names import hide_in_text, is_secret
from stack_apikeys.scanning import REMOVED

if TYPE_CHECKING:
    from sentry_sdk.types import Event, Hint

BeforeSend: TypeAlias = "Callable[[Event, Hint], Event | None]"

OPTIONS = ("before_send", "before_send_transaction")
"""Options of ``sentry_sdk.init()`` whose value is a function that receives each event."""


class SecretsRemover:
    """A ``before_send`` function that removes secrets, then calls the project's own, if any.

    It removes API keys, the secret keys of the settings, the cookies of the Stack Auth SDK, the
    headers that contain these or access tokens, and the bodies of requests to this app's views.
    """

    def __init__(self, host_before_send: "BeforeSend | None" = None) -> None:
        self._host_before_send = host_before_send

    def __call__(self, event: "Event", hint: "Hint") -> "Event | None":
        """Return the event without secrets, or what the project's own function returns for it."""
        cleaned: dict[str, Any] = _clean(event)
        request = cleaned.get("request")
        if isinstance(request, dict) and "data" in request and _is_our_view(request.get("url")):
            request["data"] = REMOVED
        event = cast("Event", cleaned)
        return event if self._host_before_send is None else self._host_before_send(event, hint)


before_send = SecretsRemover()
"""A ``before_send`` function that removes secrets."""


def protect_events(**_kwargs: object) -> None:
    """Remove secrets from all events if Sentry's SDK is in use. Receives ``request_started``."""
    get_client = getattr(sys.modules.get("sentry_sdk"), "get_client", None)  # since version 2
    if get_client is None or not (client := get_client()).is_active():
        return
    for name in OPTIONS:
        if not isinstance(client.options[name], SecretsRemover):
            client.options[name] = SecretsRemover(client.options[name])


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return hide_in_text(value)
    if isinstance(value, dict):
        return {
            name: REMOVED if _names_a_secret(name) and each else _clean(each)
            for name, each in value.items()
        }
    if isinstance(value, list | tuple):
        if len(value) == 2 and _names_a_secret(value[0]):  # a header in a list of headers
            return [value[0], REMOVED]
        return [_clean(each) for each in value]
    return value


def _names_a_secret(name: object) -> bool:
    # Sentry stores variables as their repr(), such as b'x-stack-api-key', and names the attributes
    # of spans with dots, such as http.request.header.x-stack-api-key.
    return isinstance(name, str) and is_secret(
        name.removeprefix("b'").strip("'\"").rpartition(".")[2]
    )


def _is_our_view(url: object) -> bool:
    if not isinstance(url, str):
        return False
    try:
        match = resolve("/" + urlsplit(url).path.removeprefix(get_script_prefix()))
    except (Resolver404, ValueError):
        return False
    view = getattr(match.func, "view_class", getattr(match.func, "cls", match.func))
    return str(view.__module__).startswith("stack_apikeys.")
