"""Passwords are guessed at the same moment, for one account in many spellings."""

from collections import Counter
from collections.abc import Iterator, Sequence
from queue import Empty, SimpleQueue

from tests.factories import PASSWORD, UserFactory
from tests.faults.figures import Figure, at_most, exactly, some
from tests.faults.plan import Plan
from tests.faults.redis_server import serve_redis
from tests.faults.scene import Scene
from tests.faults.site import Site, in_parallel, serve

RATE = 5
GUESSES = 40


def attack(scene: Scene, plan: Plan) -> Iterator[Figure]:
    statuses: Counter[int] = Counter()
    of_nobody: Counter[int] = Counter()
    ways = 0
    with (
        serve_redis(scene.folder) as redis,
        redis.writes_late(),
        serve(scene.folder, cache=redis.url, SIGN_IN_RATE=f"{RATE}/day") as site,
    ):
        for number in range(plan.guessed_accounts):
            user = UserFactory(email=f"susi.kuhn{number}@example.com")
            # Only with these could a guess be right. They are tried with another account, because
            # those that do not work count as wrong guesses.
            like = UserFactory(email=f"like.{user.email}")
            both = zip(spellings(user.email), spellings(like.email), strict=True)
            working = [each for each, tried in both if _signs_in(site, tried)]
            ways += len(working)
            statuses += _guess(site, plan, working)
            same = spellings(f"nobody{number}@example.com", letters=False)
            of_nobody += _guess(site, plan, same)
    allowed = RATE * plan.guessed_accounts
    # On a busy machine Redis may not respond in time: such a guess is refused with 503.
    refused = statuses[429] + statuses[503]
    sent = GUESSES * plan.guessed_accounts
    yield some("spellings that sign somebody in", ways)
    yield at_most(allowed, "guesses that were looked at", statuses[400])
    yield exactly(sent - statuses[400], "guesses refused with 429 or 503", refused)
    yield at_most(allowed, "guesses for nobody's account that were looked at", of_nobody[400])


def spellings(email: str, *, letters: bool = True) -> list[str]:
    """The address with blanks round it, in other cases, and with letters that look like its own.

    Without ``letters`` only in ways that mean the same to everybody.
    """
    blanks = [f" {email}", f"{email} ", f"\t{email}\n", f"\u00a0{email}", f"{email}\u3000"]
    same = [email, email.upper(), email.title(), *blanks, email.replace("n", "\uff4e")]
    if not letters:
        return same
    pairs = [("s", "\u017f"), ("i", "\u0131"), ("k", "\u212a"), ("u", "\u00fc")]
    return same + [email.replace(letter, other) for letter, other in pairs]


def _signs_in(site: Site, email: str) -> bool:
    answer = site.sign_in(email, PASSWORD)
    return answer is not None and answer.status == 200


def _guess(site: Site, plan: Plan, emails: Sequence[str]) -> Counter[int]:
    """Send wrong passwords by clients at the same time; count the statuses of the answers."""
    guesses: SimpleQueue[str] = SimpleQueue()
    for number in range(GUESSES):
        guesses.put(emails[number % len(emails)])
    statuses: Counter[int] = Counter()

    def guess_on(position: int) -> None:
        while True:
            try:
                email = guesses.get_nowait()
            except Empty:
                return
            answer = site.sign_in(email, f"wrong {position}")
            statuses[0 if answer is None else answer.status] += 1

    with in_parallel(plan.clients, guess_on):
        pass
    return statuses
