"""Requests are counted by several processes, which are then ended in order."""

import itertools
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

from django.db.models import Sum

from stack_apikeys.usage.models import KeyHour, KeyUsage
from tests.factories import UserFactory
from tests.faults.figures import Figure, exactly
from tests.faults.plan import Plan
from tests.faults.scene import Scene
from tests.faults.site import Site, in_parallel, serve, serve_asgi

KEYS = 7


def attack(scene: Scene, plan: Plan) -> Iterator[Figure]:
    yield from _count(scene, plan, serve, "processes")
    yield from _count(scene, plan, partial(serve, workers=2, threads=4), "processes with threads")
    yield from _count(scene, plan, serve_asgi, "an ASGI server")


def _count(
    scene: Scene,
    plan: Plan,
    start: Callable[[Path], AbstractContextManager[Site]],
    name: str,
) -> Iterator[Figure]:
    owner = UserFactory()
    keys = [owner.api_keys.create_key() for _ in range(KEYS)]
    keys[0][0].revoke()
    ids = [api_key.pk for api_key, _value in keys]
    values = itertools.cycle([value for _api_key, value in keys])
    statuses: Counter[int] = Counter()
    left = iter([next(values) for _ in range(plan.counted_requests)])

    def use(_position: int) -> None:
        for value in left:
            answer = site.ask("GET", "/api/protected", headers={"X-Stack-Api-Key": value})
            statuses[0 if answer is None else answer.status] += 1

    with start(scene.folder) as site, in_parallel(plan.clients, use):
        pass
    total = KeyUsage.objects.filter(key_id__in=ids).aggregate(Sum("accepted"), Sum("refused"))
    hours = KeyHour.objects.filter(key_id__in=ids).aggregate(
        Sum("accepted"), Sum("refused_revoked")
    )
    yield exactly(statuses[200], f"uses that {name} counted", total["accepted__sum"])
    yield exactly(statuses[200], "of these by hour", hours["accepted__sum"])
    yield exactly(statuses[401], f"refusals that {name} counted", total["refused__sum"])
    yield exactly(statuses[401], "of these by hour", hours["refused_revoked__sum"])
    yield exactly(plan.counted_requests, "requests in all", statuses[200] + statuses[401])
