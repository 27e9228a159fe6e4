"""The host's admin refers to keys, and shows them beside their owners."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin

from stack_apikeys.admin import TeamApiKeyInline, UserApiKeyInline
from stack_apikeys.teams.models import Team
from tests.hosts.records.models import Usage, User


@admin.register(Usage)
class UsageAdmin(admin.ModelAdmin):
    autocomplete_fields = ["api_key"]


@admin.register(User)
class UserAdminWithKeys(UserAdmin):
    inlines = [UserApiKeyInline]


admin.site.unregister(Team)


@admin.register(Team)
class TeamAdminWithKeys(admin.ModelAdmin):
    fields = ["display_name"]
    inlines = [TeamApiKeyInline]
