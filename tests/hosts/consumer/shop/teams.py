"""Django's groups as the project's teams, with type annotations."""

from django.contrib.auth.models import Group, User
from django.db.models import QuerySet

from stack_apikeys.adapters import TeamAdapter, lock_rows


class GroupAdapter(TeamAdapter[Group, User]):
    """All members of a group manage its keys."""

    search_fields = ["name"]

    def get_team(self, team_id: int) -> Group | None:
        return Group.objects.filter(pk=team_id).first()

    def teams_of(self, user: User) -> QuerySet[Group]:
        return user.groups.order_by("pk")

    def is_member(self, user: User, team: Group) -> bool:
        return user.groups.contains(team)

    def has_permission(self, user: User, team: Group, permission_id: str) -> bool:
        return self.is_member(user, team)

    def users_with_permission(self, team: Group, permission_id: str) -> QuerySet[User]:
        return User.objects.filter(groups=team)

    def display_name(self, team: Group) -> str:
        return team.name

    def lock_rights(self, user: User, team: Group) -> None:
        lock_rows(User.groups.through.objects.filter(user=user, group=team))
