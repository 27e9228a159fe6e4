"""The forms that make a key and revoke one."""

from datetime import datetime
from typing import Any
from uuid import uuid4

from django import forms
from django.contrib.admin.widgets import AdminTextInputWidget
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from stack_apikeys import timestamps
from stack_apikeys.exceptions import StackApiKeysError
from stack_apikeys.models import UserApiKey


class NewApiKeyForm(forms.ModelForm):  # type: ignore[type-arg]  # in the stubs only
    """A key to be made. It carries the new key's id, so that sending it twice makes one key."""

    new_id = forms.UUIDField(initial=uuid4, widget=forms.HiddenInput)

    def clean_expires_at(self) -> datetime | None:
        """Refuse a moment at which the key would be of no use, or that cannot be stored."""
        expires_at: datetime | None = self.cleaned_data["expires_at"]
        if expires_at is not None and expires_at <= timestamps.now():
            raise ValidationError(_("This moment has passed already."), code="past")
        if expires_at is not None and expires_at > timestamps.LATEST:
            raise ValidationError(
                _("This is too far ahead. Leave it empty for a key that never expires."),
                code="too-far-ahead",
            )
        return expires_at

    def clean(self) -> dict[str, Any]:
        """Ask beforehand for all that would keep the key from being made."""
        fields: dict[str, Any] = super().clean() or {}
        model = self._meta.model
        if made := model.objects.filter(pk=fields.get("new_id")).first():
            raise ValidationError(
                _(
                    "This form was sent before, and the key %(key)s was made then. It was shown "
                    "once and cannot be shown again. If you did not copy it, revoke it, and begin "
                    "anew to make another."
                ),
                code="made-already",
                params={"key": made.masked},
            )
        try:
            model.require_enabled()
            if owner := fields.get(model.KIND):
                model.objects.require_room(**{model.KIND: owner})
        except StackApiKeysError as error:
            raise ValidationError(error.translated_message, code=error.code) from None
        return fields


class RevocationForm(forms.Form):
    """Why keys are revoked."""

    reason = forms.CharField(
        label=_("Reason"),
        required=False,
        max_length=UserApiKey._meta.get_field("revoked_reason").max_length,
        widget=AdminTextInputWidget,
        help_text=_("Kept with the key, for those who look at it later."),
    )
