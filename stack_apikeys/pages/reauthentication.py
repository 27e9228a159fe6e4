"""The base of the forms that ask for the user's password if the sign-in is not recent."""

from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from stack_apikeys import reauthentication
from stack_apikeys.exceptions import LimitError
from stack_apikeys.policy import get_policy
from stack_apikeys.secret import Secret
from stack_apikeys.sign_in_limits import SignInLimits


class ReauthenticationForm(forms.Form):
    """A form that includes a password field if the user must confirm who they are.

    The setting ``REAUTHENTICATE_AFTER_SECONDS`` says when. The field is part of the form itself, so
    that nothing the user has typed is lost. If `Policy.confirmation_url` returns a URL, the form
    has no password field, and is not valid until the user has been there.
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
        self.confirmation_url: str | None = None
        """Where the user confirms who they are, if not in this form."""
        self.limit_error: LimitError | None = None
        """The rate limit that the submission exceeded, if any."""
        must_confirm = self._must_confirm()
        if must_confirm:
            self.confirmation_url = get_policy().confirmation_url(request, request.get_full_path())
        if must_confirm and self.confirmation_url is None:
            self.order_fields([name for name in self.fields if name != "password"])  # comes last
        else:
            del self.fields["password"]

    def clean_password(self) -> str:
        """Check the password, and record that the user has just signed in."""
        password = Secret(self.cleaned_data["password"])
        try:
            is_correct = _check_password(self.request, password)
        except LimitError as error:
            self.limit_error = error
            raise ValidationError(error.translated_message, code="rate_limited") from None
        if not is_correct:
            raise ValidationError(_("That password is incorrect."), code="wrong_password")
        return password.reveal()

    def clean(self) -> dict[str, Any]:
        """Refuse the form if the user must confirm who they are on another page."""
        if self.confirmation_url is not None:
            raise ValidationError(
                _("You signed in a while ago. Please confirm that it is you."),
                code="confirmation_required",
            )
        return super().clean() or self.cleaned_data

    def full_clean(self) -> None:
        """Remove the password field after a correct password, even if other fields have errors."""
        super().full_clean()
        if self.is_bound and not self._must_confirm():
            self.fields.pop("password", None)

    def _must_confirm(self) -> bool:
        return reauthentication.is_due(reauthentication.sign_in_of(self.request))


def _check_password(request: HttpRequest, password: Secret) -> bool:
    """Return whether this is the user's password; if so, mark the sign-in as recent.

    Wrong passwords count as failed sign-ins. Raises `RateLimited` or `LimitUnavailable`.
    """
    user = cast(Any, request.user)
    limits = SignInLimits(request, user)
    limits.admit()
    authenticated = reauthentication.authenticate(
        request,
        username=user.get_username(),
        email=getattr(user, user.get_email_field_name(), ""),
        password=password,
    )
    if authenticated is None or authenticated.pk != user.pk:
        return False
    limits.succeeded()
    reauthentication.mark_recent(request)
    return True
