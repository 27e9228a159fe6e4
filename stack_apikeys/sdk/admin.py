"""Sessions and profiles in Django admin: who is signed in, a way to end it, what people tell."""

from django.contrib import admin, messages
from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from stack_apikeys.sdk.models import Profile, Session, TeamMemberProfile


class SearchedByUser(admin.ModelAdmin):  # type: ignore[type-arg]  # generic in the stubs only
    """Rows that belong to a user each."""

    def get_search_fields(self, request: HttpRequest) -> list[str]:
        """By what the person signs in with."""
        return [f"user__{get_user_model().USERNAME_FIELD}"]


@admin.register(Session)
class SessionAdmin(SearchedByUser):
    """Sessions as they are: they begin with a sign-in, change by themselves, and can be ended."""

    list_display = ["user", "created_at", "last_used_at", "expires_at", "live"]
    list_select_related = ["user"]
    fields = ["id", "user", "created_at", "last_used_at", "expires_at", "live"]
    date_hierarchy = "created_at"
    actions = ["delete_selected"]

    @admin.display(description=_("live"), boolean=True)
    def live(self, session: Session) -> bool:
        """Whether the session can still be used."""
        return session.is_live()

    @admin.action(description=_("End the selected sessions"), permissions=["delete"])
    def delete_selected(self, request: HttpRequest, sessions: QuerySet[Session]) -> None:
        """Sign these devices out, at once. Takes the place of Django's action of this name."""
        ended, _by_model = sessions.delete()
        message = ngettext("%d session was ended.", "%d sessions were ended.", ended) % ended
        self.message_user(request, message, messages.SUCCESS)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Only a sign-in begins one."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Session | None = None) -> bool:
        """There is nothing to change."""
        return False


@admin.register(Profile)
class ProfileAdmin(SearchedByUser):
    """What people tell of themselves, as far as the host has no columns for it."""

    list_display = ["user", "display_name"]
    list_select_related = ["user"]
    raw_id_fields = ["user", "selected_team"]


@admin.register(TeamMemberProfile)
class TeamMemberProfileAdmin(SearchedByUser):
    """How people are seen in single teams."""

    list_display = ["user", "team", "display_name"]
    list_select_related = ["user", "team"]
    raw_id_fields = ["user", "team"]
