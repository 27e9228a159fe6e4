"""How people say where a key can be used from."""

from typing import Any

from django import forms
from django.http import HttpResponse

from stack_apikeys._database.conflicts import repeat_on_conflict
from stack_apikeys.models import UserApiKey
from stack_apikeys.pages import notices
from stack_apikeys.pages.base import ApiKeyMixin, SectionFormView
from stack_apikeys.pages.reauthentication import ReauthenticationForm


def networks_field() -> Any:
    """Return a field for the networks of a key."""
    # A list of networks is written from left to right in every language.
    attributes = {
        "dir": "ltr",
        "autocomplete": "off",
        "autocapitalize": "off",
        "spellcheck": "false",
    }
    field: Any = UserApiKey._meta.get_field("networks")
    return field.formfield(widget=forms.TextInput(attrs=attributes))


class NetworksForm(ReauthenticationForm):
    """Change the networks of a key."""

    networks = networks_field()


class ApiKeyNetworksView(ApiKeyMixin, SectionFormView):
    """Change where a key can be used from."""

    template_name = "stack_apikeys/networks.html"
    form_class = NetworksForm

    def get_initial(self) -> dict[str, Any]:
        """Return the current networks."""
        return {"networks": self.api_key.networks}

    def get_form_kwargs(self) -> dict[str, Any]:
        """Add the request, from which the form knows how recent the sign-in is."""
        return {**super().get_form_kwargs(), "request": self.request}

    @repeat_on_conflict
    def form_valid(self, form: NetworksForm) -> HttpResponse:
        """Change the networks."""
        with self.hold_rights(self.api_key):
            self.api_key.set_networks(form.cleaned_data["networks"])
        notices.leave(self.request, "networks", self.api_key)
        return super().form_valid(form)
