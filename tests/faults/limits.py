"""More keys are created, and used, at the same moment than the settings allow."""

import itertools
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from uuid import uuid4

from stack_apikeys.keys import generate
from stack_apikeys.models import TeamApiKey, UserApiKey
from tests.factories import TeamFactory, UserFactory
from tests.faults import hammer
from tests.faults.figures import Figure, about, at_most, exactly
from tests.faults.plan import Plan
from tests.faults.redis_server import serve_redis
from tests.faults.scene import Scene
from tests.faults.site import Answer, in_parallel, serve
from tests.server import ROOT

CAP = 3
RATE = 10
PROCESSES = 8

PAUSE_SECONDS = 0.3
"""How long each INSERT takes, so that creations overlap."""


def attack(scene: Scene, plan: Plan) -> Iterator[Figure]:
    for model in (UserApiKey, TeamApiKey):
        scene.database.slow_down_inserts(model._meta.db_table, PAUSE_SECONDS)
        yield from _exceed_the_cap(scene, plan, model.KIND)
        scene.database.slow_down_inserts(model._meta.db_table, 0)
    with serve_redis(scene.folder) as redis, redis.writes_late():
        yield from _exceed_the_rate(scene, plan, redis.url)
        yield from _exceed_the_rates_of_a_key(scene, plan, redis.url)
    with serve_redis(scene.folder) as redis:
        yield from _hammer(plan, redis.url)


def _exceed_the_cap(scene: Scene, plan: Plan, kind: str) -> Iterator[Figure]:
    factory = {"user": UserFactory, "team": TeamFactory}[kind]
    owners = [factory() for _ in range(plan.capped_owners)]
    statuses: Counter[int] = Counter()
    with serve(scene.folder, MAX_VALID_KEYS_PER_OWNER=CAP) as site:
        for owner in owners:
            statuses += _send(plan, 4 * CAP, lambda owner=owner: site.create_key(kind, owner.pk))
    allowed = CAP * len(owners)
    yield exactly(
        allowed, f"valid keys of {kind}s", sum(each.api_keys.valid().count() for each in owners)
    )
    yield exactly(allowed, "creations answered with a key", statuses[200])
    yield exactly(3 * allowed, "creations refused", statuses[400])


def _exceed_the_rate(scene: Scene, plan: Plan, cache: str) -> Iterator[Figure]:
    users = [UserFactory() for _ in range(plan.capped_owners)]
    body = {"user_id": "me", "description": "", "expires_at_millis": None}
    statuses: Counter[int] = Counter()
    # On a busy machine Redis may not respond in time. A request whose count is not known is
    # refused here, so that only a count that was lost lets more than the rate through.
    settings = {"CREATE_RATE": f"{RATE}/day", "ON_CACHE_FAILURE": {"create": "refuse"}}
    with serve(scene.folder, cache=cache, **settings) as site:
        for user in users:
            access = site.access(user)
            statuses += _send(
                plan,
                3 * RATE,
                lambda access=access: site.ask("POST", "/api/v1/user-api-keys", body, access),
            )
    allowed = RATE * len(users)
    refused = statuses[429] + statuses[503]
    yield at_most(allowed, "creations within the rate", statuses[200])
    yield exactly(3 * allowed - statuses[200], "creations refused with 429 or 503", refused)


def _exceed_the_rates_of_a_key(scene: Scene, plan: Plan, cache: str) -> Iterator[Figure]:
    """Use a key more often than its rates allow, and send refused keys from the same address."""
    value = UserFactory().api_keys.create_key()[1]
    wrong = generate(id=uuid4(), kind="user")
    settings = {
        "RATES": [f"{plan.key_rate}/hour", f"{2 * plan.key_rate}/day"],
        "GUESS_RATE": f"{RATE}/day",
        "ON_CACHE_FAILURE": {"key": "refuse", "guess": "refuse"},
    }
    with serve(scene.folder, cache=cache, workers=PROCESSES, **settings) as site:
        guesses = _send(plan, 3 * RATE, lambda: site.authenticate("user", wrong))
        statuses = _send(plan, 2 * plan.key_rate, lambda: site.authenticate("user", value))
    yield about(plan.key_rate, "requests with a key within its rates", statuses[200])
    refused = statuses[429] + statuses[503]
    yield exactly(2 * plan.key_rate - statuses[200], "requests refused with 429 or 503", refused)
    yield at_most(RATE, "refused keys that were told why", guesses[401])
    yield exactly(3 * RATE - guesses[401], "refused keys told to wait", guesses[429] + guesses[503])


def _hammer(plan: Plan, cache: str) -> Iterator[Figure]:
    """Count events as fast as processes can; see what each second lets through."""
    arguments = [sys.executable, "-m", "tests.faults.hammer", cache]
    let_through: Counter[int] = Counter()
    with ExitStack() as running:
        processes = [
            running.enter_context(
                subprocess.Popen(
                    arguments, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
                )
            )
            for _ in range(PROCESSES)
        ]
        assert {str(process.stdout and process.stdout.readline()) for process in processes} == {
            "ready\n"
        }
        first = int(time.time()) + 2  # the second after they have begun
        until = first + plan.hammered_seconds + 1
        for process in processes:
            assert process.stdin is not None
            process.stdin.write(f"{until}\n")
            process.stdin.flush()
        for process in processes:
            output, _errors = process.communicate()
            for second, number in json.loads(output).items():
                let_through[int(second)] += number
    seconds = range(first, until)
    most = hammer.RATE * len(seconds) * 101 // 100
    total = sum(let_through[second] for second in seconds)
    # On a busy machine all of them may sleep at the end of a second, and leave some of its events.
    yield at_most(most, f"events in {len(seconds)} seconds by {PROCESSES} processes", total)


def _send(plan: Plan, number: int, send: Callable[[], Answer | None]) -> Counter[int]:
    """Send so many requests by clients at the same time; count the statuses of the answers."""
    statuses: Counter[int] = Counter()
    left = itertools.repeat(None, number)

    def send_on(_position: int) -> None:
        for _ in left:  # an iterator that the clients share
            answer = send()
            statuses[0 if answer is None else answer.status] += 1

    with in_parallel(plan.clients, send_on):
        pass
    return statuses
