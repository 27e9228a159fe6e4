"""The fields by which users and teams are known to people.

Users and teams may be models of the project, so the fields that make up a name are found out: from
the user model, the team adapter, and by trying ``__str__``.
"""

from collections.abc import Callable
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import CharField, Model, TextField

from stack_apikeys.adapters import get_team_adapter

_FIRST_MARK = 0xE000
"""The first character for private use, which is in no name."""


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
