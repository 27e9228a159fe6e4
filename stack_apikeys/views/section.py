"""One owner's keys as the pages show them: where each page is, and what a list holds."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.db.models import F, Model
from django.db.models.functions import Lower
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext

from stack_apikeys.adapters import get_team_adapter
from stack_apikeys.conf import conf
from stack_apikeys.forms import ROWS_PER_PAGE, ListForm
from stack_apikeys.keys import Kind
from stack_apikeys.models import ApiKeyManager, TeamApiKey, UserApiKey
from stack_apikeys.querysets import ApiKeyQuerySet

ApiKeyModel = type[UserApiKey] | type[TeamApiKey]

NEWEST_FIRST = ("-created_at", "-pk")


@dataclass(frozen=True)
class Section:
    """The keys of one owner, whom the visitor may manage."""

    model: ApiKeyModel
    owner: Model

    @classmethod
    def managed_by(cls, user: Any, model: ApiKeyModel, owner_id: Any) -> "Section":
        """The section of this owner; raises what `get_owner_managed_by` and the switches raise."""
        model.require_enabled()
        return cls(model, model.get_owner_managed_by(user, owner_id))

    @property
    def kind(self) -> Kind:
        """Whether the owner is a user or a team."""
        return self.model.KIND

    @property
    def owner_name(self) -> str:
        """What people call the owner."""
        if self.kind == "team":
            return get_team_adapter().display_name(self.owner)
        return str(self.owner)

    @property
    def header(self) -> str:
        """The request header in which a key is sent."""
        return conf.HEADERS[0]

    @property
    def scheme(self) -> str:
        """What stands before the key in that header: a word and a blank, or nothing."""
        return "Bearer " if self.header.lower() == "authorization" else ""

    @property
    def limit(self) -> int | None:
        """How many valid keys the owner may have, if there is a limit."""
        return conf.MAX_VALID_KEYS_PER_OWNER

    def api_keys(self) -> ApiKeyManager[Any]:
        """The owner's keys; makes new ones."""
        manager: ApiKeyManager[Any] = self.owner.api_keys  # type: ignore[attr-defined]
        return manager

    def url(
        self, page: str = "api-keys", api_key: UserApiKey | TeamApiKey | None = None, **query: str
    ) -> str:
        """The address of a page; ``page`` is a name in ``urls.py`` without the kind."""
        arguments: dict[str, Any] = {"team_id": self.owner.pk} if self.kind == "team" else {}
        if api_key is not None:
            arguments["pk"] = api_key.pk
        address = reverse(f"stack_apikeys:{self.kind}-{page}", kwargs=arguments)
        query = {name: value for name, value in query.items() if value}
        return f"{address}?{urlencode(query)}" if query else address


@dataclass(frozen=True)
class Link:
    """One of several addresses to choose from."""

    label: str
    url: str
    is_current: bool = False
    count: int | None = None


@dataclass(frozen=True)
class Column:
    """The head of a column by which the list can be sorted."""

    name: str
    label: str
    url: str
    direction: str
    """What ARIA calls it: ``ascending``, ``descending``, or empty for another column's order."""


