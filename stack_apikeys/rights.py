"""Who may see and manage whose keys, and transactions in which these rights cannot be withdrawn.

People manage their own keys, and the keys of teams in which they have the permission
``$manage_api_keys``. `hold_rights` and `hold_staff_rights` lock the rows that grant a right, check
the right, and then let the caller make the change, all in one transaction: a concurrent withdrawal
of the right either comes first and prevents the change, or waits for it.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from typing import Any, Protocol, cast

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.core.exceptions import FieldDoesNotExist
from django.db import router, transaction
from django.db.models import Model, QuerySet

from stack_apikeys._database import locks
from stack_apikeys._database.visible_rows import is_hidden
from stack_apikeys.adapters import MANAGE_API_KEYS, find_team, get_team_adapter
from stack_apikeys.conf import conf
from stack_apikeys.exceptions import (
    ApiKeyNotFound,
    NotOwnApiKeys,
    TeamNotFound,
    UserAuthenticationRequired,
    UserNotFound,
)
from stack_apikeys.models import ApiKeyModel
from stack_apikeys.policy import get_policy
from stack_apikeys.principal import TeamPrincipal


class SignIn(Protocol):
    """The session in which a person is signed in."""

    @property
    def signed_in_at(self) -> float | None:
        """The time of the last sign-in, in seconds since 1970, or None if it is not known."""

    def hold(self) -> AbstractContextManager[object]:
        """Return a context manager that keeps the session from being ended by anyone else."""

    def is_live(self, user: AbstractBaseUser) -> bool:
        """Return True if the session is held, belongs to ``user``, and can still be used."""


def actor_of(request: Any) -> Any:
    """Return the person who makes the request, as the policy says, or None if anonymous."""
    return get_policy().acting_user(request) if request.user.is_authenticated else None


def owner_managed_by(
    user: AbstractBaseUser | AnonymousUser,
    model: ApiKeyModel,
    owner_id: Any,
    *,
    team: Model | None = None,
) -> Model:
    """Return the owner with this primary key, if ``user`` may see and manage the owner's keys.

    ``model`` is the model of the keys. ``team`` is the owner, if the caller has read it already.

    Raises `UserAuthenticationRequired` if ``user`` is anonymous, may not act, or is a team.
    Otherwise raises `NotOwnApiKeys` for another user's keys, and `ApiKeyNotFound` for a team's,
    whether the team exists or not. The caller must refuse requests that are authenticated by a key,
    which ``user`` does not show.
    """
    # A `TeamPrincipal` passes as an instance of the user model.
    if isinstance(user, TeamPrincipal) or not isinstance(user, get_user_model()):
        raise UserAuthenticationRequired
    policy = get_policy()
    if not policy.owner_may_act(user):
        raise UserAuthenticationRequired
    if model.KIND == "user":
        if str(user.pk) != str(owner_id):
            raise NotOwnApiKeys
        return user
    team = team or find_team(owner_id)
    if (
        team is None
        or not policy.owner_may_act(team)
        or not get_team_adapter().has_permission(user, team, MANAGE_API_KEYS)
    ):
        raise ApiKeyNotFound
    return team


def teams_managed_by(user: AbstractBaseUser) -> Iterable[Model]:
    """Return the teams whose keys ``user`` may see and manage, oldest first."""
    policy = get_policy()
    teams = get_team_adapter().teams_with_permission(user, MANAGE_API_KEYS)
    return [team for team in teams if policy.owner_may_act(team)]


@contextmanager
def hold_rights(
    model: ApiKeyModel,
    owner_id: Any,
    *,
    user: AbstractBaseUser,
    sign_in: SignIn,
    actor: AbstractBaseUser | None = None,
    api_key: Any = None,
    api_keys: Sequence[Any] = (),
    is_rotation: bool = False,
) -> Iterator[Model]:
    """Open a transaction in which ``user`` keeps the right to manage this owner's keys.

    Returns the owner. Without ``api_key``, the owner is locked, for a key that is about to be
    created; otherwise that key is, to be renamed or revoked, or all of ``api_keys`` are. For a
    rotation, both are. ``actor`` is locked as well, if it is another user.

    Raises what `owner_managed_by` raises, `ApiKeyNotFound` if a key was deleted in the meantime, and
    `UserAuthenticationRequired` if the session has ended.
    """
    using = router.db_for_write(model, instance=user)
    with ExitStack() as stack:
        _begin(stack, model, using, user)
        changed = {each.pk for each in api_keys} if api_key is None else {api_key.pk}
        team = _lock_team(model, owner_id, user, using, is_kept=bool(changed))
        if changed:
            of_owner = model._base_manager.using(using).filter(**{f"{model.KIND}_id": owner_id})
            if len(locks.lock(of_owner.filter(pk__in=changed))) < len(changed):
                raise ApiKeyNotFound
            # A rotation creates a key, and a new description must be unique.
            if team is not None and (is_rotation or conf.UNIQUE_DESCRIPTIONS):
                # After the key, as a deletion of the team locks them.
                locks.lock(model.owner_model()._base_manager.using(using).filter(pk=team.pk))
        user = _lock_user(stack, user, sign_in, also=[] if actor is None else [actor.pk])
        yield owner_managed_by(user, model, owner_id, team=team)


@contextmanager
def hold_staff_rights(
    model: ApiKeyModel,
    *,
    user: AbstractBaseUser,
    sign_in: SignIn,
    actor: AbstractBaseUser,
    owner_id: Any = None,
    api_keys: QuerySet[Any] | None = None,
) -> Iterator[AbstractBaseUser]:
    """Open a transaction in which ``user`` keeps their permissions in Django admin.

    Returns the user as they are now, without cached permissions, so that ``has_perm`` queries the
    database. Locks the owner with the primary key ``owner_id``, for a key that is about to be
    created, or the rows of ``api_keys``, which are about to be changed. A rotation needs both.
    ``actor`` is locked as well, if it is another user.

    Raises `UserAuthenticationRequired` if the session has ended.
    """
    using = router.db_for_write(model, instance=user)
    with ExitStack() as stack:
        _begin(stack, model, using, user)
        also = [actor.pk]
        if api_keys is not None:
            # In a subquery, because a filtered changelist may have joins or be distinct.
            locked = locks.lock(
                model._base_manager.using(using).filter(pk__in=api_keys.values("pk"))
            )
            if conf.UNIQUE_DESCRIPTIONS:
                owner_ids = {each.owner_id for each in locked}
                if model.KIND == "team":
                    locks.lock_by_key(model.owner_model(), owner_ids, using)
                else:
                    also += owner_ids
        if owner_id:
            with suppress(UserNotFound, TeamNotFound, ApiKeyNotFound):  # the form reports it
                owner = model.get_owner(owner_id)
                if _lock_team(model, owner.pk, actor, using, is_kept=False) is None:
                    also.append(owner.pk)
        user = _lock_user(stack, user, sign_in, also=also)
        _lock_permissions(user)
        yield user


def _begin(stack: ExitStack, model: ApiKeyModel, using: str, user: AbstractBaseUser) -> None:
    for alias in dict.fromkeys([using, _alias_of(user)]):
        stack.enter_context(transaction.atomic(using=alias))
    locks.begin_writing(model, using)


def _alias_of(user: AbstractBaseUser) -> str:
    return router.db_for_write(get_user_model(), instance=user)


def _lock_team(
    model: ApiKeyModel, team_id: Any, user: AbstractBaseUser, using: str, *, is_kept: bool
) -> Model | None:
    """Lock the user's rights in the team, and the team itself unless it ``is_kept``.

    Returns the team, or None if ``model`` holds users' keys. Changing a key needs no lock on the
    team: its key is locked, and refers to it.
    """
    if model.KIND != "team":
        return None
    adapter = get_team_adapter()
    team = adapter.get_team(team_id)
    if team is None:
        raise ApiKeyNotFound
    adapter.lock_rights(user, team)
    rows = model.owner_model()._base_manager.using(using).filter(pk=team.pk)
    found: list[Model] = list(rows) if is_kept else locks.lock(rows)
    if not found:
        raise ApiKeyNotFound
    return found[0]


def _lock_user(
    stack: ExitStack, user: AbstractBaseUser, sign_in: SignIn, *, also: Sequence[Any]
) -> AbstractBaseUser:
    """Lock the session, ``user`` and the users ``also``; return ``user`` as they are now.

    Users are locked in the order of their primary keys, so that no two transactions wait for each
    other. Raises `UserAuthenticationRequired` if the session has ended or ``user`` may not act.
    """
    stack.enter_context(sign_in.hold())
    users = get_user_model()._base_manager.using(_alias_of(user))
    locked = {each.pk: each for each in locks.lock(users.filter(pk__in={user.pk, *also}))}
    now = locked.get(user.pk)
    if (
        now is None
        or is_hidden(now)
        or not get_policy().owner_may_act(now)
        or not sign_in.is_live(now)
    ):
        raise UserAuthenticationRequired
    return cast(AbstractBaseUser, now)


def _lock_permissions(user: AbstractBaseUser) -> None:
    """Lock the rows that grant Django's permissions to the user and to the user's groups.

    Call it after the user was locked: Django admin saves an edited user in this order.
    """
    using = _alias_of(user)
    for name in ("user_permissions", "groups"):
        try:
            field: Any = get_user_model()._meta.get_field(name)
        except FieldDoesNotExist:
            continue
        granted = field.remote_field.through._base_manager.using(using)
        rows = locks.lock(granted.filter(**{field.m2m_field_name(): user.pk}))
        if name == "groups" and rows:
            group_id = f"{field.m2m_reverse_field_name()}_id"
            of_groups = field.related_model.permissions.through._base_manager.using(using)
            locks.lock(of_groups.filter(group__in=[getattr(row, group_id) for row in rows]))
