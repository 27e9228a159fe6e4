"""The clusters, each started once for all tests that use it."""

import os
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.clusters import module_of
from tests.requirements import require

os.environ["SILENCE_SECONDS"] = "60"  # for processes that listen, see `tests.verifier`


@contextmanager
def started(name):
    """Run the cluster until the block ends. Skips where its programs are missing."""
    module = module_of(name)
    missing = module.missing()
    require(str(missing), present=missing is None)
    # Not one of pytest's folders, into which the users of servers cannot look.
    with tempfile.TemporaryDirectory() as folder, module.run(Path(folder)) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def postgresql():
    with started("postgresql") as cluster:
        yield cluster


@pytest.fixture(scope="session")
def pgbouncer():
    with started("pgbouncer") as cluster:
        yield cluster


@pytest.fixture(scope="session")
def galera():
    with started("galera") as cluster:
        yield cluster
