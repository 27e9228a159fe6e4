"""Keys are revoked that every process keeps in memory for a minute."""

import itertools
import statistics
import threading
import time
from collections.abc import Iterator

from django.db import connection

from tests.factories import UserFactory
from tests.faults.figures import Figure, none, some
from tests.faults.plan import Plan
from tests.faults.redis_server import serve_redis
from tests.faults.scene import Scene
from tests.faults.site import Site, in_parallel, serve, succeeded
from tests.server import PATIENCE

WORKERS = 8

LATE_SECONDS = 10
"""A message takes some milliseconds, but this machine may be busy with other things."""


def attack(scene: Scene, plan: Plan) -> Iterator[Figure]:
    with serve_redis(scene.folder) as redis:
        source = None if connection.vendor == "postgresql" else redis.url
        settings = {"VERIFICATION_CACHE_SECONDS": 60, "INVALIDATION": source}
        with serve(scene.folder, workers=WORKERS, **settings) as site:
            owner = str(UserFactory().pk)
            times = [_last_acceptance(site, plan, owner) for _ in range(plan.revoked_keys)]
    late = [seconds for seconds in times if seconds > LATE_SECONDS]
    milliseconds = sorted(seconds * 1000 for seconds in times)
    yield none(f"revoked keys accepted {LATE_SECONDS} s later", len(late))
    yield some("revocations", len(times))
    median, last = statistics.median(milliseconds), milliseconds[-1]
    print(f"       last acceptance after the answer: median {median:.1f} ms, maximum {last:.1f} ms")


def _last_acceptance(site: Site, plan: Plan, owner: str) -> float:
    """Return how many seconds after the answer the last request was sent that was accepted."""
    created = succeeded(site.create_key("user", owner)).json
    in_use = threading.Barrier(plan.clients + 1, timeout=PATIENCE)
    revoked_at = float("inf")
    last = [0.0] * plan.clients

    def use(position: int) -> None:
        refused = 0
        for number in itertools.count():
            sent_at = time.monotonic()
            answer = site.authenticate("user", created["value"])
            if answer is not None and answer.status == 200:
                last[position] = max(last[position], sent_at - revoked_at)
                refused = 0
            else:
                refused += 1
            if number == 3 * WORKERS:
                in_use.wait()
            if refused == 3 * WORKERS or sent_at - revoked_at > LATE_SECONDS + 1:
                return

    with in_parallel(plan.clients, use):
        in_use.wait()
        succeeded(site.revoke_key("user", created["id"]))
        revoked_at = time.monotonic()
    return max(last)
