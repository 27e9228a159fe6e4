"""Connections are cut under an application of FastAPI, which is no request of Django's."""

from collections import Counter
from collections.abc import Iterator

from django.db import connection

from tests.factories import UserFactory
from tests.faults.figures import Figure, exactly, none, some
from tests.faults.plan import Plan
from tests.faults.scene import Scene
from tests.faults.site import Site, in_parallel, serve_asgi

CLIENTS = 40
TRIES = 4
"""By each client, after each cut."""


def attack(scene: Scene, plan: Plan) -> Iterator[Figure]:
    _api_key, value = UserFactory().api_keys.create_key()
    connection.close()
    with serve_asgi(scene.folder) as site:
        for path in ("/asynchronous", "/synchronous"):
            statuses = _ask(site, path, value)
            yield exactly(CLIENTS * TRIES, f"successes at {path}", statuses[200])
            connections = scene.database.sessions()
            yield some("connections in use", connections - 1)  # at the same moment, so several
            failures = 0
            cut = 0
            for _ in range(plan.disconnections):
                cut += scene.database.sessions()
                scene.database.end_sessions()
                statuses = _ask(site, path, value)
                failures += statuses.total() - statuses[200]
            if path == "/asynchronous":
                # Connections are checked before each call, as Django's are before each request.
                yield none("failures after cuts", failures)
            else:
                # The views run in threads of FastAPI's. There a call finds out, and mends it.
                must = f"{cut} or fewer, one for each connection"
                yield Figure("failures after cuts", failures, must, failures <= cut)


def _ask(site: Site, path: str, value: str) -> Counter[int]:
    """Send requests by all clients at the same time; count the statuses of the answers."""
    statuses: Counter[int] = Counter()

    def ask_on(_position: int) -> None:
        for _ in range(TRIES):
            answer = site.ask("GET", path, headers={"X-Stack-Api-Key": value})
            statuses[0 if answer is None else answer.status] += 1

    with in_parallel(CLIENTS, ask_on):
        pass
    return statuses
