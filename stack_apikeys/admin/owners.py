"""Find owners by the names under which Django admin shows them.

Beside the fields of the name, the fields of the owner's own admin class are searched.
"""

from typing import Any

from django.contrib import admin
from django.core.exceptions import FieldDoesNotExist
from django.db.models import CharField, Exists, OuterRef, Q, TextField
from django.http import HttpRequest

from stack_apikeys._database.primary_keys import parse_primary_key
from stack_apikeys.newest import among_newest
from stack_apikeys.owner_names import fields_of_name

MOST_OWNERS = 1000
"""How many owners are looked up before their keys. If more match, the database compares each row."""

MOST_WORDS = 5
"""For how many words of a search owners are looked up. Further words are compared with each row."""

SHORTEST_BEGINNING = 3
"""How many characters of a name an index is asked for. Fewer would find too many owners."""

_AROUND_A_NAME = "()[]{}<>,;:\"'“”„«»"
"""Characters that ``__str__`` may put around the parts of a name."""


class OwnerSearch(admin.ModelAdmin):  # type: ignore[type-arg]  # in the stubs only
    """Finds the keys whose owner matches each word of a search.

    It is an admin class of the owners that is registered nowhere, for Django's own search.
    Names are compared with the owners of all keys, or of the newest `MOST_OWNERS` of very many.
    """

    def __init__(self, key_admin: Any, request: HttpRequest, using: str, *, is_whole: bool) -> None:
        super().__init__(key_admin.model.owner_model(), key_admin.admin_site)
        self._request = request
        self._owner_id = f"{key_admin.model.KIND}_id"
        self._owners = self.model._base_manager.using(using)
        api_keys = key_admin.model._base_manager.using(using)
        newest = None if is_whole else among_newest(api_keys, MOST_OWNERS)
        owner_ids: Any = api_keys.filter(newest or Q()).values_list(self._owner_id, flat=True)
        if newest is not None:
            owner_ids = set(owner_ids)  # with a subquery, PostgreSQL may read all owners
        self._owner_ids = owner_ids
        self._looked_up = 0
        self._begun = 0

    def get_search_fields(self, request: HttpRequest) -> list[str]:
        """Return the lookups of the name and, if the user may view owners, of the owner's admin."""
        fields = fields_of_name(self.model)
        if self.admin_site.is_registered(self.model):
            owner_admin = self.admin_site.get_model_admin(self.model)
            if owner_admin.has_view_permission(request):
                fields |= {*owner_admin.get_search_fields(request)}
        return sorted(fields)

    def named(self, word: str) -> Q:
        """Return the condition for those of the compared keys whose owner matches the word.

        Looks the owners up first, because the database can find their keys by an index. A join
        would compare each key with its owner.
        """
        term = _quoted(_name_in(word))
        owners = self._owners.filter(pk__in=self._owner_ids)
        found, _may_repeat = self.get_search_results(self._request, owners, term)
        found = found.order_by()
        if self._looked_up < MOST_WORDS:
            self._looked_up += 1
            ids = set(found.values_list("pk", flat=True)[: MOST_OWNERS + 1])
            if len(ids) <= MOST_OWNERS:
                return Q(**{f"{self._owner_id}__in": ids})
        return Q(Exists(found.filter(pk=OuterRef(self._owner_id))))

    def identified(self, word: str) -> Q:
        """Return the condition for all keys of the owner with this primary key."""
        primary_key = parse_primary_key(self.model, _name_in(word))
        return Q(pk__in=[]) if primary_key is None else Q(**{self._owner_id: primary_key})

    def beginning(self, word: str) -> Q:
        """Return the condition for all keys whose owner has an indexed name that begins so.

        It is true for no key if too many owners have such a name.
        """
        name = _name_in(word)
        condition = Q()
        if len(name) >= SHORTEST_BEGINNING and self._begun < MOST_WORDS:
            self._begun += 1
            for field in filter(self._is_indexed, self.get_search_fields(self._request)):
                for spelling in {name, name.lower()}:
                    condition |= Q(**{f"{field}__startswith": spelling})
        ids: list[Any] = []
        if condition:
            found = self._owners.filter(condition).order_by()
            ids = [*found.values_list("pk", flat=True)[: MOST_OWNERS + 1]]
        return Q(**{f"{self._owner_id}__in": ids if len(ids) <= MOST_OWNERS else []})

    def _is_indexed(self, name: str) -> bool:
        """Return whether a database can find the beginning of this field by an index."""
        try:
            field = self.model._meta.get_field(name)
        except FieldDoesNotExist:
            return False
        is_text = isinstance(field, CharField | TextField)
        return is_text and (field.unique or field.db_index)


def _name_in(word: str) -> str:
    return word.strip(_AROUND_A_NAME) or word


def _quoted(word: str) -> str:
    """Return a search term of which Django's search does not make several words."""
    word = word.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{word}"'
