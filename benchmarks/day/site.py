"""The site: gunicorn with several processes."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from benchmarks.day import http
from benchmarks.day.samples import children_of
from benchmarks.processes import ROOT


class Site(NamedTuple):
    port: int
    pid: int


@contextmanager
def serve(workers: int, log: Path) -> Iterator[Site]:
    """The site until the block ends, with its output in this file.

    It ends in order, so that its processes write what they have counted.
    """
    with socket.create_server((http.HOST, 0)) as listener:
        port = listener.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "benchmarks.day.wsgi:application"]
    command += [f"--bind={http.HOST}:{port}", f"--workers={workers}", "--backlog=2048"]
    command += ["--log-level=warning", "--timeout=300", "--graceful-timeout=300"]
    command += ["--no-control-socket"]
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=output)
        try:
            while http.ask(port, "GET", "/invoices", {})[0] != 401 or (
                len(children_of(process.pid)) < workers
            ):
                if process.poll() is not None:
                    raise RuntimeError(f"The site has ended. It has said:\n{log.read_text()}")
                time.sleep(0.1)
            yield Site(port, process.pid)
        finally:
            process.terminate()
            process.wait()
