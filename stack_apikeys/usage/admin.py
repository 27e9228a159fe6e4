"""The use of keys in Django admin: on the pages of keys, and for the whole site. It is read-only."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.contrib.admin.utils import quote
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import URLPattern, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from stack_apikeys.admin import extensions
from stack_apikeys.admin.pagination import BoundedPaginator
from stack_apikeys.admin.people import PeopleOnlyAdmin
from stack_apikeys.models import MODELS, ApiKey
from stack_apikeys.models.querysets import ApiKeyQuerySet
from stack_apikeys.usage import site
from stack_apikeys.usage.details import (
    ago,
    chart_of,
    details_of,
    last_days,
    last_used,
    reasons_in,
    sparkline,
)
from stack_apikeys.usage.models import KeyUsage, UnusualUse
from stack_apikeys.usage.numbers import grouped
from stack_apikeys.usage.reading import (
    accepted_by_day,
    load_use,
    never_used,
    unused_for,
    usage_of,
    with_use,
)

UNUSED_DAYS = (30, 90, 365)
"""The choices of the filter for keys that were not used for so many days."""

MOST_UNUSUAL = 10
"""The number of unusual uses on the page of a key, and on that of the site."""

CSS = "stack_apikeys_usage/admin.css"


class UseFilter(admin.SimpleListFilter):
    """Filter keys that nobody uses."""

    title = _("last used")
    parameter_name = "used"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Return the choices."""
        unused = [
            (str(days), _("Unused for %(days)s days") % {"days": days}) for days in UNUSED_DAYS
        ]
        return [("never", _("Never used")), *unused]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """Return the keys that were not used for so long."""
        if self.value() == "never":
            return never_used(queryset)
        chosen = [days for days in UNUSED_DAYS if str(days) == self.value()]
        return unused_for(queryset, chosen[0]) if chosen else queryset


class KindFilter(admin.SimpleListFilter):
    """Filter rows by the kind of their keys. Django's own filter would look for all values."""

    title = _("type")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Return the kinds."""
        return [(kind, model._meta.verbose_name_plural) for kind, model in MODELS.items()]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """Return the rows of keys of this kind."""
        return queryset.filter(kind=self.value()) if self.value() else queryset


@admin.display(description=_("last used"), ordering=F("last_used_at").asc(nulls_first=True))
def last_used_column(api_key: Any) -> str:
    """Return when the key was last used, and how often on each of the last 30 days."""
    mark = format_html(' <strong class="apikeys-mark">{}</strong>', gettext("Unusual use"))
    return format_html(
        "{}{}{}",
        last_used(api_key.last_used_at),
        mark if api_key.is_unusual else "",
        sparkline(api_key.accepted_by_day),
    )


class UsageExtension(extensions.Extension):
    """The last use in the list of keys, and the chart on the page of a key."""

    columns = (last_used_column,)
    filters = (UseFilter,)
    css = (CSS,)

    def annotate(self, api_keys: ApiKeyQuerySet[Any]) -> ApiKeyQuerySet[Any]:
        """Add what the column needs."""
        return with_use(api_keys)

    def prepare(self, api_keys: Iterable[Any]) -> None:
        """Add what the query of the keys cannot have. It takes one query."""
        load_use(api_keys)
        numbers = accepted_by_day([each.pk for each in api_keys], last_days())
        for api_key in api_keys:
            api_key.accepted_by_day = numbers[api_key.pk]

    def details(self, request: HttpRequest, api_key: ApiKey) -> str:
        """Return the chart, the totals, the networks and the unusual uses."""
        unusual = UnusualUse.objects.filter(key_id=api_key.pk).order_by("-moment", "-pk")
        context = {
            **details_of(api_key, usage_of(api_key), request.GET.get("period")),
            "parameters": request.GET,
            "unusual": unusual[:MOST_UNUSUAL],
        }
        return render_to_string("admin/stack_apikeys_usage/details.html", context)


class ReadOnlyAdmin(PeopleOnlyAdmin):
    """A list of rows about keys, with the names of the keys. It has no other page."""

    list_display_links = None
    show_full_result_count = False
    paginator = BoundedPaginator
    actions = None

    class Media:
        css = {"all": ["stack_apikeys/admin.css", CSS]}

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False: the app writes the rows."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: the app writes the rows."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: the app deletes the rows."""
        return False

    def get_urls(self) -> list[URLPattern]:
        """Return the URL of the list."""
        return [each for each in super().get_urls() if str(each.name).endswith("_changelist")]

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Load the names of the keys on the page."""
        changelist = super().get_changelist_instance(request)
        rows = list(changelist.result_list)
        names = self.names_of(request, [row.key_id for row in rows])
        for row in rows:
            row.name_of_key = names[row.key_id]
        return changelist

    def names_of(self, request: HttpRequest, key_ids: Iterable[UUID]) -> dict[UUID, SafeString]:
        """Return what is shown of each key: its id, or more to those who may see keys.

        It takes a query for each kind of keys.
        """
        names = {key_id: format_html("<code>{}</code>", key_id) for key_id in key_ids}
        for kind, model in MODELS.items():
            if not names or not self.admin_site.is_registered(model):
                continue
            if self.admin_site.get_model_admin(model).has_view_permission(request):
                found: Any = model.objects.filter(pk__in=list(names)).select_related(kind)
                names |= {each.pk: self._name_of(each) for each in found}
        return names

    def _name_of(self, api_key: Any) -> SafeString:
        options = api_key._meta
        url = reverse(
            f"admin:{options.app_label}_{options.model_name}_change",
            args=[quote(str(api_key.pk))],
            current_app=self.admin_site.name,
        )
        return format_html(
            '<a href="{}"><bdi dir="ltr" translate="no">{}</bdi></a>'
            ' <bdi dir="auto">{}</bdi> · <bdi dir="auto">{}</bdi>',
            *(url, api_key.masked, api_key.description or gettext("No description")),
            api_key.owner,
        )

    @admin.display(description=_("key"))
    def key(self, row: Any) -> SafeString:
        """Return the key's name."""
        name: SafeString = row.name_of_key
        return name


