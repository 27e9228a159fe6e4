"""Rotate a key in Django admin, and show what it replaces and what replaces it."""

from collections.abc import Callable
from typing import Any, cast

from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.admin.utils import unquote
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables

from stack_apikeys.admin.columns import masked
from stack_apikeys.admin.forms import RotationForm
from stack_apikeys.admin.people import PeopleOnlyAdmin
from stack_apikeys.bidi import isolate_html
from stack_apikeys.exceptions import StackApiKeysError
from stack_apikeys.models import AbstractApiKey
from stack_apikeys.rights import actor_of
from stack_apikeys.secret import Secret


class RotationAdmin(PeopleOnlyAdmin):
    """Adds the page that rotates a key, and links between the keys of a family."""

    link_to: Callable[[Any], SafeString]
    show_once: Callable[..., HttpResponse]

    def get_urls(self) -> list[URLPattern]:
        """Add the URL of the page that rotates a key."""
        rotate = path(
            "<path:object_id>/rotate/",
            self.admin_site.admin_view(self.rotate_view),
            name=f"{self.opts.app_label}_{self.opts.model_name}_rotate",
        )
        return [rotate, *super().get_urls()]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Add the family, for a key that has one."""
        fieldsets = super().get_fieldsets(request, obj)
        names = []
        if obj is not None and obj.rotated_from_id is not None:
            names.append("predecessor")
        if obj is not None and hasattr(obj, "successor"):
            names.append("replacement")
        return [*fieldsets, (_("Rotation"), {"fields": names})] if names else fieldsets

    @admin.display(description=_("replaces"))
    def predecessor(self, api_key: AbstractApiKey) -> SafeString | None:
        """Return a link to the key that this one replaces, or None if it was deleted."""
        found = next(api_key.predecessors(), None)
        return None if found is None else self.link_to(found)

    @admin.display(description=_("replaced by"))
    def replacement(self, api_key: Any) -> SafeString:
        """Return a link to the key that replaces this one."""
        return self.link_to(api_key.successor)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Add the button that rotates."""
        api_key = context["original"]
        context["show_rotate"] = (
            api_key is not None
            and api_key.is_valid()
            and not hasattr(api_key, "successor")
            and self._may_rotate(request, api_key)
        )
        return super().render_change_form(request, context, *args, **kwargs)

    def rotate_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask how long the key stays valid on GET, and rotate it on POST."""
        api_key = self.get_object(request, unquote(object_id))
        if not self._may_rotate(request, api_key):
            raise PermissionDenied
        if api_key is None:
            raise Http404
        form = RotationForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            try:
                return self._rotate(request, api_key, form)
            except StackApiKeysError as error:
                form.add_error(None, error.translated_message)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Rotate"),
            "opts": self.opts,
            "media": self.media,
            "form": form,
            "owner": isolate_html(str(api_key.owner)),
            "description": isolate_html(api_key.description) if api_key.description else "",
            "masked": masked(api_key),
            "back": reverse(
                f"admin:{self.opts.app_label}_{self.opts.model_name}_change",
                args=[api_key.pk],
                current_app=self.admin_site.name,
            ),
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/stack_apikeys/rotate.html", context)

    @sensitive_variables()
    def _rotate(self, request: HttpRequest, api_key: Any, form: RotationForm) -> HttpResponse:
        this_one = self.model._base_manager.filter(pk=api_key.pk)
        with self.hold_rights(request, api_keys=this_one, owner_id=api_key.owner_id):
            if not self._may_rotate(request, api_key):
                raise PermissionDenied
            overlap = form.cleaned_data["overlap"]
            successor, revealed = api_key.rotate(overlap=overlap, actor=actor_of(request))
            value = Secret(revealed)
            del revealed  # error trackers report variables
            staff = cast(AbstractBaseUser, request.user).pk
            LogEntry.objects.log_actions(
                staff, [api_key], CHANGE, change_message=gettext("Rotated.")
            )
            self.log_addition(request, successor, [{"added": {}}])
        return self.show_once(request, successor, value)

    def _may_rotate(self, request: HttpRequest, api_key: Any) -> bool:
        """Return whether the person may add a key as well as change this one."""
        return self.has_add_permission(request) and self.has_change_permission(request, api_key)
