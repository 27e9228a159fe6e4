"""The accounts and the team of the demo, and the instructions for visitors."""

import json
import shlex
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from example_project.demo_keys import create_keys
from example_project.models import User
from stack_apikeys.conf import conf
from stack_apikeys.exceptions import TeamMembershipNotFound
from stack_apikeys.teams.models import Team

USER1_EMAIL, USER1_PASSWORD = "user1@example.com", "demo-user-1"
USER2_EMAIL, USER2_PASSWORD = "user2@example.com", "demo-user-2"
ADMIN_EMAIL, ADMIN_PASSWORD = "admin@example.com", "demo-admin"

TEAM_ID = UUID("3e9d7c52-8b0f-4a6d-b1c4-7f25a0e86d93")


@dataclass(frozen=True)
class Account:
    """A user whose password everybody may know."""

    email: str
    password: str
    display_name: str
    role: str | Promise


USER1 = Account(
    USER1_EMAIL,
    USER1_PASSWORD,
    display_name="Ada Lovelace",
    role=_("Has API keys in every state, and manages those of the team."),
)
USER2 = Account(
    USER2_EMAIL,
    USER2_PASSWORD,
    display_name="Grace Hopper",
    role=_("Has many API keys. A member of the team, without permission to see its keys."),
)
ADMIN = Account(
    ADMIN_EMAIL,
    ADMIN_PASSWORD,
    display_name="Admin",
    role=_("Has no API keys. Staff, with access to the admin site."),
)


@dataclass(frozen=True)
class Demo:
    """The users and the team of the demo."""

    user1: User
    user2: User
    admin: User
    team: Team


@transaction.atomic
def create_demo() -> Demo:
    """Create the demo's data, or restore it. Ids stay the same.

    Both users are members of the team. Only the first one can manage its keys.
    """
    user1 = _create_user(USER1)
    user2 = _create_user(USER2)
    admin = _create_user(ADMIN, is_staff=True, is_superuser=True)
    team, _created = Team.objects.get_or_create(pk=TEAM_ID, defaults={"display_name": "Demo team"})
    _join(team, user1, role="team_admin")
    _join(team, user2, role="team_member")
    former, _created = User.objects.get_or_create(
        email="former@example.com", defaults={"display_name": "Grete Hermann"}
    )
    create_keys(user1, user2, team, creators=[user1, former, user2])
    return Demo(user1, user2, admin, team)


def accounts_to_sign_in_with() -> list[Account]:
    """Return the accounts that exist, or none if ``DEBUG`` is off."""
    if not settings.DEBUG:
        return []
    accounts = {account.email: account for account in (USER1, USER2, ADMIN)}
    users = User.objects.filter(email__in=accounts, is_active=True)
    existing = set(users.values_list("email", flat=True))
    return [account for email, account in accounts.items() if email in existing]


def _create_user(account: Account, **fields: bool) -> User:
    user, _created = User.objects.update_or_create(
        email=account.email,
        defaults={**fields, "display_name": account.display_name, "is_active": True},
    )
    # Setting the same password again would sign the user out.
    if not user.check_password(account.password):
        user.set_password(account.password)
        user.save()
    return user


def _join(team: Team, user: User, *, role: str) -> None:
    if team.permissions_of(user) == [role]:
        return
    with suppress(TeamMembershipNotFound):
        team.remove_member(user)
    team.add_member(user, permission_ids=[role])


def environment(demo: Demo, base_url: str) -> str:
    """Return ``NAME=value`` lines that a shell can evaluate, for scripts that use the demo."""
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
    """Return the instructions for visitors, with commands to copy."""
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

Sign in at {base_url}{reverse("login")} with one of these accounts:
  {USER1_EMAIL}  {USER1_PASSWORD}  manages the keys of "{demo.team.display_name}"
  {USER2_EMAIL}  {USER2_PASSWORD}  is a member of the team, and cannot see its keys
  {ADMIN_EMAIL}  {ADMIN_PASSWORD}   can sign in to {base_url}{reverse("admin:index")}

The keys have their own pages, and are part of the account and team pages:
  {base_url}{reverse("stack_apikeys:user-api-keys")}
  {base_url}{reverse("stack_apikeys:team-api-keys", args=[demo.team.pk])}
  {base_url}{reverse("account")}
  {base_url}{reverse("team", args=[demo.team.pk])}

Create a key for {USER1_EMAIL}, as a backend does. Only this response contains it:
  {create}

Create a key, and use it to call a protected view:
  {use} -H "X-Stack-Api-Key: $({create} | grep -oE 'sk_[0-9a-z]+')"
"""
