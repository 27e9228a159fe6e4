"""Sessions and profiles in the admin."""

from django.contrib import admin, messages
from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from stack_apikeys.sdk.models import Profile, Session, TeamMemberProfile


class _SearchedByUser(admin.ModelAdmin):  # type: ignore[type-arg]  # generic in the stubs only
    def get_search_fields(self, request: HttpRequest) -> list[str]:
        return [f"user__{get_user_model().USERNAME_FIELD}"]


@admin.register(Session)
class SessionAdmin(_SearchedByUser):
    """Sessions, which staff can view and end but not add or change."""

    list_display = ["user", "created_at", "last_used_at", "expires_at", "live"]
    list_select_related = ["user"]
    fields = ["id", "user", "created_at", "last_used_at", "last_address", "expires_at", "live"]
    date_hierarchy = "created_at"
    actions = ["delete_selected"]

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Reject filters on hashes, which would reveal a hash one character at a time."""
        is_hidden = lookup.startswith(("digest", "auth_hash"))
        return not is_hidden and super().lookup_allowed(lookup, value, request)

    @admin.display(description=_("live"), boolean=True)
    def live(self, session: Session) -> bool:
        """Return whether the session can still be used."""
        return session.is_live()

    @admin.action(description=_("End the selected sessions"), permissions=["delete"])
    def delete_selected(self, request: HttpRequest, sessions: QuerySet[Session]) -> None:
        """Delete the sessions without a confirmation page. Replaces Django's action."""
        ended, _by_model = sessions.delete()
        message = ngettext("%d session was ended.", "%d sessions were ended.", ended) % ended
        self.message_user(request, message, messages.SUCCESS)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False, because only signing in starts a session."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Session | None = None) -> bool:
        """Return False."""
        return False


@admin.register(Profile)
class ProfileAdmin(_SearchedByUser):
    """The profiles of users."""

    list_display = ["user", "display_name"]
    list_select_related = ["user"]
    raw_id_fields = ["user", "selected_team"]


@admin.register(TeamMemberProfile)
class TeamMemberProfileAdmin(_SearchedByUser):
    """The profiles of members in their teams."""

    list_display = ["user", "team", "display_name"]
    list_select_related = ["user", "team"]
    raw_id_fields = ["user", "team"]
