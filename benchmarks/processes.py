"""The processes of the contenders: workers, and HTTP servers."""

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from benchmarks.contenders import Contender

ROOT = Path(__file__).resolve().parent.parent

HOST = "127.0.0.1"

WORKERS = 2


def _environment(contender: Contender, database: Mapping[str, Any]) -> dict[str, str]:
    return os.environ | {
        "DJANGO_SETTINGS_MODULE": "benchmarks.settings",
        "BENCHMARK_CONTENDER": contender.name,
        "BENCHMARK_DATABASE": json.dumps(database),
        "PYTHONHASHSEED": "0",
    }


class WorkerProcess:
    """A process that runs `benchmarks.worker`."""

    def __init__(self, contender: Contender, database: Mapping[str, Any]) -> None:
        self.contender = contender
        self.process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.worker"],
            cwd=ROOT,
            env=_environment(contender, database),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, order: str, *arguments: Any) -> Any:
        """Call a method of the worker and return its result."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print(json.dumps([order, arguments]), file=self.process.stdin, flush=True)
        answer = self.process.stdout.readline()
        if not answer:
            raise RuntimeError(f"{self.contender.name} failed; see its output above.")
        return json.loads(answer)

    def stop(self) -> None:
        """Close its input, which ends it."""
        self.process.communicate()


class Server:
    """gunicorn with `WORKERS` synchronous workers."""

    def __init__(self, contender: Contender, database: Mapping[str, Any]) -> None:
        self.contender = contender
        with socket.create_server((HOST, 0)) as listener:
            self.port = listener.getsockname()[1]
        options = {"bind": f"{HOST}:{self.port}", "workers": WORKERS, "log-level": "error"}
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "gunicorn", "benchmarks.wsgi:application"),
                *(f"--{name}={value}" for name, value in options.items()),
                "--no-control-socket",
            ],
            cwd=ROOT,
            env=_environment(contender, database),
        )

    def wait(self) -> None:
        """Wait until it responds."""
        deadline = time.monotonic() + 300
        while time.monotonic() < deadline and self.process.poll() is None:
            with suppress(OSError):
                if self.status("open", {}) == 200:
                    return
            time.sleep(0.1)
        raise RuntimeError("gunicorn does not respond; see its output above.")

    def stop(self) -> None:
        """Terminate it and wait for its end."""
        self.process.terminate()
        self.process.wait()

    def url(self, path: str) -> str:
        return f"http://{HOST}:{self.port}/{path}"

    def status(self, path: str, headers: Mapping[str, str]) -> int:
        """Send a request and return the status of the response."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=300)
        try:
            connection.request("GET", f"/{path}", headers=dict(headers))
            return connection.getresponse().status
        finally:
            connection.close()

    @property
    def megabytes_per_worker(self) -> float | None:
        """The proportional set size of a worker process. Linux only."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        if not children.exists():
            return None
        sizes = [_proportional_kilobytes(int(pid)) for pid in children.read_text().split()]
        return sum(sizes) / len(sizes) / 1024


def _proportional_kilobytes(pid: int) -> int:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("Pss:")))
