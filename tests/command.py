"""Runs ``manage.py api_keys`` and reads what it prints."""

import io
import json
import subprocess
import sys

from django.core.management import call_command

from tests import ROOT


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self):
        return True


def run(*arguments, stdin="", stream=io.StringIO):
    """What the command writes to standard output and to standard error."""
    stdout, stderr = io.StringIO(), stream()
    stdin = io.StringIO(stdin) if isinstance(stdin, str) else stdin
    call_command("api_keys", *arguments, stdin=stdin, stdout=stdout, stderr=stderr, no_color=True)
    return stdout.getvalue(), stderr.getvalue()


def run_json(*arguments, **kwargs):
    """The JSON objects that the command prints, and nothing else."""
    stdout, stderr = run(*arguments, "--json", **kwargs)
    assert not stderr
    return [json.loads(line) for line in stdout.splitlines()]


def run_program(*arguments, **kwargs):
    """Run the command in a process of its own."""
    return subprocess.run(
        [sys.executable, "manage.py", "api_keys", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        **kwargs,
    )