@admin.register(KeyUsage)
class KeyUsageAdmin(ReadOnlyAdmin):
    """The use of all keys: a chart of the site, the busiest keys, and the totals of each key."""

    list_display = ["key", "last_use", "accepted_requests", "refused_requests", "last_refused_at"]
    list_filter = [KindFilter, "last_used_at"]
    ordering = [F("last_used_at").desc(nulls_last=True), "pk"]
    change_list_template = "admin/stack_apikeys_usage/keyusage/change_list.html"

    @admin.display(description=_("last used"), ordering=F("last_used_at").asc(nulls_first=True))
    def last_use(self, usage: KeyUsage) -> str:
        """Return when the key was last used."""
        return last_used(usage.last_used_at)

    @admin.display(description=_("accepted requests"), ordering="accepted")
    def accepted_requests(self, usage: KeyUsage) -> str:
        """Return the number of accepted requests."""
        return grouped(usage.accepted)

    @admin.display(description=_("refused requests"), ordering="refused")
    def refused_requests(self, usage: KeyUsage) -> str:
        """Return the number of refused requests."""
        return grouped(usage.refused)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Add what happened in the last 24 hours."""
        day = site.last_day()
        unusual = list(UnusualUse.objects.order_by("-moment", "-pk")[:MOST_UNUSUAL])
        shown = [*day.busiest, *day.most_refused, *(each.key_id for each in unusual)]
        names = self.names_of(request, shown)
        context = {
            "title": _("Usage of API keys"),
            **(extra_context or {}),
            **chart_of([(f"{start:%H:%M}", use) for start, use in day.hours]),
            "reasons": reasons_in(use for _start, use in day.hours),
            "busiest": [(names[key_id], number) for key_id, number in day.busiest.items()],
            "refused": [(names[key_id], number) for key_id, number in day.most_refused.items()],
            "unusual": [(each, names[each.key_id], ago(each.moment)) for each in unusual],
        }
        return super().changelist_view(request, context)


@admin.register(UnusualUse)
class UnusualUseAdmin(ReadOnlyAdmin):
    """The unusual uses of all keys."""

    list_display = ["moment", "key", "rule", "about"]
    list_filter = ["rule", KindFilter, "moment"]
    ordering = ["-moment", "-pk"]


extensions.register(UsageExtension())
