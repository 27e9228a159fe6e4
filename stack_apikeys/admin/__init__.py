"""User and team keys in Django admin: search, create, rename, rotate and revoke them.

Staff with the permission to add keys can create one for every user and team that
`Policy.may_act_for` lets them act for: by default, nobody with permissions they lack themselves.
The value of a key is shown once, in the response to the form that created it.
"""

import json
from typing import Any, cast

from django.contrib import admin
from django.contrib.admin.options import IS_POPUP_VAR, TO_FIELD_VAR
from django.contrib.admin.utils import flatten_fieldsets, unquote
from django.contrib.auth import get_permission_codename
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.cache import patch_cache_control
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables

from stack_apikeys._database.primary_keys import parse_primary_key
from stack_apikeys._redaction.urls import mask_url
from stack_apikeys.admin.columns import KeyColumns
from stack_apikeys.admin.extensions import ExtendedAdmin
from stack_apikeys.admin.filters import ExpiryFilter, StatusFilter
from stack_apikeys.admin.forms import ApiKeyForm, NewApiKeyForm
from stack_apikeys.admin.inlines import TeamApiKeyInline, UserApiKeyInline
from stack_apikeys.admin.revocation import RevocationAdmin
from stack_apikeys.admin.rotation import RotationAdmin
from stack_apikeys.admin.scopes import ScopesAdmin
from stack_apikeys.admin.search import KeySearchAdmin
from stack_apikeys.bidi import isolate_html
from stack_apikeys.conf import conf
from stack_apikeys.credentials import carries_a_key
from stack_apikeys.exceptions import StackApiKeysError
from stack_apikeys.models import AbstractApiKey, TeamApiKey, UserApiKey
from stack_apikeys.rights import actor_of
from stack_apikeys.scanning import redact
from stack_apikeys.secret import Secret

__all__ = ["TeamApiKeyAdmin", "TeamApiKeyInline", "UserApiKeyAdmin", "UserApiKeyInline"]


class MakingRequest(HttpRequest):
    """A request that created a key. It carries the value to its response; the row never has it."""

    api_key_value: Secret


