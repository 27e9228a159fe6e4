"""The errors of accounts, passwords and e-mail addresses, one class for each error code.

Section 8 of the wire contract lists the codes, statuses, messages and details.
"""

from stack_apikeys.exceptions import KnownError, PlainError


class NotOwnUser(PlainError):
    """A client requested the data of another user."""

    code = "NOT_OWN_USER"
    status = 403
    message_format = "Client can only access their own user"


class SignUpNotEnabled(KnownError):
    """``ALLOW_SIGN_UP`` is False."""

    code = "SIGN_UP_NOT_ENABLED"
    message_format = (
        "Creation of new accounts is not enabled for this project. Please ask the project owner "
        "to enable it."
    )


class AnonymousAccountsNotEnabled(KnownError):
    """Accounts without an e-mail address are not supported."""

    code = "ANONYMOUS_ACCOUNTS_NOT_ENABLED"
    message_format = "Anonymous accounts are not enabled for this project."


class UserEmailAlreadyExists(KnownError):
    """An account with this e-mail address already exists."""

    code = "USER_EMAIL_ALREADY_EXISTS"
    status = 409
    message_format = 'A user with email "{email}" already exists.'

    @property
    def details(self) -> dict[str, object]:
        """The address, and that verifying it would not help."""
        return {**self.params, "would_work_if_email_was_verified": False}


class MultiFactorNotEnabled(PlainError):
    """Multi-factor authentication, which the official component always offers, is not supported."""

    code = "MULTI_FACTOR_NOT_ENABLED"
    message_format = (
        "Multi-factor authentication is not enabled for this project. Your account was not changed."
    )


# Passwords ------------------------------------------------------------------------------------


class PasswordAuthenticationNotEnabled(KnownError):
    """``ALLOW_PASSWORD_SIGN_IN`` is False."""

    code = "PASSWORD_AUTHENTICATION_NOT_ENABLED"
    message_format = "Password authentication is not enabled for this project."


class PasswordRequirementsNotMet(KnownError):
    """A validator in ``AUTH_PASSWORD_VALIDATORS`` rejects the new password."""

    code = "PASSWORD_REQUIREMENTS_NOT_MET"
    message_format = "{message}"
    has_details = True


class PasswordTooShort(PasswordRequirementsNotMet):
    """The new password has fewer characters than ``AUTH_PASSWORD_VALIDATORS`` require."""

    code = "PASSWORD_TOO_SHORT"
    message_format = "Password too short. Minimum length is {min_length}."

    @property
    def details(self) -> dict[str, object]:
        """The minimum number of characters, as a number."""
        return {"min_length": int(self.params["min_length"])}


class PasswordConfirmationMismatch(KnownError):
    """The old password in a request to change the password is wrong."""

    code = "PASSWORD_CONFIRMATION_MISMATCH"
    message_format = "Passwords do not match."


class UserDoesNotHavePassword(KnownError):
    """The user has no usable password to change."""

    code = "USER_DOES_NOT_HAVE_PASSWORD"
    message_format = "This user does not have password authentication enabled."


class UserHasPassword(PlainError):
    """A password can be set without the old one only if the user has none."""

    code = "USER_HAS_PASSWORD"
    message_format = "The user already has a password. Update it instead."


class PasswordResetNotEnabled(PlainError):
    """``PASSWORD_RESET_BY_EMAIL`` is False."""

    code = "PASSWORD_RESET_NOT_ENABLED"
    message_format = "Password reset is not enabled for this project."


# E-mail addresses and the links in e-mails ----------------------------------------------------


class ContactChannelNotFound(PlainError):
    """The account does not have this e-mail address."""

    code = "CONTACT_CHANNEL_NOT_FOUND"
    status = 404
    message_format = "Contact channel not found"


class ContactChannelsManagedElsewhere(PlainError):
    """The API does not add, change or remove e-mail addresses."""

    code = "CONTACT_CHANNELS_MANAGED_ELSEWHERE"
    message_format = "E-mail addresses cannot be added or changed through this API."


class EmailVerificationNotEnabled(PlainError):
    """``VERIFICATION_BY_EMAIL`` is False, or the user model's ``email_verified`` is read-only."""

    code = "EMAIL_VERIFICATION_NOT_ENABLED"
    message_format = "E-mail verification is not enabled for this project."


class EmailAlreadyVerified(KnownError):
    """The e-mail address is already verified."""

    code = "EMAIL_ALREADY_VERIFIED"
    status = 409
    message_format = "The e-mail is already verified."


class EmailIsNotPrimaryEmail(KnownError):
    """Only the account's own address can be verified."""

    code = "EMAIL_IS_NOT_PRIMARY_EMAIL"
    message_format = (
        "The given e-mail ({email}) must equal the user's primary e-mail ({primary_email})."
    )
    has_details = True


class EmailNotSent(PlainError):
    """The e-mail backend raised an exception."""

    code = "EMAIL_NOT_SENT"
    status = 503
    message_format = "The e-mail could not be sent. Try again later."


class RedirectUrlNotWhitelisted(KnownError):
    """The URL for the link in an e-mail is not on a trusted origin."""

    code = "REDIRECT_URL_NOT_WHITELISTED"
    message_format = (
        "Redirect URL not whitelisted. Did you forget to add this domain to the trusted domains "
        "list on the Stack Auth dashboard?"
    )


class VerificationCodeNotFound(KnownError):
    """The code is not valid, or its account or e-mail address has changed."""

    code = "VERIFICATION_CODE_NOT_FOUND"
    status = 404
    message_format = "The verification code does not exist for this project."


class VerificationCodeExpired(KnownError):
    """The code is older than ``PASSWORD_RESET_TIMEOUT``."""

    code = "VERIFICATION_CODE_EXPIRED"
    message_format = "The verification code has expired."


class VerificationCodeAlreadyUsed(KnownError):
    """The address is verified, or the user has signed in or changed the password since."""

    code = "VERIFICATION_CODE_ALREADY_USED"
    status = 409
    message_format = "The verification link has already been used."
