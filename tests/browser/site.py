"""The example project's server, in a thread of the test run."""

import socket
from contextlib import suppress
from threading import Condition, Lock
from weakref import WeakSet

from django.core.servers.basehttp import ThreadedWSGIServer


class Server(ThreadedWSGIServer):
    """A server that waits for its threads when it stops.

    They use the test run's connection to the database, until the browser has closed theirs. A
    browser also opens connections that it never uses, and may leave one open.
    """

    daemon_threads = False

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._open = WeakSet()

    def process_request(self, request, client_address):
        self._open.add(request)
        super().process_request(request, client_address)

    def server_close(self):
        for connection in [*self._open]:
            with suppress(OSError):  # it is closed already
                connection.shutdown(socket.SHUT_RDWR)
        super().server_close()


class Requests:
    """The requests to Django. They wait for each other, and a test can wait for all of them.

    All threads share the one connection to a database in memory, and with it its transactions.
    """

    def __init__(self):
        self._one_at_a_time = Lock()
        self._in_progress = 0
        self._finished = Condition()

    def wrap(self, static_handler):
        """Return a ``static_handler`` for Django's live server."""

        def handler(application):
            return static_handler(self._count(application))

        return handler

    def wait_until_idle(self):
        """Wait for every request that the server has begun, even if the browser has left."""
        with self._finished:
            self._finished.wait_for(lambda: self._in_progress == 0)

    def _count(self, application):
        def counted(environ, start_response):
            with self._finished:
                self._in_progress += 1
            try:
                with self._one_at_a_time:
                    return application(environ, start_response)
            finally:
                with self._finished:
                    self._in_progress -= 1
                    self._finished.notify_all()

        return counted
