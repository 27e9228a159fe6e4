"""The demo's keys: some in every state, and enough of them to fill more than one page."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from itertools import cycle
from typing import Any
from uuid import UUID

from example_project.models import User
from stack_apikeys import timestamps
from stack_apikeys.exceptions import ApiKeysNotEnabled
from stack_apikeys.models import ApiKeyManager
from stack_apikeys.teams.models import Team


@dataclass(frozen=True)
class Example:
    """A key to make. Days count from now, and those of the past are negative."""

    description: str
    created: float
    expires: float | None = None
    is_public: bool = False
    revoked_because: str | None = None


USER_KEYS = [
    Example("Production worker", -210),
    Example("CI/CD (GitHub Actions, deploys to production)", -64, 26),
    Example("Backup of the database, every night at three", -25, 65),
    Example("Status page", -12, 353, is_public=True),
    Example("Talk at the spring conference", -24.2, 5.8),
    Example("Trying things out", -0.6, 0.4),
    Example("Old laptop", -120, -30),
    Example("Load test", -16, -9),
    Example("Weather widget", -90, revoked_because="Committed to a public repository"),
    Example("First steps", -400, -310, revoked_because=""),
    *(Example(f"Sensor {number:02}", -41 - number, 324 - number) for number in range(1, 25)),
]

TEAM_KEYS = [
    Example("Billing export", -30, 60),
    Example("Integration with the shipping system of the warehouse", -200),
    Example("Website", -75, is_public=True),
    Example("Contractor, until the end of the project", -86, 4),
    Example("Retired integration", -300, -210),
    Example("Staging", -45, revoked_because="Replaced by one key for each server"),
]


def make_keys(user: User, team: Team, creators: Sequence[User]) -> None:
    """Make what is missing, with the same ids each time, and move the dates along with today.

    ``creators`` made the team's keys, in turns. What a visitor has revoked stays revoked. Leaves
    out a kind of key that is switched off.
    """
    with suppress(ApiKeysNotEnabled):
        for example in USER_KEYS:
            _make_key(user.api_keys, example, creator=user)
    with suppress(ApiKeysNotEnabled):
        for example, creator in zip(TEAM_KEYS, cycle(creators)):
            _make_key(team.api_keys, example, creator=creator)


def _make_key(api_keys: ApiKeyManager[Any], example: Example, *, creator: User) -> None:
    digest = sha256(f"demo {example.description}".encode()).digest()
    id = UUID(bytes=digest[:16], version=4)  # noqa: A001  # what Django calls a primary key
    row = api_keys.filter(pk=id)
    created_at = timestamps.now() + timedelta(days=example.created)
    if not row.exists():
        api_key, _value = api_keys.create_key(
            id=id,
            description=example.description,
            is_public=example.is_public,
            created_by=creator,
        )
        if example.revoked_because is not None:
            api_key.revoke(by=creator, reason=example.revoked_because)
            row.update(manually_revoked_at=created_at + timedelta(days=20))
    row.update(
        created_at=created_at,
        expires_at=example.expires and timestamps.now() + timedelta(days=example.expires),
    )
