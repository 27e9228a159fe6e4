"""The example project's server, in a thread of the test run."""

from threading import Lock


def one_at_a_time(static_handler):
    """Let requests to Django wait for each other.

    All threads share the one connection to a database in memory, and with it its transactions.
    """
    lock = Lock()

    def handler(application):
        def locked(environ, start_response):
            with lock:
                return application(environ, start_response)

        return static_handler(locked)

    return handler
