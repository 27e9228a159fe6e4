"""Clusters of real database servers on this machine. Each is a module that can start one.

``python -m tests.clusters`` starts one by hand, runs a command on it, or measures what it costs.
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

CLUSTERS = {
    "postgresql": "a PostgreSQL server and two streaming replicas",
    "pgbouncer": "PgBouncer, which pools transactions, before PostgreSQL",
    "galera": "three MariaDB servers, each of which takes writes",
}


class Cluster(Protocol):
    """Servers that run."""

    @property
    def environment(self) -> Mapping[str, str]:
        """The environment variables with which a project of ours uses the cluster."""


class ClusterModule(Protocol):
    """What each of the modules defines."""

    def missing(self) -> str | None:
        """Return what is not installed here and has to be, or None."""

    def run(self, folder: Path) -> AbstractContextManager[Cluster]:
        """Run a cluster in the folder, which is empty, until the block ends."""

    def measure(self, cluster: Cluster, *, quick: bool) -> None:
        """Print what the cluster costs, and how late its servers see a change."""


def module_of(name: str) -> ClusterModule:
    """Return the module of the cluster with this name."""
    return cast(ClusterModule, import_module(f"{__name__}.{name}"))
