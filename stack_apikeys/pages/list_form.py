"""The query string of the list, and how a search gets into it."""

from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from stack_apikeys import scanning
from stack_apikeys.models import UserApiKey
from stack_apikeys.pages import panels

ROWS_PER_PAGE = (10, 20, 30, 40, 50)
"""The page sizes to choose from. The first is the default."""

LONGEST_SEARCH = 300
"""Where to cut a search. No description is as long, and the form refuses it."""


class ListForm(forms.Form):
    """The query string of the list. Invalid values are ignored.

    ``q`` arrives by `search_url`: the form of the list submits it in a POST request.
    """

    q = forms.CharField(
        required=False,
        max_length=UserApiKey._meta.get_field("description").max_length,
        label=_("Search API keys"),
    )
    status = forms.ChoiceField(
        required=False,
        choices=[
            ("valid", _("Active")),
            ("expiring", _("Expires soon")),
            ("expired", _("Expired")),
            ("revoked", _("Revoked")),
        ],
    )
    sort = forms.ChoiceField(
        required=False,
        label=_("Sort by"),
        choices=[
            ("status", _("Active first")),
            ("-status", _("Active last")),
            ("-created", _("Newest first")),
            ("created", _("Oldest first")),
            ("description", _("Description, A to Z")),
            ("-description", _("Description, Z to A")),
            ("expires", _("Earliest expiry first")),
            ("-expires", _("Latest expiry first")),
        ],
    )
    rows = forms.TypedChoiceField(
        required=False, coerce=int, choices=[(rows, rows) for rows in ROWS_PER_PAGE]
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        status: Any = self.fields["status"]
        sort: Any = self.fields["sort"]
        for panel in panels.registered():
            status.choices += [(each.name, each.label) for each in panel.filters]
            sort.choices += [(each.name, each.label) for each in panel.orders]

    def clean_q(self) -> str:
        """Ignore what may be a part of a key, so that no link of the page contains it."""
        return fit_for_url(self.cleaned_data["q"])


def fit_for_url(search: str) -> str:
    """Return the search, the last four characters of a pasted key, or nothing for a part of one."""
    search = search.strip()
    return scanning.last_four(search) if scanning.may_hold_a_key(search) else search


def search_url(list_url: str, prefix: str, search: str) -> str:
    """Return the URL of a list with a search, which is `fit_for_url`."""
    parts = urlsplit(list_url)
    query = QueryDict(parts.query, mutable=True)
    name = f"{prefix}-q" if prefix else "q"
    query.pop(name, None)
    if search:
        query[name] = search[:LONGEST_SEARCH]
    return parts._replace(query=query.urlencode()).geturl()
