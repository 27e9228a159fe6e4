"""``manage.py demo``: run the example project with users, a team and keys."""

import socket
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.management.commands.runserver import Command as RunserverCommand
from django.core.management import CommandError, CommandParser, call_command

from example_project.demo import Demo, create_demo, environment, instructions

ANY_ADDRESS = {"0": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  # bound only if asked for
"""Wildcard addresses, each with an address at which this machine reaches the server."""


class Command(RunserverCommand):
    """``runserver`` that creates the demo's data and prints instructions."""

    help = "Creates the demo's data, prints instructions, and serves it on this machine."

    addr: str
    port: str

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--env",
            action="store_true",
            help="Print the ids and secrets that scripts need as NAME=value lines, and exit.",
        )

    def run(self, **options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError(
                "The demo creates users with public passwords, so it requires DEBUG = True."
            )
        call_command("migrate", interactive=False, verbosity=0)
        self.demo: Demo = create_demo()
        if options["env"]:
            self.stdout.write(environment(self.demo, self.base_url(self.port)))
            return
        if not options["addrport"] and _is_taken(self.addr, int(self.port)):
            self.port = "0"  # any free port
        if settings.ALLOWED_HOSTS == []:
            # Django's default with DEBUG, and the requested address.
            settings.ALLOWED_HOSTS = [".localhost", "127.0.0.1", "[::1]", self.host()]
        self.inner_run(None, **options)

    def on_bind(self, server_port: int) -> None:
        self.stdout.write(f"\n{instructions(self.demo, self.base_url(server_port))}")
        self.stdout.write("Quit with CONTROL-C.")
        self.stdout.flush()

    def base_url(self, port: int | str) -> str:
        return f"{self.protocol}://{self.host()}:{port}"

    def host(self) -> str:
        address: str = ANY_ADDRESS.get(self.addr, self.addr)
        return f"[{address}]" if ":" in address else address


def _is_taken(address: str, port: int) -> bool:
    try:
        socket.create_server((address, port)).close()
    except OSError:
        return True
    return False
