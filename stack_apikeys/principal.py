"""The value of ``request.user`` for requests with the API key of a team."""

from typing import TYPE_CHECKING, Any, Literal, NoReturn

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import EmptyResultSet, PermissionDenied
from django.db.models import ManyToOneRel, Model, Value
from django.db.models.base import ModelState
from django.utils.functional import Promise
from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from django.db.models.options import Options


class _NoRow(Promise, Value):
    """The right side of a comparison that is false for every row, including rows with NULL."""

    def __init__(self) -> None:
        Value.__init__(self, None)

    def as_sql(self, compiler: Any, connection: Any, *args: Any) -> NoReturn:
        """Raise EmptyResultSet: no row matches, and a negated condition matches all rows."""
        raise EmptyResultSet

    def _proxy____cast(self) -> None:
        """Return None as a value of ``IN``, from which Django drops it."""

    def __eq__(self, other: object) -> bool:
        # `In` compares values with None to find those to drop.
        return other is None or isinstance(other, _NoRow)

    def __hash__(self) -> int:
        return hash(None)


class _TeamPk(str, Promise):
    """A primary key that matches no row in a query, and is stored as NULL.

    It is a string, ``team:<primary key>``, so that throttles, logs and JSON can use it. Queries
    do not use the string: they call `resolve_expression` instead.
    """

    __slots__ = ()

    def resolve_expression(
        self,
        query: Any = None,
        allow_joins: bool = True,
        reuse: Any = None,
        summarize: bool = False,
        for_save: bool = False,
    ) -> Value:
        """Return the expression that represents this object in SQL."""
        value = Value(None) if for_save else _NoRow()
        return value.resolve_expression(query, allow_joins, reuse, summarize, for_save)

    def _proxy____cast(self) -> None:
        """Return None as a value of ``IN``, as `_NoRow` does."""

    def __eq__(self, other: object) -> bool:
        # Not equal to any string, which may be the primary key of a user.
        return isinstance(other, _TeamPk) and str.__eq__(self, other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash((_TeamPk, str(self)))


class TeamPrincipal(AnonymousUser):
    """The ``request.user`` of a request with the API key of a team.

    It has the attributes of Django's `AnonymousUser`, but is authenticated, and has ``team``. It
    has no permissions. Its primary key is not None and matches no row in a query:
    ``filter(owner=request.user)`` finds nothing, and ``exclude`` excludes nothing. (As a value of
    ``owner__in`` it counts as None, so Django 6.1 excludes rows without an owner.) A nullable
    foreign key to the user model stores NULL; one that is not nullable raises IntegrityError.

    Tools that record changes assign ``request.user`` to a foreign key, which Django allows only for
    instances of the user model. ``isinstance()`` therefore returns True for the user model, as it
    does for the lazy object that ``request.user`` usually is. Check
    ``isinstance(user, TeamPrincipal)`` first.
    """

    is_active: bool = True  # type: ignore[assignment]  # False in the base class

    def __init__(self, team: Model) -> None:
        self.team = team
        self._state = ModelState()
        self._state.adding = False

    @property  # type: ignore[misc]  # isinstance() reads this property
    def __class__(self) -> Any:
        return get_user_model()

    @property
    def _meta(self) -> "Options[Any]":
        return get_user_model()._meta

    def _is_pk_set(self, meta: object = None) -> bool:
        return True

    @property
    def pk(self) -> str:  # type: ignore[override]  # None in the base class
        """The string ``team:<primary key>``. As a value in a query, it matches no row."""
        return _TeamPk(f"team:{self.team.pk}")

    id = username = pk  # type: ignore[assignment]  # the same

    def __getattr__(self, name: str) -> Any:
        """Return the primary key for any attribute that foreign keys to the user model read."""
        if name in _referenced_attributes(get_user_model()):
            return self.pk
        raise AttributeError(f"TeamPrincipal has no attribute {name!r}")

    def __dir__(self) -> list[str]:
        # Not of the user model: templates raise an exception if a listed attribute is missing.
        return sorted({*vars(self), *dir(type(self))})

    def __str__(self) -> str:
        # Not the display name, which people choose and which may be the name of a user.
        return str(self.pk)

    def __repr__(self) -> str:
        return f"<TeamPrincipal: {self}>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TeamPrincipal) and self.team == other.team

    def __hash__(self) -> int:
        return hash(self.pk)

    def __reduce__(self) -> tuple[type["TeamPrincipal"], tuple[Model]]:
        return TeamPrincipal, (self.team,)

    def resolve_expression(self, *args: Any, **kwargs: Any) -> Value:
        """Return the expression that represents this object in SQL; see `pk`."""
        return _TeamPk(self.pk).resolve_expression(*args, **kwargs)

    @property
    def is_anonymous(self) -> Literal[False]:  # type: ignore[override]  # True in the base class
        """Return False, so that ``login_required`` accepts it."""
        return False

    @property
    def is_authenticated(self) -> Literal[True]:  # type: ignore[override]  # False there
        """Return True."""
        return True

    def get_session_auth_hash(self) -> NoReturn:
        """Raise PermissionDenied in ``login()``, which calls this before it changes the session."""
        raise PermissionDenied(_("A team cannot sign in."))

    # A team has no Django permissions ------------------------------------------------------------

    def get_user_permissions(self, obj: object = None) -> set[str]:
        """Return an empty set."""
        return set()

    async def aget_user_permissions(self, obj: object = None) -> set[str]:
        """Return an empty set."""
        return set()

    def get_group_permissions(self, obj: object = None) -> set[str]:
        """Return an empty set."""
        return set()

    async def aget_group_permissions(self, obj: object = None) -> set[str]:
        """Return an empty set."""
        return set()

    def get_all_permissions(self, obj: object = None) -> set[str]:
        """Return an empty set."""
        return set()

    async def aget_all_permissions(self, obj: object = None) -> set[str]:
        """Return an empty set."""
        return set()

    def has_perm(self, perm: str, obj: object = None) -> bool:
        """Return False."""
        return False

    async def ahas_perm(self, perm: str, obj: object = None) -> bool:
        """Return False."""
        return False

    def has_module_perms(self, module: str) -> bool:
        """Return False."""
        return False

    async def ahas_module_perms(self, module: str) -> bool:
        """Return False."""
        return False


def _referenced_attributes(model: type[Model]) -> set[str]:
    """The attributes of a model that foreign keys to it read: usually only its primary key."""
    relations = model._meta.get_fields(include_hidden=True)
    return {model._meta.pk.attname} | {
        field.attname
        for relation in relations
        if isinstance(relation, ManyToOneRel)  # one to one, too
        for field in relation.field.foreign_related_fields
    }