class Listing:
    """One page of a section's keys, as the address asks for it, and the addresses of the others.

    Reads the names of `ListForm` and ``page`` from the query string; ``prefix`` stands before each,
    so that a host's page may hold several lists beside parameters of its own.
    """

    def __init__(self, section: Section, request: HttpRequest, *, prefix: str = "") -> None:
        self.section = section
        self.request = request
        self.form = ListForm(request.GET, prefix=prefix or None)
        self.form.is_valid()
        asked_for = self.form.cleaned_data
        self.search: str = asked_for.get("q", "")
        self.status: str = asked_for.get("status", "")
        self.sort: str = asked_for.get("sort", "")
        self.rows: int = asked_for.get("rows") or ROWS_PER_PAGE[0]
        self.anchor = f"{prefix}-api-keys" if prefix else "api-keys"
        self.is_embedded = bool(prefix)

    # What the list holds ----------------------------------------------------------------------

    @cached_property
    def found(self) -> ApiKeyQuerySet[Any]:
        """The keys that the search finds, in any state."""
        api_keys: ApiKeyQuerySet[Any] = self.section.api_keys().all()
        return api_keys.search(self.search) if self.search else api_keys

    @cached_property
    def counts(self) -> dict[str, int]:
        """How many of these are in each state."""
        return self.found.count_states()

    @cached_property
    def api_keys(self) -> ApiKeyQuerySet[Any]:
        """The keys of all the list's pages, in order."""
        api_keys = self.found.in_state(self.status) if self.status else self.found
        api_keys = api_keys.with_state_rank().order_by(*self._order())
        return api_keys.select_related("created_by") if self.section.kind == "team" else api_keys

    @cached_property
    def page(self) -> Page[Any]:
        """The page that the address asks for, or the nearest there is; one query."""
        paginator = Paginator(self.api_keys, self.rows)
        paginator.count = self.counts[self.status or "all"]
        return paginator.get_page(self.request.GET.get(self.form.add_prefix("page")))

    @cached_property
    def former_members(self) -> set[Any]:
        """Who of those that made the page's keys has left the team: their primary keys."""
        if self.section.kind != "team":
            return set()
        creators = {api_key.created_by for api_key in self.page if api_key.created_by}
        members = get_team_adapter().members_among(self.section.owner, creators)
        return {creator.pk for creator in creators} - members

    @property
    def is_filtered(self) -> bool:
        """Whether the address asks for some of the keys only."""
        return bool(self.search or self.status)

    def _order(self) -> Iterator[Any]:
        name, descending = self.sort.removeprefix("-"), self.sort.startswith("-")
        match name:
            case "description":
                yield Lower("description").desc() if descending else Lower("description")
            case "expires":
                # A key that never expires does so after all others.
                expires_at = F("expires_at")
                yield (
                    expires_at.desc(nulls_first=True)
                    if descending
                    else expires_at.asc(nulls_last=True)
                )
            case "created":
                yield "-created_at" if descending else "created_at"
            case _:
                yield "-state_rank" if descending else "state_rank"
        yield from NEWEST_FIRST

    # Addresses --------------------------------------------------------------------------------

    def url(self, **changes: str | int) -> str:
        """This list's address with other parameters, on its first page unless one is named."""
        wanted: dict[str, str | int] = {
            "q": self.search,
            "status": self.status,
            "sort": self.sort,
            "rows": self.rows if self.rows != ROWS_PER_PAGE[0] else "",
            "page": "",
            **changes,
        }
        query = self.request.GET.copy()
        for name, value in wanted.items():
            query.pop(self.form.add_prefix(name), None)
            if value:
                query[self.form.add_prefix(name)] = str(value)
        address = f"{self.request.path}?{query.urlencode()}" if query else self.request.path
        return f"{address}#{self.anchor}" if self.is_embedded else address

    @property
    def current_url(self) -> str:
        """The address of what is shown, without what was not understood."""
        return self.url(page=self.page.number if self.page.number > 1 else "")

    @property
    def form_action(self) -> str:
        """Where the search form is sent; its fields make the query string."""
        return f"{self.request.path}#{self.anchor}" if self.is_embedded else self.request.path

    @property
    def kept_parameters(self) -> list[tuple[str, str]]:
        """What the search form sends along: all but the search and the page."""
        query = self.request.GET.copy()
        for name in ("q", "page"):
            query.pop(self.form.add_prefix(name), None)
        return [(name, value) for name, values in query.lists() for value in values]

    @property
    def csv_url(self) -> str:
        """Where the same keys are, all pages of them, as a file."""
        return self.section.url("api-keys-csv", q=self.search, status=self.status, sort=self.sort)

    @property
    def unfiltered_url(self) -> str:
        """This list with all its keys."""
        return self.url(q="", status="")

    @property
    def states(self) -> list[Link]:
        """The list for each state, and for all."""
        labels = {"all": gettext("All"), **dict(self.form.fields["status"].choices)}  # type: ignore[attr-defined]
        return [
            Link(
                label,
                self.url(status="" if state == "all" else state),
                is_current=state == (self.status or "all"),
                count=self.counts[state],
            )
            for state, label in labels.items()
        ]

    @property
    def rows_per_page(self) -> list[Link]:
        """The list with more or fewer rows on a page."""
        return [
            Link(
                str(rows),
                self.url(rows=rows if rows != ROWS_PER_PAGE[0] else ""),
                is_current=rows == self.rows,
            )
            for rows in ROWS_PER_PAGE
        ]

    @property
    def pages(self) -> list[Link]:
        """The first pages, the last, and those around this one; a gap has no address."""
        return [
            Link(str(number), self.url(page=number), is_current=number == self.page.number)
            if isinstance(number, int)
            else Link(str(number), "")
            for number in self.page.paginator.get_elided_page_range(
                self.page.number, on_each_side=2, on_ends=1
            )
        ]

    @property
    def previous_url(self) -> str:
        """The page before this one, or nothing."""
        return self.url(page=self.page.number - 1) if self.page.has_previous() else ""

    @property
    def next_url(self) -> str:
        """The page after this one, or nothing."""
        return self.url(page=self.page.number + 1) if self.page.has_next() else ""

    @property
    def columns(self) -> dict[str, Column]:
        """The columns that can be sorted by; a second click turns the order round."""
        labels = {
            "description": gettext("Description"),
            "status": gettext("Status"),
            "expires": gettext("Expires"),
            "created": gettext("Created"),
        }
        columns = {}
        for name, label in labels.items():
            direction = {name: "ascending", f"-{name}": "descending"}.get(self.sort, "")
            first = f"-{name}" if name == "created" else name  # the newest are looked for most
            turned = name if self.sort == f"-{name}" else f"-{name}"
            columns[name] = Column(
                name, label, self.url(sort=turned if direction else first), direction
            )
        return columns
