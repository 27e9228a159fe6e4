"""The scopes of a key in Django admin: chosen for a new key, and only taken away later."""

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from stack_apikeys.conf import conf
from stack_apikeys.models import AbstractApiKey
from stack_apikeys.scopes import grouped, included_in

if TYPE_CHECKING:
    _ModelAdmin = admin.ModelAdmin[Any]
else:
    _ModelAdmin = admin.ModelAdmin


class ScopesField(forms.MultipleChoiceField):
    """Some of the scopes that are offered. Others are ignored, as they grant nothing."""

    widget = forms.CheckboxSelectMultiple
    offered: Collection[str] = ()

    def offer(self, names: Collection[str]) -> None:
        """Offer these scopes, group by group."""
        self.offered = names
        self.choices = [
            (name, format_html('{} (<code dir="ltr">{}</code>)', description, name))
            for group in grouped(names).values()
            for name, description in group
        ]

    def prepare_value(self, value: Any) -> Any:
        """Return the scopes of a key. One without a list has all that are offered."""
        return [*self.offered] if value is None else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Return whether other scopes are chosen than the key has."""
        return {*self.offered}.intersection(self.prepare_value(initial)) != {*(data or ())}


class ScopesAdmin(_ModelAdmin):
    """Offers the scopes that a new key can have, and those that a key still has."""

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Return checkboxes for the scopes."""
        if db_field.name != "scopes":
            return super().formfield_for_dbfield(db_field, request, **kwargs)
        return ScopesField(
            label=_("Scopes"), required=False, initial=conf.DEFAULT_SCOPES, help_text=""
        )

    def get_form(
        self, request: HttpRequest, obj: AbstractApiKey | None = None, *args: Any, **kwargs: Any
    ) -> Any:
        """Offer the scopes."""
        form: Any = super().get_form(request, obj, *args, **kwargs)
        if field := form.base_fields.get("scopes"):
            field.offer(conf.SCOPES if obj is None else included_in(obj.scopes_in_force))
            field.help_text = (
                _("What the key may do. Without a scope, it may do nothing.")
                if obj is None
                else _("Scopes can be taken away, but not given back.")
            )
        return form

    def scopes_fields(self, request: HttpRequest, obj: AbstractApiKey | None) -> list[str]:
        """Return the field for the scopes: one to change, one to read, or none."""
        if not conf.SCOPES:
            return []
        if obj is None or (
            included_in(obj.scopes_in_force) and self.has_change_permission(request, obj)
        ):
            return ["scopes"]
        return ["granted"]

    @admin.display(description=_("scopes"))
    def granted(self, api_key: AbstractApiKey) -> SafeString | str:
        """Return the scopes that a key has, with their descriptions."""
        scopes = api_key.scopes_in_force
        if scopes is None:
            return gettext("Everything")
        lines = ((conf.SCOPES[name], name) for name in scopes)
        return format_html_join(", ", '{} (<code dir="ltr">{}</code>)', lines) or gettext("None")
