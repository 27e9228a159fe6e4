"""Inlines with an owner's keys, for the admin of a user or team model."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import quote
from django.db.models import QuerySet
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from stack_apikeys.admin.columns import KeyColumns
from stack_apikeys.models import AbstractApiKey, TeamApiKey, UserApiKey

MOST_SHOWN = 50
"""How many keys an inline shows. Each takes two fields of the page's form, and Django accepts at
most `DATA_UPLOAD_MAX_NUMBER_FIELDS` of them."""


class NewestFormSet(BaseInlineFormSet):  # type: ignore[type-arg]  # in the stubs only
    """The forms of the newest `MOST_SHOWN` keys."""

    def get_queryset(self) -> QuerySet[Any]:
        """Load only the rows that are shown."""
        if not hasattr(self, "_queryset"):
            self._queryset = super().get_queryset()[:MOST_SHOWN]
        return self._queryset

    def may_be_cut(self) -> bool:
        """Return whether the owner may have more keys than are shown."""
        return self.initial_form_count() == MOST_SHOWN


class ApiKeyInline(KeyColumns, admin.TabularInline):  # type: ignore[type-arg]  # in the stubs only
    """Shows the newest keys of an owner, each with a link to revoke it.

    The inline is read-only: it could not show the value of a new key.
    """

    formset = NewestFormSet
    template = "admin/stack_apikeys/inline.html"
    classes = ["api-keys"]
    extra = 0
    can_delete = False
    show_change_link = True
    ordering = ["-created_at", "-id"]

    class Media:
        css = {"all": ["stack_apikeys/admin.css"]}

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Add the link for staff who can revoke keys, if the admin site has the page for it."""
        fields = ["key", "status", "described", "created_at", "expiry"]
        may_revoke = super().has_change_permission(request, obj)
        has_page = self.admin_site.is_registered(self.model)
        return [*fields, "revoke"] if may_revoke and has_page else fields

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Make all fields read-only."""
        return self.get_fields(request, obj)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: the inline is read-only."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: the inline is read-only."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: the inline is read-only."""
        return False

    @admin.display(description=_("revoke"))
    def revoke(self, api_key: AbstractApiKey) -> SafeString | str:
        """Return the link to the confirmation page."""
        if api_key.status == "revoked":
            return "-"
        options = api_key._meta
        url = reverse(
            f"admin:{options.app_label}_{options.model_name}_revoke",
            args=[quote(str(api_key.pk))],
            current_app=self.admin_site.name,
        )
        revoke = gettext("Revoke")
        label = f"{revoke} {api_key.masked}"  # another one for each key
        return format_html('<a href="{}" aria-label="{}">{}</a>', url, label, revoke)


class UserApiKeyInline(ApiKeyInline):
    """The keys of a user."""

    model = UserApiKey
    fk_name = "user"


class TeamApiKeyInline(ApiKeyInline):
    """The keys of a team."""

    model = TeamApiKey
    fk_name = "team"
