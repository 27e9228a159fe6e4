"""Load tests over HTTP, with wrk or, if it is not installed, with Python."""

import http.client
import re
import shutil
import subprocess
import threading
import time
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

CONNECTIONS = 4

UNITS = {"us": 1e-3, "ms": 1, "s": 1e3, "m": 6e4}


class Load(NamedTuple):
    """The throughput and latency of a server."""

    requests_per_second: float
    p50_ms: float
    p99_ms: float


def tool() -> str:
    """Return the program that generates the load."""
    return "wrk" if shutil.which("wrk") else "Python"


def measure(url: str, headers: Mapping[str, str], seconds: float) -> Load:
    """Request a page through `CONNECTIONS` parallel connections."""
    # wrk accepts only whole seconds.
    by = _by_wrk if tool() == "wrk" and seconds >= 1 else _by_python
    return by(url, headers, seconds)


def _by_wrk(url: str, headers: Mapping[str, str], seconds: float) -> Load:
    command = ["wrk", "--threads", "1", "--connections", str(CONNECTIONS), "--latency"]
    command += ["--duration", f"{round(seconds)}s"]
    for name, value in headers.items():
        command += ["--header", f"{name}: {value}"]
    report = subprocess.run([*command, url], capture_output=True, text=True, check=True).stdout
    rate = re.search(r"Requests/sec:\s+([\d.]+)", report)
    if rate is None:
        raise RuntimeError(f"Unexpected output of wrk:\n{report}")
    return Load(float(rate[1]), _percentile(50, report), _percentile(99, report))


def _percentile(percent: int, report: str) -> float:
    found = re.search(rf"{percent}%\s+([\d.]+)(us|ms|s|m)\b", report)
    if found is None:
        raise RuntimeError(f"Unexpected output of wrk:\n{report}")
    return float(found[1]) * UNITS[found[2]]


def _by_python(url: str, headers: Mapping[str, str], seconds: float) -> Load:
    address = urlsplit(url)
    latencies: list[float] = []
    begin = time.perf_counter()

    def ask_on() -> None:
        while not latencies or time.perf_counter() - begin < seconds:
            asked = time.perf_counter()
            connection = http.client.HTTPConnection(address.hostname or "", address.port)
            connection.request("GET", address.path, headers=dict(headers))
            connection.getresponse().read()
            connection.close()
            latencies.append((time.perf_counter() - asked) * 1e3)

    threads = [threading.Thread(target=ask_on) for _ in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    elapsed = time.perf_counter() - begin
    latencies.sort()
    p50, p99 = (latencies[int(len(latencies) * share)] for share in (0.5, 0.99))
    return Load(len(latencies) / elapsed, p50, p99)
