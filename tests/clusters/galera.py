"""A MariaDB Galera cluster of our own: three nodes on this machine.

Debian's packages ``mariadb-server``, ``galera-4`` and ``rsync`` have all that it needs.
"""

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tests.server import HOST, free_port, wait_until

NODES = 3
PROVIDER = Path("/usr/lib/galera/libgalera_smm.so")
PROGRAMS = ("mariadbd", "mariadb-install-db", "rsync", "setpriv")
DATABASE = "stack_apikeys"

SYNC_WAIT = "SET SESSION wsrep_sync_wait = 1"
"""What a connection begins with, so that its reads wait for what other nodes have committed."""


def missing() -> str | None:
    absent = [name for name in PROGRAMS if _path_of(name) is None]
    absent += [] if PROVIDER.exists() else [str(PROVIDER)]
    absent += [] if find_spec("MySQLdb") else ["mysqlclient"]
    return ", ".join(absent) or None


@dataclass
class Node:
    """One server of the cluster, with a folder and ports of its own."""

    name: str
    folder: Path
    port: int
    group_port: int
    incremental_port: int
    snapshot_port: int
    process: "subprocess.Popen[bytes] | None" = field(default=None, repr=False)

    @property
    def url(self) -> str:
        """For ``DATABASE_URL``: reads wait for what other nodes have committed."""
        return f"{self.url_without_wait}?init_command={quote(SYNC_WAIT)}"

    @property
    def url_without_wait(self) -> str:
        return f"mysql://root@{HOST}:{self.port}/{DATABASE}"

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def log(self) -> str:
        """All that the server has printed."""
        return (self.folder / "log").read_text(errors="replace")

    def connect(self) -> Any:
        """Open a connection of its own, which commits each statement."""
        import MySQLdb

        return MySQLdb.connect(host=HOST, port=self.port, user="root", autocommit=True)

    def ask(self, sql: str) -> Any:
        """Execute a statement, and return the first row of the result."""
        with closing(self.connect()) as connection, connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchone() if cursor.description else None

    def status(self, name: str) -> str:
        """Return a value of ``SHOW STATUS``, or an empty string while the server does not answer."""
        import MySQLdb

        assert self.process is not None
        if self.process.poll() is not None:
            raise RuntimeError(f"The node {self.name} has ended. It has said:\n{self.log}")
        try:
            row = self.ask(f"SHOW GLOBAL STATUS LIKE '{name}'")
        except MySQLdb.Error:
            return ""
        return str(row[1]) if row else ""

    def is_synced(self) -> bool:
        """Whether the node has joined the cluster, and has all that is in it."""
        return self.status("wsrep_local_state_comment") == "Synced"

    def own_folder(self) -> None:
        """Make the folder, into which the server writes."""
        self.folder.mkdir()
        if os.geteuid() == 0:
            shutil.chown(self.folder, "mysql")

    def install(self) -> None:
        """Create an empty server's files."""
        _run(
            *(_path_of("mariadb-install-db"), "--no-defaults", "--skip-test-db"),
            *(f"--datadir={self.data}", "--auth-root-authentication-method=normal"),
        )

    def start_alone(self) -> None:
        """Start the server as one without a cluster, and wait until it answers."""
        self._launch("--wsrep-on=OFF", "--wsrep-provider=none")
        wait_until(lambda: self.status("uptime"))

    def kill(self) -> None:
        """End the server at once, as by a power failure, with the programs it has started."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None

    def stop(self) -> None:
        """End the server in order."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait()
            self.process = None

    def start(self, peers: Sequence["Node"], *, position: str | None = None) -> None:
        """Start the server as one of these nodes, or as a cluster of its own without any."""
        addresses = ",".join(f"{HOST}:{peer.group_port}" for peer in peers)
        self._launch(
            f"--wsrep-cluster-address=gcomm://{addresses}",
            *([f"--wsrep-start-position={position}"] if position else []),
        )

    def recover(self) -> str:
        """Return the position of the last transaction that a killed server has stored.

        With it the server gets only what it has missed, and otherwise all that is stored. The
        service of Debian's package does the same.
        """
        # The server opens its tables, prints the position and ends.
        self._launch("--wsrep-cluster-address=gcomm://", "--wsrep-recover")
        assert self.process is not None
        self.process.wait()
        self.process = None
        return re.findall(r"Recovered position: *(\S+)", self.log)[-1]

    def _launch(self, *options: str) -> None:
        provider_options = {
            "gmcast.listen_addr": f"tcp://{HOST}:{self.group_port}",
            "ist.recv_addr": f"{HOST}:{self.incremental_port}",
            "base_port": self.group_port,
            "gcache.size": "32M",
        }
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                _as_mysql(
                    *(_path_of("mariadbd"), "--no-defaults", f"--datadir={self.data}"),
                    *("--binlog-format=ROW", "--innodb-autoinc-lock-mode=2"),
                    "--character-set-server=utf8mb4",  # as in Debian's configuration
                    *(f"--bind-address={HOST}", f"--port={self.port}"),
                    *(f"--socket={self.folder / 'socket'}", f"--pid-file={self.folder / 'pid'}"),
                    *("--wsrep-on=ON", f"--wsrep-provider={PROVIDER}"),
                    "--wsrep-provider-options="
                    + ";".join(f"{name}={value}" for name, value in provider_options.items()),
                    *("--wsrep-cluster-name=stack_apikeys", f"--wsrep-node-name={self.name}"),
                    *(f"--wsrep-node-address={HOST}", "--wsrep-sst-method=rsync"),
                    f"--wsrep-sst-receive-address={HOST}:{self.snapshot_port}",
                    *options,
                ),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                cwd="/",
            )


