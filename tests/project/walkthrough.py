"""Follow a page of the documentation as a reader does: each block in turn, in one folder.

A page becomes one shell script, so that variables and an activated environment last from block to
block. Each block writes its output to a file of its own.
"""

import os
import re
import shlex
import signal
import subprocess
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from tests.project.markdown import ROOT, Block
from tests.server import free_port

LONGEST_SECONDS = 900
"""After this, a page that hangs fails. Nothing depends on how long it really takes."""

PORT = "8000"
"""The port in the documentation. The tests use a free one in its place."""

SHELL = """
import os, sys, django
from pathlib import Path
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mysite.settings")
page, code = sys.argv[1:]
sys.path.insert(0, "")
django.setup()
exec(compile(Path(code).read_text(), page, "exec"), {"__name__": "__main__"})
"""
"""Like ``manage.py shell``, with the page's name and lines in a traceback."""


@dataclass(frozen=True)
class Step:
    """Blocks that run together: Python blocks that follow each other, or any other one."""

    blocks: list[Block]


class WalkthroughError(AssertionError):
    """A block failed, or its output is not what the page shows."""


def steps(blocks: Iterable[Block]) -> Iterator[Step]:
    run = [block for block in blocks if block.is_run]
    for key, group in groupby(run, key=lambda b: b.language == "python" and not b.caption):
        if key:
            yield Step([*group])
        else:
            yield from (Step([block]) for block in group)


def follow(page_blocks: Iterable[Block], folder: Path) -> None:
    """Run the blocks in the folder. Raise `WalkthroughError` if one fails."""
    page_blocks = [*page_blocks]
    page_steps = [*steps(page_blocks)]
    records = folder / ".steps"
    records.mkdir(exist_ok=True)
    with free_port() as port:
        script = "set -eu -o pipefail\n" + "".join(
            _command(number, step, records, str(port)) for number, step in enumerate(page_steps)
        )
        process = subprocess.Popen(
            ["bash", "-c", script],
            cwd=folder,
            env=_environment(folder),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            status = process.wait(timeout=LONGEST_SECONDS)
        finally:
            with suppress(ProcessLookupError):  # servers that still run
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    if status:
        number = max(int(path.stem) for path in records.glob("*.out"))
        raise WalkthroughError(f"{page_steps[number].blocks[0]} fails:\n{_output(records, number)}")
    _compare_outputs(page_blocks, page_steps, records, str(port))
    for path in records.iterdir():
        path.unlink()


def _command(number: int, step: Step, records: Path, port: str) -> str:
    block = step.blocks[0]
    code = records / f"{number}.code"
    output = shlex.quote(str(records / f"{number}.out"))
    source = shlex.quote(str(code))
    text = _aligned(step) if block.language == "python" and not block.caption else block.code
    code.write_text(re.sub(rf"\b{PORT}\b", port, text))
    if block.caption:
        path = shlex.quote(block.caption)
        return f'mkdir -p "$(dirname {path})"; cat {source} >> {path}; : > {output}\n'
    if block.language == "python":
        page = shlex.quote(str(block.page))
        return f"python -c {shlex.quote(SHELL)} {page} {source} > {output} 2>&1\n"
    if text := block.marker("until"):
        return (
            f". {source} > {output} 2>&1 &\n"
            f"until grep -qF {shlex.quote(text)} {output}; do kill -0 $!; sleep 0.1; done\n"
        )
    return f". {source} > {output} 2>&1\n"


def _aligned(step: Step) -> str:
    """The code of the blocks, each in the lines that it has on the page."""
    text = ""
    for block in step.blocks:
        text += "\n" * (block.line - 1 - text.count("\n")) + block.code
    return text


def _environment(folder: Path) -> dict[str, str]:
    """That of a fresh machine, on which this checkout and what it needs can be installed."""
    packages = sysconfig.get_path("purelib")
    return {
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        # pip finds that everything is installed already, and needs no network.
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_NO_BUILD_ISOLATION": "0",  # which means yes
        "PIP_NO_INDEX": "1",
        "PYTHONPATH": f"{ROOT}:{packages}",
        "PYTHONUNBUFFERED": "1",
    }


def _output(records: Path, number: int) -> str:
    return (records / f"{number}.out").read_text(errors="replace")


def _compare_outputs(
    page_blocks: list[Block], page_steps: list[Step], records: Path, port: str
) -> None:
    for block in page_blocks:
        if not block.is_output:
            continue
        before = [n for n, step in enumerate(page_steps) if step.blocks[0].line < block.line]
        printed = _output(records, before[-1]).replace(port, PORT)
        parts = [re.escape(" ".join(part.split())) for part in block.code.split("…")]
        if not re.search(".*?".join(parts), " ".join(printed.split())):
            raise WalkthroughError(f"{block} shows another output than this:\n{printed}")
