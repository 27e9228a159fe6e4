"""The forms that create and revoke keys."""

from datetime import datetime
from typing import Any
from uuid import uuid4

from django import forms
from django.contrib.admin.widgets import AdminTextInputWidget
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from stack_apikeys import timestamps
from stack_apikeys.exceptions import FieldNotAllowed, StackApiKeysError
from stack_apikeys.models import UserApiKey
from stack_apikeys.overlaps import OverlapField
from stack_apikeys.policy import expiry_is_required


class NewApiKeyForm(forms.ModelForm):  # type: ignore[type-arg]  # in the stubs only
    """The form of a new key. It contains the new id, so that sending it twice creates one key."""

    actor: Any
    """The person who creates the key."""

    new_id = forms.UUIDField(initial=uuid4, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Django's own texts beside the two fields are no labels.
        labels = (_("Expiry date"), _("Expiry time"))
        widget: Any = self.fields["expires_at"].widget
        for each, label in zip(widget.widgets, labels, strict=True):
            each.attrs["aria-label"] = label
        if expiry_is_required():
            self.fields["expires_at"].help_text = gettext(
                "A key that never expires is not allowed."
            )

    def clean_expires_at(self) -> datetime | None:
        """Reject times in the past, and times too far ahead to be stored."""
        expires_at: datetime | None = self.cleaned_data["expires_at"]
        if expires_at is not None and expires_at <= timestamps.now():
            raise ValidationError(_("This time is in the past."), code="past")
        if expires_at is not None and expires_at > timestamps.LATEST:
            text = gettext("This is too far ahead. Leave it empty for a key that never expires.")
            if expiry_is_required():
                text = gettext("Choose an earlier date.")
            raise ValidationError(text, code="too-far-ahead")
        return expires_at

    def clean(self) -> dict[str, Any]:
        """Validate everything that could prevent the key from being created."""
        fields: dict[str, Any] = super().clean() or {}
        model = self._meta.model
        if existing := model.objects.filter(pk=fields.get("new_id")).first():
            raise ValidationError(
                _(
                    "This form was already submitted, and created the key %(key)s. It was shown "
                    "once and cannot be shown again. If you did not copy it, revoke it and create "
                    "another one."
                ),
                code="already-created",
                params={"key": existing.masked},
            )
        try:
            model.require_enabled()
            # A field that is missing has an error of its own.
            if (owner := fields.get(model.KIND)) and "expires_at" in fields:
                names = ("description", "is_public", "expires_at", "scopes", "networks", "rates")
                of_key = {name: fields[name] for name in names if name in fields}
                api_key = model(**{model.KIND: owner}, **of_key)
                model.objects.require_may_create(api_key, actor=self.actor)
        except FieldNotAllowed as error:
            self.add_error(error.field, ValidationError(error.translated_message, code=error.code))
        except StackApiKeysError as error:
            raise ValidationError(error.translated_message, code=error.code) from None
        return fields


class RotationForm(forms.Form):
    """Asks how long a key that is rotated stays valid."""

    overlap = OverlapField()


class ApiKeyForm(forms.ModelForm):  # type: ignore[type-arg]  # in the stubs only
    """The form of a key that exists."""

    def clean_description(self) -> str:
        """Reject the description of another key, if ``UNIQUE_DESCRIPTIONS`` is set."""
        description: str = self.cleaned_data["description"]
        try:
            self.instance.require_renamable(description)
        except FieldNotAllowed as error:
            raise ValidationError(error.translated_message, code=error.code) from None
        return description


class RevocationForm(forms.Form):
    """Asks for the reason before keys are revoked."""

    reason = forms.CharField(
        label=_("Reason"),
        required=False,
        max_length=UserApiKey._meta.get_field("revoked_reason").max_length,
        widget=AdminTextInputWidget(attrs={"dir": "auto"}),
        help_text=_("Optional. Stored with the key."),
    )
