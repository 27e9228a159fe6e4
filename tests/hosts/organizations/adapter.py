"""All that it takes to put a host's own teams in place of ours: its owners may do everything."""

from django.contrib.auth import get_user_model

from stack_apikeys.adapters import TeamAdapter
from tests.hosts.organizations.models import Organization


class OrganizationAdapter(TeamAdapter):
    search_fields = ("name",)

    def get_team(self, team_id):
        try:
            return Organization.objects.filter(pk=team_id).first()
        except ValueError:
            return None

    def teams_of(self, user):
        return user.organizations.all()

    def is_member(self, user, team):
        return team.members.contains(user)

    def has_permission(self, user, team, permission_id):
        return self.users_with_permission(team, permission_id).contains(user)

    def users_with_permission(self, team, permission_id):
        return get_user_model().objects.filter(
            membership__organization=team, membership__is_owner=True
        )

    def display_name(self, team):
        return team.name
