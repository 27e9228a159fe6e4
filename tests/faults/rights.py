"""A right is withdrawn while its holder is creating keys by it.

Each INSERT of a key pauses, so that the withdrawal comes in the middle. A key that is not stored
yet when the withdrawal has been answered must never come to work.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from example_project.models import User
from stack_apikeys.exceptions import ApiKeyNotValid
from stack_apikeys.models import TeamApiKey
from stack_apikeys.teams.models import Team
from stack_apikeys.verification import verify_api_key
from tests.factories import TeamFactory, UserFactory
from tests.faults.figures import Figure, none, some
from tests.faults.plan import Plan
from tests.faults.scene import Scene
from tests.faults.site import WORKERS, Answer, Site, in_parallel, serve, succeeded, wait_until

PAUSE_SECONDS = 0.3


class Manager(NamedTuple):
    """Somebody who may manage a team's keys, and is signed in."""

    site: Site
    user: User
    team: Team
    access: dict[str, str]

    def create_key(self) -> Answer | None:
        body = {"team_id": str(self.team.pk), "description": "", "expires_at_millis": None}
        return self.site.ask("POST", "/api/v1/team-api-keys", body, self.access)


def take_permission_back(manager: Manager) -> None:
    path = f"/team-permissions/{manager.team.pk}/{manager.user.pk}/$manage_api_keys"
    succeeded(manager.site.server("DELETE", path))


def remove_member(manager: Manager) -> None:
    path = f"/team-memberships/{manager.team.pk}/{manager.user.pk}"
    succeeded(manager.site.server("DELETE", path))


def deactivate(manager: Manager) -> None:
    manager.user.is_active = False
    manager.user.save(update_fields=["is_active"])


def sign_out(manager: Manager) -> None:
    path = "/api/v1/auth/sessions/current"
    succeeded(manager.site.ask("DELETE", path, headers=manager.access))


WITHDRAWALS: dict[str, Callable[[Manager], None]] = {
    "the permission was taken back": take_permission_back,
    "the member was removed": remove_member,
    "the manager was deactivated": deactivate,
    "the session was ended": sign_out,
}


def attack(scene: Scene, plan: Plan) -> Iterator[Figure]:
    scene.database.slow_down_inserts(TeamApiKey._meta.db_table, PAUSE_SECONDS)
    with serve(scene.folder) as site:
        for withdrawal, withdraw in WITHDRAWALS.items():
            counts = [
                _withdraw_in_the_middle(scene, site, withdraw) for _ in range(plan.withdrawals)
            ]
            tries, late = (sum(column) for column in zip(*counts, strict=True))
            yield some(f"creations in whose middle {withdrawal}", tries)
            yield none("of these stored after the answer, and working", late)
    scene.database.slow_down_inserts(TeamApiKey._meta.db_table, 0)


def _withdraw_in_the_middle(
    scene: Scene, site: Site, withdraw: Callable[[Manager], None]
) -> tuple[int, int]:
    """How many creations were tried, and how many keys came to work after the withdrawal."""
    user, team = UserFactory(), TeamFactory()
    team.add_member(user, permission_ids=["$manage_api_keys"])
    manager = Manager(site, user, team, site.access(user))
    answers: list[Answer | None] = []
    # One worker is left for the withdrawal.
    tries = WORKERS - 1
    with in_parallel(tries, lambda _position: answers.append(manager.create_key())):
        wait_until(scene.database.pausing)
        withdraw(manager)
        in_time = {
            str(pk) for pk in TeamApiKey.objects.filter(team=team).values_list("pk", flat=True)
        }
    created = [answer.json for answer in answers if answer is not None and answer.status == 200]
    late = [each for each in created if each["id"] not in in_time and _works(each["value"])]
    return tries, len(late)


def _works(value: str) -> bool:
    try:
        verify_api_key(value)
    except ApiKeyNotValid:
        return False
    return True
