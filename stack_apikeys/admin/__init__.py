"""Both kinds of key in Django admin: find, make, rename and revoke them.

Who may add keys here can make one for anybody, and so act for anybody in the host's API. Nobody
sees a key's value here but its maker, once, in the answer to the form that made it.
"""

from typing import Any, cast
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.templatetags.admin_urls import add_preserved_filters
from django.contrib.admin.utils import flatten_fieldsets, quote, unquote
from django.contrib.admin.views.main import ERROR_FLAG, PAGE_VAR, SEARCH_VAR
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, router, transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.cache import patch_cache_control
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables

from stack_apikeys.adapters import get_team_adapter
from stack_apikeys.admin.filters import STATUS_NAMES, ExpiryFilter, StatusFilter
from stack_apikeys.admin.forms import NewApiKeyForm, RevocationForm
from stack_apikeys.admin.search import find_key, holds_a_secret
from stack_apikeys.conf import conf
from stack_apikeys.exceptions import ApiKeyNotFound, StackApiKeysError
from stack_apikeys.models import MODELS, AbstractApiKey, TeamApiKey, UserApiKey

MOST_KEYS_NAMED = 100
"""How many keys the page names that asks before they are revoked; of the rest, the number."""


class MakingRequest(HttpRequest):
    """A request that made a key. It carries the value to its answer; the row never holds it."""

    api_key_value: str


class ApiKeyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # in the stubs only
    """What is the same for both kinds of key."""

    list_display_links = ["key"]
    list_filter = [StatusFilter, "is_public", "created_at", ExpiryFilter]
    search_help_text = _("Owner, description, id, last four characters, or a whole key.")
    show_full_result_count = False
    actions = ["revoke_selected"]

    class Media:
        css = {"all": ["stack_apikeys/admin.css"]}

    # The list --------------------------------------------------------------------------------

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        """Begin with the owner."""
        return (self.model.KIND, "status", "key", "description", "created_at", "expires_at")

    def get_list_select_related(self, request: HttpRequest) -> list[str]:
        """Read the owners with their keys, not one by one."""
        return [self.model.KIND]

    @admin.display(description=_("key"))
    def key(self, api_key: AbstractApiKey) -> str:
        """What may be shown of it."""
        return api_key.masked

    @admin.display(description=_("status"))
    def status(self, api_key: AbstractApiKey) -> SafeString:
        """The word, in its colour."""
        return format_html(
            '<span class="api-key-status api-key-status-{}">{}</span>',
            api_key.status,
            STATUS_NAMES[api_key.status],
        )

    @admin.display(description=_("number of the pepper"))
    def pepper(self, api_key: AbstractApiKey) -> int | None:
        """Which of the peppers made the digest."""
        return api_key.pepper_id

    # Search ----------------------------------------------------------------------------------

    @method_decorator(sensitive_post_parameters(SEARCH_VAR))
    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the list. The search form is sent by POST, and answered by the list's address.

        So a key that is pasted into it, or into an address, is in no log: its id is.
        """
        sent = request.POST if SEARCH_VAR in request.POST else request.GET
        text = " ".join(sent.getlist(SEARCH_VAR))
        if sent is request.GET and not holds_a_secret(text):
            return super().changelist_view(request, extra_context)
        parameters = request.GET.copy()
        for name in (SEARCH_VAR, PAGE_VAR, ERROR_FLAG):
            parameters.pop(name, None)
        if fit_to_log := self._without_secrets(request, text):
            parameters[SEARCH_VAR] = fit_to_log
        return HttpResponseRedirect(f"{request.path}?{parameters.urlencode()}")

    def _without_secrets(self, request: HttpRequest, text: str) -> str:
        """The text, or the id of the key in it; of a mistyped key nothing, and a message."""
        if parsed := find_key(text):
            if parsed.kind != self.model.KIND:
                others = MODELS[parsed.kind]._meta.verbose_name_plural
                message = _("That key is of another kind. Search for it among the %(others)s.")
                self.message_user(request, message % {"others": others}, messages.WARNING)
            return str(parsed.id)
        if holds_a_secret(text):
            message = _(
                "That looks like a key, but it is mistyped or not whole, so it was not searched "
                "for. Paste the whole key, or search for its owner."
            )
            self.message_user(request, message, messages.WARNING)
            return ""
        return text

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Find a key's id, in any form of a UUID, by the primary key."""
        try:
            id = UUID(search_term.strip())  # noqa: A001  # what Django calls a primary key
        except ValueError:
            return super().get_search_results(request, queryset, search_term)
        return queryset.filter(pk=id), False

    # Make ------------------------------------------------------------------------------------

    def get_fieldsets(self, request: HttpRequest, obj: AbstractApiKey | None = None) -> Any:
        """Ask for what a new key needs; show all of a key that exists, but its digest."""
        owner = self.model.KIND
        if obj is None:
            fields = [owner, "description", "is_public", "expires_at", "new_id"]
            note = _("The key is shown once, when it has been made.")
            return [(None, {"fields": fields, "description": note})]
        what = [owner, "status", "key", "description", "is_public", "id"]
        life = ["created_at", "created_by", "expires_at", "pepper"]
        end = ["manually_revoked_at", "revoked_by", "revoked_reason"]
        fieldsets: list[Any] = [(None, {"fields": [*what, *life]})]
        if obj.status == "revoked":
            fieldsets.append((_("Revocation"), {"fields": end}))
        return fieldsets

    def get_readonly_fields(
        self, request: HttpRequest, obj: AbstractApiKey | None = None
    ) -> list[str]:
        """Let nothing of a key change but its description."""
        if obj is None:
            return []
        shown = flatten_fieldsets(self.get_fieldsets(request, obj))
        return [field for field in shown if field != "description"]

    def get_form(
        self, request: HttpRequest, obj: AbstractApiKey | None = None, *args: Any, **kwargs: Any
    ) -> Any:
        """Have the form of a new key check what only concerns new keys."""
        if obj is None:
            kwargs.setdefault("form", NewApiKeyForm)
        return super().get_form(request, obj, *args, **kwargs)

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Make or rename a key.

        Another request may make the same key, or the last one that there was room for, between
        this one's check and its INSERT. Then look again: the form now says what happened.
        """
        try:
            return super().changeform_view(request, *args, **kwargs)
        except (IntegrityError, StackApiKeysError):
            return super().changeform_view(request, *args, **kwargs)

    @sensitive_variables("value")
    def save_model(
        self, request: HttpRequest, obj: AbstractApiKey, form: Any, change: bool
    ) -> None:
        """Make the key, or rename it."""
        if change:
            obj.rename(form.cleaned_data["description"])
            return
        api_key, value = self.model.objects.create_key(
            id=form.cleaned_data["new_id"],
            description=obj.description,
            is_public=obj.is_public,
            expires_at=obj.expires_at,
            created_by=request.user,
            **{self.model.KIND: obj.owner},
        )
        obj.pk = api_key.pk
        obj.refresh_from_db(using=api_key._state.db)
        cast(MakingRequest, request).api_key_value = value

    @sensitive_variables()
    def response_add(
        self, request: HttpRequest, obj: AbstractApiKey, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Show the value: here and now only, whichever button was pressed."""
        context = {
            **self.admin_site.each_context(request),
            "title": _("The key was made"),
            "opts": self.opts,
            "media": self.media,
            "api_key": obj,
            "value": cast(MakingRequest, request).api_key_value,
            "may_view": self.has_view_or_change_permission(request, obj),
        }
        request.current_app = self.admin_site.name
        response = TemplateResponse(request, "admin/stack_apikeys/made.html", context)
        patch_cache_control(response, no_store=True)
        return response

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Offer only the buttons that do what they say."""
        api_key = context["original"]
        context["show_save_and_add_another"] = api_key is not None
        context["show_save_and_continue"] = api_key is not None
        context["show_delete"] = conf.ADMIN_CAN_DELETE
        context["show_revoke"] = (
            api_key is not None
            and api_key.status != "revoked"
            and self.has_change_permission(request, api_key)
        )
        return super().render_change_form(request, context, *args, **kwargs)

    # Revoke ----------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        """Add the address under which a key is revoked."""
        revoke = path(
            "<path:object_id>/revoke/",
            self.admin_site.admin_view(self.revoke_view),
            name=f"{self.opts.app_label}_{self.opts.model_name}_revoke",
        )
        return [revoke, *super().get_urls()]

    def revoke_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, on GET; revoke the key, on POST."""
        api_key = self.get_object(request, unquote(object_id))
        if not self.has_change_permission(request, api_key):
            raise PermissionDenied
        if api_key is None:
            raise Http404
        address = add_preserved_filters(
            {"opts": self.opts, "preserved_filters": self.get_preserved_filters(request)},
            reverse(
                f"admin:{self.opts.app_label}_{self.opts.model_name}_change",
                args=[quote(str(api_key.pk))],
                current_app=self.admin_site.name,
            ),
        )
        this_one = self.get_queryset(request).filter(pk=api_key.pk)
        return self._revoke(request, this_one, back=address) or HttpResponseRedirect(address)

    @admin.action(permissions=["change"], description=_("Revoke selected %(verbose_name_plural)s"))
    def revoke_selected(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        """Ask, the first time; revoke the keys, when the answer comes."""
        return self._revoke(request, queryset, back=request.get_full_path())

    def _revoke(
        self, request: HttpRequest, queryset: QuerySet[Any], *, back: str
    ) -> HttpResponse | None:
        """Revoke the keys and return None, or the page that asks for confirmation and reason."""
        form = RevocationForm(request.POST if "revoke" in request.POST else None)
        api_keys = queryset.filter(manually_revoked_at=None)
        count = api_keys.count()
        if not count:
            message: Any = _("Nothing was left to revoke.")
            self.message_user(request, message, messages.WARNING)
            return None
        if form.is_valid():
            count = self._revoke_all(request, api_keys, form.cleaned_data["reason"])
            message = ngettext("%(count)d key was revoked.", "%(count)d keys were revoked.", count)
            self.message_user(request, message % {"count": count}, messages.SUCCESS)
            return None
        context = {
            **self.admin_site.each_context(request),
            "title": _("Revoke"),
            "opts": self.opts,
            "media": self.media,
            "form": form,
            "count": count,
            "api_keys": api_keys.select_related(self.model.KIND)[:MOST_KEYS_NAMED],
            "not_named": max(0, count - MOST_KEYS_NAMED),
            # What Django needs to call the action again, for the same keys.
            "again": [
                (name, value)
                for name in ("action", "select_across", ACTION_CHECKBOX_NAME)
                for value in request.POST.getlist(name)
            ],
            "back": back,
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/stack_apikeys/revoke.html", context)

    def _revoke_all(self, request: HttpRequest, api_keys: QuerySet[Any], reason: str) -> int:
        """Revoke all of the keys or, where something goes wrong, none; say how many."""
        revoked = 0
        with transaction.atomic(using=router.db_for_write(self.model)):
            for api_key in list(api_keys):
                try:
                    api_key.revoke(by=request.user, reason=reason)
                except ApiKeyNotFound:  # somebody deleted it a moment ago
                    continue
                self.log_change(request, api_key, gettext("Revoked."))
                revoked += 1
        return revoked

    # Delete ----------------------------------------------------------------------------------

    def has_delete_permission(
        self, request: HttpRequest, obj: AbstractApiKey | None = None
    ) -> bool:
        """Offer to delete keys only if the settings allow it.

        Of a certain key this is also asked when its owner is deleted, and the key has to go too.
        """
        offered = obj is not None or conf.ADMIN_CAN_DELETE
        return offered and super().has_delete_permission(request, obj)

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Refuse, unless the settings allow it."""
        if not conf.ADMIN_CAN_DELETE:
            raise PermissionDenied
        return super().delete_view(request, *args, **kwargs)


@admin.register(UserApiKey)
class UserApiKeyAdmin(ApiKeyAdmin):
    """Keys that stand for users."""

    raw_id_fields = ["user"]

    def get_search_fields(self, request: HttpRequest) -> list[str]:
        """By what the user signs in with, and by the e-mail address."""
        model = get_user_model()
        columns = {field.name for field in model._meta.get_fields()}
        names = {model.USERNAME_FIELD, model.get_email_field_name()} & columns
        return [*(f"user__{name}" for name in sorted(names)), "description", "=last_four"]


@admin.register(TeamApiKey)
class TeamApiKeyAdmin(ApiKeyAdmin):
    """Keys that stand for teams."""

    raw_id_fields = ["team"]

    def get_search_fields(self, request: HttpRequest) -> list[str]:
        """By what the host's adapter finds teams by."""
        names = get_team_adapter().search_fields
        return [*(f"team__{name}" for name in names), "description", "=last_four"]
