"""The page that rotates a key."""

from typing import Any

from django.http import HttpResponse

from stack_apikeys._database.conflicts import repeat_on_conflict
from stack_apikeys.exceptions import (
    ApiKeyCreationNotAllowed,
    ApiKeyNotRotatable,
    FieldNotAllowed,
    LimitError,
    TooManyApiKeys,
)
from stack_apikeys.models import ApiKey
from stack_apikeys.pages import notices
from stack_apikeys.pages.base import ApiKeyMixin
from stack_apikeys.pages.forms import RotateApiKeyForm
from stack_apikeys.pages.show_once import ShowOnceView
from stack_apikeys.secret import Revealed


class ApiKeyRotateView(ApiKeyMixin, ShowOnceView):
    """Ask how long the key stays valid, replace it by a new one, and show its value once."""

    template_name = "stack_apikeys/rotate.html"
    form_class = RotateApiKeyForm

    def get_form_kwargs(self) -> dict[str, Any]:
        """Add what the form needs to say when the key ends."""
        kwargs = super().get_form_kwargs()
        return {**kwargs, "request": self.request, "api_key": self.api_key}

    def form_valid(self, form: RotateApiKeyForm) -> HttpResponse:
        """Rotate the key, or show why it cannot be rotated any more."""
        try:
            self.count_creation()
            successor, value = self._rotate(form)
        except ApiKeyNotRotatable:
            del self.api_key  # to be read again
            return self.render_to_response(self.get_context_data(form=None, is_late=True))
        except (ApiKeyCreationNotAllowed, FieldNotAllowed, LimitError, TooManyApiKeys) as error:
            form.add_error(None, error.translated_message)
            form.limit_error = error if isinstance(error, LimitError) else None
            return self.form_invalid(form)
        notices.leave(self.request, "created", successor)
        return self.show_once(
            "stack_apikeys/created.html",
            form=form,
            api_key=successor,
            predecessor=self.api_key,
            done_url=self.section.url("api-key", successor),
            value=value,
        )

    @repeat_on_conflict
    def _rotate(self, form: RotateApiKeyForm) -> tuple[ApiKey, Revealed]:
        with self.hold_rights(self.api_key, is_rotation=True):
            successor, value = self.api_key.rotate(
                overlap=form.cleaned_data["overlap"], actor=self.actor
            )
            # The commit may fail, and error reports show local variables.
            value = Revealed(value)
        return successor, value
