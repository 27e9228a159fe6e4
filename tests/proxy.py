"""A network that can be paused: between a client and a server of this machine."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from tests.server import HOST, free_port


class Proxy:
    """Passes on what clients and a server send each other, unless it is paused."""

    def __init__(self, port: int, server: tuple[str, int]) -> None:
        self.port = port
        self._server = server
        self._flows = threading.Event()
        self._flows.set()
        self._sockets = [socket.create_server((HOST, port))]
        self._threads: list[threading.Thread] = []
        self._start(self._accept)

    def pause(self) -> None:
        """Pass on nothing, and close nothing, as if a cable was cut."""
        self._flows.clear()

    def resume(self) -> None:
        """Pass on what has been sent meanwhile, and everything after it."""
        self._flows.set()

    def close(self) -> None:
        self.resume()
        for each in self._sockets:
            with suppress(OSError):  # it may be closed at the other end
                each.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        for each in self._sockets:
            each.close()

    def _accept(self) -> None:
        listening = self._sockets[0]
        with suppress(OSError):  # when it is shut down
            while True:
                client, _address = listening.accept()
                self._sockets.append(client)
                server = socket.create_connection(self._server)
                self._sockets.append(server)
                self._start(self._pass_on, client, server)
                self._start(self._pass_on, server, client)

    def _pass_on(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65_536):
                self._flows.wait()
                target.sendall(data)
        with suppress(OSError):
            target.shutdown(socket.SHUT_RDWR)

    def _start(self, task: object, *arguments: object) -> None:
        thread = threading.Thread(target=task, args=arguments)
        self._threads.append(thread)
        thread.start()


@contextmanager
def proxy(server: tuple[str, int]) -> Iterator[Proxy]:
    with free_port() as port:
        between = Proxy(port, server)
        try:
            yield between
        finally:
            between.close()
