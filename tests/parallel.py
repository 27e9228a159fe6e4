"""Several connections to one database: what requests do to each other."""

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor

from django.db import connections

WAIT = 0.5
"""How many seconds a request waits for another one that must be waiting for it."""


def close_connections():
    """Close the connections of this thread, also those that Django's own ``close`` keeps open.

    It does so with SQLite's databases in memory; Python warns of each that is never closed.
    """
    for each in connections.all(initialized_only=True):
        each.close()
        if each.connection is not None:
            each.connection.close()
            each.connection = None


def in_parallel(*tasks):
    """Run the tasks in threads that start together, each with its own connection."""
    barrier = threading.Barrier(len(tasks))

    def run(task):
        try:
            barrier.wait()
            return task()
        finally:
            close_connections()

    with ThreadPoolExecutor(len(tasks)) as pool:
        return [future.result() for future in [pool.submit(run, task) for task in tasks]]


def elsewhere(task):
    """Run the task to its end in another thread, with its own connection."""
    [result] = in_parallel(task)
    return result


class Meanwhile:
    """A task of another request that begins while this one holds its locks."""

    def __init__(self, task):
        self.task = task
        self.pool = ThreadPoolExecutor(1)
        self.has_ended = threading.Event()
        self.future = None

    def _run(self):
        try:
            return self.task()
        finally:
            self.has_ended.set()
            close_connections()

    def begin(self):
        """Start the task; return whether it ended at once, as it does where nothing is locked."""
        self.future = self.pool.submit(self._run)
        return self.has_ended.wait(WAIT)

    def result(self):
        with self.pool:
            return self.future.result()


def copy_to_file(path, monkeypatch):
    """Let all threads use a copy of SQLite's database in memory, which has locks of its own kind."""
    memory = connections["default"]
    memory.ensure_connection()
    with sqlite3.connect(path) as target:
        memory.connection.backup(target)
    target.close()
    monkeypatch.setitem(memory.settings_dict, "NAME", str(path))
    connections["default"] = connections.create_connection("default")
    return memory
