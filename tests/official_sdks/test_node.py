"""The official SDK for Node.js: what it does in ``node/*.test.js`` against the demo.

Each of these files is run as a program of its own that knows of the demo only what
``manage.py demo --env`` prints, and a session whose access token has run out.
"""

import os
import subprocess
import time
from pathlib import Path

import jwt
import pytest
from django.test import override_settings

import example_project.settings
from stack_apikeys.sdk.sessions import tokens
from tests.requirements import require_program

HERE = Path(__file__).with_name("node")

SUITES = sorted(path.name for path in HERE.glob("*.test.js"))


def run_out(access_token):
    """The demo's token, signed again with times of an hour ago."""
    an_hour_ago = int(time.time()) - 60 * 60
    claims = jwt.decode(access_token, options={"verify_signature": False})
    claims |= {"iat": an_hour_ago, "exp": an_hour_ago + 600}
    with override_settings(SECRET_KEY=example_project.settings.SECRET_KEY):
        key = tokens.signing_keys()[0]
    return jwt.encode(claims, key.private, tokens.ALGORITHM, headers={"kid": key.jwk["kid"]})


@pytest.fixture(scope="module")
def expired_session(demo):
    """What an application of the first user remembers, an hour after they have signed in."""
    response = demo.request(
        "POST",
        "/api/v1/auth/password/sign-in",
        headers=demo.server_access,
        json={"email": demo["USER1_EMAIL"], "password": demo["USER1_PASSWORD"]},
    )
    session = response.json()
    return {
        "EXPIRED_ACCESS_TOKEN": run_out(session["access_token"]),
        "EXPIRED_REFRESH_TOKEN": session["refresh_token"],
    }


@pytest.fixture
def run_suite(npm_packages, demo, expired_session):
    """Runs one of the suites, and returns the finished process."""
    node = require_program("node")
    address = {"STACK_API_URL": demo.base_url}
    environment = os.environ | demo.environment | expired_session | address

    def run(suite):
        # Caches of the SDK would keep the process alive for seconds after the last test.
        options = ["--import", "./loopback_only.js", "--test-force-exit", "--test-reporter=spec"]
        return subprocess.run(
            [node, *options, suite],
            cwd=HERE,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=900,
            check=False,
        )

    return run


@pytest.mark.parametrize("suite", SUITES)
def test_the_suite_passes(run_suite, suite):
    done = run_suite(suite)
    assert done.returncode == 0, done.stdout
