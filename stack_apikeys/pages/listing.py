"""The table of a section's API keys: search, filter, order and pagination."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from django.core.paginator import Page, Paginator
from django.db.models import Q, Value
from django.db.models.expressions import OrderBy
from django.db.models.functions import Coalesce, Lower
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext

from stack_apikeys import newest, scanning, timestamps
from stack_apikeys.adapters import get_team_adapter
from stack_apikeys.models import ApiKey
from stack_apikeys.models.querysets import ApiKeyQuerySet
from stack_apikeys.pages import notices, panels
from stack_apikeys.pages.list_form import LONGEST_SEARCH, ROWS_PER_PAGE, ListForm
from stack_apikeys.pages.section import Section

ORDERINGS: dict[str, OrderBy | str] = {
    "description": Lower("description").asc(),
    "-description": Lower("description").desc(),
    "status": "state_rank",
    "-status": "-state_rank",
    "expires": newest.BY_EXPIRY.asc(),
    "-expires": newest.BY_EXPIRY.desc(),
    # Not by the column, whose index PostgreSQL would read from the oldest key of all owners on.
    "created": Coalesce("created_at", Value(timestamps.LATEST)).asc(),
    "-created": "-created_at",
}
"""What the parameter ``sort`` may be."""

DEFAULT_ORDERING = "status"

NEWEST_FIRST = ("-created_at", "-pk")


@dataclass(frozen=True)
class Link:
    """One of several URLs to choose from, such as a page number."""

    label: str
    url: str
    is_current: bool = False
    count: int | None = None


@dataclass(frozen=True)
class Column:
    """The heading of a column that the table can be sorted by."""

    label: str
    url: str
    direction: str = ""
    """``ascending``, ``descending`` (for ``aria-sort``), or empty if another column is sorted."""


@dataclass(frozen=True)
class Row:
    """A key in the table."""

    api_key: ApiKey
    cells: list[tuple[Column, str]]
    """Each column that another app has added, and its content."""
    notice: notices.Notice | None = None
    is_from_elsewhere: bool = False
    """Whether it is shown only because of the notice, and is on another page of the list."""


class Listing:
    """One page of a section's keys, and the URLs that lead to the others.

    Templates get it as ``listing``. The query string holds the fields of `ListForm` and ``page``.
    ``prefix`` comes before each name, so that a page of a project can show several lists and have
    parameters of its own. ``secret_search`` is a search that no URL must contain. Of very many keys,
    the list has the newest ones, unless ``has_all``, for a file.
    """

    def __init__(
        self,
        section: Section,
        request: HttpRequest,
        *,
        prefix: str = "",
        secret_search: str = "",
        has_all: bool = False,
    ) -> None:
        self.section = section
        self.request = request
        self.prefix = prefix
        self.secret_search = secret_search
        self.has_all = has_all
        self.form = ListForm(request.GET, prefix=prefix or None)
        self.form.is_valid()
        cleaned = self.form.cleaned_data
        self.search: str = cleaned.get("q", "")
        self.status: str = cleaned.get("status", "")
        self.sort: str = cleaned.get("sort", "")
        self.rows: int = cleaned.get("rows") or ROWS_PER_PAGE[0]
        self.anchor = f"{prefix}-api-keys" if prefix else "api-keys"
        self.is_embedded = bool(prefix)

    # Rows -------------------------------------------------------------------------------------

    @cached_property
    def newest(self) -> Q | None:
        """The condition for the keys of a list that has not all of them, or None if it has all."""
        return None if self.has_all else newest.among_newest(self.section.api_keys())

    @cached_property
    def found(self) -> ApiKeyQuerySet[Any]:
        """The keys that match the search, whatever their status.

        If there are very many keys, it is the newest ones, and those that the search identifies.
        """
        search = self.secret_search[:LONGEST_SEARCH] or self.search
        api_keys = self.section.api_keys()
        if search:
            return api_keys.search(search, newest=self.newest)
        return api_keys if self.newest is None else api_keys.filter(self.newest)

    @cached_property
    def counts(self) -> dict[str, int]:
        """The number of found keys by status."""
        return self.found.count_states()

    @cached_property
    def api_keys(self) -> ApiKeyQuerySet[Any]:
        """The keys on all pages of the list, in order."""
        orders = {each.name: each.by for panel in panels.registered() for each in panel.orders}
        ordering = (ORDERINGS | orders)[self.sort or DEFAULT_ORDERING]
        api_keys = self._prepared(self._filtered.with_state_rank())
        return api_keys.order_by(ordering, *NEWEST_FIRST)

    @property
    def _filtered(self) -> ApiKeyQuerySet[Any]:
        if self._filter is not None:
            return self._filter.apply(self.found)
        return self.found.in_state(self.status) if self.status else self.found

    @cached_property
    def _filter(self) -> panels.Filter | None:
        """The filter of another app that is active, if any."""
        filters = [each for panel in panels.registered() for each in panel.filters]
        return next((each for each in filters if each.name == self.status), None)

    def _prepared(self, api_keys: ApiKeyQuerySet[Any]) -> ApiKeyQuerySet[Any]:
        """Return the keys with what the table needs of them."""
        for panel in panels.registered():
            api_keys = panel.annotate(api_keys)
        return api_keys.select_related("created_by") if self.section.kind == "team" else api_keys

    @cached_property
    def page(self) -> Page[Any]:
        """The page in the query string, or the nearest page that exists."""
        paginator = Paginator(_with_successors(self.api_keys), self.rows)
        if self._filter is None:
            paginator.count = self.counts[self.status or "all"]  # saves a query
        return paginator.get_page(self.request.GET.get(self.form.add_prefix("page")))

    @cached_property
    def table(self) -> list[Row]:
        """The rows of this page.

        A key that has just been changed comes first if it is on another page now, so that the user
        does not lose sight of it.
        """
        api_keys: list[ApiKey] = list(self.page)
        notice = self.notice
        changed: ApiKey | None = None
        if (
            notice is not None
            and notice.key_id
            and all(notice.key_id != each.pk for each in api_keys)
        ):
            prepared = _with_successors(self._prepared(self.section.api_keys()))
            changed = prepared.filter(pk=notice.key_id).first()
            api_keys = [*filter(None, [changed]), *api_keys]
        columns = [each.column(api_keys) for each in panels.registered()]
        return [
            Row(
                api_key,
                [
                    (self._panel_column(each), each.cells.get(api_key.pk, ""))
                    for each in columns
                    if each
                ],
                notice=notice if notice and notice.key_id == api_key.pk else None,
                is_from_elsewhere=api_key is changed,
            )
            for api_key in api_keys
        ]

    @cached_property
    def notice(self) -> notices.Notice | None:
        """What has just happened to one key of the list, or to several."""
        return notices.take(self.request, self.section)

    @cached_property
    def not_changed(self) -> list[ApiKey]:
        """The keys that the notice mentions as revoked already."""
        others = self.notice.others if self.notice else ()
        return list(self.section.api_keys().filter(pk__in=others)) if others else []

    @property
    def can_select(self) -> bool:
        """Whether a key on this page can be ticked, to be revoked together with others."""
        return any(row.api_key.is_valid() for row in self.table)

    @cached_property
    def former_members(self) -> set[Any]:
        """The primary keys of users who created a key on this page and have left the team."""
        if self.section.kind != "team":
            return set()
        creators = {row.api_key.created_by for row in self.table if row.api_key.created_by}
        members = get_team_adapter().members_among(self.section.owner, creators)
        return {creator.pk for creator in creators} - members

    @property
    def overviews(self) -> list[str]:
        """What other apps show above the list."""
        return [each.overview(self) for each in panels.registered()]

    @property
    def footers(self) -> list[str]:
        """What other apps show below the list."""
        return [each.footer(self) for each in panels.registered()]

    @property
    def most(self) -> int | None:
        """The number of keys in a list that has not all of them."""
        return None if self.newest is None else newest.MOST_COMPARED

    @property
    def is_filtered(self) -> bool:
        """Whether a search or a status filter is active."""
        return bool(self.secret_search or self.search or self.status)

    # URLs -------------------------------------------------------------------------------------

    def url(self, **changes: str | int) -> str:
        """Return the URL of this list with other parameters; the first page by default."""
        parameters: dict[str, str | int] = {
            "q": self.search,
            "status": self.status,
            "sort": self.sort,
            "rows": self.rows,
            "page": 1,
            **changes,
        }
        defaults = {"rows": ROWS_PER_PAGE[0], "page": 1, "sort": DEFAULT_ORDERING}
        query = self._query.copy()
        for name, value in parameters.items():
            query.pop(self.form.add_prefix(name), None)
            if value and value != defaults.get(name):
                query[self.form.add_prefix(name)] = str(value)
        encoded = query.urlencode()
        url = f"{self.request.path}?{encoded}" if encoded else self.request.path
        return f"{url}#{self.anchor}" if self.is_embedded else url

    @cached_property
    def _query(self) -> QueryDict:
        """The query string without keys. It may hold parameters of other lists and of the project."""
        query = self.request.GET.copy()
        for name, values in self.request.GET.lists():
            query.setlist(name, [value for value in values if not _is_secret(name, value)])
        return query

    @property
    def current_url(self) -> str:
        """The URL of this page of the list, without invalid parameters."""
        return self.url(page=self.page.number)

    @property
    def previous_url(self) -> str:
        """The URL of the previous page, or an empty string."""
        return self.url(page=self.page.number - 1) if self.page.has_previous() else ""

    @property
    def next_url(self) -> str:
        """The URL of the next page, or an empty string."""
        return self.url(page=self.page.number + 1) if self.page.has_next() else ""

    @property
    def unsearched_url(self) -> str:
        """The URL of the list without the search."""
        return self.url(q="")

    @property
    def unfiltered_url(self) -> str:
        """The URL of the list without search and status filter."""
        return self.url(q="", status="")

    @property
    def csv_url(self) -> str:
        """The URL of the CSV file with all pages of the list."""
        return self.section.url("api-keys-csv", q=self.search, status=self.status, sort=self.sort)

    @property
    def form_action(self) -> str:
        """The URL that the form for the order is submitted to, without a query string."""
        return f"{self.request.path}#{self.anchor}" if self.is_embedded else self.request.path

    @property
    def kept_parameters(self) -> list[tuple[str, str]]:
        """The hidden fields of that form: all parameters but the order and the page."""
        query = urlsplit(self.url(sort=DEFAULT_ORDERING)).query
        return parse_qsl(query, keep_blank_values=True)

    # Links ------------------------------------------------------------------------------------

    @property
    def states(self) -> list[Link]:
        """A link for each state that a key can be in, with the number of keys, and for all."""
        choices: Any = self.form.fields["status"].choices  # type: ignore[attr-defined]
        states = [self._state(*each) for each in choices if each[0] in self.counts]
        states = [each for each in states if each.url != self.expiring.url]
        if self._filter is not None:
            states.append(
                Link(str(self._filter.label), self.url(), True, self.page.paginator.count)
            )
        return [*states, self._state("", gettext("All"))]

    @property
    def expiring(self) -> Link:
        """A link to the active keys that expire soon."""
        return self._state("expiring", gettext("Expires soon"))

    def _state(self, status: str, label: str) -> Link:
        is_current = status == self.status
        return Link(label, self.url(status=status), is_current, self.counts[status or "all"])

    @property
    def orders(self) -> list[tuple[str, str, bool]]:
        """The choices of the order: value, label, and whether it is the current one."""
        choices: Any = self.form.fields["sort"].choices  # type: ignore[attr-defined]
        return [(name, label, name == (self.sort or DEFAULT_ORDERING)) for name, label in choices]

    @property
    def rows_per_page(self) -> list[Link]:
        """A link for each page size."""
        return [
            Link(str(rows), self.url(rows=rows), is_current=rows == self.rows)
            for rows in ROWS_PER_PAGE
        ]

    @property
    def pages(self) -> list[Link]:
        """Links to the first, the last and the nearest pages; an ellipsis has no URL."""
        current = self.page.number
        numbers = self.page.paginator.get_elided_page_range(current, on_each_side=2, on_ends=1)
        return [
            Link(str(number), self.url(page=number), is_current=number == current)
            if isinstance(number, int)
            else Link(str(number), "")
            for number in numbers
        ]

    @property
    def columns(self) -> dict[str, Column]:
        """The columns that the table can be sorted by."""
        labels = {
            "description": gettext("Description"),
            "status": gettext("Status"),
            "expires": gettext("Expires"),
            "created": gettext("Created"),
        }
        return {name: self._column(name, label) for name, label in labels.items()}

    def _panel_column(self, column: panels.Column) -> Column:
        if not column.order:
            return Column(str(column.heading), "")
        return self._column(column.order, str(column.heading))

    def _column(self, name: str, label: str) -> Column:
        sort = self.sort or DEFAULT_ORDERING
        if sort == name:
            return Column(label, self.url(sort=f"-{name}"), "ascending")
        if sort == f"-{name}":
            return Column(label, self.url(sort=name), "descending")
        # The newest keys are the most interesting.
        return Column(label, self.url(sort="-created" if name == "created" else name))


def _with_successors(api_keys: ApiKeyQuerySet[Any]) -> ApiKeyQuerySet[Any]:
    """Return the keys with what only the table needs of them, not the CSV file."""
    return api_keys.select_related("successor")


def _is_secret(name: str, value: str) -> bool:
    """Return whether a parameter contains a key, or is a search that may be a part of one."""
    is_search = name == "q" or name.endswith("-q")
    return scanning.holds_a_secret(f"{name} {value}") or (
        is_search and scanning.may_hold_a_key(value)
    )
