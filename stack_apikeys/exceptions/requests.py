"""Why a request is not accepted: its key, the way it was sent, or who sent it."""

from django.utils import translation
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_noop as _

from stack_apikeys.exceptions.base import PlainError


class ApiKeyRequired(PlainError):
    """The request has no key, and the view requires one."""

    code = "API_KEY_REQUIRED"
    status = 401
    message_format = _("An API key is required.")


class ConflictingApiKeys(PlainError):
    """The request has two different keys."""

    code = "CONFLICTING_API_KEYS"
    status = 401
    message_format = _("The request contains two different API keys.")


class ApiKeyFormNotAccepted(PlainError):
    """The key was sent with an authentication scheme that is not accepted, such as ``Digest``."""

    code = "API_KEY_FORM_NOT_ACCEPTED"
    status = 401
    message_format = _('The API key was sent in a form that is not accepted. Send "{form}".')


class PublicApiKeyNotAccepted(PlainError):
    """The key is public, and the view accepts only secret keys."""

    code = "PUBLIC_API_KEY_NOT_ACCEPTED"
    status = 401
    message_format = _(
        "This endpoint does not accept public API keys. Send a secret API key, which starts with "
        "sk_, or set accept_public_keys = True on the view."
    )


class ApiKeyNotAllowed(PlainError):
    """The view does not accept requests with a key."""

    code = "API_KEY_NOT_ALLOWED"
    status = 403
    message_format = _("This is not allowed with an API key.")


class UserApiKeyRequired(PlainError):
    """The view accepts only the keys of users."""

    code = "USER_API_KEY_REQUIRED"
    status = 403
    message_format = _("A user API key is required.")


class TeamApiKeyRequired(PlainError):
    """The view accepts only the keys of teams."""

    code = "TEAM_API_KEY_REQUIRED"
    status = 403
    message_format = _("A team API key is required.")


class PublicApiKeyRequired(PlainError):
    """The view accepts only public keys."""

    code = "PUBLIC_API_KEY_REQUIRED"
    status = 403
    message_format = _("A public API key is required.")


class SecretApiKeyRequired(PlainError):
    """The view accepts only secret keys."""

    code = "SECRET_API_KEY_REQUIRED"
    status = 403
    message_format = _("A secret API key is required.")


class InsufficientScope(PlainError):
    """The key does not have all scopes that the view requires, which are ``scope``."""

    code = "insufficient_scope"
    status = 403
    message_format = "This requires an API key with the scope {scope}."

    @property
    def message(self) -> str:
        """The message in English, as the HTTP API sends it."""
        with translation.override(None):
            return self.translated_message

    @property
    def translated_message(self) -> str:
        """The message in the active language."""
        names = self.params["scope"].split()
        return ngettext(
            "This requires an API key with the scope {scope}.",
            "This requires an API key with the scopes {scope}.",
            len(names),
        ).format(scope=", ".join(names))


class HttpsRequired(PlainError):
    """A secret was sent over plain HTTP, where others can read it."""

    code = "HTTPS_REQUIRED"
    status = 403
    message_format = _(
        "Keys are only accepted over HTTPS. Revoke any key that was sent over plain HTTP."
    )
    hint = _(
        "For developers: send test requests with secure=True, or set "
        "STACK_APIKEYS['REQUIRE_HTTPS'] = False to accept plain HTTP."
    )

    @property
    def message(self) -> str:
        """The message, with a hint for developers whose tests send plain HTTP."""
        return f"{super().message} {self.hint}"

    @property
    def translated_message(self) -> str:
        """The message and the hint in the active language."""
        return f"{super().translated_message} {gettext(self.hint)}"


class ReauthenticationRequired(PlainError):
    """The user signed in more than ``REAUTHENTICATE_AFTER_SECONDS`` ago."""

    code = "REAUTHENTICATION_REQUIRED"
    status = 403
    message_format = _("You signed in a while ago. Sign in again to do this.")


class NotOwnApiKeys(PlainError):
    """A user requested the keys of another user."""

    code = "NOT_OWN_API_KEYS"
    status = 403
    message_format = _("Client can only manage their own api keys")
