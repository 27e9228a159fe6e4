"""Create users from an e-mail address and a password."""

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.db import IntegrityError, router, transaction
from django.http import HttpRequest

from stack_apikeys.client_address import client_address
from stack_apikeys.conf import conf
from stack_apikeys.limits import Limit
from stack_apikeys.sdk.users.exceptions import SignUpNotEnabled, UserEmailAlreadyExists
from stack_apikeys.sdk.users.lookup import name_fields, users_named
from stack_apikeys.sdk.users.passwords import require_passwords_enabled, validate
from stack_apikeys.secret import Secret


def sign_up(request: HttpRequest, *, email: str, password: Secret) -> AbstractBaseUser:
    """Create a user and return it.

    Raises `SignUpNotEnabled`, `PasswordAuthenticationNotEnabled`, `LimitError`, ValidationError
    for an e-mail address that is not valid, `UserEmailAlreadyExists` and
    `PasswordRequirementsNotMet`.
    """
    if not conf.ALLOW_SIGN_UP:
        raise SignUpNotEnabled
    require_passwords_enabled()
    Limit("sign_up", conf.SIGN_UP_RATE, client_address(request)).take()
    model = get_user_model()
    names = dict.fromkeys(name_fields(), email)
    user = model(**names)
    try:
        user.clean_fields(exclude={field.name for field in model._meta.fields} - names.keys())
    except ValidationError as error:
        raise ValidationError({"email": error.messages}) from None
    if users_named(email).exists():
        raise UserEmailAlreadyExists(email=email)
    validate(password, user)
    try:
        with transaction.atomic(using=router.db_for_write(model)):
            created: AbstractBaseUser = model._default_manager.create_user(
                **names, password=password.reveal()
            )
    except IntegrityError:
        # Another request may have created the same user since the check above.
        if not users_named(email).exists():
            raise
        raise UserEmailAlreadyExists(email=email) from None
    return created
