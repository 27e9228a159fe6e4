"""Keys are rotated while other processes verify them, and several times at once."""

import threading
from collections import Counter
from collections.abc import Iterator

from tests.factories import TeamFactory, UserFactory
from tests.faults.figures import Figure, exactly, none, some
from tests.faults.plan import Plan
from tests.faults.scene import Scene
from tests.faults.site import Answer, Site, in_parallel, serve, succeeded, wait_until

HOUR = 60 * 60 * 1000


def attack(scene: Scene, plan: Plan) -> Iterator[Figure]:
    owners = {"user": UserFactory(), "team": TeamFactory()}
    with serve(scene.folder, SELF_ROTATION=True, VERIFICATION_CACHE_SECONDS=0) as site:
        for kind, owner in owners.items():
            yield from _rotate_in_use(site, plan, kind, str(owner.pk))
        yield from _rotate_at_once(site, plan, str(owners["user"].pk))


def _rotate(site: Site, kind: str, key: dict[str, str], overlap: int) -> Answer | None:
    body = {"overlap_millis": overlap}
    if kind == "user":
        return site.server("POST", f"/user-api-keys/{key['id']}/rotate", body)
    # Teams let their keys rotate themselves.
    headers = {"X-Stack-Api-Key": key["value"]}
    return site.ask("POST", "/api/v1/api-key/rotate", body, headers)


def _rotate_in_use(site: Site, plan: Plan, kind: str, owner: str) -> Iterator[Figure]:
    """Rotate a key again and again under clients that switch to the newest value now and then."""
    values = [succeeded(site.create_key(kind, owner)).json]
    in_use = [-1] * plan.clients
    statuses: Counter[int] = Counter()
    lock = threading.Lock()
    is_over = threading.Event()

    def use(position: int) -> None:
        while not is_over.is_set():
            generation = len(values) - 1
            for _ in range(plan.tries_after_revocation):
                answer = site.authenticate(kind, values[generation]["value"])
                with lock:
                    statuses[0 if answer is None else answer.status] += 1
            in_use[position] = generation

    with in_parallel(plan.clients, use):
        try:
            for generation in range(plan.rotations):
                wait_until(lambda: min(in_use) >= generation)  # noqa: B023  # called at once
                values.append(succeeded(_rotate(site, kind, values[-1], HOUR)).json)
            wait_until(lambda: min(in_use) >= plan.rotations)
        finally:
            is_over.set()
    yield exactly(plan.rotations, f"rotations of a {kind}'s key in use", len(values) - 1)
    yield some("requests with it that were accepted", statuses[200])
    yield none("requests that were refused or lost", statuses.total() - statuses[200])
    last = succeeded(_rotate(site, kind, values[-1], 0)).json
    answers = [site.authenticate(kind, each["value"]) for each in (values[-1], last)]
    yield exactly(1, "keys accepted after a rotation without overlap", _count(answers)[200])


def _rotate_at_once(site: Site, plan: Plan, owner: str) -> Iterator[Figure]:
    """Rotate each of some keys by all clients at the same moment."""
    answers: list[Answer | None] = []
    for _ in range(plan.rotations):
        key = succeeded(site.create_key("user", owner)).json
        barrier = threading.Barrier(plan.clients)

        def rotate(_position: int) -> None:
            barrier.wait()  # noqa: B023  # the thread ends before the loop goes on
            answers.append(_rotate(site, "user", key, HOUR))  # noqa: B023  # the same

        with in_parallel(plan.clients, rotate):
            pass
    statuses = _count(answers)
    yield exactly(plan.rotations, "successors of keys rotated by all at once", statuses[200])
    refused = plan.rotations * (plan.clients - 1)
    yield exactly(refused, "of these rotations that were refused with 409", statuses[409])


def _count(answers: list[Answer | None]) -> Counter[int]:
    return Counter(0 if answer is None else answer.status for answer in answers)
