"""Keys are revoked while other processes verify them."""

import threading
from collections.abc import Iterator

from tests.factories import TeamFactory, UserFactory
from tests.faults.figures import Figure, none, some
from tests.faults.plan import Plan
from tests.faults.scene import Scene
from tests.faults.site import Site, in_parallel, serve, succeeded
from tests.server import PATIENCE


def attack(scene: Scene, plan: Plan) -> Iterator[Figure]:
    owners = {"user": UserFactory(), "team": TeamFactory()}
    count = Count()
    with serve(scene.folder, VERIFICATION_CACHE_SECONDS=0) as site:
        for number in range(plan.revoked_keys):
            kind = ("user", "team")[number % 2]
            _revoke_in_the_middle(site, plan, count, kind, str(owners[kind].pk))
    yield some("keys accepted before they were revoked", count.before)
    yield some("tries after the revocation was answered", count.after)
    yield none("of these accepted", count.accepted_after)


class Count:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.before = self.after = self.accepted_after = 0

    def add(self, *, accepted: bool, after: bool) -> None:
        with self.lock:
            self.before += accepted and not after
            self.after += after
            self.accepted_after += accepted and after


def _revoke_in_the_middle(site: Site, plan: Plan, count: Count, kind: str, owner: str) -> None:
    created = succeeded(site.create_key(kind, owner)).json
    in_use = threading.Barrier(plan.clients + 1, timeout=PATIENCE)
    revoked = threading.Event()

    def use(_position: int) -> None:
        tries_left = plan.tries_after_revocation
        is_first = True
        while tries_left:
            after = revoked.is_set()  # asked before the request is sent
            answer = site.authenticate(kind, created["value"])
            count.add(accepted=answer is not None and answer.status == 200, after=after)
            tries_left -= after
            if is_first:
                in_use.wait()
                is_first = False

    with in_parallel(plan.clients, use):
        in_use.wait()
        succeeded(site.revoke_key(kind, created["id"]))
        revoked.set()
