"""The forms of the settings pages. The models validate what a key may be."""

from collections.abc import Collection, Mapping
from datetime import datetime, time
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.core.signing import BadSignature, Signer
from django.db.models import Model
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from stack_apikeys import timestamps
from stack_apikeys.models import ApiKey, UserApiKey
from stack_apikeys.overlaps import OVERLAPS, OverlapField
from stack_apikeys.pages import lifetimes
from stack_apikeys.pages.dates import long_time_tag, short_date
from stack_apikeys.pages.networks import networks_field
from stack_apikeys.pages.reauthentication import ReauthenticationForm
from stack_apikeys.pages.scopes import ScopePicker
from stack_apikeys.policy import latest_expiry

DEFAULT_LIFETIME = "30"
"""The lifetime in days that is chosen first, or else the longest that is offered."""


class ExpirySelect(forms.RadioSelect):
    """Radio buttons, each with a sentence about when the key expires."""

    sentences: Mapping[str, str] = {}

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Add the sentence."""
        option: dict[str, Any] = super().create_option(name, value, *args, **kwargs)
        return option | {"sentence": self.sentences.get(value, "")}


class DescriptionForm(forms.Form):
    """A form with the description of a key."""

    description = forms.CharField(
        label=_("Description"),
        max_length=UserApiKey._meta.get_field("description").max_length,
        error_messages={"required": _("Enter a description.")},
        widget=forms.TextInput(
            attrs={
                "placeholder": _("e.g. Development, Production, CI/CD"),
                "autocomplete": "off",
            }
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.is_bound:  # The summary of errors gets the focus if there are any.
            self.fields["description"].widget.attrs["autofocus"] = True


class CreateApiKeyForm(ScopePicker, ReauthenticationForm, DescriptionForm):
    """Create a key.

    The form contains the id of the key to create, so that submitting it twice does not create two
    keys. The id is signed for one user and one owner: nobody can choose an id, and so find out
    which ids exist.
    """

    key_id = forms.CharField(required=False, widget=forms.HiddenInput)
    expires_in = forms.ChoiceField(
        label=_("Expires in"), initial=DEFAULT_LIFETIME, widget=ExpirySelect
    )
    expires_on = forms.DateField(
        label=_("Expiry date"),
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )

    networks = networks_field()

    field_order = [
        *("key_id", "description", "expires_in", "expires_on"),
        *("scope_choice", "scopes", "networks"),
    ]

    def __init__(
        self,
        *args: Any,
        request: HttpRequest,
        owner: Model,
        grantable_scopes: Collection[str] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, request=request, **kwargs)
        self.offer_scopes(grantable_scopes)
        self.signer = Signer(salt=f"stack_apikeys:{request.user.pk}:{owner._meta.label}:{owner.pk}")
        self.fields["key_id"].initial = self.signer.sign(str(uuid4()))
        self.lifetimes = {each.value: each for each in lifetimes.offered()}
        expires_in: Any = self.fields["expires_in"]
        choices = [(each.value, each.label) for each in self.lifetimes.values()]
        expires_in.choices = [*choices, ("custom", gettext("Date"))]
        expires_in.widget.sentences = {
            each.value: each.sentence for each in self.lifetimes.values()
        }
        if DEFAULT_LIFETIME not in self.lifetimes:
            expires_in.initial = [each for each in self.lifetimes if each != lifetimes.NEVER][-1]
        expires_on = self.fields["expires_on"]
        expires_on.widget.attrs["min"] = timezone.localdate().isoformat()
        if latest := latest_expiry():
            expires_on.widget.attrs["max"] = timezone.localdate(latest).isoformat()
        expires_on.help_text = gettext("The key works until the end of this day (%(zone)s).") % {
            "zone": timezone.localtime().tzname()
        }

    def clean_key_id(self) -> UUID:
        """Return the signed id, or a new one if the signature is not valid."""
        try:
            return UUID(self.signer.unsign(self.cleaned_data["key_id"]))
        except BadSignature:
            return uuid4()

    def clean(self) -> dict[str, Any]:
        """Add ``expires_at``."""
        cleaned = super().clean() or self.cleaned_data
        match cleaned.get("expires_in"):
            case "custom":
                cleaned["expires_at"] = self._clean_custom_expiry()
            case str() as value:
                cleaned["expires_at"] = self.lifetimes[value].expires_at
        if cleaned.get("expires_in") != "custom":
            self.errors.pop("expires_on", None)
        return cleaned

    def _clean_custom_expiry(self) -> datetime | None:
        """Return the last second of the day in the current time zone."""
        if "expires_on" in self.errors:
            return None
        date, latest = self.cleaned_data.get("expires_on"), latest_expiry()
        if date is None:
            self.add_error("expires_on", gettext("Choose a date."))
        elif date < timezone.localdate():
            self.add_error("expires_on", gettext("Choose today or a later date."))
        elif latest is not None and date > timezone.localdate(latest):
            text = gettext("Choose {date} or an earlier date.")
            self.add_error("expires_on", text.format(date=short_date(latest)))
        elif date >= timestamps.LATEST.date():
            may_last = lifetimes.NEVER in self.lifetimes
            text = gettext("Choose an earlier date, or “Never”.")
            self.add_error("expires_on", text if may_last else gettext("Choose an earlier date."))
        else:
            end_of_day = timezone.make_aware(datetime.combine(date, time(23, 59, 59)))
            return end_of_day if latest is None else min(end_of_day, latest)
        return None


class RenameApiKeyForm(DescriptionForm):
    """Change the description of a key."""


class RevokeApiKeyForm(ReauthenticationForm):
    """Confirm the revocation of a key."""

    reason = forms.CharField(
        label=_("Reason"),
        required=False,
        max_length=UserApiKey._meta.get_field("revoked_reason").max_length,
        help_text=_("Saved with the key, so that your team knows why."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    understood = forms.BooleanField(
        label=_("I understand that everything that uses this key will stop working."),
        error_messages={"required": _("Tick this box to revoke the key.")},
    )


class RevokeManyForm(RevokeApiKeyForm):
    """Confirm the revocation of several keys."""

    keys = forms.CharField(required=False, widget=forms.HiddenInput)
    """The ids, with spaces between them, so that a draft of this form keeps them as any text."""

    understood = forms.BooleanField(
        label=_("I understand that everything that uses these keys will stop working."),
        error_messages={"required": _("Tick this box to revoke the keys.")},
    )


class RotateApiKeyForm(ReauthenticationForm):
    """Choose how long a key that is rotated stays valid."""

    overlap = OverlapField(widget=ExpirySelect)

    def __init__(self, *args: Any, api_key: ApiKey, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        overlap: Any = self.fields["overlap"]
        overlap.widget.sentences = _overlap_sentences(api_key)


def _overlap_sentences(api_key: ApiKey) -> dict[str, str]:
    now = timezone.now()
    sentences = {"now": gettext("Everything that uses the old key stops working immediately.")}
    for name, overlap in OVERLAPS.items():
        if overlap:
            ends_at = min(filter(None, [now + overlap, api_key.expires_at]))
            sentences[name] = format_html(
                gettext("Both keys work until {moment}."), moment=long_time_tag(ends_at)
            )
    return sentences
