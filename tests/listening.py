"""Processes that keep verified keys, and listen for changes."""

import os
import subprocess
import sys
import time

from django.db import connection

from tests import ROOT
from tests.faults.site import wait_until


class Process:
    """A process of its own, `tests.verifier`, with the database of the tests or another one."""

    def __init__(self, *source, database=None):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.verifier", "60", *source],
            cwd=ROOT,
            env=os.environ
            | {
                "DATABASE_URL": database or database_url(),
                "DJANGO_SETTINGS_MODULE": "tests.settings",
            },
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
        print(*order, file=self.process.stdin, flush=True)
        return self.process.stdout.readline().strip()

    def keeps(self, value):
        """Wait until the process verifies the key without a query."""
        wait_until(lambda: self.ask("verify", value) == "usable after 0")

    def last_acceptance(self, value):
        """When the process was last asked that accepted the key, or minus infinity."""
        last = float("-inf")
        while True:
            asked_at = time.monotonic()
            if not self.ask("verify", value).startswith("usable"):
                return last
            last = asked_at


def database_url(port=None):
    """The URL of the database of the tests, at its own port or another one."""
    database = connection.settings_dict
    scheme = {"postgresql": "postgres"}.get(connection.vendor, connection.vendor)
    user = ":".join(filter(None, [database["USER"], database["PASSWORD"]]))
    return f"{scheme}://{user}@{database['HOST']}:{port or database['PORT']}/{database['NAME']}"
