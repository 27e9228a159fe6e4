"""Pagination of long lists that does not count all rows."""

from typing import Any

from django.core.paginator import Paginator
from django.utils.functional import cached_property

MOST_LISTED = 1_000
"""How many rows can be reached page by page. In a table of ten million rows, counting them all and
reading the last pages takes longer than everything else."""


class BoundedPaginator(Paginator):  # type: ignore[type-arg]  # in the stubs only
    """Paginates the first `MOST_LISTED` rows."""

    object_list: Any

    @property
    def most(self) -> int:
        """The highest number of rows to count: more than one page, or Django shows no page links."""
        return max(MOST_LISTED, self.per_page + 1)

    @property
    def count(self) -> int:
        """The number of rows on all pages, at most `most`."""
        return min(self._found, self.most)

    @property
    def may_be_cut(self) -> bool:
        """Whether there are more rows than the pages show."""
        return self._found > self.most

    @cached_property
    def _found(self) -> int:
        # Only the primary key: the columns of other apps would take a query for each row. In order,
        # because an index has the first rows, and others may be anywhere in the table.
        rows: int = self.object_list.values("pk")[: self.most + 1].count()
        return rows
