"""How people choose the scopes of a key, and take them away."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from django import forms
from django.http import Http404, HttpResponse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from stack_apikeys._database.conflicts import repeat_on_conflict
from stack_apikeys.conf import conf
from stack_apikeys.exceptions import ScopesCannotBeAdded
from stack_apikeys.models import ApiKey
from stack_apikeys.pages import notices
from stack_apikeys.pages.base import ApiKeyMixin, SectionFormView
from stack_apikeys.scopes import fewest, grouped, included_in, read_only

EVERYTHING, READ_ONLY, CHOSEN = "all", "read", "chosen"


class ScopeCheckboxes(forms.CheckboxSelectMultiple):
    """Checkboxes, each with the group that its scope belongs to, for ``{% regroup %}``."""

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Add the group."""
        option: dict[str, Any] = super().create_option(name, value, *args, **kwargs)
        return option | {"group": str(value).partition(":")[0]}


class ScopesField(forms.MultipleChoiceField):
    """Some of the scopes that are offered."""

    widget = ScopeCheckboxes

    def offer(self, names: Iterable[str]) -> None:
        """Offer these scopes, group by group."""
        self.choices = [choice for group in grouped(names).values() for choice in group]

    def prepare_value(self, value: Any) -> Any:
        """Return the scopes of a draft, which has them in one text."""
        return value.split() if isinstance(value, str) else value


class ScopeShortcuts(forms.RadioSelect):
    """Radio buttons, each with the descriptions of the scopes that it stands for."""

    descriptions: dict[str, SafeString] = {}

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Add the descriptions."""
        option: dict[str, Any] = super().create_option(name, value, *args, **kwargs)
        return option | {"descriptions": self.descriptions.get(value, "")}


class ScopePicker(forms.Form):
    """The part of a form that chooses the scopes of a new key, if there are any to choose."""

    scope_choice = forms.ChoiceField(
        label=_("Scopes"), initial=CHOSEN, required=False, widget=ScopeShortcuts
    )
    scopes = ScopesField(label=_("Scopes"), required=False)

    def offer_scopes(self, names: Collection[str]) -> None:
        """Offer these scopes, and shortcuts for all of them and for those to read something."""
        if not names:
            del self.fields["scope_choice"], self.fields["scopes"]
            return
        self.shortcuts = {EVERYTHING: fewest(names)}
        if 0 < len(readable := read_only(names)) < len(names):
            self.shortcuts[READ_ONLY] = readable
        labels = {EVERYTHING: gettext("Everything"), READ_ONLY: gettext("Read only")}
        choice: Any = self.fields["scope_choice"]
        choice.choices = [
            *((name, labels[name]) for name in self.shortcuts),
            (CHOSEN, gettext("Choose")),
        ]
        choice.widget.descriptions = {
            name: format_html_join(" · ", "{}", ((conf.SCOPES[scope],) for scope in scopes))
            for name, scopes in self.shortcuts.items()
        }
        field: Any = self.fields["scopes"]
        field.offer(names)
        field.initial = [scope for scope in conf.DEFAULT_SCOPES if scope in names]

    def clean(self) -> dict[str, Any]:
        """Replace a shortcut by its scopes."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if "scopes" not in self.fields:
            return cleaned
        choice = cleaned.get("scope_choice")
        if choice in self.shortcuts:
            self.errors.pop("scopes", None)
            cleaned["scopes"] = self.shortcuts[choice]
        elif not cleaned.get("scopes") and "scopes" not in self.errors:
            self.add_error("scopes", gettext("Choose at least one scope."))
        return cleaned


class NarrowScopesForm(forms.Form):
    """Take scopes of a key away."""

    scopes = ScopesField(label=_("Scopes"), required=False)

    def __init__(self, *args: Any, offered: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["scopes"]
        field.offer(offered)


class ApiKeyScopesView(ApiKeyMixin, SectionFormView):
    """Take scopes of a key away. If it has none, the page is a 404."""

    template_name = "stack_apikeys/scopes.html"
    form_class = NarrowScopesForm

    def get_form_kwargs(self) -> dict[str, Any]:
        """Offer the scopes that the key has, itself or by one that includes them."""
        offered = included_in(self.api_key.scopes_in_force)
        if not offered:
            raise Http404
        return {**super().get_form_kwargs(), "offered": offered}

    def get_initial(self) -> dict[str, Any]:
        """Return the scopes that the key has itself."""
        scopes = self.api_key.scopes_in_force
        return {"scopes": [*conf.SCOPES] if scopes is None else scopes}

    @repeat_on_conflict
    def form_valid(self, form: NarrowScopesForm) -> HttpResponse:
        """Take the other scopes away, unless somebody else has taken away one of these."""
        try:
            with self.hold_rights(self.api_key):
                self.api_key.narrow_scopes(form.cleaned_data["scopes"])
        except ScopesCannotBeAdded as error:
            form.add_error("scopes", error.translated_message)
            return self.form_invalid(form)
        notices.leave(self.request, "narrowed", self.api_key)
        return super().form_valid(form)


def described(api_key: ApiKey) -> dict[str, object] | None:
    """Return the scopes that the key has itself, with their descriptions.

    Returns None for a project without scopes, and for a key that has all of them.
    """
    scopes = api_key.scopes_in_force
    if not conf.SCOPES or scopes is None:
        return None
    return {name: conf.SCOPES[name] for name in scopes}
