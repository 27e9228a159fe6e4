"""What it costs that a commit waits for replicas, and how late a replica sees a revocation."""

import random
import statistics
import time
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import django
import psycopg
from django.core.management import call_command

from tests.clusters.postgresql import PostgresqlServer, StreamingReplication
from tests.server import HOST

BOTH, ONE = "ANY 2 (replica1, replica2)", "ANY 1 (replica1, replica2)"

MODES = {
    "waits for no replica": ("on", ""),
    "remote_write, both": ("remote_write", BOTH),
    "on (flush), both": ("on", BOTH),
    "remote_apply, one": ("remote_apply", ONE),
    "remote_apply, both": ("remote_apply", BOTH),
}

CLIENTS = 8


class Replica:
    """A replica that is asked whether it knows that a key is revoked."""

    def __init__(self, server: PostgresqlServer) -> None:
        self._connection = psycopg.connect(
            host=HOST, port=server.port, user="postgres", dbname="postgres", autocommit=True
        )

    def knows(self, key_id: UUID) -> bool:
        asked = "SELECT manually_revoked_at FROM stack_apikeys_userapikey WHERE id = %s"
        row = self._connection.execute(asked, [key_id]).fetchone()
        return row is not None and row[0] is not None

    def close(self) -> None:
        self._connection.close()


def measure(cluster: StreamingReplication, *, quick: bool) -> None:
    django.setup()
    call_command("migrate", verbosity=0)
    from django.db import connections

    from tests.factories import UserFactory

    rounds, keys = (2, 10) if quick else (20, 50)
    user = UserFactory()
    cluster.catch_up()
    taken: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    replicas = [Replica(server) for server in cluster.replicas]
    for _ in range(rounds):
        for mode in random.sample([*MODES], len(MODES)):
            cluster.synchronize(*MODES[mode])
            _one_round(user, keys, replicas, taken[mode])
    cluster.synchronize("on")
    cluster.catch_up()
    for replica in replicas:
        replica.close()
    _print_table(taken, rounds * keys)
    _measure_verifications(user, cluster, rounds * keys)
    connections.close_all()


def _one_round(
    user: Any, keys: int, replicas: list[Replica], taken: dict[str, list[float]]
) -> None:
    """Create and revoke so many keys, one after the other and then by several clients."""
    for _ in range(keys):
        seconds, (api_key, _value) = _time(user.api_keys.create_key)
        taken["create"].append(seconds)
        seconds, _ = _time(api_key.revoke)
        taken["revoke"].append(seconds)
        late, _ = _time(lambda key_id=api_key.pk: _wait_for(replicas, key_id))
        taken["late"].append(late)
    with ThreadPoolExecutor(CLIENTS) as pool:
        seconds, _ = _time(lambda: [*pool.map(lambda _: user.api_keys.create_key(), range(keys))])
        taken["rate"].append(keys / seconds)
        [*pool.map(lambda _: _close(), range(CLIENTS))]


def _wait_for(replicas: list[Replica], key_id: UUID) -> None:
    for replica in replicas:
        while not replica.knows(key_id):
            pass


def _close() -> None:
    from django.db import connections

    connections.close_all()


def _measure_verifications(user: Any, cluster: StreamingReplication, number: int) -> None:
    """Print how long a verification takes by a replica, and by the primary."""
    from django.db import router
    from django.test import override_settings

    from stack_apikeys.verification import verify_api_key

    _api_key, value = user.api_keys.create_key()
    cluster.catch_up()
    routers: dict[str, list[str]] = {
        "a replica": ["tests.clusters.routers.ReplicaRouter"],
        "the primary": [],
    }
    taken: dict[str, list[float]] = defaultdict(list)
    for _ in range(10):
        for name in random.sample([*routers], len(routers)):
            with override_settings(DATABASE_ROUTERS=routers[name]):
                router.__dict__.pop("routers", None)
                verify_api_key(value)
                for _ in range(number // 10):
                    taken[name].append(_time(lambda: verify_api_key(value))[0])
    router.__dict__.pop("routers", None)
    print()
    for name, seconds in taken.items():
        print(f"a verification by {name}: {1000 * statistics.median(seconds):.2f} ms")


def _time(task: Callable[[], Any]) -> tuple[float, Any]:
    begin = time.perf_counter()
    result = task()
    return time.perf_counter() - begin, result


def _print_table(taken: dict[str, dict[str, list[float]]], number: int) -> None:
    """Print medians, as multiples of what takes place without waiting, and in milliseconds."""
    plain = taken["waits for no replica"]
    print(f"{number} keys each; × is beside a commit that waits for no replica.\n")
    print("| a commit | create | revoke | keys/s by 8 clients | known by both: median | last |")
    print("|---|---:|---:|---:|---:|---:|")
    for mode in MODES:
        figures = taken[mode]
        cells = [mode]
        for name in ("create", "revoke"):
            median = statistics.median(figures[name])
            times = median / statistics.median(plain[name])
            cells.append(f"{1000 * median:.1f} ms ({times:.2f} ×)")
        rate = statistics.median(figures["rate"])
        cells.append(f"{rate:.0f} ({rate / statistics.median(plain['rate']):.2f} ×)")
        late = sorted(figures["late"])
        cells += [f"{1000 * each:.1f} ms" for each in (statistics.median(late), late[-1])]
        print(f"| {' | '.join(cells)} |")
