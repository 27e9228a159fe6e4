"""Teams, their members and what these may do, in Django admin."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.options import InlineModelAdmin
from django.contrib.auth import get_user_model
from django.db.models import Field, Model, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from stack_apikeys.adapters import get_team_adapter
from stack_apikeys.conf import conf
from stack_apikeys.teams import permissions
from stack_apikeys.teams.models import AbstractTeam, Team, TeamMembership, TeamPermission

MOST_MEMBERS_ON_PAGE = 100
"""How many members a team's own page lists. A larger team has a link to the paged list instead:
its form would have more fields than Django accepts (``DATA_UPLOAD_MAX_NUMBER_FIELDS``)."""


class GrantedColumn:
    """A column that tells what a member was granted."""

    @admin.display(description=_("permissions"))
    def granted(self, membership: TeamMembership) -> str:
        """The ids; for a member who is being added, those that will be granted."""
        if membership._state.adding:
            return ", ".join(conf.TEAM_MEMBER_PERMISSIONS)
        return ", ".join(str(permission) for permission in membership.permissions.all())


class AddedOrDeletedInline(admin.TabularInline):  # type: ignore[type-arg]  # in the stubs only
    """Rows that are added and deleted, but never edited.

    What exists is shown as text. A field to edit it in would cost a query for each row, and would
    put the first choice in place of a permission that is no longer known.
    """

    extra = 0

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Answer False: for nobody."""
        return False


class TeamMembershipInline(GrantedColumn, AddedOrDeletedInline):
    """The members of a team."""

    model = TeamMembership
    fields = ["user", "granted"]
    readonly_fields = ["granted"]
    raw_id_fields = ["user"]
    show_change_link = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[TeamMembership]:
        """All that is shown, in two queries however many members there are."""
        memberships: QuerySet[TeamMembership] = super().get_queryset(request)
        return memberships.select_related("team", "user").prefetch_related("permissions")


class TeamAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # in the stubs only
    """Teams; also for a host's own team that is made from `AbstractTeam`."""

    list_display = ["display_name", "id", "created_at"]
    search_fields = ["display_name", "^id"]
    readonly_fields = ["id", "members", "created_at"]

    def formfield_for_dbfield(
        self, db_field: "Field[Any, Any]", request: HttpRequest, **kwargs: Any
    ) -> forms.Field | None:
        """Store no picture as null, as the API does."""
        if db_field.name == "profile_image_url":
            kwargs["empty_value"] = None
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def get_inlines(
        self, request: HttpRequest, obj: AbstractTeam | None
    ) -> "list[type[InlineModelAdmin[Any, Any]]]":
        """Give the members, unless there are too many."""
        more = MOST_MEMBERS_ON_PAGE + 1
        if obj is not None and obj.memberships.all()[:more].count() == more:
            return []
        return [TeamMembershipInline]

    @admin.display(description=_("members"))
    def members(self, team: AbstractTeam) -> SafeString | str:
        """The way to the list of all members."""
        if team._state.adding:
            return ""
        address = reverse(f"{self.admin_site.name}:stack_apikeys_teams_teammembership_changelist")
        return format_html('<a href="{}?team={}">{}</a>', address, team.pk, _("All members"))

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Save the members, and grant new ones what every new member is granted."""
        super().save_formset(request, form, formset, change)
        for membership in formset.new_objects:
            membership.grant(conf.TEAM_MEMBER_PERMISSIONS)


class TeamPermissionForm(forms.ModelForm):  # type: ignore[type-arg]  # in the stubs only
    """A permission or role to grant."""

    permission_id = forms.ChoiceField(
        label=_("permission or role"),
        choices=lambda: [(each, each) for each in ["", *permissions.known()]],
    )


class TeamPermissionInline(AddedOrDeletedInline):
    """What a member was granted."""

    model = TeamPermission
    form = TeamPermissionForm


@admin.register(TeamMembership)
class TeamMembershipAdmin(GrantedColumn, admin.ModelAdmin):  # type: ignore[type-arg]  # in the stubs only
    """Who is in which team, and what they were granted there."""

    list_display = ["user", "team", "granted", "created_at"]
    list_select_related = ["user", "team"]
    raw_id_fields = ["user", "team"]
    fields = ["team", "user", "created_at"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[TeamMembership]:
        """All that is shown, without a query for each row."""
        memberships: QuerySet[TeamMembership] = super().get_queryset(request)
        return memberships.prefetch_related("permissions")

    def get_search_fields(self, request: HttpRequest) -> list[str]:
        """By what the person signs in with, and by what the host's teams are found by."""
        teams = [f"team__{field}" for field in get_team_adapter().search_fields]
        return [f"user__{get_user_model().USERNAME_FIELD}", *teams]

    def get_readonly_fields(
        self, request: HttpRequest, obj: TeamMembership | None = None
    ) -> list[str]:
        """Who is in which team does not change; another membership is another row."""
        return ["created_at"] if obj is None else ["team", "user", "created_at"]

    def get_inlines(
        self, request: HttpRequest, obj: TeamMembership | None
    ) -> "list[type[InlineModelAdmin[Any, Any]]]":
        """Give the permissions; a new member is first granted what every new member is."""
        return [] if obj is None else [TeamPermissionInline]

    def save_model(
        self, request: HttpRequest, obj: TeamMembership, form: Any, change: bool
    ) -> None:
        """Save the membership, and grant a new one what every new member is granted."""
        super().save_model(request, obj, form, change)
        if not change:
            obj.grant(conf.TEAM_MEMBER_PERMISSIONS)


if not Team._meta.swapped:
    admin.site.register(Team, TeamAdmin)
