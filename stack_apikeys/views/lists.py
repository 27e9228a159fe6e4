"""An owner's keys, as a page and as a file."""

import csv
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext

from stack_apikeys import keys
from stack_apikeys.models import TeamApiKey, UserApiKey
from stack_apikeys.querysets import ApiKeyQuerySet
from stack_apikeys.views.base import SectionView
from stack_apikeys.views.section import Listing

BEGINNINGS_OF_FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What makes a spreadsheet calculate a cell (OWASP, "CSV Injection")."""

ROWS_AT_A_TIME = 500
"""How many rows the export holds in memory."""


class ApiKeyListView(SectionView):
    """The list, with its search, filters and order, all of them in the address."""

    template_name = "stack_apikeys/api_keys.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show the list."""
        listing = Listing(self.section, request)
        if keys.looks_like_a_key(request.GET.get("q", "").strip()):
            return redirect(listing.url())  # the browser remembers no address with a whole key
        context = self.get_context_data(
            listing=listing, return_url=listing.current_url, heading_level=1
        )
        return self.render_to_response(context)


class ApiKeyCsvView(SectionView):
    """The list as a file: what search and filter leave, in the same order, on all pages."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> StreamingHttpResponse:
        """Stream the file."""
        listing = Listing(self.section, request)
        name = ["api-keys", timezone.localdate().isoformat()]
        if self.section.kind == "team":
            name.insert(1, slugify(self.section.owner_name) or str(self.section.owner.pk))
        return StreamingHttpResponse(
            _csv_lines(self.section.kind == "team", listing.api_keys),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{"-".join(name)}.csv"'},
        )


class _Echo:
    """A file for `csv.writer` that hands back what is written to it."""

    def write(self, line: str) -> str:
        return line


def _csv_lines(with_creators: bool, api_keys: ApiKeyQuerySet[Any]) -> Iterator[str]:
    # Translated now: the lines are made when the visitor's language may no longer be active.
    head = [
        gettext("ID"),
        gettext("Description"),
        gettext("Status"),
        gettext("Key"),
        gettext("Created"),
        gettext("Expires"),
        gettext("Revoked"),
    ]
    if with_creators:
        head.append(gettext("Created by"))
    statuses = {
        "valid": gettext("Valid"),
        "expired": gettext("Expired"),
        "revoked": gettext("Revoked"),
    }

    def cells(api_key: UserApiKey | TeamApiKey) -> Iterator[str]:
        yield str(api_key.pk)
        yield api_key.description
        yield statuses[api_key.status]
        yield api_key.masked
        yield _moment(api_key.created_at)
        yield _moment(api_key.expires_at)
        yield _moment(api_key.manually_revoked_at)
        if with_creators:
            yield str(api_key.created_by or "")

    def lines() -> Iterator[str]:
        writer = csv.writer(_Echo())
        yield "\ufeff"  # without it, Excel does not take the file for UTF-8
        yield writer.writerow(head)
        for api_key in api_keys.iterator(chunk_size=ROWS_AT_A_TIME):
            yield writer.writerow([_inert(cell) for cell in cells(api_key)])

    return lines()


def _moment(moment: datetime | None) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds") if moment else ""


def _inert(cell: str) -> str:
    """The cell's text, marked as text where a spreadsheet would calculate it."""
    return f"'{cell}" if cell.lstrip(" ").startswith(BEGINNINGS_OF_FORMULAS) else cell
