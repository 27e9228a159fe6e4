"""Keys are revoked that every process keeps in memory for a minute.

Meanwhile clients send that key to all processes without a pause. Two times of a revocation begin when
its answer leaves the process that made it. One ends when the last request is sent that is accepted. The
other ends when the last of the other processes has dropped the key, which each writes down. A process
refuses the key earlier than that: from when the message has arrived.
"""

import json
import statistics
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from django.db import connection

from tests.factories import UserFactory
from tests.faults.figures import Figure, exactly, none, some
from tests.faults.observed import Origin, hearings
from tests.faults.plan import Plan
from tests.faults.redis_server import serve_redis
from tests.faults.scene import Scene
from tests.faults.site import (
    Answer,
    Site,
    in_parallel,
    serve,
    serve_asgi,
    succeeded,
    wait_until,
)

WORKERS = 8

SERVERS = {
    "gunicorn, sync": serve,
    "gunicorn, gthread": partial(serve, threads=4),
    "uvicorn": partial(serve_asgi, environment={"FAULTS_ASGI": ""}),
}


@dataclass
class Kept:
    """A key, and what its requests have seen."""

    key_id: str
    value: str
    accepted: Counter[int] = field(default_factory=Counter)
    """Requests by the process that accepted them."""
    last_accepted_at: float = float("-inf")
    """When the last request was sent that was accepted."""
    refused: Counter[int] = field(default_factory=Counter)
    """Requests by the process that refused them."""
    revocation: Origin | None = None

    def note(self, answer: Answer, sent_at: float) -> None:
        if answer.status == 200:
            self.accepted[answer.origin.process] += 1
            self.last_accepted_at = max(self.last_accepted_at, sent_at)
        else:
            self.refused[answer.origin.process] += 1

    def is_kept_by_all(self) -> bool:
        # With the second request, a process has the key from its memory, unless a message arrives.
        return _is_of_all(self.accepted)

    def is_refused_by_all(self) -> bool:
        return _is_of_all(self.refused)


def _is_of_all(requests: Counter[int]) -> bool:
    """Return whether each process has answered more than one of these requests."""
    return sum(number > 1 for number in requests.copy().values()) == WORKERS


class Load:
    """Clients that send one key to all processes without a pause."""

    def __init__(self, site: Site, clients: int) -> None:
        self.requests = 0
        self._site = site
        self._clients = clients
        self._kept: Kept | None = None
        self._lock = threading.Lock()

    def use(self, keys: list[Kept]) -> Iterator[Kept]:
        """Use the keys, each until the next one is asked for."""
        self._kept = keys[0]
        with in_parallel(self._clients, self._send):
            try:
                for self._kept in keys:
                    yield self._kept
            finally:
                self._kept = None

    def _send(self, _position: int) -> None:
        while (kept := self._kept) is not None:
            sent_at = time.monotonic()
            answer = self._site.authenticate("user", kept.value)
            with self._lock:
                self.requests += 1
                if answer is not None:
                    kept.note(answer, sent_at)


def attack(scene: Scene, plan: Plan) -> Iterator[Figure]:
    with serve_redis(scene.folder) as redis:
        source = None if connection.vendor == "postgresql" else redis.url
        settings = {"VERIFICATION_CACHE_SECONDS": 60, "INVALIDATION": source}
        for name, start in SERVERS.items():
            start_all = partial(start, workers=WORKERS, **settings)
            yield from _revoke_on(name, start_all, scene, plan)


def _revoke_on(
    name: str,
    start: Callable[[Path], AbstractContextManager[Site]],
    scene: Scene,
    plan: Plan,
) -> Iterator[Figure]:
    keys = [
        Kept(str(api_key.pk), value)
        for api_key, value in UserFactory().api_keys.bulk_create_keys(plan.kept_keys + 1)
    ]
    connection.close()
    file = scene.folder / "heard"
    file.write_text("")
    with start(scene.folder) as site:
        first, *keys = keys  # is used until every process listens
        rate = _revoke_each(site, plan, first, keys, file)
        everybody = {process for kept in keys for process in kept.accepted}
        heard = _heard(file, keys, everybody)
    dropped_at = {each.key_id: max(heard[each.key_id].values()) for each in keys}
    late = sorted(each.last_accepted_at - each.revocation.moment for each in keys)
    dropped = sorted(dropped_at[each.key_id] - each.revocation.moment for each in keys)
    yield exactly(WORKERS, f"processes of {name}", len(everybody))
    yield some("requests accepted before", sum(each.accepted.total() for each in keys))
    yield some("requests refused afterwards", sum(each.refused.total() for each in keys))
    yield none(
        "accepted though sent after the last process had dropped the key",
        sum(each.last_accepted_at > dropped_at[each.key_id] for each in keys),
    )
    print(f"       {rate:,.0f} requests a second. After the answer to the revocation:")
    print(f"       the last request is accepted: {_summary(late)}")
    print(f"       the last process has dropped the key: {_summary(dropped)}")


def _revoke_each(site: Site, plan: Plan, first: Kept, keys: list[Kept], file: Path) -> float:
    """Revoke the keys one after the other, under load. Return the requests a second."""
    load = Load(site, plan.clients)
    began_at = time.monotonic()
    for kept in load.use([first, *keys]):
        if kept is first:
            _wait_until_all_hear(site, first, file)
            continue
        wait_until(kept.is_kept_by_all)
        kept.revocation = succeeded(site.revoke_key("user", kept.key_id)).origin
        wait_until(kept.is_refused_by_all)
    return load.requests / (time.monotonic() - began_at)


def _wait_until_all_hear(site: Site, kept: Kept, file: Path) -> None:
    """Rename the key until every process has heard of it."""

    def all_hear() -> bool:
        body = {"description": str(time.monotonic())}
        succeeded(site.server("PATCH", f"/user-api-keys/{kept.key_id}", body))
        return len({hearing.process for hearing in hearings(file)}) == WORKERS

    wait_until(all_hear)


def _heard(file: Path, keys: list[Kept], everybody: set[int]) -> dict[str, dict[int, float]]:
    """Return when each process but the one that revoked it has dropped each key."""
    others = {each.key_id: everybody - {each.revocation.process} for each in keys}

    def so_far() -> dict[str, dict[int, float]]:
        found: dict[str, dict[int, float]] = {key_id: {} for key_id in others}
        for hearing in hearings(file):
            for key_id in json.loads(hearing.message)[1] or []:
                if hearing.process in others.get(key_id, ()):
                    found[key_id][hearing.process] = hearing.moment
        return found

    wait_until(lambda: {key: set(found) for key, found in so_far().items()} == others)
    return so_far()


def _summary(times: list[float]) -> str:
    """The times, of which those below zero are before the answer: then nobody can notice."""
    milliseconds = [max(0.0, seconds * 1000) for seconds in times]
    p99 = milliseconds[len(milliseconds) * 99 // 100]
    return (
        f"median {statistics.median(milliseconds):.1f} ms, "
        f"99 % {p99:.1f} ms, maximum {milliseconds[-1]:.1f} ms"
    )
