"""Connections to the database are cut, and the database goes away and comes back."""

import threading
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from django.db import connection

from example_project.models import User
from stack_apikeys.models import UserApiKey
from tests.factories import PASSWORD, UserFactory
from tests.faults.environment import PROJECT_ID, SECRETS
from tests.faults.figures import Figure, exactly, none, some
from tests.faults.plan import Plan
from tests.faults.scene import Scene
from tests.faults.site import (
    CLIENT_ACCESS,
    Answer,
    Site,
    in_parallel,
    serve,
    succeeded,
    wait_until,
)

FAILURES = {500, 503}


@dataclass
class Seen:
    """The answers while there was a database, now and then, and while there was none."""

    statuses: Counter[int] = field(default_factory=Counter)
    while_closed: Counter[int] = field(default_factory=Counter)
    texts: set[str] = field(default_factory=set)
    """Of the errors."""
    created: set[str] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, answer: Answer | None, *, closed: bool) -> None:
        with self.lock:
            status = 0 if answer is None else answer.status
            (self.while_closed if closed else self.statuses)[status] += 1
            if answer is not None and answer.status >= 400:
                self.texts.add(answer.text)


class Epoch:
    """A number that is odd while there is no database.

    What begins and ends in the same odd epoch has had no database in between.
    """

    number = 0

    @property
    def is_closed(self) -> bool:
        return self.number % 2 == 1


class Visitor:
    """One who sends secrets in every way that the API knows, in turns."""

    def __init__(self, site: Site, user: User, created: set[str]) -> None:
        self.site = site
        self.user = user
        self.created = created
        self.value = succeeded(site.create_key("user", user.pk)).json["value"]
        self.session = succeeded(site.sign_in(user.email, PASSWORD)).json

    @property
    def secrets(self) -> set[str]:
        return {self.value, *(self.session[name] for name in ("access_token", "refresh_token"))}

    def visit(self, turn: int) -> Answer | None:
        ways = [self.authenticate, self.create, self.check, self.sign_in, self.refresh, self.look]
        return ways[turn % len(ways)]()

    def authenticate(self) -> Answer | None:
        return self.site.authenticate("user", self.value)

    def create(self) -> Answer | None:
        answer = self.site.create_key("user", self.user.pk)
        if answer is not None and answer.status == 200:
            self.created.add(answer.json["id"])
        return answer

    def check(self) -> Answer | None:
        return self.site.server("POST", "/user-api-keys/check", {"api_key": self.value})

    def sign_in(self) -> Answer | None:
        return self.site.sign_in(self.user.email, PASSWORD)

    def refresh(self) -> Answer | None:
        form = {
            "grant_type": "refresh_token",
            "refresh_token": self.session["refresh_token"],
            "client_id": PROJECT_ID,
            "client_secret": SECRETS["STACK_PUBLISHABLE_CLIENT_KEY"],
        }
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.site.ask("POST", "/api/v1/auth/oauth/token", urlencode(form), kind)

    def look(self) -> Answer | None:
        headers = CLIENT_ACCESS | {"X-Stack-Access-Token": self.session["access_token"]}
        return self.site.ask("GET", "/api/v1/user-api-keys?user_id=me", headers=headers)


def attack(scene: Scene, plan: Plan) -> Iterator[Figure]:
    seen = Seen()
    stop = threading.Event()
    epoch = Epoch()
    users = [UserFactory() for _ in range(plan.clients)]
    connection.close()
    with serve(scene.folder) as site:
        workers = site.workers
        visitors = [Visitor(site, user, seen.created) for user in users]

        def visit(position: int) -> None:
            turn = position
            while not stop.is_set():
                began_in = epoch.number
                answer = visitors[position].visit(turn)
                seen.add(answer, closed=began_in == epoch.number and epoch.is_closed)
                turn += 1

        with in_parallel(plan.clients, visit):
            for _ in range(plan.disconnections):
                _wait_for_answers(seen.statuses, 2 * plan.clients)
                scene.database.end_sessions()
            for _ in range(plan.outages):
                _wait_for_answers(seen.statuses, 2 * plan.clients)
                scene.database.close()
                epoch.number += 1
                _wait_for_answers(seen.while_closed, 8 * plan.clients)
                epoch.number += 1
                scene.database.open()
            stop.set()
        resumed = [visitor.visit(turn) for visitor in visitors for turn in range(12)]
        same_workers = site.workers == workers
        log, reports = site.log, site.reports
    yield some("answers in all", seen.statuses.total() + seen.while_closed.total())
    yield some("of these errors for want of a database", _number(seen.while_closed, FAILURES))
    yield none(
        "other answers without a database",
        seen.while_closed.total() - _number(seen.while_closed, FAILURES),
    )
    yield none(
        "answers beside success and 500 or 503",
        seen.statuses.total() - _number(seen.statuses, {200, *FAILURES}),
    )
    yield exactly(
        len(resumed),
        "successes afterwards",
        sum(answer is not None and answer.status == 200 for answer in resumed),
    )
    yield exactly(1, "that without a restart", int(same_workers))
    yield from _leaks(
        visitors, {"error answers": seen.texts, "the log": [log], "error reports": reports}
    )
    stored = {str(pk) for pk in UserApiKey.objects.values_list("pk", flat=True)}
    yield some("keys created meanwhile", len(seen.created))
    yield none("of these lost", len(seen.created - stored))


def _leaks(visitors: list[Visitor], texts: Mapping[str, Collection[str]]) -> Iterator[Figure]:
    secrets = {text for name, text in SECRETS.items() if "PUBLISHABLE" not in name} | {PASSWORD}
    secrets = secrets.union(*(visitor.secrets for visitor in visitors))
    for where, pieces in texts.items():
        whole = "\n".join(pieces)
        yield some(f"characters in {where}", len(whole))
        yield none(f"secrets in {where}", sum(secret in whole for secret in secrets))


def _number(statuses: Counter[int], wanted: set[int]) -> int:
    return sum(statuses[status] for status in wanted)


def _wait_for_answers(statuses: Counter[int], number: int) -> None:
    enough = statuses.total() + number
    wait_until(lambda: statuses.total() >= enough)
