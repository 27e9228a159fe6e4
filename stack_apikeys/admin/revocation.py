"""Revoke keys in Django admin, one by one or together, after a confirmation."""

from collections.abc import Iterator
from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.admin.templatetags.admin_urls import add_preserved_filters
from django.contrib.admin.utils import quote, unquote
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from stack_apikeys.admin.columns import masked
from stack_apikeys.admin.forms import RevocationForm
from stack_apikeys.admin.people import PeopleOnlyAdmin
from stack_apikeys.bidi import isolate_html
from stack_apikeys.rights import actor_of

MOST_KEYS_NAMED = 100
"""How many keys the confirmation page lists. It only counts the others."""


class RevocationAdmin(PeopleOnlyAdmin):
    """Adds the page that revokes a key, and the action that revokes many."""

    actions = ["revoke_selected"]

    def get_urls(self) -> list[URLPattern]:
        """Add the URL of the page that revokes a key."""
        revoke = path(
            "<path:object_id>/revoke/",
            self.admin_site.admin_view(self.revoke_view),
            name=f"{self.opts.app_label}_{self.opts.model_name}_revoke",
        )
        return [revoke, *super().get_urls()]

    def revoke_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask for confirmation on GET, and revoke the key on POST."""
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
        """Ask for confirmation first, then revoke the selected keys."""
        if request.POST.get("select_across") != "1":
            # Not only those that the list still shows: it may leave out revoked keys.
            ids = request.POST.getlist(ACTION_CHECKBOX_NAME)
            queryset = self.get_queryset(request).filter(pk__in=ids)
        return self._revoke(request, queryset, back=request.get_full_path())

    def _revoke(
        self, request: HttpRequest, selected: QuerySet[Any], *, back: str
    ) -> HttpResponse | None:
        """Revoke the keys and return None, or return the page that asks for confirmation.

        If somebody else has revoked all of them already, the page tells who and when, and shows the
        reason that was typed and is not stored.
        """
        form = RevocationForm(request.POST if "revoke" in request.POST else None)
        api_keys = selected.filter(manually_revoked_at=None)
        if form.is_valid() and (
            number := self._revoke_all(request, api_keys, form.cleaned_data["reason"])
        ):
            self._tell(request, number, selected)
            return None
        count = api_keys.count()
        already = 0 if count else selected.count()
        context = {
            **self.admin_site.each_context(request),
            "title": _("Revoke"),
            "opts": self.opts,
            "media": self.media,
            "form": form,
            "count": count,
            "already": already,
            "typed": _isolated(form["reason"].value()),
            "api_keys": self._described(api_keys if count else selected),
            "not_named": max(0, (count or already) - MOST_KEYS_NAMED),
            # Django needs these to call the action again for the same keys.
            "again": [
                (name, value)
                for name in ("action", "select_across", ACTION_CHECKBOX_NAME)
                for value in request.POST.getlist(name)
            ],
            "back": back,
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/stack_apikeys/revoke.html", context)

    def _revoke_all(self, request: HttpRequest, api_keys: Any, reason: str) -> int:
        """Revoke all of the keys, or none after an error; return how many."""
        actor = actor_of(request)
        with self.hold_rights(request, api_keys=api_keys):
            if not self.has_change_permission(request):
                raise PermissionDenied
            revoked = api_keys.revoke_each(by=actor, reason=reason)
            if revoked:
                staff = cast(AbstractBaseUser, request.user).pk
                LogEntry.objects.log_actions(
                    staff, revoked, CHANGE, change_message=gettext("Revoked.")
                )
        return len(revoked)

    def _tell(self, request: HttpRequest, number: int, selected: QuerySet[Any]) -> None:
        """Say how many keys were revoked, and how many had been revoked before."""
        message = ngettext("%(count)d key was revoked.", "%(count)d keys were revoked.", number)
        self.message_user(request, message % {"count": number}, messages.SUCCESS)
        before = selected.exclude(manually_revoked_at=None).count() - number
        if before > 0:
            message = ngettext(
                "%(count)d selected key had already been revoked. It was not changed.",
                "%(count)d selected keys had already been revoked. They were not changed.",
                before,
            )
            self.message_user(request, message % {"count": before}, messages.WARNING)

    def _described(self, api_keys: QuerySet[Any]) -> Iterator[dict[str, Any]]:
        """Yield what the page shows of each key, with typed text isolated."""
        for api_key in api_keys.select_related(self.model.KIND, "revoked_by")[:MOST_KEYS_NAMED]:
            yield {
                "owner": isolate_html(str(api_key.owner)),
                "description": _isolated(api_key.description),
                "masked": masked(api_key),
                "revoked_at": api_key.manually_revoked_at,
                "revoked_by": _isolated(api_key.revoked_by and str(api_key.revoked_by)),
                "reason": _isolated(api_key.revoked_reason),
            }


def _isolated(text: str | None) -> SafeString | None:
    return isolate_html(text) if text else None
