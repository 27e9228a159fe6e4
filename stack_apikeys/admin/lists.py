"""The list of keys in Django admin, which stays fast in tables of ten million keys.

It counts only as far as its pages go, and reads keys in the order of an index. For any other order,
it lists only the newest keys.
"""

from typing import Any, cast

from django.contrib import admin
from django.contrib.admin.views.main import ORDER_VAR, ChangeList
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from stack_apikeys import newest
from stack_apikeys.admin import owners
from stack_apikeys.admin.pagination import BoundedPaginator
from stack_apikeys.admin.people import PeopleOnlyAdmin
from stack_apikeys.models import ApiKeyModel

ORDER_OF_FILTER = {
    ("status", "revoked"): "-manually_revoked_at",
    ("status", "expired"): "-expires_at",
    ("expires", "7"): "expires_at",
    ("expires", "30"): "expires_at",
    ("expires", "90"): "expires_at",
}
"""The order of the keys that a filter finds by its index: what happened last or is next is first.

Keys of the same time are in the order of the index. Of keys that were revoked together, there may be
so many that sorting them by their primary keys would take longer than everything else."""


class ListRequest(HttpRequest):
    """A request for a list. It remembers which keys are the newest, if there are very many."""

    newest: Q | None


def newest_for(request: HttpRequest, api_keys: QuerySet[Any]) -> Q | None:
    """Return the condition for the newest of these keys, or None if there are no more.

    ``api_keys`` are all that the member of staff may see. Takes one query for a request.
    """
    remembering = cast(ListRequest, request)
    if not hasattr(request, "newest"):
        remembering.newest = newest.among_newest(api_keys)
    return remembering.newest


class KeyChangeList(ChangeList):
    """The list of keys."""

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        self.is_sorted_in_part = False
        super().__init__(request, *args, **kwargs)
        self.is_cut = getattr(request, "newest", None) is not None
        self.is_searched_in_part = self.is_cut and bool(self.query)
        self.most_compared = newest.MOST_COMPARED
        self.most_owners = owners.MOST_OWNERS

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[Any]:
        """Return an order that an index has, if there is one."""
        ordering: list[Any] = [*super().get_ordering(request, queryset)]
        if not self.params.get(ORDER_VAR):
            chosen = [by for each, by in ORDER_OF_FILTER.items() if each in self.params.items()]
            return chosen[:1] or ordering
        owner = f"{cast(ApiKeyModel, self.model).KIND}_id"
        indexed: dict[Any, list[str]] = {
            "created_at": ["created_at", "pk"],
            "-created_at": ["-created_at", "-pk"],
            owner: [owner, "-created_at", "-pk"],
            f"-{owner}": [f"-{owner}", "created_at", "pk"],
        }
        # Django adds the column that was chosen to the columns by which the list is sorted already.
        is_by_one = {*ordering[1:]} <= {"created_at", "-created_at", "pk", "-pk"}
        self.is_sorted_in_part = not is_by_one or ordering[0] not in indexed
        return ordering if self.is_sorted_in_part else indexed[ordering[0]]

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet[Any]:
        """Leave only the newest keys in an order that no index has."""
        api_keys: QuerySet[Any] = super().get_queryset(request, exclude_parameters)
        if self.is_sorted_in_part:
            condition = newest_for(request, self.root_queryset)
            self.is_sorted_in_part = condition is not None
            return api_keys.filter(condition or Q())
        return api_keys


class KeyListAdmin(PeopleOnlyAdmin):
    """Shows keys in a `KeyChangeList`."""

    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    paginator = BoundedPaginator

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """Return the class of the list."""
        return KeyChangeList
