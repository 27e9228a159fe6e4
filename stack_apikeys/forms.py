"""What people fill in on the settings pages. What a key may be like is decided in the hall."""

from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.core.exceptions import ValidationError
from django.core.signing import BadSignature, Signer
from django.db.models import Model
from django.http import HttpRequest
from django.utils import formats, timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from stack_apikeys import keys, reauthentication, timestamps
from stack_apikeys.models import UserApiKey

MAX_LENGTH = UserApiKey._meta.get_field("description").max_length

DAYS_TO_LIVE = (1, 7, 30, 90, 365)
"""How long a new key may be usable, to choose from."""

DEFAULT_DAYS_TO_LIVE = 30

ROWS_PER_PAGE = (10, 20, 30, 40, 50)
"""How many keys a list may show at once; the first unless the address says otherwise."""

SORTABLE = ("description", "status", "expires", "created")
"""The columns by which a list can be sorted."""


class ListForm(forms.Form):
    """What a list's address says of it: search, state, order, rows. What is wrong is left out."""

    q = forms.CharField(required=False, max_length=MAX_LENGTH, label=_("Search API keys"))
    status = forms.ChoiceField(
        required=False,
        choices=[
            ("valid", _("Valid")),
            ("expiring", _("Expires soon")),
            ("expired", _("Expired")),
            ("revoked", _("Revoked")),
        ],
    )
    sort = forms.ChoiceField(
        required=False,
        choices=[(sign + name, sign + name) for name in SORTABLE for sign in ("", "-")],
    )
    rows = forms.TypedChoiceField(
        required=False,
        coerce=int,
        choices=[(rows, rows) for rows in ROWS_PER_PAGE],
    )

    def clean_q(self) -> str:
        """Search a pasted key by its end, so that no link repeats the whole of it."""
        text: str = self.cleaned_data["q"]
        return text[-4:] if keys.looks_like_a_key(text) else text


class ConfirmedForm(forms.Form):
    """A form that asks for the password too, if the sign-in was long ago.

    It does so in the form itself, so that nothing typed is lost on the way to another page.
    """

    password = forms.CharField(
        label=_("Your password"),
        help_text=_("You signed in a while ago. Please confirm that it is you."),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request
        if reauthentication.is_due(request):
            self.order_fields([name for name in self.fields if name != "password"])
        else:
            del self.fields["password"]

    def clean_password(self) -> str:
        """Refuse a password that is not the person's."""
        password: str = self.cleaned_data["password"]
        if not reauthentication.confirm(self.request, password):
            raise ValidationError(_("This is not your password."), code="wrong_password")
        return password

    def full_clean(self) -> None:
        """Ask no second time where the password was right and something else was not."""
        super().full_clean()
        if self.is_bound and not reauthentication.is_due(self.request):
            self.fields.pop("password", None)


class DescriptionForm(forms.Form):
    """What a key is called."""

    description = forms.CharField(
        label=_("Description"),
        max_length=MAX_LENGTH,
        error_messages={"required": _("Say what the key is for.")},
        widget=forms.TextInput(
            attrs={
                "placeholder": _("e.g. Development, Production, CI/CD"),
                "autocomplete": "off",
            }
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.is_bound:  # with errors, the summary of them is what comes first
            self.fields["description"].widget.attrs["autofocus"] = True


class CreateApiKeyForm(ConfirmedForm, DescriptionForm):
    """A key to be made.

    The form carries the new key's id, so that sending it twice cannot make two keys. The id is
    signed for this person and this owner: nobody can choose it, and so learn which ids exist.
    """

    key_id = forms.CharField(required=False, widget=forms.HiddenInput)
    expires_in = forms.ChoiceField(label=_("Expires in"), initial=DEFAULT_DAYS_TO_LIVE)
    expires_on = forms.DateField(
        label=_("Expiry date"),
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )

    field_order = ["key_id", "description", "expires_in", "expires_on"]

    def __init__(self, *args: Any, request: HttpRequest, owner: Model, **kwargs: Any) -> None:
        super().__init__(*args, request=request, **kwargs)
        self.signer = Signer(salt=f"stack_apikeys:{request.user.pk}:{owner._meta.label}:{owner.pk}")
        self.fields["key_id"].initial = self.signer.sign(str(uuid4()))
        self.fields["expires_in"].choices = self._expiry_choices()  # type: ignore[attr-defined]
        expires_on = self.fields["expires_on"]
        expires_on.widget.attrs["min"] = timezone.localdate().isoformat()
        expires_on.help_text = gettext("The key works until the end of this day (%(zone)s).") % {
            "zone": timezone.localtime().tzname()
        }

    def _expiry_choices(self) -> list[tuple[str, str]]:
        today = timezone.localtime()
        choices = []
        for days in DAYS_TO_LIVE:
            if days == 365:
                label = gettext("1 year")
            else:
                label = ngettext("%(days)d day", "%(days)d days", days) % {"days": days}
            date = formats.date_format(today + timedelta(days=days))
            choices.append(
                (
                    str(days),
                    gettext("%(duration)s (%(date)s)") % {"duration": label, "date": date},
                )
            )
        return [*choices, ("never", gettext("Never")), ("custom", gettext("Custom date"))]

    def clean_key_id(self) -> UUID:
        """Take no id but one that a form of this person and owner was given; else a new one."""
        try:
            return UUID(self.signer.unsign(self.cleaned_data["key_id"]))
        except BadSignature:
            return uuid4()

    def clean(self) -> dict[str, Any]:
        """Work out ``expires_at``."""
        cleaned = super().clean() or self.cleaned_data
        match cleaned.get("expires_in"):
            case "custom":
                cleaned["expires_at"] = self._custom_expiry()
            case "never":
                cleaned["expires_at"] = None
            case str() as days:
                cleaned["expires_at"] = timestamps.now() + timedelta(days=int(days))
        if cleaned.get("expires_in") != "custom":
            self.errors.pop("expires_on", None)
        return cleaned

    def _custom_expiry(self) -> datetime | None:
        """The last second of the day in the visitor's time zone."""
        if "expires_on" in self.errors:
            return None
        date = self.cleaned_data.get("expires_on")
        if date is None:
            self.add_error("expires_on", gettext("Choose a date."))
        elif date < timezone.localdate():
            self.add_error("expires_on", gettext("Choose today or a later date."))
        elif date >= timestamps.LATEST.date():
            self.add_error("expires_on", gettext("Choose an earlier date, or “Never”."))
        else:
            return timezone.make_aware(datetime.combine(date, time(23, 59, 59)))
        return None


class RenameApiKeyForm(DescriptionForm):
    """A key's new description."""


class RevokeApiKeyForm(ConfirmedForm):
    """A key's end."""

    reason = forms.CharField(
        label=_("Reason"),
        required=False,
        max_length=UserApiKey._meta.get_field("revoked_reason").max_length,
        help_text=_("Shown on the page of the key, for those who wonder later."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    understood = forms.BooleanField(
        label=_("I understand that everything that uses this key stops working."),
        error_messages={"required": _("Tick this box to revoke the key.")},
    )
