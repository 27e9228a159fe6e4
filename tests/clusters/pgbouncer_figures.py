"""What a verification through PgBouncer costs."""

import os
import random
import statistics
import time
from collections import defaultdict

import django
from django.core.management import call_command

from tests.clusters.pgbouncer import Pooled

WAYS = {
    "a connection that stays open": False,
    "a new connection for each": True,
}


def measure(cluster: Pooled, *, quick: bool) -> None:
    os.environ |= cluster.databases()
    django.setup()
    call_command("migrate", verbosity=0)
    from django.db import connections

    from stack_apikeys.verification.query import VerificationQuery
    from tests.factories import UserFactory

    api_key, _value = UserFactory().api_keys.create_key()
    queries = {alias: VerificationQuery(type(api_key), alias) for alias in connections}
    rounds, number = (3, 10) if quick else (40, 50)
    taken: dict[tuple[str, str], list[float]] = defaultdict(list)
    pairs = [(alias, way) for alias in queries for way in WAYS]
    for _ in range(rounds):
        for alias, way in random.sample(pairs, len(pairs)):
            queries[alias].find(api_key.pk)
            for _ in range(number):
                if WAYS[way]:
                    connections[alias].close()
                begin = time.perf_counter()
                queries[alias].find(api_key.pk)
                taken[alias, way].append(time.perf_counter() - begin)
    connections.close_all()
    print(f"The query of a verification, {rounds * number} of each; the median.\n")
    print("| | directly | through PgBouncer |")
    print("|---|---:|---:|")
    for way in WAYS:
        direct, through = (
            1000 * statistics.median(taken[alias, way]) for alias in ("direct", "default")
        )
        print(f"| {way} | {direct:.2f} ms | {through:.2f} ms ({through / direct:.2f} ×) |")
