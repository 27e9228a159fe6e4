"""What a Galera cluster costs, how late its nodes see a change, and what holds at several at once."""

import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import django
import environ
from django.conf import settings

from tests.clusters.galera import Galera, Node, run_single
from tests.server import wait_until

CAP = 3


class Reads:
    """A database router that sends reads to a database that can be changed."""

    alias = "default"

    def db_for_read(self, model: object, **hints: object) -> str:
        return self.alias


reads = Reads()


def measure(cluster: Galera, *, quick: bool) -> None:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.chmod(0o755)
        single = stack.enter_context(run_single(folder))
        _set_up(cluster, single)
        number = 20 if quick else 1_000
        print(f"{cluster.nodes[0].ask('SELECT VERSION()')[0]}, Galera", end=" ")
        print(cluster.nodes[0].status("wsrep_provider_version"))
        _compare_writes(number // 5)
        _compare_reads(number)
        _count_stale_reads(number // 5)
        _exceed_caps(number // 50 or 2)
        _kill_and_rejoin(cluster, rounds=1 if quick else 3)


def _set_up(cluster: Galera, single: Node) -> None:
    """Set Django up with an alias for each node, twice, and for the single server."""
    urls = {"single": single.url_without_wait}
    for node in cluster.nodes:
        urls |= {node.name: node.url, f"{node.name} without wait": node.url_without_wait}
    for alias, url in urls.items():
        settings.DATABASES[alias] = {**environ.Env.db_url_config(url), "CONN_MAX_AGE": None}
    settings.DATABASE_ROUTERS = [reads]
    django.setup()
    from django.core.management import call_command

    for alias in ("single", "node1"):
        call_command("migrate", verbosity=0, database=alias)


def _create_user(alias: str) -> Any:
    from example_project.models import User

    return User.objects.db_manager(alias).create_user(f"{time.monotonic_ns()}@example.com")


def _user_at(alias: str, user: Any) -> Any:
    return type(user).objects.using(alias).get(pk=user.pk)


def _milliseconds(task: Callable[[], object]) -> float:
    began = time.perf_counter()
    task()
    return (time.perf_counter() - began) * 1000


def _print_times(what: str, times: list[float]) -> None:
    late = sorted(times)[-max(1, len(times) // 100)]
    median = statistics.median(times)
    print(f"{len(times)} {what}: median {median:.2f} ms, 99 % within {late:.2f} ms")


def _compare_writes(number: int) -> None:
    """Create and revoke keys, at the single server and at a node in turns."""
    users = {name: _create_user(name) for name in ("single", "node1")}
    creations: dict[str, list[float]] = {name: [] for name in users}
    revocations: dict[str, list[float]] = {name: [] for name in users}
    for _ in range(number):
        for name, user in users.items():
            created: list[Any] = []
            creations[name].append(
                _milliseconds(lambda: created.append(user.api_keys.create_key()[0]))  # noqa: B023  # called at once
            )
            revocations[name].append(_milliseconds(created[0].revoke))
    for name in users:
        _print_times(f"creations at {name}", creations[name])
        _print_times(f"revocations at {name}", revocations[name])


def _compare_reads(number: int) -> None:
    """Verify keys at the single server and at a node, without and with waiting, in turns."""
    from stack_apikeys.verification import verify_api_key

    single, clustered = (
        _create_user(name).api_keys.create_key()[1] for name in ("single", "node1")
    )
    values = {"single": single, "node2 without wait": clustered, "node2": clustered}
    wait_until(lambda: all(_is_valid(name, value) for name, value in values.items()))
    times: dict[str, list[float]] = {name: [] for name in values}
    for _ in range(number):
        for name, value in values.items():
            reads.alias = name
            times[name].append(_milliseconds(lambda: verify_api_key(value)))  # noqa: B023  # called at once
    for name in values:
        _print_times(f"verifications at {name}", times[name])


def _is_valid(alias: str, value: str) -> bool:
    from stack_apikeys.exceptions import ApiKeyNotValid
    from stack_apikeys.verification import verify_api_key

    reads.alias = alias
    try:
        return bool(verify_api_key(value))
    except ApiKeyNotValid:
        return False


def _count_stale_reads(number: int) -> None:
    """Change keys at one node, and read each at the others as soon as the change is answered."""
    user = _create_user("node1")
    for suffix in (" without wait", ""):
        stale: Counter[str] = Counter()
        others = [f"node2{suffix}", f"node3{suffix}"]
        for _ in range(number):
            api_key, value = user.api_keys.create_key()
            stale["new"] += sum(not _is_valid(alias, value) for alias in others)
            wait_until(lambda: all(_is_valid(alias, value) for alias in others))  # noqa: B023  # called at once
            api_key.revoke()
            stale["revoked"] += sum(_is_valid(alias, value) for alias in others)
        tries = number * len(others)
        print(
            f"reads at the other nodes{suffix}: {stale['revoked']} of {tries} still accepted a "
            f"revoked key, {stale['new']} of {tries} did not know a new one"
        )


def _exceed_caps(number: int) -> None:
    """Create twice as many keys as allowed, from all nodes at once, for one owner after another."""
    from django.test.utils import override_settings

    from stack_apikeys._database import conflicts
    from stack_apikeys.exceptions import TooManyApiKeys
    from tests.parallel import in_parallel

    reads.alias = "node1"
    outcomes: Counter[str] = Counter()
    pause = conflicts.time.sleep

    def count_and_pause(seconds: float) -> None:
        outcomes["repeated"] += 1
        pause(seconds)

    def create(alias: str, user: Any) -> None:
        try:
            _user_at(alias, user).api_keys.create_key()
            outcomes["created"] += 1
        except TooManyApiKeys:
            outcomes["refused"] += 1
        except Exception as error:  # noqa: BLE001  # counted
            outcomes[f"{error}"] += 1

    owners = []
    limited = settings.STACK_APIKEYS | {"MAX_VALID_KEYS_PER_OWNER": CAP}
    for _ in range(number):
        user = _create_user("node1")
        aliases = ["node1", "node2", "node3"] * 2
        with override_settings(STACK_APIKEYS=limited):
            in_parallel(*(lambda alias=alias: create(alias, user) for alias in aliases))  # noqa: B023  # called at once
        owners.append(user.api_keys.using("node1").count())
    print(f"{number} owners with a cap of {CAP}, six creations at once each: {dict(outcomes)}")
    print(f"  of these owners with more keys: {sum(each > CAP for each in owners)}", end=", ")
    print(f"at most {max(owners)}")


def _kill_and_rejoin(cluster: Galera, rounds: int) -> None:
    user = _create_user("node1")
    waits, rejoins = [], []
    for _ in range(rounds):
        cluster.nodes[-1].kill()
        began = time.monotonic()
        user.api_keys.create_key()
        waits.append(f"{time.monotonic() - began:.1f} s")
        for _ in range(100):
            user.api_keys.create_key()
        began = time.monotonic()
        cluster.rejoin(cluster.nodes[-1])
        rejoins.append(f"{time.monotonic() - began:.1f} s")
    print(f"the first creation after a node was killed took {', '.join(waits)}")
    print(f"the node was back, with what it had missed, after {', '.join(rejoins)}")
