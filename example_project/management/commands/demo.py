"""``manage.py demo``: from nothing to a running site with people, a team and keys to make."""

from typing import Any

from django.conf import settings
from django.contrib.staticfiles.management.commands.runserver import Command as RunserverCommand
from django.core.management import CommandError, CommandParser, call_command

from example_project.demo import Demo, environment, instructions, make_demo

ANY_ADDRESS = {"0": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  # bound only if asked for
"""Addresses to listen at, each with one at which a visitor of this machine finds the server."""


class Command(RunserverCommand):
    """Serve the demo; ``runserver`` with its data made and its pages explained."""

    help = "Makes the demo's data, says how to use it, and serves it on this machine."

    addr: str
    port: str

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--env",
            action="store_true",
            help="Print what a script needs as NAME=value lines for a shell to eval, and exit.",
        )

    def run(self, **options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError("The demo makes users with known passwords: it runs with DEBUG on.")
        call_command("migrate", interactive=False, verbosity=0)
        self.demo: Demo = make_demo()
        if options["env"]:
            self.stdout.write(environment(self.demo, self.base_url(self.port)))
            return
        if settings.ALLOWED_HOSTS == []:
            # As Django has it with DEBUG on, and the address that was asked for.
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
