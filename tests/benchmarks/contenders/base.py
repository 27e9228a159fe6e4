"""What every contender can do, so that all are measured by the same code."""

import importlib.util
from collections.abc import Iterable, Mapping
from itertools import count
from typing import Any, ClassVar


class Contender:
    """A way to authenticate a request by a key."""

    name: ClassVar[str]
    title: ClassVar[str]
    package: ClassVar[str]
    """What pip knows it by."""
    module: ClassVar[str]
    """What Python imports."""
    apps: ClassVar[tuple[str, ...]] = ()
    settings: ClassVar[Mapping[str, Any]] = {}
    loads_owner: ClassVar[bool] = True
    """Whether the view learns whose key it is, in an object of its own."""
    has_many_keys_per_user: ClassVar[bool] = True
    keyword: ClassVar[str] = "Token"
    """The scheme in ``Authorization``."""

    @property
    def is_installed(self) -> bool:
        return importlib.util.find_spec(self.module) is not None

    def view_attributes(self) -> dict[str, Any]:
        """What makes a view ask for a key."""
        raise NotImplementedError

    def owner(self, request: Any) -> Any:
        """Whose key it is, as a view finds out."""
        return request.user

    def create(self, user: Any) -> str:
        """Make a key of the user's as the package does; return its value."""
        raise NotImplementedError

    def fill(self, user_ids: Iterable[int]) -> None:
        """Store keys of these users that nobody will use."""
        raise NotImplementedError

    def unknown(self) -> str:
        """A value of the right form that no row is about."""
        raise NotImplementedError

    def mistyped(self, value: str) -> str:
        return value[:-1] + ("0" if value[-1] != "0" else "1")

    def header(self, value: str) -> tuple[str, str]:
        return "Authorization", f"{self.keyword} {value}"

    def insert(self, model: Any, same: dict[str, Any], rows: Iterable[dict[str, Any]]) -> None:
        """Store the rows, with what a save would have filled in: numbers and times."""
        from django.core.management.color import no_style
        from django.db import connection
        from django.db.models import AutoField, Max
        from django.utils import timezone

        from stack_apikeys.bulk_insert import insert_rows

        for field in model._meta.concrete_fields:
            if getattr(field, "auto_now_add", False) or getattr(field, "auto_now", False):
                same[field.attname] = timezone.now()
        if isinstance(model._meta.pk, AutoField):
            used = model.objects.aggregate(used=Max("pk"))["used"] or 0
            rows = (
                {"id": number, **row} for number, row in zip(count(used + 1), rows, strict=False)
            )
        insert_rows(model, same, list(rows), using="default")
        with connection.cursor() as cursor:
            for statement in connection.ops.sequence_reset_sql(no_style(), [model]):
                cursor.execute(statement)
