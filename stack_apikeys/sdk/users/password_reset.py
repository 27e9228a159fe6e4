"""Reset a forgotten password with a link that is sent by e-mail."""

from collections.abc import Callable
from typing import Any, cast

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.http import HttpRequest

from stack_apikeys.conf import conf
from stack_apikeys.sdk.users import codes, links, passwords
from stack_apikeys.sdk.users.emails import EmailContext, count_email, send_email
from stack_apikeys.sdk.users.exceptions import (
    EmailNotSent,
    PasswordResetNotEnabled,
    VerificationCodeAlreadyUsed,
)
from stack_apikeys.secret import Secret

PURPOSE = "password-reset"


class _TokenGenerator(PasswordResetTokenGenerator):
    # With Django's own salt, the token would also work in Django's password reset view.
    key_salt = "stack_apikeys.sdk.password_reset"


_token_generator = _TokenGenerator()


def prepare_email(request: HttpRequest, *, email: str, callback_url: str) -> Callable[[], None]:
    """Return a function that sends the link to the user with this address, if there is one.

    Call it after the response has been sent, so that the response time does not reveal whether the
    user exists. Raises `PasswordResetNotEnabled`, `PasswordAuthenticationNotEnabled`,
    `RedirectUrlNotWhitelisted` and `LimitError`.
    """
    _require_enabled()
    links.require_trusted(request, callback_url)
    count_email(request, email)
    context = EmailContext.of(request)

    def send() -> None:
        for user, address in _find(email):
            code = codes.issue(
                user, purpose=PURPOSE, fingerprint=_token_generator.make_token(cast(Any, user))
            )
            link = links.with_code(callback_url, code)
            try:
                send_email("password_reset", user, to=address, link=link, context=context)
            except EmailNotSent:
                continue  # send_email has logged it

    return send


def check(code: Secret) -> AbstractBaseUser:
    """Return the user whose password the code resets.

    Raises `PasswordResetNotEnabled`, `PasswordAuthenticationNotEnabled`,
    `VerificationCodeNotFound`, `VerificationCodeExpired` and `VerificationCodeAlreadyUsed`.
    """
    _require_enabled()
    user, token = codes.read(code, purpose=PURPOSE)
    if not _token_generator.check_token(cast(Any, user), token):
        raise VerificationCodeAlreadyUsed
    return user


def reset(code: Secret, *, new: Secret) -> None:
    """Set a new password, which ends all sessions of the user and makes the code invalid.

    Raises the same exceptions as `check`, and `PasswordRequirementsNotMet`, after which the code
    is still valid.
    """
    if not passwords.replace_password(check(code), new=new):
        raise VerificationCodeAlreadyUsed


def _require_enabled() -> None:
    passwords.require_passwords_enabled()
    if not conf.PASSWORD_RESET_BY_EMAIL:
        raise PasswordResetNotEnabled


def _find(email: str) -> list[tuple[AbstractBaseUser, str]]:
    """Return the users who can reset their password, each with the address in the database.

    The e-mail must go to that address, because the comparison in the database may treat similar
    addresses as equal.
    """
    model = get_user_model()
    field_name = model.get_email_field_name()
    if field_name not in {field.name for field in model._meta.fields}:
        return []
    return [
        (user, getattr(user, field_name))
        for user in model._default_manager.filter(**{f"{field_name}__iexact": email})
        if user.is_active and user.has_usable_password()
    ]
