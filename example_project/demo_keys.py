"""The keys of the demo: some in each state, and one user with several pages of them."""

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
from stack_apikeys.reminders.models import SentNotice
from stack_apikeys.teams.models import Team


@dataclass(frozen=True)
class Example:
    """A key to create. Times are days from now; negative ones are in the past."""

    description: str
    created: float
    expires: float | None = None
    is_public: bool = False
    revoked_because: str | None = None


USER1_KEYS = [
    Example("Production worker", -210),
    Example("CI/CD (GitHub Actions, deploys to production)", -64, 26),
    Example("Backup of the database, every night at three", -25, 65),
    Example("Invoices to the accounting system", -3, 87),
    Example("Status page", -12, 353, is_public=True),
    Example("Mobile app, beta", -38, 142, is_public=True),
    Example("Talk at the spring conference", -24.2, 5.8),
    Example("Trying things out", -0.6, 0.4),
    Example("Old laptop", -120, -30),
    Example("Load test", -16, -9),
    Example("Weather widget", -90, revoked_because="Committed to a public repository"),
    Example("First steps", -400, -310, revoked_because=""),
]

USER2_KEYS = [
    Example(f"Weather station {number:02}", -41 - number, 324 - number) for number in range(1, 25)
]

TEAM_KEYS = [
    Example("Billing export", -30, 60),
    Example("Integration with the shipping system of the warehouse", -200),
    Example("Website", -75, is_public=True),
    Example("Contractor, until the end of the project", -86, 4),
    Example("Retired integration", -300, -210),
    Example("Staging", -45, revoked_because="Replaced by one key for each server"),
]


def create_keys(user1: User, user2: User, team: Team, creators: Sequence[User]) -> None:
    """Create the missing keys, always with the same ids, and move all dates to today.

    ``creators`` take turns as the creators of the team's keys. Keys that a visitor revoked stay
    revoked. Does nothing for a kind of key that is not enabled.
    """
    with suppress(ApiKeysNotEnabled):
        for user, examples in ((user1, USER1_KEYS), (user2, USER2_KEYS)):
            for example in examples:
                _create_key(user.api_keys, example, creator=user)
    with suppress(ApiKeysNotEnabled):
        for example, creator in zip(TEAM_KEYS, cycle(creators)):
            _create_key(team.api_keys, example, creator=creator)


def _create_key(api_keys: ApiKeyManager[Any], example: Example, *, creator: User) -> None:
    digest = sha256(f"demo {example.description}".encode()).digest()
    id = UUID(bytes=digest[:16], version=4)  # noqa: A001  # Django's name for it
    row = api_keys.filter(pk=id)
    created_at = timestamps.now() + timedelta(days=example.created)
    if not row.exists():
        # They are news to nobody, so no e-mail tells of them.
        SentNotice.objects.get_or_create(
            key_id=id, kind=api_keys.model.KIND, notice="created", defaults={"sent_at": created_at}
        )
        api_keys.create_key(
            id=id,
            description=example.description,
            is_public=example.is_public,
            created_by=creator,
        )
        if example.revoked_because is not None:
            row.update(
                manually_revoked_at=created_at + timedelta(days=20),
                revoked_by=creator,
                revoked_reason=example.revoked_because,
            )
    row.update(
        created_at=created_at,
        expires_at=example.expires and timestamps.now() + timedelta(days=example.expires),
    )