class ApiKeyAdmin(KeyColumns, ScopesAdmin, RevocationAdmin, KeySearchAdmin):
    """The options and views that user keys and team keys have in common."""

    list_display_links = ["key"]
    list_filter = [StatusFilter, "is_public", "created_at", ExpiryFilter]
    search_fields = ["description"]
    """The owner and the last four characters are searched too: see `KeySearchAdmin`."""
    search_help_text = _("Owner, description, id, last four characters, or a whole key.")

    class Media:
        css = {"all": ["stack_apikeys/admin.css"]}

    # The list --------------------------------------------------------------------------------

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        """Return the columns, with the owner first."""
        return ("owner_name", "status", "key", "described", "created_at", "expiry")

    def get_list_select_related(self, request: HttpRequest) -> list[str]:
        """Load the owners in the same query."""
        return [self.model.KIND]

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Forbid filters on the digest, which would allow guessing it character by character."""
        return not lookup.startswith("digest") and super().lookup_allowed(lookup, value, request)

    # Create ----------------------------------------------------------------------------------

    def get_fieldsets(self, request: HttpRequest, obj: AbstractApiKey | None = None) -> Any:
        """Return the fields of a new key, or all but the digest of an existing one."""
        if obj is None:
            fields = [self.model.KIND, "description", "is_public", "expires_at"]
            fields += [*self.scopes_fields(request, obj), "networks", "rates"]
            note = _("The key is shown once, after you save.")
            return [(None, {"fields": [*fields, "new_id"], "description": note})]
        description = "description" if self.has_change_permission(request, obj) else "described"
        what = ["owner_link", "status", "key", description, "is_public", "id"]
        life = ["created_at", "creator", "expiry", "pepper"]
        life += [*self.scopes_fields(request, obj), "networks", "rates"]
        end = ["manually_revoked_at", "revoker", "reason"]
        fieldsets: list[Any] = [(None, {"fields": [*what, *life]})]
        if obj.status == "revoked":
            fieldsets.append((_("Revocation"), {"fields": end}))
        return fieldsets

    def get_readonly_fields(
        self, request: HttpRequest, obj: AbstractApiKey | None = None
    ) -> list[str]:
        """Make what cannot be changed of an existing key read-only."""
        if obj is None:
            return []
        shown = flatten_fieldsets(self.get_fieldsets(request, obj))
        changing = {"description", "scopes", "networks", "rates"}
        return [field for field in shown if field not in changing]

    def get_form(
        self, request: HttpRequest, obj: AbstractApiKey | None = None, *args: Any, **kwargs: Any
    ) -> Any:
        """Use `NewApiKeyForm` for a new key, and give the form the person who uses it."""
        kwargs.setdefault("form", NewApiKeyForm if obj is None else ApiKeyForm)
        form: Any = super().get_form(request, obj, *args, **kwargs)
        form.actor = actor_of(request)
        return form

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Let a description be typed in either writing direction."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and db_field.name == "description":
            field.widget.attrs["dir"] = "auto"
        return field

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Create or change a key.

        Between the validation and the INSERT, another request may create the same key, or the last
        one that the limit allows. If so, validate again, so that the form reports it.
        """
        if request.method != "POST":
            return super().changeform_view(request, object_id, *args, **kwargs)
        held: dict[str, Any] = {"owner_id": request.POST.get(self.model.KIND)}
        if object_id is not None:
            primary_key = parse_primary_key(self.model, unquote(object_id))
            held = {"api_keys": self.model._base_manager.filter(pk=primary_key)}
        for is_last in (False, True):
            try:
                with self.hold_rights(request, **held):
                    return super().changeform_view(request, object_id, *args, **kwargs)
            except (IntegrityError, StackApiKeysError):
                if is_last:
                    raise
        raise AssertionError  # for mypy

    def save_model(
        self, request: HttpRequest, obj: AbstractApiKey, form: Any, change: bool
    ) -> None:
        """Create or rename the key, take scopes away, or change its networks and rates."""
        if change:
            obj.rename(form.cleaned_data["description"])
            if "scopes" in form.changed_data:
                obj.narrow_scopes(form.cleaned_data["scopes"])
            if "networks" in form.changed_data:
                obj.set_networks(form.cleaned_data["networks"])
            if "rates" in form.changed_data:
                obj.set_rates(form.cleaned_data["rates"])
            return
        api_key, value = self.model.objects.create_key(
            id=form.cleaned_data["new_id"],
            description=obj.description,
            is_public=obj.is_public,
            expires_at=obj.expires_at,
            scopes=form.cleaned_data.get("scopes"),
            networks=obj.networks,
            rates=obj.rates,
            actor=form.actor,
            **{self.model.KIND: obj.owner},
        )
        cast(MakingRequest, request).api_key_value = Secret(value)
        del value  # error trackers report variables
        obj.pk = api_key.pk
        obj.refresh_from_db(using=api_key._state.db)

    @sensitive_variables()
    def response_add(
        self, request: HttpRequest, obj: AbstractApiKey, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Show the value, whichever button was pressed.

        In a pop-up window, a button then selects the key in the form that opened the window.
        """
        context: dict[str, Any] = {}
        if IS_POPUP_VAR in request.POST:
            attribute = request.POST.get(TO_FIELD_VAR) or obj._meta.pk.attname
            chosen = {"value": str(obj.serializable_value(attribute)), "obj": str(obj)}
            context = {"is_popup": True, "popup_response_data": json.dumps(chosen)}
        return self.show_once(request, obj, cast(MakingRequest, request).api_key_value, **context)

    @sensitive_variables()
    def show_once(
        self, request: HttpRequest, api_key: AbstractApiKey, value: Secret, **context: Any
    ) -> HttpResponse:
        """Return the page with the value of a new key. No other response has it."""
        context = {
            **self.admin_site.each_context(request),
            "title": _("Key created"),
            "opts": self.opts,
            "media": self.media,
            "api_key": api_key,
            "value": value.reveal(),
            "owner": isolate_html(str(api_key.owner)),
            "owner_label": cast(Any, api_key._meta.get_field(api_key.KIND)).verbose_name,
            "description": self.described(api_key),
            "may_view": self.has_view_or_change_permission(request, api_key),
            **context,
        }
        request.current_app = self.admin_site.name
        response = TemplateResponse(request, "admin/stack_apikeys/created.html", context)
        patch_cache_control(response, no_store=True)
        return response

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Hide the buttons that do not apply to keys, and add the one that revokes."""
        api_key = context["original"]
        context["show_save_and_add_another"] = api_key is not None
        context["show_save_and_continue"] = api_key is not None
        context["show_delete"] = self.has_delete_permission(request)
        context["show_revoke"] = (
            api_key is not None
            and api_key.status != "revoked"
            and self.has_change_permission(request, api_key)
        )
        return super().render_change_form(request, context, *args, **kwargs)

    # Delete ----------------------------------------------------------------------------------

    def has_delete_permission(
        self, request: HttpRequest, obj: AbstractApiKey | None = None
    ) -> bool:
        """Return whether keys can be deleted, which ``ADMIN_CAN_DELETE`` must allow.

        Django also calls this with a key when its owner is about to be deleted. The permission to
        delete the owner is enough then.
        """
        may_delete = super().has_delete_permission(request, obj)
        if obj is None:
            return conf.ADMIN_CAN_DELETE and may_delete
        owner = self.model.owner_model()._meta
        permission = f"{owner.app_label}.{get_permission_codename('delete', owner)}"
        return may_delete or (not carries_a_key(request) and request.user.has_perm(permission))

    def delete_view(
        self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Delete the key if both the settings and the permissions allow it."""
        mask_url(request)
        if not self.has_delete_permission(request):
            raise PermissionDenied
        return super().delete_view(request, redact(object_id), *args, **kwargs)


@admin.register(UserApiKey)
class UserApiKeyAdmin(ExtendedAdmin, RotationAdmin, ApiKeyAdmin):
    """The keys of users."""

    raw_id_fields = ["user"]

    @admin.display(description=_("user"), ordering="user_id")
    def owner_name(self, api_key: AbstractApiKey) -> SafeString:
        """Return the user's name."""
        return isolate_html(str(api_key.owner))

    @admin.display(description=_("user"))
    def owner_link(self, api_key: AbstractApiKey) -> SafeString:
        """Return the user's name, with a link to their page."""
        return self.link_to(api_key.owner)


@admin.register(TeamApiKey)
class TeamApiKeyAdmin(ExtendedAdmin, RotationAdmin, ApiKeyAdmin):
    """The keys of teams."""

    raw_id_fields = ["team"]

    @admin.display(description=_("team"), ordering="team_id")
    def owner_name(self, api_key: AbstractApiKey) -> SafeString:
        """Return the team's name."""
        return isolate_html(str(api_key.owner))

    @admin.display(description=_("team"))
    def owner_link(self, api_key: AbstractApiKey) -> SafeString:
        """Return the team's name, with a link to its page."""
        return self.link_to(api_key.owner)
