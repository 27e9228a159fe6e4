"""Requests are counted by several processes, which are then ended in order, or killed."""

import itertools
import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import DatabaseError, transaction
from django.db.models import QuerySet, Sum

from stack_apikeys.usage.models import KeyHour, KeyUsage
from tests.factories import UserFactory
from tests.faults.figures import Figure, exactly, none, some
from tests.faults.plan import Plan
from tests.faults.scene import Scene
from tests.faults.site import Site, in_parallel, serve, serve_asgi, wait_until

KEYS = 7


def attack(scene: Scene, plan: Plan) -> Iterator[Figure]:
    yield from _count(scene, plan, serve, "processes")
    yield from _count(scene, plan, partial(serve, workers=2, threads=4), "processes with threads")
    yield from _count(scene, plan, serve_asgi, "an ASGI server")
    yield from _kill(scene, plan)


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


def _kill(scene: Scene, plan: Plan) -> Iterator[Figure]:
    """Kill processes while they write what they have counted."""
    keys = UserFactory().api_keys.bulk_create_keys(500)
    ids = [api_key.pk for api_key, _value in keys]
    # The first use of a key by a process is written at once.
    values = itertools.cycle([value for _api_key, value in keys])
    answers: Counter[int] = Counter()
    unanswered = 0
    lock = threading.Lock()
    stop = threading.Event()
    choice = random.Random(0)

    def use(_position: int) -> None:
        nonlocal unanswered
        while not stop.is_set():
            with lock:
                value = next(values)
            answer = site.ask("GET", "/api/protected", headers={"X-Stack-Api-Key": value})
            with lock:
                if answer is None:
                    unanswered += 1
                else:
                    answers[answer.origin.process] += answer.status == 200

    scene.database.slow_down_inserts(KeyUsage._meta.db_table, 0.05)
    with serve(scene.folder) as site:
        with in_parallel(plan.clients, use):
            try:
                killed = set()
                for _number in range(plan.killed_counters):
                    enough = answers.total() + 20
                    wait_until(lambda enough=enough: answers.total() >= enough)
                    wait_until(scene.database.pausing)
                    killed.add(site.kill_a_worker(choice))
            finally:
                stop.set()
        # A server finishes the statement of a client that is gone.
        wait_until(lambda: not scene.database.pausing())
        locked = _number_of_locked_rows(ids)
    scene.database.slow_down_inserts(KeyUsage._meta.db_table, 0)
    counted = _sum(KeyUsage.objects.filter(key_id__in=ids))
    by_hour = _sum(KeyHour.objects.filter(key_id__in=ids))
    by_others = sum(number for process, number in answers.items() if process not in killed)
    yield some("processes killed while counts were written", len(killed))
    yield some("uses that the others counted", by_others)
    yield none("of these lost", max(0, by_others - counted))
    yield none("uses counted twice", max(0, counted - answers.total() - unanswered))
    yield exactly(counted, "uses by hour", by_hour)
    yield none("rows left locked", locked)


def _sum(rows: QuerySet[Any]) -> int:
    return rows.aggregate(sum=Sum("accepted"))["sum"] or 0


def _number_of_locked_rows(ids: list[UUID]) -> int:
    """Return how many rows cannot be locked while nobody writes."""
    locked = 0
    for key_id in ids:
        try:
            with transaction.atomic():
                list(KeyUsage.objects.select_for_update(nowait=True).filter(pk=key_id))
        except DatabaseError:
            locked += 1
    return locked
