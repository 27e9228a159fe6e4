"""The site's rules: whose keys can be used, and who may create which keys.

A site overrides methods of `Policy` in a subclass, and names it in ``STACK_APIKEYS["POLICY"]``.
Who may see and manage whose keys is not part of it: see `stack_apikeys.rights`.
"""

import functools
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from django.conf import settings
from django.contrib.auth import get_backends, get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.core.signals import setting_changed
from django.db.models import Model
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils.module_loading import import_string
from django.utils.translation import gettext

from stack_apikeys import timestamps
from stack_apikeys.adapters import MANAGE_API_KEYS, get_team_adapter
from stack_apikeys.conf import conf
from stack_apikeys.exceptions import ApiKeyCreationNotAllowed, ExpiryRequired, ExpiryTooLate
from stack_apikeys.scopes import clean_named_scopes, in_force, included_in, is_included

CREATE_KEY_FOR_OTHERS = "stack_apikeys.create_key_for_others"
"""The permission to create keys for owners who have permissions that the creator lacks."""

_YEAR = timedelta(days=365)

_LEEWAY = timedelta(hours=1)
"""How much later than `latest_expiry` a key may expire: a day on which the clocks change may have
25 hours, and the clock of a client may be ahead."""


class Policy:
    """The default rules. All methods except `owner_may_act` may query the database."""

    def owner_may_act(self, owner: Model) -> bool:
        """Return True if this user or team may use its keys, get new ones, and sign in.

        Called each time a key is verified, so it must be fast. By default, a user must be active
        and, if authentication backends define ``user_can_authenticate()``, be accepted by at least
        one of them. For teams, `TeamAdapter.may_act` decides.
        """
        if not isinstance(owner, _user_model()):
            return get_team_adapter().may_act(owner)
        if not getattr(owner, "is_active", True):
            return False
        backends = _backends_that_decide()
        return not backends or any(backend().user_can_authenticate(owner) for backend in backends)

    def may_create_key(
        self, actor: AbstractBaseUser, owner: Model, *, api_key: Any = None, number: int = 1
    ) -> bool:
        """Return True if ``actor``, who may manage the keys of ``owner``, may create this key.

        Called with the rows of ``actor`` and ``owner`` locked. To refuse with a message of your
        own, raise ValidationError.

        ``api_key`` is the row that would be saved, with its ``description``, ``expires_at``,
        ``is_public`` and ``scopes``, or the first of ``number`` rows. It is None when a settings
        page decides whether to show its button for creating keys. If it is the successor of a key
        that is being rotated, its ``rotated_from_id`` is not None.
        """
        return True

    def grantable_scopes(self, actor: AbstractBaseUser, owner: Model) -> Iterable[str]:
        """Return the scopes that ``actor`` may give to a new key of ``owner``. By default, all.

        A scope such as ``reports:*`` stands for all scopes that it includes, too.
        """
        return conf.SCOPES

    def may_act_for(self, actor: AbstractBaseUser, owner: Model) -> bool:
        """Return True if a key of ``owner`` gives ``actor`` no additional permissions.

        By default, True if ``owner`` is

        * ``actor``;
        * another user who is not a superuser, and who is staff or has permissions only as far as
          ``actor`` is and has, too;
        * a team in which ``actor`` may manage keys.

        Users with the permission ``stack_apikeys.create_key_for_others`` may act for everybody.
        """
        if actor == owner:
            return True
        if not isinstance(owner, _user_model()):
            has_no_more = get_team_adapter().has_permission(actor, owner, MANAGE_API_KEYS)
        else:
            has_no_more = (
                not getattr(owner, "is_superuser", False)
                and (not getattr(owner, "is_staff", False) or getattr(actor, "is_staff", False))
                and _permissions_of(owner) <= _permissions_of(actor)
            )
        has_perm = getattr(actor, "has_perm", None)
        return has_no_more or (has_perm is not None and has_perm(CREATE_KEY_FOR_OTHERS))

    def people_to_tell(self, api_key: Any) -> Iterable[AbstractBaseUser]:
        """Return the people who get e-mails about this key.

        By default, the user whose key it is, or the members of the team who have the permission
        ``$manage_api_keys``. Those who may not act are left out.
        """
        people: Iterable[AbstractBaseUser] = [api_key.owner]
        if api_key.KIND == "team":
            people = get_team_adapter().users_with_permission(api_key.owner, MANAGE_API_KEYS)
        return [person for person in people if self.owner_may_act(person)]

    def acting_user(self, request: Any) -> Any:
        """Return the person who makes the request. By default, ``request.user``.

        Override it if your staff can sign in as another user, and return the member of staff. This
        user becomes the ``actor`` of `may_create_key`, and the ``created_by`` or ``revoked_by`` of
        keys.
        """
        return request.user

    def language_of(self, user: Any) -> str:
        """Return the language of e-mails to the user, and of the user's calendar of expiries.

        By default, ``LANGUAGE_CODE``.
        """
        return settings.LANGUAGE_CODE

    def mail_headers(self, user: Any, api_key: Any, notice: str) -> Mapping[str, str]:
        """Return more headers for an e-mail about the key, such as ``List-Unsubscribe``.

        ``notice`` is the kind of e-mail, by its name in the setting ``NOTICES``, or ``"unusual_use"``.
        By default, none.
        """
        return {}

    def confirmation_url(self, request: HttpRequest, next_url: str) -> str | None:
        """Return the URL of a page where people confirm their identity, or None.

        Called if the last sign-in is older than ``REAUTHENTICATE_AFTER_SECONDS``. The page must
        call `stack_apikeys.reauthentication.mark_recent` and redirect to ``next_url``. With None,
        the settings pages ask for the user's password. By default, users without a usable password
        are redirected to the sign-in page.
        """
        from django.contrib.auth.views import redirect_to_login

        user = cast(AbstractBaseUser, request.user)
        return None if user.has_usable_password() else redirect_to_login(next_url).url


