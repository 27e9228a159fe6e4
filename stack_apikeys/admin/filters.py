"""Filters for the list of keys."""

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from stack_apikeys import timestamps

STATUS_NAMES = {"valid": _("valid"), "expired": _("expired"), "revoked": _("revoked")}
"""The label of each status."""


class StatusFilter(admin.SimpleListFilter):
    """Filter keys by their current status."""

    title = _("status")
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Return the statuses."""
        return list(STATUS_NAMES.items())

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """Return the keys with the chosen status."""
        match self.value():
            case "valid":
                return queryset.valid()
            case "expired":
                return queryset.expired()
            case "revoked":
                return queryset.revoked()
        return queryset


class ExpiryFilter(admin.SimpleListFilter):
    """Filter keys by expiry date, revoked keys included."""

    title = _("expires")
    parameter_name = "expires"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Return the periods, in days, and the choice of keys that never expire."""
        return [
            ("7", _("In the next 7 days")),
            ("30", _("In the next 30 days")),
            ("90", _("In the next 90 days")),
            ("never", _("Never")),
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """Return the keys that expire within the chosen period."""
        match self.value():
            case "never":
                return queryset.filter(expires_at=None)
            case "7" | "30" | "90" as days:
                now = timestamps.now()
                return queryset.filter(
                    expires_at__gt=now, expires_at__lte=now + timedelta(days=int(days))
                )
        return queryset
