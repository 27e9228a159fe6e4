"""Verify an e-mail address with a link that is sent to it."""

from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare, salted_hmac

from stack_apikeys.conf import conf
from stack_apikeys.sdk.users import codes, links
from stack_apikeys.sdk.users.accounts import Account
from stack_apikeys.sdk.users.emails import EmailContext, count_email, send_email
from stack_apikeys.sdk.users.exceptions import (
    EmailAlreadyVerified,
    EmailVerificationNotEnabled,
    VerificationCodeAlreadyUsed,
    VerificationCodeNotFound,
)
from stack_apikeys.secret import Secret

PURPOSE = "email-verification"


def send(request: HttpRequest, user: AbstractBaseUser, *, email: str, callback_url: str) -> None:
    """Send ``user`` a link that verifies ``email``, the current address of the account.

    Raises `EmailVerificationNotEnabled`, `EmailAlreadyVerified`, `RedirectUrlNotWhitelisted`,
    `LimitError` and `EmailNotSent`.
    """
    account = Account(user)
    _require_enabled(account)
    if account.email_verified:
        raise EmailAlreadyVerified
    links.require_trusted(request, callback_url)
    count_email(request, email)
    code = codes.issue(user, purpose=PURPOSE, fingerprint=_fingerprint(email))
    send_email(
        "verification",
        user,
        to=email,
        link=links.with_code(callback_url, code),
        context=EmailContext.of(request),
    )


def check(code: Secret) -> Account:
    """Return the account whose address the code verifies.

    Raises `VerificationCodeNotFound`, also if the address has changed since the e-mail was sent,
    `VerificationCodeExpired`, `VerificationCodeAlreadyUsed` and `EmailVerificationNotEnabled`.
    """
    user, fingerprint = codes.read(code, purpose=PURPOSE)
    account = Account(user)
    _require_enabled(account)
    if not constant_time_compare(fingerprint, _fingerprint(account.email or "")):
        raise VerificationCodeNotFound
    if account.email_verified:
        raise VerificationCodeAlreadyUsed
    return account


def verify(code: Secret) -> None:
    """Record that the address is verified. Raises the same exceptions as `check`."""
    if not check(code).verify_email():
        raise VerificationCodeNotFound  # the address has changed since the check


def _require_enabled(account: Account) -> None:
    if not conf.VERIFICATION_BY_EMAIL or not account.can_verify_email:
        raise EmailVerificationNotEnabled


def _fingerprint(email: str) -> str:
    """Return a keyed digest of the address, because the address itself must not be in a URL."""
    return salted_hmac(
        "stack_apikeys.sdk.email_verification", email, algorithm="sha256"
    ).hexdigest()