def get_policy() -> Policy:
    """Return the policy that ``STACK_APIKEYS["POLICY"]`` names.

    Raises ImportError if it cannot be imported, which a system check reports.
    """
    return _policy_at(conf.POLICY)


@functools.cache
def _policy_at(path: str) -> Policy:
    return cast(Policy, import_string(path)())


def require_may_create(
    owner: Model,
    *,
    actor: AbstractBaseUser | None = None,
    api_key: Any = None,
    number: int = 1,
    is_manager: bool = False,
) -> None:
    """Raise `ApiKeyCreationNotAllowed` unless the policy allows new keys for ``owner``.

    With an ``actor``, the policy must also allow this person to create them; ``is_manager`` means
    that the person is known to manage the owner's keys. For ``api_key`` and ``number`` see
    `Policy.may_create_key`. Raises `ExpiryRequired` or `ExpiryTooLate` if the settings do not allow
    the expiry of ``api_key``.
    """
    policy = get_policy()
    if not policy.owner_may_act(owner):
        raise ApiKeyCreationNotAllowed(message=gettext("The owner of the API key must be active."))
    if api_key is not None:
        require_expiry_allowed(api_key.expires_at)
    if actor is None:
        return
    try:
        is_allowed = (is_manager or policy.may_act_for(actor, owner)) and policy.may_create_key(
            actor, owner, api_key=api_key, number=number
        )
    except ValidationError as error:
        raise ApiKeyCreationNotAllowed(message=" ".join(error.messages)) from None
    if not is_allowed:
        raise ApiKeyCreationNotAllowed(
            message=gettext("You are not allowed to create this API key.")
        )
    if api_key is not None:
        _require_grantable(api_key, actor, owner)


