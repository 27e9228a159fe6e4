"""What other apps show in the settings pages.

An app subclasses `Panel`, and registers an instance in the ``ready()`` method of its AppConfig::

    class AuditConfig(AppConfig):
        name = "audit"

        def ready(self):
            from stack_apikeys.pages import panels
            from audit.panels import AuditPanel

            panels.register(AuditPanel())

The methods return HTML, which `django.utils.html.format_html` and
`django.template.loader.render_to_string` make safe. They run while a page is rendered, so they
should use a fixed number of queries, however many keys they get.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models.expressions import OrderBy
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import Promise

from stack_apikeys.models import ApiKey
from stack_apikeys.models.querysets import ApiKeyQuerySet

if TYPE_CHECKING:
    from stack_apikeys.pages.listing import Listing


@dataclass(frozen=True)
class Column:
    """A column of the list, before the one with the expiry."""

    heading: str | Promise
    cells: Mapping[Any, str]
    """The content for each key, by the key's id. A missing one is an empty cell."""
    order: str = ""
    """The name of the `Order` that a click on the heading sorts by, if any."""


@dataclass(frozen=True)
class Order:
    """A way to sort the list."""

    name: str
    """The value of the parameter ``sort``."""
    label: str | Promise
    by: OrderBy


@dataclass(frozen=True)
class Filter:
    """A choice of keys in the list."""

    name: str
    """The value of the parameter ``status``."""
    label: str | Promise
    apply: Callable[[ApiKeyQuerySet[Any]], ApiKeyQuerySet[Any]]


@dataclass(frozen=True)
class Event:
    """Something that has happened to a key, or will."""

    moment: datetime
    text: str | Promise
    note: str = ""
    """What a person wrote about it, such as the reason for a revocation."""

    @property
    def is_to_come(self) -> bool:
        """Whether the moment is in the future."""
        return self.moment > timezone.now()


class Panel:
    """What an app adds to the pages. Override the methods for the places that it fills."""

    orders: Sequence[Order] = ()
    filters: Sequence[Filter] = ()

    def annotate(self, api_keys: ApiKeyQuerySet[Any]) -> ApiKeyQuerySet[Any]:
        """Return the keys of the list with what `orders` and `column` need."""
        return api_keys

    def overview(self, listing: "Listing") -> str:
        """Return what is shown above the list of an owner's keys."""
        return ""

    def footer(self, listing: "Listing") -> str:
        """Return what is shown below the list of an owner's keys."""
        return ""

    def column(self, api_keys: Sequence[ApiKey]) -> Column | None:
        """Return a column of the list, for the keys on one page of it."""
        return None

    def details(self, request: HttpRequest, api_key: ApiKey) -> str:
        """Return what is shown on the key's page, between the facts and the history."""
        return ""

    def use(self, api_key: ApiKey) -> str:
        """Return a sentence about the key's use, shown beside the button that revokes it."""
        return ""

    def uses(self, api_keys: Sequence[ApiKey]) -> Mapping[Any, str]:
        """Return what `use` returns for each of several keys, by the key's id.

        Override it if that takes fewer queries. By default, calls `use` for each key.
        """
        return {api_key.pk: self.use(api_key) for api_key in api_keys}

    def history(self, api_key: ApiKey) -> Iterator[Event]:
        """Yield events for the history on the key's page, in any order."""
        yield from ()


_registered: list[Panel] = []


def register(panel: Panel) -> None:
    """Show the panel in the pages, after those that are registered already.

    Does nothing where a panel of the same class is registered, since Django can call an app's
    ``ready()`` more than once.
    """
    if type(panel) not in map(type, _registered):
        _registered.append(panel)


def unregister(panel: Panel) -> None:
    """Stop showing the panel. Raises ValueError if it is not registered."""
    _registered.remove(panel)


def registered() -> tuple[Panel, ...]:
    """Return the registered panels, in order."""
    return tuple(_registered)
