"""Change users' passwords."""

from typing import Any, cast

from django.contrib.auth.models import AbstractBaseUser
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import router, transaction
from django.http import HttpRequest

from stack_apikeys._database import locks
from stack_apikeys.conf import conf
from stack_apikeys.sdk.sessions.models import Session
from stack_apikeys.sdk.users.accounts import lock_unless_changed
from stack_apikeys.sdk.users.exceptions import (
    PasswordAuthenticationNotEnabled,
    PasswordConfirmationMismatch,
    PasswordRequirementsNotMet,
    PasswordTooShort,
    UserDoesNotHavePassword,
    UserHasPassword,
)
from stack_apikeys.secret import Secret
from stack_apikeys.sign_in_limits import SignInLimits


def require_passwords_enabled() -> None:
    """Raise `PasswordAuthenticationNotEnabled` if ``ALLOW_PASSWORD_SIGN_IN`` is False."""
    if not conf.ALLOW_PASSWORD_SIGN_IN:
        raise PasswordAuthenticationNotEnabled


def validate(password: Secret, user: AbstractBaseUser) -> None:
    """Run ``AUTH_PASSWORD_VALIDATORS``.

    Raises `PasswordTooShort` or, for any other problem, `PasswordRequirementsNotMet`.
    """
    try:
        validate_password(password.reveal(), cast(Any, user))
    except ValidationError as error:
        for each in error.error_list:
            if each.code == "password_too_short" and each.params:
                raise PasswordTooShort(min_length=str(each.params["min_length"])) from None
        raise PasswordRequirementsNotMet(message=" ".join(error.messages)) from None


def update_password(
    request: HttpRequest,
    user: AbstractBaseUser,
    *,
    old: Secret,
    new: Secret,
    session: Session | None,
) -> None:
    """Change a password, which ends all sessions of the user except for ``session``.

    It also ends the user's Django sessions, including the one of the request: Django would have to
    set a cookie to keep it, and the API does not set cookies.

    Wrong old passwords count towards the limits for signing in. Raises
    `PasswordAuthenticationNotEnabled`, `UserDoesNotHavePassword`, `LimitError`,
    `PasswordConfirmationMismatch` and `PasswordRequirementsNotMet`.
    """
    require_passwords_enabled()
    if not user.has_usable_password():
        raise UserDoesNotHavePassword
    limits = SignInLimits(request, user)
    limits.admit()
    if not user.check_password(old.reveal()):
        raise PasswordConfirmationMismatch
    limits.succeeded()
    _change_password(user, new, session)


def set_password(user: AbstractBaseUser, *, new: Secret, session: Session | None) -> None:
    """Set the first password of a user, which ends all sessions except for ``session``.

    Raises `PasswordAuthenticationNotEnabled`, `UserHasPassword` and `PasswordRequirementsNotMet`.
    """
    require_passwords_enabled()
    if user.has_usable_password():
        raise UserHasPassword
    _change_password(user, new, session)


def replace_password(user: AbstractBaseUser, *, new: Secret) -> bool:
    """Set a password without the old one, which ends all sessions of the user.

    Returns False and changes nothing if the password has changed since ``user`` was read. Raises
    `PasswordRequirementsNotMet`.
    """
    validate(new, user)
    previous = user.password
    user.set_password(new.reveal())  # slow, so it must not run inside the transaction
    with transaction.atomic(using=router.db_for_write(Session)):
        if not lock_unless_changed(user, "password", previous):
            return False
        user.save(update_fields=["password"])
        Session.objects.filter(user=user.pk).delete()
    return True


def _change_password(user: AbstractBaseUser, new: Secret, session: Session | None) -> None:
    validate(new, user)
    user.set_password(new.reveal())  # slow, so it must not run inside the transaction
    with transaction.atomic(using=router.db_for_write(Session)):
        locks.lock(Session.objects.using(router.db_for_write(Session)).filter(user=user.pk))
        user.save(update_fields=["password"])
        if session is not None:
            session.update_auth_hash(user)
        Session.objects.ended(user).delete()
