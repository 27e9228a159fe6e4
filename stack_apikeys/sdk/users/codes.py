"""The codes in the links of e-mails.

A code is signed with ``SECRET_KEY`` and a timestamp. It contains the user's primary key and a
fingerprint of the user's current state, and stops working when that state changes. Codes are not
stored.
"""

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.core import signing

from stack_apikeys.sdk.users.exceptions import VerificationCodeExpired, VerificationCodeNotFound
from stack_apikeys.secret import Secret


def issue(user: AbstractBaseUser, *, purpose: str, fingerprint: str) -> Secret:
    """Return a new code for ``user``, which `read` accepts only for the same ``purpose``."""
    return Secret(signing.dumps([str(user.pk), fingerprint], salt=_salt(purpose)))


def read(code: Secret, *, purpose: str) -> tuple[AbstractBaseUser, str]:
    """Return the active user the code was issued for, and the fingerprint it contains.

    Raises `VerificationCodeExpired` for a code older than ``PASSWORD_RESET_TIMEOUT``, and
    `VerificationCodeNotFound`.
    """
    try:
        user_id, fingerprint = signing.loads(
            code.reveal(), salt=_salt(purpose), max_age=settings.PASSWORD_RESET_TIMEOUT
        )
    except signing.SignatureExpired:
        raise VerificationCodeExpired from None
    except signing.BadSignature:
        raise VerificationCodeNotFound from None
    user = get_user_model()._default_manager.filter(pk=user_id).first()
    if user is None or not user.is_active:
        raise VerificationCodeNotFound
    return user, fingerprint


def _salt(purpose: str) -> str:
    return f"stack_apikeys.sdk.codes {purpose}"
