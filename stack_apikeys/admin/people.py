"""Who may manage keys in Django admin: people, as long as they keep their permissions."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from stack_apikeys.credentials import carries_a_key
from stack_apikeys.exceptions import UserAuthenticationRequired
from stack_apikeys.reauthentication import sign_in_of
from stack_apikeys.rights import actor_of, hold_staff_rights

if TYPE_CHECKING:
    _ModelAdmin = admin.ModelAdmin[Any]
else:
    _ModelAdmin = admin.ModelAdmin


class PeopleOnlyAdmin(_ModelAdmin):
    """Denies requests that carry a key, even if a middleware set ``request.user`` from it."""

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Deny requests that carry a key."""
        return not carries_a_key(request) and super().has_view_permission(request, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Deny requests that carry a key."""
        return not carries_a_key(request) and super().has_add_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Deny requests that carry a key."""
        return not carries_a_key(request) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Deny requests that carry a key."""
        return not carries_a_key(request) and super().has_delete_permission(request, obj)

    @contextmanager
    def hold_rights(self, request: HttpRequest, **held: Any) -> Iterator[None]:
        """Check the person's permissions again, and lock them until the transaction ends.

        Opens the transaction. ``held`` is passed to `hold_staff_rights`, which locks it too. Raises
        PermissionDenied if the person was deactivated or signed out in the meantime.
        """
        before = request.user
        try:
            with hold_staff_rights(
                cast(Any, self.model),
                user=cast(AbstractBaseUser, before),
                sign_in=sign_in_of(request),
                actor=actor_of(request),
                **held,
            ) as user:
                request.user = cast(Any, user)
                if not self.admin_site.has_permission(request):
                    raise PermissionDenied
                yield
        except UserAuthenticationRequired:
            raise PermissionDenied from None
        finally:
            request.user = before