class Galera:
    """The nodes of a cluster."""

    def __init__(self, nodes: Sequence[Node]) -> None:
        self.nodes = nodes

    @property
    def environment(self) -> Mapping[str, str]:
        return {"DJANGO_SETTINGS_MODULE": "tests.settings", "DATABASE_URL": self.nodes[0].url}

    def start(self) -> None:
        """Create the database on the first node, copy it to the others, and start them all."""
        first, *others = self.nodes
        for node in self.nodes:
            node.own_folder()
        first.install()
        first.start([])
        wait_until(first.is_synced)
        first.ask(f"CREATE DATABASE {DATABASE} CHARACTER SET utf8mb4")
        first.stop()
        for node in others:
            _run("cp", "--recursive", first.data, node.data)
        first.start([])
        wait_until(first.is_synced)
        for node in others:
            node.start(self.nodes)
        for node in others:
            wait_until(node.is_synced)

    def rejoin(self, node: Node) -> None:
        """Start a node that was killed, and wait until it has what it has missed."""
        node.start(self.nodes, position=node.recover())
        wait_until(node.is_synced)


@contextmanager
def run(folder: Path) -> Iterator[Galera]:
    with ExitStack() as stack:
        folder.chmod(0o755)  # so that the user mysql can open its folders
        names = [f"node{number}" for number in range(1, NODES + 1)]
        cluster = Galera([stack.enter_context(_node(folder, name)) for name in names])
        cluster.start()
        yield cluster


@contextmanager
def run_single(folder: Path) -> Iterator[Node]:
    """A server of the same kind without a cluster, with an empty database, to compare with."""
    with _node(folder, "single") as node:
        node.own_folder()
        node.install()
        node.start_alone()
        node.ask(f"CREATE DATABASE {DATABASE} CHARACTER SET utf8mb4")
        yield node


@contextmanager
def _node(folder: Path, name: str) -> Iterator[Node]:
    """A node with ports of its own. It runs until the block ends, if it was started."""
    with ExitStack() as stack:
        ports = [stack.enter_context(free_port()) for _ in range(4)]
        node = Node(name, folder / name, *ports)
        stack.callback(node.kill)
        yield node


def measure(cluster: Galera, *, quick: bool) -> None:
    from tests.clusters.galera_figures import measure

    measure(cluster, quick=quick)


def _path_of(name: str) -> str | None:
    # Debian does not put servers into the PATH of everyone.
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/bin")


def _as_mysql(*command: object) -> list[str]:
    """Return the command as one that ends with this process, and that does not run as root."""
    user = ["--reuid=mysql", "--regid=mysql", "--init-groups"] if os.geteuid() == 0 else []
    return ["setpriv", "--pdeathsig=KILL", *user, *map(str, command)]


def _run(*command: object) -> None:
    subprocess.run(
        _as_mysql(*command),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        check=True,
    )
