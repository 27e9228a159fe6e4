"""Debian's Chromium, driven by Playwright, whose own browsers are not downloaded."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.requirements import require_program

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--no-proxy-server",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

PATIENCE_MILLISECONDS = 120_000
"""How long to wait for a state of a page on a busy machine."""


@contextmanager
def chromium(*, host_resolver_rules: str) -> Iterator[Browser]:
    """A running browser, in which names are those of ``host_resolver_rules``."""
    path = require_program("chromium")
    arguments = [*ARGUMENTS, f"--host-resolver-rules={host_resolver_rules}"]
    with pytest.MonkeyPatch.context() as monkeypatch, sync_playwright() as playwright:
        # Playwright's event loop runs in this thread, and Django takes that for a mistake.
        monkeypatch.setitem(os.environ, "DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        expect.set_options(timeout=PATIENCE_MILLISECONDS)
        yield browser
        browser.close()