def scopes_for_new_key(
    scopes: Iterable[str] | None, grantor: tuple[AbstractBaseUser, Model] | None = None
) -> list[str] | None:
    """Return the scopes of a new key as it stores them: those given, or ``DEFAULT_SCOPES``.

    With a ``grantor``, the actor and the owner, the default leaves out what the actor may not
    grant. `require_may_create` refuses other scopes that the actor may not grant. Raises
    ValidationError, which names the field, for scopes that are malformed or do not exist.
    """
    if scopes is None and conf.SCOPES:
        grantable = conf.SCOPES if grantor is None else grantable_scopes(*grantor)
        scopes = [scope for scope in conf.DEFAULT_SCOPES if scope in grantable]
    return None if scopes is None else clean_named_scopes(scopes)


def grantable_scopes(actor: AbstractBaseUser, owner: Model) -> list[str]:
    """Return the scopes that ``actor`` may give to a new key of ``owner``, as the policy says."""
    return included_in([*get_policy().grantable_scopes(actor, owner)])


def _require_grantable(api_key: Any, actor: AbstractBaseUser, owner: Model) -> None:
    scopes = in_force(api_key.scopes)
    wanted = [*conf.SCOPES] if scopes is None else scopes
    if not wanted:
        return
    grantable = [*get_policy().grantable_scopes(actor, owner)]
    for scope in wanted:
        if not is_included(scope, grantable):
            raise ApiKeyCreationNotAllowed(
                message=gettext("You are not allowed to grant the scope %(scope)s.")
                % {"scope": scope}
            )


def expiry_is_required() -> bool:
    """Return whether the settings do not allow a new key that never expires."""
    is_allowed = conf.ALLOW_KEYS_WITHOUT_EXPIRY
    return conf.MAX_LIFETIME is not None if is_allowed is None else not is_allowed


def latest_expiry() -> datetime | None:
    """Return the latest time at which a key that is created now may expire, or None for any."""
    longest = conf.MAX_LIFETIME
    return None if longest is None else timestamps.now() + longest


def fitting_expiry(expires_at: datetime | None) -> datetime | None:
    """Return this expiry, or the latest one if the settings do not allow it for a new key.

    Where an expiry is required, but no longest lifetime is set, a key lives for a year.
    """
    latest = latest_expiry()
    if expires_at is None:
        return (latest or timestamps.now() + _YEAR) if expiry_is_required() else None
    return expires_at if latest is None else min(expires_at, latest)


def require_expiry_allowed(expires_at: datetime | None) -> None:
    """Raise `ExpiryRequired` or `ExpiryTooLate` if the settings do not allow this for a new key."""
    if expires_at is None:
        if expiry_is_required():
            raise ExpiryRequired
        return
    latest = latest_expiry()
    if latest is not None and expires_at > latest + _LEEWAY:
        raise ExpiryTooLate(latest=f"{latest.astimezone(UTC):%Y-%m-%d %H:%M}")


def _permissions_of(user: Any) -> set[str]:
    get_all_permissions = getattr(user, "get_all_permissions", None)
    return set() if get_all_permissions is None else get_all_permissions()


@functools.cache
def _backends_that_decide() -> tuple[Any, ...]:
    """Return the backends to ask about active users: none if one of them accepts every user."""
    # The module of the user model may import this one, and this import needs the user model.
    from django.contrib.auth.backends import AllowAllUsersModelBackend, ModelBackend

    backends = [type(each) for each in get_backends() if hasattr(each, "user_can_authenticate")]
    accept_all = {
        ModelBackend.user_can_authenticate,
        AllowAllUsersModelBackend.user_can_authenticate,
    }
    if any(backend.user_can_authenticate in accept_all for backend in backends):
        return ()
    return tuple(backends)


@functools.cache
def _user_model() -> type[AbstractBaseUser]:
    """Return Django's `get_user_model()`, which looks the model up on every call."""
    return get_user_model()


@receiver(setting_changed)
def _forget_settings(*, setting: str, **_kwargs: Any) -> None:
    if setting in {"AUTHENTICATION_BACKENDS", "AUTH_USER_MODEL"}:
        _user_model.cache_clear()
        _backends_that_decide.cache_clear()
