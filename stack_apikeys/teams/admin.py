"""Teams, members and permissions in Django admin."""

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
"""How many members the page of a team lists. The page of a larger team links to the paginated list
instead, because its form would exceed ``DATA_UPLOAD_MAX_NUMBER_FIELDS``."""


class GrantedColumn:
    """Adds a column with the permissions of a member."""

    @admin.display(description=_("permissions"))
    def granted(self, membership: TeamMembership) -> str:
        """Return the granted ids. For a new member, return those that will be granted."""
        if membership._state.adding:
            return ", ".join(conf.TEAM_MEMBER_PERMISSIONS)
        return ", ".join(str(permission) for permission in membership.permissions.all())


class AddedOrDeletedInline(admin.TabularInline):  # type: ignore[type-arg]  # in the stubs only
    """An inline whose rows can be added and deleted, but not edited.

    Existing rows are text. Form fields would take a query each, and a select would replace a
    permission that no longer exists by its first choice.
    """

    extra = 0

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Return False: existing rows are read-only."""
        return False


class TeamMembershipInline(GrantedColumn, AddedOrDeletedInline):
    """The members of a team."""

    model = TeamMembership
    fields = ["user", "granted"]
    readonly_fields = ["granted"]
    raw_id_fields = ["user"]
    show_change_link = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[TeamMembership]:
        """Load everything that is shown in two queries."""
        memberships: QuerySet[TeamMembership] = super().get_queryset(request)
        return memberships.select_related("team", "user").prefetch_related("permissions")


class TeamAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # in the stubs only
    """The admin of `Team`, and a base class for the admin of a subclass of `AbstractTeam`."""

    list_display = ["display_name", "id", "created_at"]
    search_fields = ["display_name", "^id"]
    readonly_fields = ["id", "members", "created_at"]

    def formfield_for_dbfield(
        self, db_field: "Field[Any, Any]", request: HttpRequest, **kwargs: Any
    ) -> forms.Field | None:
        """Store an empty picture as null, as the API does."""
        if db_field.name == "profile_image_url":
            kwargs["empty_value"] = None
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def get_inlines(
        self, request: HttpRequest, obj: AbstractTeam | None
    ) -> "list[type[InlineModelAdmin[Any, Any]]]":
        """Return the inline with the members, unless there are too many."""
        more = MOST_MEMBERS_ON_PAGE + 1
        if obj is not None and obj.memberships.all()[:more].count() == more:
            return []
        return [TeamMembershipInline]

    @admin.display(description=_("members"))
    def members(self, team: AbstractTeam) -> SafeString | str:
        """Return the link to the list of all members."""
        if team._state.adding:
            return ""
        address = reverse(f"{self.admin_site.name}:stack_apikeys_teams_teammembership_changelist")
        return format_html('<a href="{}?team={}">{}</a>', address, team.pk, _("All members"))

    def save_model(self, request: HttpRequest, obj: AbstractTeam, form: Any, change: bool) -> None:
        """Lock the members, who may be about to be removed, and save the team."""
        if change and self.get_inlines(request, obj):
            obj.lock_rights()
        super().save_model(request, obj, form, change)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Save the members, and grant ``TEAM_MEMBER_PERMISSIONS`` to new ones."""
        super().save_formset(request, form, formset, change)
        for membership in formset.new_objects:
            membership.grant(conf.TEAM_MEMBER_PERMISSIONS)


class TeamPermissionForm(forms.ModelForm):  # type: ignore[type-arg]  # in the stubs only
    """The form to grant a permission or a role."""

    permission_id = forms.ChoiceField(
        label=_("permission or role"),
        choices=lambda: [(each, each) for each in ["", *permissions.known()]],
    )


class TeamPermissionInline(AddedOrDeletedInline):
    """The permissions and roles of a member."""

    model = TeamPermission
    form = TeamPermissionForm


@admin.register(TeamMembership)
class TeamMembershipAdmin(GrantedColumn, admin.ModelAdmin):  # type: ignore[type-arg]  # in the stubs only
    """Members of teams, with their permissions."""

    list_display = ["user", "team", "granted", "created_at"]
    list_select_related = ["user", "team"]
    raw_id_fields = ["user", "team"]
    fields = ["team", "user", "created_at"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[TeamMembership]:
        """Load the permissions of all members in one query."""
        memberships: QuerySet[TeamMembership] = super().get_queryset(request)
        return memberships.prefetch_related("permissions")

    def get_search_fields(self, request: HttpRequest) -> list[str]:
        """Search the user's name, and the fields that the team adapter names."""
        teams = [f"team__{field}" for field in get_team_adapter().search_fields]
        return [f"user__{get_user_model().USERNAME_FIELD}", *teams]

    def get_readonly_fields(
        self, request: HttpRequest, obj: TeamMembership | None = None
    ) -> list[str]:
        """Make the team and the user of an existing membership read-only."""
        return ["created_at"] if obj is None else ["team", "user", "created_at"]

    def get_inlines(
        self, request: HttpRequest, obj: TeamMembership | None
    ) -> "list[type[InlineModelAdmin[Any, Any]]]":
        """Return the inline with the permissions, except for a new member."""
        return [] if obj is None else [TeamPermissionInline]

    def save_model(
        self, request: HttpRequest, obj: TeamMembership, form: Any, change: bool
    ) -> None:
        """Save a new membership and grant it ``TEAM_MEMBER_PERMISSIONS``.

        Only the permissions of an existing membership can change.
        """
        if not change:
            super().save_model(request, obj, form, change)
            obj.grant(conf.TEAM_MEMBER_PERMISSIONS)


if not Team._meta.swapped:
    admin.site.register(Team, TeamAdmin)
