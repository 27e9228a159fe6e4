"""A Redis server of our own, which can be made to write late."""

import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import redis

from tests.server import HOST, free_port, wait_until

PAUSE_MILLISECONDS = 50


@dataclass(frozen=True)
class RedisServer:
    port: int

    @property
    def url(self) -> str:
        return f"redis://{HOST}:{self.port}/0"

    def answers(self) -> bool:
        try:
            with redis.Redis(HOST, self.port) as connection:
                return bool(connection.ping())
        except redis.ConnectionError:
            return False

    @contextmanager
    def writes_late(self) -> Iterator[None]:
        """Let clients read at any time, and write only now and then, many at the same moment.

        What reads a number and then writes the next one loses counts by that.
        """
        stop = threading.Event()

        def pause_on() -> None:
            with redis.Redis(HOST, self.port) as connection:
                while not stop.wait(2 * PAUSE_MILLISECONDS / 1000):
                    connection.client_pause(PAUSE_MILLISECONDS, all=False)

        thread = threading.Thread(target=pause_on)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()


@contextmanager
def serve_redis(folder: Path) -> Iterator[RedisServer]:
    with free_port() as port, run_redis(folder, port) as server:
        yield server


@contextmanager
def run_redis(folder: Path, port: int) -> Iterator[RedisServer]:
    program = shutil.which("redis-server")
    assert program is not None
    options = {"port": str(port), "bind": HOST, "save": "", "dir": str(folder)}
    arguments = [word for name, text in options.items() for word in (f"--{name}", text)]
    process = subprocess.Popen([program, *arguments], stdout=subprocess.DEVNULL)
    server = RedisServer(port)
    try:
        wait_until(server.answers)
        yield server
    finally:
        process.terminate()
        process.wait()
