"""The demo's people and team, and what a visitor is told about them."""

import json
import shlex
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.urls import reverse

from example_project.demo_keys import make_keys
from example_project.models import User
from stack_apikeys.conf import conf
from stack_apikeys.exceptions import TeamMembershipNotFound
from stack_apikeys.teams.models import Team

USER1_EMAIL, USER1_PASSWORD = "user1@example.com", "demo-user-1"
USER2_EMAIL, USER2_PASSWORD = "user2@example.com", "demo-user-2"
ADMIN_EMAIL, ADMIN_PASSWORD = "admin@example.com", "demo-admin"

TEAM_ID = UUID("3e9d7c52-8b0f-4a6d-b1c4-7f25a0e86d93")


@dataclass(frozen=True)
class Demo:
    """What the demo consists of."""

    user1: User
    user2: User
    admin: User
    team: Team


@transaction.atomic
def make_demo() -> Demo:
    """Make what is missing, and put back what a visitor has changed; ids stay the same.

    The first user may manage the team's keys, the second is in the team and may not.
    """
    user1 = _make_user(USER1_EMAIL, USER1_PASSWORD, display_name="Ada Lovelace")
    user2 = _make_user(USER2_EMAIL, USER2_PASSWORD, display_name="Grace Hopper")
    admin = _make_user(
        ADMIN_EMAIL, ADMIN_PASSWORD, display_name="Admin", is_staff=True, is_superuser=True
    )
    team, _created = Team.objects.get_or_create(pk=TEAM_ID, defaults={"display_name": "Demo team"})
    _join(team, user1, role="team_admin")
    _join(team, user2, role="team_member")
    former, _created = User.objects.get_or_create(
        email="former@example.com", defaults={"display_name": "Grete Hermann"}
    )
    make_keys(user1, team, creators=[user1, former, user2])
    return Demo(user1, user2, admin, team)


def _make_user(email: str, password: str, **fields: str | bool) -> User:
    user, _created = User.objects.update_or_create(
        email=email, defaults={**fields, "is_active": True}
    )
    # Setting it anew would sign the user out.
    if not user.check_password(password):
        user.set_password(password)
        user.save()
    return user


def _join(team: Team, user: User, *, role: str) -> None:
    if team.permissions_of(user) == [role]:
        return
    with suppress(TeamMembershipNotFound):
        team.remove_member(user)
    team.add_member(user, permission_ids=[role])


def environment(demo: Demo, base_url: str) -> str:
    """``NAME=value`` lines for a shell to eval: all that a script needs to talk to the demo."""
    variables = {
        "STACK_BASE_URL": base_url,
        "STACK_PROJECT_ID": conf.PROJECT_ID,
        "STACK_PUBLISHABLE_CLIENT_KEY": conf.PUBLISHABLE_CLIENT_KEYS[0],
        "STACK_SECRET_SERVER_KEY": conf.SECRET_SERVER_KEYS[0],
        "STACK_SUPER_SECRET_ADMIN_KEY": conf.SUPER_SECRET_ADMIN_KEYS[0],
        "USER1_EMAIL": USER1_EMAIL,
        "USER1_PASSWORD": USER1_PASSWORD,
        "USER1_ID": str(demo.user1.pk),
        "USER2_EMAIL": USER2_EMAIL,
        "USER2_PASSWORD": USER2_PASSWORD,
        "USER2_ID": str(demo.user2.pk),
        "ADMIN_EMAIL": ADMIN_EMAIL,
        "ADMIN_PASSWORD": ADMIN_PASSWORD,
        "TEAM_ID": str(demo.team.pk),
    }
    return "\n".join(f"{name}={shlex.quote(value)}" for name, value in variables.items())


def instructions(demo: Demo, base_url: str) -> str:
    """What a visitor can do with the demo, in lines to copy."""
    create = shlex.join(
        [
            "curl", "-sS", base_url + reverse("stack_apikeys_api:user-api-key-list"),
            "-H", "x-stack-access-type: server",
            "-H", f"x-stack-project-id: {conf.PROJECT_ID}",
            "-H", f"x-stack-secret-server-key: {conf.SECRET_SERVER_KEYS[0]}",
            "-H", "content-type: application/json",
            "-d", json.dumps(
                {"user_id": str(demo.user1.pk), "description": "Demo", "expires_at_millis": None}
            ),
        ]
    )  # fmt: skip
    use = shlex.join(["curl", "-sS", base_url + reverse("protected")])
    return f"""\
The demo is at {base_url}{reverse("home")}

Sign in at {base_url}{reverse("login")} with address and password:
  {USER1_EMAIL}  {USER1_PASSWORD}  manages the keys of "{demo.team.display_name}"
  {USER2_EMAIL}  {USER2_PASSWORD}  is in the team, and does not see its keys
  {ADMIN_EMAIL}  {ADMIN_PASSWORD}   sees everything at {base_url}{reverse("admin:index")}

The keys have pages of their own, and stand in the site's pages too:
  {base_url}{reverse("stack_apikeys:user-api-keys")}
  {base_url}{reverse("stack_apikeys:team-api-keys", args=[demo.team.pk])}
  {base_url}{reverse("account")}
  {base_url}{reverse("team", args=[demo.team.pk])}

Make a key for {USER1_EMAIL}, as a backend would; this answer alone holds it:
  {create}

Make one and call a view that only a key opens:
  {use} -H "X-Stack-Api-Key: $({create} | grep -oE 'sk_[0-9a-z]+')"
"""
