"""What the system checks report."""

import os
import subprocess
import sys

from django.core.checks import run_checks

from tests import ROOT

STRONG = "q7Zf2Lw9Xb4Tn6Rc1Vm8Ks3Hj5Yd0PgAe"

WEAK_SETTINGS = [
    ("stack_apikeys.W001", {"PEPPERS": {}}),
    ("stack_apikeys.W002", {"PEPPERS": {1: STRONG, 2: STRONG[:31]}}),
    ("stack_apikeys.W002", {"PEPPERS": {1: "abcd" * 20}}),
    ("stack_apikeys.W003", {"SECRET_SERVER_KEYS": [STRONG, STRONG[:31]]}),
    ("stack_apikeys.W003", {"SUPER_SECRET_ADMIN_KEYS": [STRONG[:31]]}),
    ("stack_apikeys.W004", {"REQUIRE_HTTPS": False}),
    ("stack_apikeys.W070", {"SCOPES": {"reports:read": "Read"}, "SCOPELESS_KEYS": "full"}),
]


def messages(tag="stack_apikeys", **kwargs):
    return run_checks(tags=[tag], **kwargs)


def ids(tag="stack_apikeys", **kwargs):
    return {message.id for message in messages(tag, **kwargs)}


def deployment_ids():
    return ids(include_deployment_checks=True)


def manage(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "django", *arguments],
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": "sqlite://:memory:"},
        capture_output=True,
        text=True,
        check=False,
    )
