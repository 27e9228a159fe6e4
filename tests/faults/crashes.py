"""Workers are killed while they create and revoke keys, and make teams."""

import random
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.db.models import Model, Q
from django.db.models.functions import Length

from example_project.models import User
from stack_apikeys.models import ApiKeyModel, TeamApiKey, UserApiKey
from stack_apikeys.teams.models import Team
from stack_apikeys.verification import verify_api_key
from tests.factories import TeamFactory, UserFactory
from tests.faults.figures import Figure, none, some
from tests.faults.plan import Plan
from tests.faults.scene import Scene
from tests.faults.site import Answer, Site, in_parallel, serve, wait_until

MODELS = {"user": UserApiKey, "team": TeamApiKey}


@dataclass
class Written:
    """What the site has said that it did, and how often it said nothing."""

    created: dict[str, str] = field(default_factory=dict)
    """Values by the keys' ids."""
    revocations_sent: set[str] = field(default_factory=set)
    revoked: set[str] = field(default_factory=set)
    teams: set[str] = field(default_factory=set)
    unanswered: int = 0
    errors: int = 0


@dataclass
class Writer:
    """A client that creates keys, revokes half of them, and makes teams."""

    site: Site
    kind: str
    owner: Model
    creator: User
    written: Written
    choice: random.Random

    def write(self) -> None:
        created = self.answered(self.site.create_key(self.kind, self.owner.pk))
        if created is not None:
            key_id = created.json["id"]
            self.written.created[key_id] = created.json["value"]
            if self.choice.random() < 0.5:
                self.written.revocations_sent.add(key_id)
                if self.answered(self.site.revoke_key(self.kind, key_id)):
                    self.written.revoked.add(key_id)
        body = {"display_name": "Made", "creator_user_id": str(self.creator.pk)}
        if team := self.answered(self.site.server("POST", "/teams", body)):
            self.written.teams.add(team.json["id"])

    def answered(self, answer: Answer | None) -> Answer | None:
        """The answer, if it is that the site has done what it was asked for."""
        if answer is None:
            self.written.unanswered += 1
        elif answer.status >= 300:
            self.written.errors += 1
            return None
        return answer


def attack(scene: Scene, plan: Plan) -> Iterator[Figure]:
    owners = {"user": UserFactory(), "team": TeamFactory()}
    creator = UserFactory()
    written = Written()
    stop = threading.Event()
    choice = random.Random(0)
    kills = 0
    with serve(scene.folder) as site:

        def write(position: int) -> None:
            kind = ("user", "team")[position % 2]
            writer = Writer(site, kind, owners[kind], creator, written, random.Random(position))
            while not stop.is_set():
                writer.write()

        with in_parallel(plan.clients, write):
            # A worker that is killed while it waits for a request proves nothing.
            while kills < plan.kills or not written.unanswered:
                enough = len(written.created) + 5
                wait_until(lambda enough=enough: len(written.created) >= enough)
                site.kill_a_worker(choice)
                kills += 1
            stop.set()
    yield some("workers killed", kills)
    yield some("requests that got no answer", written.unanswered)
    yield none("errors answered", written.errors)
    yield from _count(written, creator)


def _count(written: Written, creator: User) -> Iterator[Figure]:
    stored = {str(row.pk): row for model in MODELS.values() for row in model.objects.all()}
    working = {key_id for key_id, value in written.created.items() if _works(value)}
    never_revoked = written.created.keys() - written.revocations_sent
    yield some("keys created", len(written.created))
    yield some("keys revoked", len(written.revoked))
    yield none("created keys without a row", len(written.created.keys() - stored.keys()))
    yield none("created keys that do not work", len(never_revoked - working))
    yield none("revoked keys that work", len(written.revoked & working))
    yield none(
        "revocations that are not stored",
        sum(stored[key_id].manually_revoked_at is None for key_id in written.revoked),
    )
    yield none("rows that are half made", sum(map(_half_made_keys, MODELS.values())))
    yield some("teams made", len(written.teams))
    made = Team.objects.filter(display_name="Made")
    whole = made.filter(memberships__user=creator, memberships__permissions__isnull=False)
    yield none("teams that are half made", made.count() - whole.distinct().count())
    lost = len(written.teams) - made.filter(pk__in=written.teams).count()
    yield none("teams that are lost", lost)


def _half_made_keys(model: ApiKeyModel) -> int:
    measured = model.objects.annotate(digits=Length("digest"), shown=Length("last_four"))
    return measured.filter(~Q(digits=64) | ~Q(shown=4) | Q(pepper_id=None)).count()


def _works(value: str) -> bool:
    from stack_apikeys.exceptions import ApiKeyNotValid

    try:
        verify_api_key(value)
    except ApiKeyNotValid:
        return False
    return True
