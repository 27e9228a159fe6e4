"""A process with keys of its own to verify, which obeys orders from its standard input.

``python -m tests.verifier SECONDS [INVALIDATION]`` keeps what it has verified for so many seconds.
The second argument may also be the URL of a PostgreSQL database to listen in. With SILENCE_SECONDS in
the environment, a listener counts as one for so long without an answer, however busy the machine is.
Each order is a line: ``migrate``, ``create``, ``verify VALUE``, ``revoke VALUE``,
``switch_owner VALUE``, ``skip SECONDS``, ``listens``, ``is_kept VALUE`` or ``server``; each answer is
another.
"""

import os
import subprocess
import sys
import time
from uuid import uuid4

import django
from django.conf import settings
from django.db import close_old_connections
from environ import Env

from tests import ROOT
from tests.server import wait_until


class Verifier:
    """Runs this program until the block ends, in this environment."""

    def __init__(self, *arguments, environment):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.verifier", *arguments],
            cwd=ROOT,
            env=os.environ | environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        self.process.communicate()  # closes its input, at which it ends

    def ask(self, *order):
        self.tell(*order)
        return self.answer()

    def tell(self, *order):
        """Give it an order, whose `answer` comes later."""
        print(*order, file=self.process.stdin, flush=True)  # its input

    def answer(self):
        return self.process.stdout.readline().strip()

    def keeps(self, value):
        """Wait until the process verifies the key without a query."""
        wait_until(lambda: self.ask("verify", value) == "usable after 0")

    def last_acceptance(self, value):
        """When the process was last asked that accepted the key, or minus infinity."""
        last = float("-inf")

        def is_refused():
            nonlocal last
            asked_at = time.monotonic()
            if not self.ask("verify", value).startswith("usable"):
                return True
            last = asked_at
            return False

        wait_until(is_refused)
        return last


def migrate():
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    return "migrated"


def create():
    from tests.factories import UserFactory

    # Other processes create users in the same database.
    owner = UserFactory(email=f"{uuid4()}@example.com")
    _api_key, value = owner.api_keys.create_key()
    return value


def verify(value):
    """Tell whether the key is usable, and how many queries it took to know."""
    from django.db import DatabaseError, connections, router
    from django.test.utils import CaptureQueriesContext

    from stack_apikeys.exceptions import ApiKeyNotValid
    from stack_apikeys.models import UserApiKey
    from stack_apikeys.verification import verify_api_key

    with CaptureQueriesContext(connections[router.db_for_read(UserApiKey)]) as queries:
        try:
            verify_api_key(value)
            answer = "usable"
        except ApiKeyNotValid as error:
            answer = error.code
        except DatabaseError as error:
            answer = type(error).__name__
    return f"{answer} after {len(queries)}"


def revoke(value):
    from stack_apikeys.keys import parse
    from stack_apikeys.models import UserApiKey

    UserApiKey.objects.get(pk=parse(value).id).revoke()
    return "revoked"


def switch_owner(value):
    from stack_apikeys.keys import parse
    from stack_apikeys.models import UserApiKey

    owner = UserApiKey.objects.get(pk=parse(value).id).user
    owner.is_active = not owner.is_active
    owner.save()
    return "saved"


def listens():
    from stack_apikeys.verification import invalidation

    return "yes" if invalidation.is_up_to_date("default") else "no"


def is_kept(value):
    """Tell whether the key is in memory, even if it is not used while a message arrives."""
    from stack_apikeys.keys import parse
    from stack_apikeys.models import UserApiKey
    from stack_apikeys.verification.cache import cache

    return "yes" if (UserApiKey, parse(value).id) in cache._names else "no"


def server():
    """Tell the port of the PostgreSQL server by which keys are verified."""
    from django.db import connections, router

    from stack_apikeys.models import UserApiKey

    with connections[router.db_for_read(UserApiKey)].cursor() as cursor:
        cursor.execute("SELECT inet_server_port()")
        return cursor.fetchone()[0]


def skip(seconds):
    """Let the cache's clock show a later time."""
    from stack_apikeys.verification import cache as verification_cache

    class Clock:
        @staticmethod
        def monotonic():
            return time.monotonic() + int(seconds)

    verification_cache.time = Clock
    return "skipped"


ORDERS = {
    order.__name__: order
    for order in (migrate, create, verify, revoke, switch_owner, skip, listens, is_kept, server)
}


def main():
    settings.STACK_APIKEYS["VERIFICATION_CACHE_SECONDS"] = int(sys.argv[1])
    if len(sys.argv) > 2:
        source = sys.argv[2]
        if source.startswith("postgres://"):
            settings.DATABASES["listened"] = Env.db_url_config(source)
            source = "listened"
        settings.STACK_APIKEYS["INVALIDATION"] = source
    django.setup()
    if silence := os.environ.get("SILENCE_SECONDS"):
        from stack_apikeys.verification.invalidation import listener

        listener.SILENCE_SECONDS = float(silence)
    for line in sys.stdin:
        order, *arguments = line.split()
        close_old_connections()  # as before each request
        print(ORDERS[order](*arguments), flush=True)  # noqa: T201  # the answer


if __name__ == "__main__":
    main()
