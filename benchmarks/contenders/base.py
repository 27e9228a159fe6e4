"""The interface of the packages that are compared."""

import importlib.util
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any, ClassVar


class Contender:
    """A package that authenticates requests by a key."""

    name: ClassVar[str]
    title: ClassVar[str]
    package: ClassVar[str]
    """The name of the distribution."""
    module: ClassVar[str]
    """The name of the module."""
    apps: ClassVar[tuple[str, ...]] = ()
    settings: ClassVar[Mapping[str, Any]] = {}
    loads_owner: ClassVar[bool] = True
    """Whether the view receives the owner of the key as an object."""
    has_many_keys_per_user: ClassVar[bool] = True
    keyword: ClassVar[str] = "Token"
    """The authentication scheme."""

    @property
    def is_installed(self) -> bool:
        return importlib.util.find_spec(self.module) is not None

    def view_attributes(self) -> dict[str, Any]:
        """Return the attributes of a view that requires a key."""
        raise NotImplementedError

    def owner(self, request: Any) -> Any:
        """Return the owner of the key of a request."""
        return request.user

    def create(self, user: Any) -> str:
        """Create a key of a user and return its value."""
        raise NotImplementedError

    def fill(self, user_ids: Iterable[int]) -> None:
        """Store keys of these users that will not be used."""
        raise NotImplementedError

    def unknown(self) -> str:
        """Return a well-formed value that does not exist."""
        raise NotImplementedError

    def mistyped(self, value: str) -> str:
        return value[:-1] + ("0" if value[-1] != "0" else "1")

    def header(self, value: str) -> tuple[str, str]:
        return "Authorization", f"{self.keyword} {value}"

    def insert(self, model: Any, same: dict[str, Any], rows: Iterable[dict[str, Any]]) -> None:
        """Store a row for each of ``rows``, with the fields of ``same`` in all of them."""
        remaining = iter(rows)
        while batch := list(islice(remaining, 5000)):
            model._base_manager.bulk_create([model(**same, **row) for row in batch])
