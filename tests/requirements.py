"""What a test needs beside Python: a database server, a browser, Node, curl.

Where that is missing the test skips and says why. With ``STACK_TEST_REQUIRE=all`` in the
environment it fails instead, so that a run which is meant to be complete cannot pass by skipping.
"""

import os
import shutil

import pytest


def require(part: str, *, present: bool) -> None:
    """Skip the running test, or fail it, unless ``part`` is present."""
    if present:
        return
    reason = f"needs {part}, which is not here"
    if os.environ.get("STACK_TEST_REQUIRE") == "all":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def require_program(name: str) -> str:
    """The path of an installed program, or the same as `require` does without it."""
    path = shutil.which(name)
    require(name, present=path is not None)
    return path
