from stack_apikeys.adapters import TeamAdapter
from tests.hosts.occupied.models import Group, User


class GroupAdapter(TeamAdapter):
    search_fields = ("name",)

    def get_team(self, team_id):
        try:
            return Group.objects.filter(pk=team_id).first()
        except ValueError:
            return None

    def teams_of(self, user):
        return Group.objects.filter(owner=user)

    def is_member(self, user, team):
        return team.owner_id == user.pk

    def has_permission(self, user, team, permission_id):
        return self.is_member(user, team)

    def users_with_permission(self, team, permission_id):
        return User.objects.filter(pk=team.owner_id)

    def display_name(self, team):
        return team.name
