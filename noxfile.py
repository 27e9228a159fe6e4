"""Everything that is checked before a change is merged, as nox sessions.

``nox --list`` shows the sessions. ``nox`` alone runs the linters and the type checker, and builds
the documentation. Arguments after ``--`` are passed to the session's program, which is pytest for
the tests::

    nox -s "tests(python3.13-django6.1, postgresql)" -- -k revoke

A session whose Python, server or program is missing is skipped, and says what it needs. With
``STACK_TEST_REQUIRE=all`` in the environment it fails instead.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.request import urlopen

import nox

nox.needs_version = ">=2025.2.9"

ROOT = Path(__file__).resolve().parent
PROJECT = nox.project.load_toml(ROOT / "pyproject.toml")
COMPLETE = os.environ.get("STACK_TEST_REQUIRE") == "all"

PYTHONS = nox.project.python_versions(PROJECT)
DJANGOS = [
    classifier.rpartition(" :: ")[2]
    for classifier in PROJECT["project"]["classifiers"]
    if re.fullmatch(r"Framework :: Django :: \d\.\d", classifier)
]
# Django 6.0 and newer need Python 3.12.
PAIRS = [
    (python, django)
    for python in PYTHONS
    for django in DJANGOS
    if django == "5.2" or python != "3.11"
]

SERVERS = {
    "postgresql": (5432, "postgres://postgres@127.0.0.1:5432/postgres"),
    "mariadb": (3306, "mysql://root@127.0.0.1:3306/mysql"),
}

# PgBouncer is started by the session, before a PostgreSQL of its own.
DATABASES = ["sqlite", *SERVERS, "pgbouncer"]

nox.options.default_venv_backend = "venv"
nox.options.reuse_venv = "yes"
nox.options.error_on_missing_interpreters = COMPLETE
nox.options.sessions = ["lint", "types", "docs"]


# Tests ------------------------------------------------------------------------------------------


@nox.session
@nox.parametrize("database", DATABASES, ids=DATABASES)
@nox.parametrize(
    "python,django",
    [nox.param(*pair, id="python{}-django{}".format(*pair)) for pair in PAIRS],
)
def tests(session: nox.Session, django: str, database: str) -> None:
    """Run the tests on a Python, a Django and a database."""
    extras, environment = "test", {}
    if database in SERVERS:
        port, environment["DATABASE_URL"] = SERVERS[database]
        require(session, f"{database} at 127.0.0.1:{port}", present=is_listening(port))
    # Tests marked as long attack a server on MariaDB too, whatever the database of the run.
    if database == "mariadb" or COMPLETE:
        extras = "mariadb,test"
        require_program(session, "mariadb_config")  # to compile the driver
    session.install("-e", f".[{extras}]", f"django=={django}.*")
    command = ["pytest", "-n", "auto"]
    if database == "pgbouncer":
        require_program(session, "pgbouncer")
        # It keeps connections to the database of the tests, which therefore cannot be deleted.
        command = ["python", "-m", "tests.clusters", "pgbouncer", "run", *command, "--reuse-db"]
    session.run(*command, *session.posargs, env=environment)


@nox.session
def browser(session: nox.Session) -> None:
    """Open the settings pages in Chromium."""
    session.install("-e", ".[test]")
    session.run("pytest", "tests/browser", *session.posargs)


@nox.session
def sdk(session: nox.Session) -> None:
    """Run the official JavaScript SDKs against a server, in Node and in Chromium."""
    require_program(session, "npm")
    session.install("-e", ".[test]")
    session.run("pytest", "tests/official_sdks", *session.posargs)


@nox.session
def clusters(session: nox.Session) -> None:
    """Use PostgreSQL with replicas, PgBouncer, and MariaDB Galera, which the tests start."""
    require_program(session, "mariadb_config")  # to compile the driver
    session.install("-e", ".[mariadb,test]")
    session.run("pytest", "tests/clusters", *session.posargs)


# Static checks ----------------------------------------------------------------------------------


@nox.session
def lint(session: nox.Session) -> None:
    """Check format, style, imports between modules, and migrations."""
    session.install("-e", ".[demo,openapi]", *group("lint"))
    session.run("ruff", "format", "--check", ".")
    session.run("ruff", "check", ".")
    session.run("lint-imports")
    session.run("bandit", "--quiet", "--recursive", "--configfile=pyproject.toml", "stack_apikeys")
    session.run("djade", "--check", *files(session, "*.html"))
    session.run("django-upgrade", "--check", *files(session, "*.py"))
    session.run("python", "manage.py", "makemigrations", "--check", "--dry-run")


@nox.session
def types(session: nox.Session) -> None:
    """Check the types of the package, and those of a project that uses it."""
    session.install("-e", ".[test]", *group("types"))
    session.run("mypy", *session.posargs)
    with session.chdir("tests/hosts/consumer"):
        session.run("mypy")


@nox.session
def audit(session: nox.Session) -> None:
    """Look for known vulnerabilities in the packages that an installation brings."""
    installed = Path(session.create_tmp(), "installed")
    session.install(*group("audit"))
    session.run("python", "-m", "venv", "--clear", "--without-pip", str(installed))
    python = program(installed, "python")
    session.run("pip", "--python", python, "install", ".[openapi,sdk]")
    path = "import sysconfig; print(sysconfig.get_path('purelib'))"
    packages = str(session.run(python, "-c", path, silent=True, external=True)).strip()
    report = Path(session.create_tmp(), "audit.json")
    report.write_text("")
    session.run(
        *("pip-audit", f"--path={packages}", "--progress-spinner=off"),
        *("--format=json", f"--output={report}"),
        # 1 can mean a vulnerability, or a service that does not answer: the report tells.
        success_codes=[0, 1],
    )
    session.run("python", ".ci/audit.py", str(report))


# What is built ----------------------------------------------------------------------------------


@nox.session
def docs(session: nox.Session) -> None:
    """Build the documentation, where a warning is an error, and run the code in it."""
    session.install("-e", ".[test]", *group("docs"))
    session.run("sphinx-build", "-W", "--keep-going", "docs", "docs/_build")
    session.run("pytest", "-n", "auto", "-m", "docs", *session.posargs)


@nox.session
def wheel(session: nox.Session) -> None:
    """Install the built wheel in an empty environment, and use it in a new project."""
    session.install("build")
    with TemporaryDirectory() as folder:
        session.run("python", "-m", "build", f"--outdir={folder}/dist")
        session.run("python", "-m", "venv", f"{folder}/.venv")
        python = program(Path(folder, ".venv"), "python")
        [built] = Path(folder, "dist").glob("*.whl")
        session.run(python, "-m", "pip", "install", str(built), external=True)
        with session.chdir(folder):
            session.run(python, "-m", "django", "startproject", "host", ".", external=True)
            with Path("host/settings.py").open("a") as settings:
                apps = ["rest_framework", "stack_apikeys.teams", "stack_apikeys"]
                settings.write(f"INSTALLED_APPS += {apps}\n")
            for command in (
                ["check", "--fail-level=WARNING"],
                ["migrate"],
                ["shell", f"--command={(ROOT / '.ci' / 'use_wheel.py').read_text()}"],
            ):
                session.run(python, "manage.py", *command, external=True)


@nox.session(venv_backend="none")
def demo(session: nox.Session) -> None:
    """Run the README's command for the demo on a new machine, and open its first page."""
    with copy_of_the_checkout(session) as copy:
        server = subprocess.Popen(
            shell(readme_commands("Run the demo")),
            cwd=copy,
            env=new_users_environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        try:
            printed = ""
            for line in server.stdout or ():
                session.log(line.rstrip())
                printed += line
                if "Quit with CONTROL-C" in line:
                    urlopen(re.search(r"http://[^ /]+:\d+/", printed)[0]).close()
                    return
        finally:
            os.killpg(server.pid, signal.SIGTERM)
            server.wait()
    session.error("the demo ended before it answered")


@nox.session(name="readme-tests", venv_backend="none")
def readme_tests(session: nox.Session) -> None:
    """Run the README's command for the tests on a new machine."""
    with copy_of_the_checkout(session) as copy, session.chdir(copy):
        session.run(
            *shell(readme_commands("Run the tests")),
            env=new_users_environment(),
            include_outer_env=False,
            external=True,
        )


@nox.session(default=False)
def benchmarks(session: nox.Session) -> None:
    """Measure the package beside others of its kind; takes half an hour."""
    session.install("-e", ".[test]", *group("bench"))
    session.run("python", "-m", "benchmarks", *session.posargs)


# Helpers ----------------------------------------------------------------------------------------


def require(session: nox.Session, part: str, *, present: bool) -> None:
    """Skip the session, or fail it, unless the part is present."""
    if not present:
        (session.error if COMPLETE else session.skip)(f"needs {part}, which is missing")


def require_program(session: nox.Session, name: str) -> None:
    """Skip the session, or fail it, unless the program is installed."""
    require(session, name, present=shutil.which(name) is not None)


def is_listening(port: int) -> bool:
    """Return whether a server of this machine listens at the port."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except OSError:
        return False
    return True


def group(name: str) -> list[str]:
    """Return the requirements of a dependency group, for every version of pip."""
    return list(nox.project.dependency_groups(PROJECT, name))


def program(environment: Path, name: str) -> str:
    """Return the path of a program in a virtual environment."""
    return str(environment / ("Scripts" if os.name == "nt" else "bin") / name)


def files(session: nox.Session, *patterns: str) -> list[str]:
    """Return the checkout's files, without those that git ignores or that are deleted."""
    listed = session.run(
        *("git", "-c", "safe.directory=*", "ls-files", "-z"),
        *("--cached", "--others", "--exclude-standard", "--", *patterns),
        external=True,
        silent=True,
        log=False,
    )
    return [name for name in str(listed).split("\0") if name and (ROOT / name).exists()]


@contextmanager
def copy_of_the_checkout(session: nox.Session) -> Iterator[Path]:
    """Copy the checkout's files to a folder that is removed afterwards."""
    with TemporaryDirectory() as folder:
        for name in files(session):
            copy = Path(folder, name)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, copy)
        yield Path(folder)


def readme_commands(section: str) -> str:
    """Return the first block of code in a section of the README."""
    text = (ROOT / "README.md").read_text().split(f"\n## {section}\n", 1)[1]
    return text.split("\n## ", 1)[0].split("```", 2)[1].partition("\n")[2]


def shell(commands: str) -> list[str]:
    """Return the arguments that run the commands, up to the first that fails."""
    return ["bash", "-euo", "pipefail", "-c", commands]


def new_users_environment() -> dict[str, str]:
    """Return the environment of a person who has set up nothing but pip."""
    return {
        name: value
        for name, value in os.environ.items()
        if name in {"HOME", "LANG", "PATH"} or name.startswith(("PIP_", "PYENV_"))
    }
