"""One key: looked at, renamed, revoked."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.utils.translation import gettext

from stack_apikeys.forms import RenameApiKeyForm, RevokeApiKeyForm
from stack_apikeys.views.base import ApiKeyMixin, FormSectionView


class ApiKeyDetailView(ApiKeyMixin):
    """All that there is to know about a key."""

    template_name = "stack_apikeys/api_key.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show the key."""
        return self.render_to_response(self.get_context_data(here=request.get_full_path()))


class ApiKeyRenameView(ApiKeyMixin, FormSectionView):
    """Changes a key's description."""

    template_name = "stack_apikeys/rename.html"

    def make_form(self, data: QueryDict | None = None) -> RenameApiKeyForm:
        """A form with the present description in it."""
        return RenameApiKeyForm(data, initial={"description": self.api_key.description})

    def form_valid(self, form: RenameApiKeyForm) -> HttpResponse:
        """Rename the key."""
        self.api_key.rename(form.cleaned_data["description"])
        messages.success(
            self.request,
            gettext("The key is now called “%(key)s”.") % {"key": self.api_key.description},
            fail_silently=True,
        )
        return HttpResponseRedirect(self.row_url(self.api_key))


class ApiKeyRevokeView(ApiKeyMixin, FormSectionView):
    """Asks whether the key shall end, and ends it."""

    template_name = "stack_apikeys/revoke.html"

    def make_form(self, data: QueryDict | None = None) -> RevokeApiKeyForm:
        """A form to confirm."""
        return RevokeApiKeyForm(data, request=self.request)

    def form_valid(self, form: RevokeApiKeyForm) -> HttpResponse:
        """Revoke the key; for one that was revoked before, nothing changes."""
        person: Any = self.request.user  # nobody anonymous gets here
        self.api_key.revoke(by=person, reason=form.cleaned_data["reason"])
        messages.success(
            self.request,
            gettext("The key “%(key)s” was revoked.") % {"key": self.api_key},
            fail_silently=True,
        )
        return HttpResponseRedirect(self.row_url(self.api_key))
