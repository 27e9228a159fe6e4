"""The example project at each node of a cluster: a site of its own, with the cluster's database."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from tests.factories import PASSWORD
from tests.faults.environment import environment
from tests.faults.site import CLIENT_ACCESS, Answer, Site, serve, succeeded

WORKERS = 2


@contextmanager
def serve_each(
    databases: Sequence[str], folder: Path, **stack_apikeys: object
) -> Iterator[list[Site]]:
    """Serve the site once for each of these values of ``DATABASE_URL``, until the block ends."""
    settings: Any = {"ALLOW_SIGN_UP": True, "SIGN_UP_RATE": None} | stack_apikeys
    with ExitStack() as stack:
        sites = []
        for number, database in enumerate(databases):
            own = folder / f"site{number}"
            own.mkdir()
            variables = environment(database, own)
            serving = serve(own, workers=WORKERS, environment=variables, **settings)
            sites.append(stack.enter_context(serving))
        yield sites


def sign_up(site: Site) -> dict[str, str]:
    """Create a user, and return the id and the tokens."""
    body = {"email": f"{uuid4()}@example.com", "password": PASSWORD}
    answer = succeeded(site.ask("POST", "/api/v1/auth/password/sign-up", body, CLIENT_ACCESS))
    person: dict[str, str] = answer.json
    return person


def create_own_key(site: Site, person: dict[str, str]) -> Answer | None:
    """Create a key as the person who has signed up does."""
    access = CLIENT_ACCESS | {"X-Stack-Access-Token": person["access_token"]}
    body = {"user_id": "me", "description": "", "expires_at_millis": None}
    return site.ask("POST", "/api/v1/user-api-keys", body, access)


def statuses_of(answers: Iterable[Answer | None]) -> Counter[int]:
    """Count the answers by their status, and those that did not come as 0."""
    return Counter(0 if answer is None else answer.status for answer in answers)
