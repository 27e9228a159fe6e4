"""What other apps add to the list and the pages of keys in Django admin.

An app registers an `Extension` in its module ``admin``, which Django loads if the admin is
installed::

    class Price(Extension):
        def details(self, request, api_key):
            return format_html("<p>{}</p>", price_of(api_key))

    extensions.register(Price())
"""

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse

from stack_apikeys.models import ApiKey
from stack_apikeys.models.querysets import ApiKeyQuerySet

if TYPE_CHECKING:
    _ModelAdmin = admin.ModelAdmin[Any]
else:
    _ModelAdmin = admin.ModelAdmin


class Extension:
    """What an app adds. Override what it needs."""

    columns: Sequence[Callable[[Any], Any]] = ()
    """Functions of a key, as in Django's ``list_display``."""

    filters: Sequence[type[admin.ListFilter]] = ()

    css: Sequence[str] = ()
    """Paths of style sheets, below ``STATIC_URL``."""

    def annotate(self, api_keys: ApiKeyQuerySet[Any]) -> ApiKeyQuerySet[Any]:
        """Return the keys with what ``columns`` need, also to sort by them."""
        return api_keys

    def prepare(self, api_keys: Iterable[ApiKey]) -> None:
        """Load what ``columns`` need and no annotation can have, for the keys on one page."""

    def details(self, request: HttpRequest, api_key: ApiKey) -> str:
        """Return the HTML that follows the fields on the page of a key."""
        return ""


_registered: list[Extension] = []


def register(extension: Extension) -> None:
    """Show the extension, after those that are registered already."""
    _registered.append(extension)


def registered() -> tuple[Extension, ...]:
    """Return the registered extensions, in order."""
    return tuple(_registered)


class ExtendedAdmin(_ModelAdmin):
    """Shows the registered extensions."""

    def get_queryset(self, request: HttpRequest) -> Any:
        """Add the annotations."""
        api_keys: Any = super().get_queryset(request)
        for each in registered():
            api_keys = each.annotate(api_keys)
        return api_keys

    def get_list_display(self, request: HttpRequest) -> Any:
        """Add the columns before the last two, which are dates and scroll out of narrow windows."""
        columns = [*super().get_list_display(request)]
        columns[-2:-2] = [column for each in registered() for column in each.columns]
        return columns

    def get_list_filter(self, request: HttpRequest) -> Any:
        """Add the filters."""
        return (*super().get_list_filter(request), *(f for e in registered() for f in e.filters))

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Load what the columns need, if the response is the list."""
        response = super().changelist_view(request, extra_context)
        if changelist := (getattr(response, "context_data", None) or {}).get("cl"):
            for each in registered():
                each.prepare(changelist.result_list)
        return response

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Add the details of an existing key."""
        api_key = context["original"]
        if api_key is not None:
            context["details"] = [each.details(request, api_key) for each in registered()]
        return super().render_change_form(request, context, *args, **kwargs)

    @property
    def media(self) -> forms.Media:
        """Add the style sheets."""
        return super().media + forms.Media(
            css={"all": [path for each in registered() for path in each.css]}
        )
