"""The suite once more on other databases, where such a server lets anybody of this machine in."""

import os
import subprocess
import sys
from pathlib import Path

import environ
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import ConnectionHandler, OperationalError

from tests.requirements import require

ROOT = Path(__file__).resolve().parent.parent

SERVERS = [
    ("PostgreSQL", "postgresql", "postgres://postgres@127.0.0.1:5432/postgres"),
    ("MariaDB", "mysql", "mysql://root@127.0.0.1:3306/mysql"),
]


@pytest.mark.long
@pytest.mark.parametrize(("name", "vendor", "url"), SERVERS, ids=[name for name, *_rest in SERVERS])
def test_the_suite_passes_on(name, vendor, url, django_db_blocker):
    with django_db_blocker.unblock():
        require(f"{name} at {url} and its driver", present=answers(url))
    own = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
    suite = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider"],
        cwd=ROOT,
        env=own | {"DATABASE_URL": url},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert suite.returncode == 0, suite.stdout
    assert f"database: {vendor}\n" in suite.stdout


def answers(url):
    connection = ConnectionHandler({"default": environ.Env.db_url_config(url)})["default"]
    try:
        connection.connect()
    except (ImproperlyConfigured, OperationalError):  # no driver; no server, or not for us
        return False
    connection.close()
    return True
