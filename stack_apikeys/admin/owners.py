"""Find owners by the names under which Django admin shows them.

Users and teams may be models of the project, so the fields that make up a name are found out: from
the user model, the team adapter, the owner's own admin class, and by trying ``__str__``.
"""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db.models import CharField, Exists, Model, OuterRef, Q, TextField
from django.http import HttpRequest

from stack_apikeys.adapters import get_team_adapter

MOST_OWNERS = 1000
"""How many owners are looked up before their keys. If more match, the database compares each row."""

MOST_WORDS = 5
"""For how many words of a search owners are looked up. Further words are compared with each row."""

_AROUND_A_NAME = "()[]{}<>,;:\"'“”„«»"
"""Characters that ``__str__`` may put around the parts of a name."""

_FIRST_MARK = 0xE000
"""The first character for private use, which is in no name."""


class OwnerSearch(admin.ModelAdmin):  # type: ignore[type-arg]  # in the stubs only
    """Finds the keys whose owner matches each word of a search.

    It is an admin class of the owners that is registered nowhere, for Django's own search.
    """

    def __init__(self, key_admin: Any, request: HttpRequest, using: str) -> None:
        super().__init__(key_admin.model.owner_model(), key_admin.admin_site)
        self._request = request
        self._owner_id = f"{key_admin.model.KIND}_id"
        self._owners = self.model._base_manager.using(using)
        self._looked_up = 0

    def get_search_fields(self, request: HttpRequest) -> list[str]:
        """Return the lookups of the name and, if the user may view owners, of the owner's admin."""
        fields = fields_of_name(self.model)
        if self.admin_site.is_registered(self.model):
            owner_admin = self.admin_site.get_model_admin(self.model)
            if owner_admin.has_view_permission(request):
                fields |= {*owner_admin.get_search_fields(request)}
        return sorted(fields)

    def condition(self, word: str) -> Q:
        """Return the condition for keys whose owner matches the word.

        Looks the owners up first, because the database can find their keys by an index. A join
        would compare each key with its owner.
        """
        term = _quoted(word.strip(_AROUND_A_NAME) or word)
        found, _may_repeat = self.get_search_results(self._request, self._owners.all(), term)
        found = found.order_by()
        if self._looked_up < MOST_WORDS:
            self._looked_up += 1
            ids = set(found.values_list("pk", flat=True)[: MOST_OWNERS + 1])
            if len(ids) <= MOST_OWNERS:
                return Q(**{f"{self._owner_id}__in": ids})
        return Q(Exists(found.filter(pk=OuterRef(self._owner_id))))


def _quoted(word: str) -> str:
    """Return a search term of which Django's search does not make several words."""
    word = word.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{word}"'


def fields_of_name(model: type[Model]) -> set[str]:
    """Return the lookups on a user or team model by which its rows are known to people."""
    if model is not get_user_model():
        adapter = get_team_adapter()
        return {*adapter.search_fields} | _fields_in(model, str, adapter.display_name)
    user_model: Any = model
    names = {user_model.USERNAME_FIELD, user_model.get_email_field_name()}
    return names & {*_texts(model)} | _fields_in(model, str, _full_name)


def _full_name(user: Any) -> str:
    get_full_name: Callable[[], str] | None = getattr(user, "get_full_name", None)
    return get_full_name() if get_full_name else ""


def _texts(model: type[Model]) -> list[str]:
    fields = model._meta.concrete_fields
    return [field.attname for field in fields if isinstance(field, CharField | TextField)]


def _fields_in(model: type[Model], *names: Callable[[Any], str]) -> set[str]:
    """Return the text fields that these names are made of.

    Found by trying: each field of a row that is not saved contains another mark. A field that was
    found is then emptied, because another may take its place: ``self.display_name or self.email``.
    """
    marks = {name: chr(_FIRST_MARK + number) for number, name in enumerate(_texts(model))}
    found: set[str] = set()
    for name in names:
        fields = dict(marks)
        while shown := _shown(model, fields, name):
            found |= shown
            fields |= dict.fromkeys(shown, "")
    return {field for field in found if _can_be_searched(model, field)}


def _shown(model: type[Model], fields: dict[str, str], name: Callable[[Any], str]) -> set[str]:
    try:
        shown = str(name(model(**fields)))
    except Exception:  # noqa: BLE001  # the project's code, which may need a row that is saved
        return set()
    return {field for field, mark in fields.items() if mark and mark in shown}


def _can_be_searched(model: type[Model], field: str) -> bool:
    try:
        model._base_manager.filter(**{f"{field}__icontains": "x"}).query.sql_with_params()
    except Exception:  # noqa: BLE001  # a field of another library, such as one that encrypts
        return False
    return True
