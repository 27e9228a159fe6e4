"""Accounts and passwords, as the host's own user model, backends and validators have them."""

from typing import Any, cast

from django.contrib.auth import authenticate, get_user_model, update_session_auth_hash
from django.contrib.auth.models import AbstractBaseUser
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, router, transaction
from django.db.models import Q
from django.http import HttpRequest
from django.views.decorators.debug import sensitive_variables

from stack_apikeys.conf import conf
from stack_apikeys.sdk.exceptions import (
    EmailPasswordMismatch,
    PasswordAuthenticationNotEnabled,
    PasswordConfirmationMismatch,
    PasswordRequirementsNotMet,
    PasswordTooShort,
    SignUpNotEnabled,
    UserDoesNotHavePassword,
    UserEmailAlreadyExists,
    UserHasPassword,
)
from stack_apikeys.sdk.models import Session
from stack_apikeys.sdk.sessions import current_session
from stack_apikeys.sdk.throttling import Limit, SignInLimits, address_of


@sensitive_variables("password")
def sign_up(request: HttpRequest, *, email: str, password: str) -> AbstractBaseUser:
    """Make an account.

    Raises `SignUpNotEnabled`, `PasswordAuthenticationNotEnabled`, DRF's Throttled,
    ValidationError for what is no address, `UserEmailAlreadyExists`, and
    `PasswordRequirementsNotMet` for what the host's validators refuse.
    """
    if not conf.ALLOW_SIGN_UP:
        raise SignUpNotEnabled
    _require_enabled()
    Limit(conf.SIGN_UP_RATE, "sign-up", address_of(request)).take()
    model = get_user_model()
    names = dict.fromkeys(_name_columns(), email)
    user = model(**names)
    try:
        user.clean_fields(exclude={field.name for field in model._meta.fields} - names.keys())
    except ValidationError as error:
        raise ValidationError({"email": error.messages}) from None
    if _accounts(email).exists():
        raise UserEmailAlreadyExists(email=email)
    _validate(password, user)
    try:
        with transaction.atomic(using=router.db_for_write(model)):
            made: AbstractBaseUser = model._default_manager.create_user(**names, password=password)
    except IntegrityError:
        # Of two at the same moment the database refuses one.
        if not _accounts(email).exists():
            raise
        raise UserEmailAlreadyExists(email=email) from None
    return made


@sensitive_variables("password")
def sign_in(request: HttpRequest, *, email: str, password: str) -> AbstractBaseUser:
    """The user with this address and password, as the host's own sign-in would find them.

    The host's authentication backends decide, with their lock-outs and their hashers. Raises
    `PasswordAuthenticationNotEnabled`, DRF's Throttled and `EmailPasswordMismatch`.
    """
    _require_enabled()
    limits = SignInLimits(request, email)
    limits.admit()
    user = authenticate(request, username=_username(email), password=password)
    if user is None or not user.is_active:
        raise EmailPasswordMismatch
    limits.succeeded()
    return user


@sensitive_variables("old", "new")
def update_password(request: HttpRequest, user: AbstractBaseUser, *, old: str, new: str) -> None:
    """Change a password, which ends all the user's sessions but the one that asks.

    Wrong old passwords are limited as failed sign-ins are. Raises `UserDoesNotHavePassword`,
    DRF's Throttled, `PasswordConfirmationMismatch` and `PasswordRequirementsNotMet`.
    """
    if not user.has_usable_password():
        raise UserDoesNotHavePassword
    limits = SignInLimits(request, user.get_username())
    limits.admit()
    if not user.check_password(old):
        raise PasswordConfirmationMismatch
    limits.succeeded()
    _change_password(request, user, new)


@sensitive_variables("new")
def set_password(request: HttpRequest, user: AbstractBaseUser, *, new: str) -> None:
    """Give a password to a user who has none.

    Raises `UserHasPassword` and `PasswordRequirementsNotMet`.
    """
    if user.has_usable_password():
        raise UserHasPassword
    _change_password(request, user, new)


@sensitive_variables("new")
def _change_password(request: HttpRequest, user: AbstractBaseUser, new: str) -> None:
    _validate(new, user)
    user.set_password(new)  # slow on purpose, and so before the transaction
    with transaction.atomic(using=router.db_for_write(Session)):
        user.save(update_fields=["password"])
        if session := current_session(request):
            session.survive_new_password(user)
        Session.objects.ended(user).delete()
    if getattr(request, "user", None) == user:  # the page asks by Django's session
        update_session_auth_hash(request, cast(Any, user))


def _require_enabled() -> None:
    if not conf.ALLOW_PASSWORD_SIGN_IN:
        raise PasswordAuthenticationNotEnabled


def _name_columns() -> list[str]:
    """The columns of what a person signs in by, and of the address: often the same."""
    model = get_user_model()
    columns = {field.name for field in model._meta.fields}
    return sorted({model.USERNAME_FIELD, model.get_email_field_name()} & columns)


def _accounts(email: str) -> Any:
    """All that have this address, or sign in by this name, in any case."""
    by_name = Q(*((f"{column}__iexact", email) for column in _name_columns()), _connector=Q.OR)
    return get_user_model()._default_manager.filter(by_name)


def _username(email: str) -> str:
    """What the account with this address signs in by; what was typed, where there is not one."""
    model = get_user_model()
    if _name_columns() == [model.USERNAME_FIELD]:
        return email
    by_address = {f"{model.get_email_field_name()}__iexact": email}
    users = list(model._default_manager.filter(**by_address)[:2])
    return users[0].get_username() if len(users) == 1 else email


@sensitive_variables("password")
def _validate(password: str, user: AbstractBaseUser) -> None:
    try:
        validate_password(password, cast(Any, user))
    except ValidationError as error:
        for each in error.error_list:
            if each.code == "password_too_short" and each.params:
                raise PasswordTooShort(min_length=str(each.params["min_length"])) from None
        raise PasswordRequirementsNotMet(message=" ".join(error.messages)) from None
