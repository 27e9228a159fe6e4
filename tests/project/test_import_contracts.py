"""Each import contract in pyproject.toml refuses the imports that it forbids."""

import os
import shutil
import subprocess
import sys
import tomllib
from importlib.util import find_spec

import pytest

from tests import ROOT
from tests.requirements import require

pytestmark = pytest.mark.long

CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]

FORBIDDEN_IMPORTS = {
    "layers": [
        ("stack_apikeys/models/querysets.py", "stack_apikeys.verification"),
        ("stack_apikeys/models/abstract.py", "stack_apikeys.credentials"),
        ("stack_apikeys/models/managers.py", "stack_apikeys.rights"),
        ("stack_apikeys/policy.py", "stack_apikeys.models"),
        ("stack_apikeys/credentials.py", "stack_apikeys.wire.access"),
        ("stack_apikeys/credentials.py", "stack_apikeys.reauthentication"),
        ("stack_apikeys/pages/views.py", "stack_apikeys.wire.views"),
        ("stack_apikeys/api/viewsets.py", "stack_apikeys.authentication"),
        ("stack_apikeys/sdk/apps.py", "stack_apikeys.api.viewsets"),
        ("stack_apikeys/keys.py", "stack_apikeys.signals"),
        ("stack_apikeys/limits.py", "stack_apikeys.sign_in_limits"),
        ("stack_apikeys/teams/adapter.py", "stack_apikeys.models"),
    ],
    "entry-points": [
        ("stack_apikeys/pages/section.py", "stack_apikeys.teams.models"),
        ("stack_apikeys/policy.py", "stack_apikeys.teams.adapter"),
        ("stack_apikeys/admin/extensions.py", "stack_apikeys.usage.models"),
        ("stack_apikeys/usage/pruning.py", "stack_apikeys.reminders.models"),
        ("stack_apikeys/verification/query.py", "stack_apikeys.usage.recorder"),
        ("stack_apikeys/usage/panel.py", "stack_apikeys.admin.extensions"),
        ("stack_apikeys/sdk/apps.py", "stack_apikeys.teams.models"),
        ("stack_apikeys/checks/__init__.py", "stack_apikeys.sdk.models"),
        ("stack_apikeys/apps.py", "stack_apikeys.admin"),
        ("stack_apikeys/urls.py", "stack_apikeys.api.urls"),
    ],
    "pages": [("stack_apikeys/admin/__init__.py", "stack_apikeys.pages.section")],
    "wire": [("stack_apikeys/authentication.py", "stack_apikeys.wire.errors")],
    "models": [
        ("stack_apikeys/teams/adapter.py", "stack_apikeys.models.bulk"),
        ("stack_apikeys/admin/__init__.py", "stack_apikeys.models.managers"),
    ],
    "verification": [("stack_apikeys/credentials.py", "stack_apikeys.verification.query")],
    "private": [("example_project/views.py", "stack_apikeys._database.locks")],
    "rest-framework": [
        ("stack_apikeys/models/querysets.py", "rest_framework.exceptions"),
        ("stack_apikeys/decorators.py", "rest_framework.request"),
    ],
    "jwt": [
        ("stack_apikeys/credentials.py", "jwt"),
        ("stack_apikeys/secret.py", "cryptography.hazmat.primitives"),
    ],
    "icalendar": [("stack_apikeys/reminders/views.py", "icalendar")],
    "drf-spectacular": [("stack_apikeys/authentication.py", "drf_spectacular.extensions")],
    "sentry": [("stack_apikeys/apps.py", "sentry_sdk")],
    "test-libraries": [
        ("stack_apikeys/apps.py", "pytest"),
        ("stack_apikeys/models/fixtures.py", "factory"),
    ],
    "example-project": [
        ("stack_apikeys/conf/keys.py", "example_project.settings"),
        ("stack_apikeys/testing/factories.py", "tests.factories"),
    ],
}
"""For each contract, the files of modules, and what they must not import."""


LINT_IMPORTS = "from importlinter.cli import lint_imports_command; lint_imports_command()"


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """A copy of the modules that the contracts are about."""
    require("import-linter", present=find_spec("importlinter") is not None)
    copy = tmp_path_factory.mktemp("checkout")
    shutil.copy(ROOT / "pyproject.toml", copy)
    for package in CONTRACTS["root_packages"]:
        for module in (ROOT / package).rglob("*.py"):
            if "node_modules" not in module.parts:
                target = copy / module.relative_to(ROOT)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(module, target)
    return copy


def lint_imports(checkout, *options):
    return subprocess.run(
        [sys.executable, "-c", LINT_IMPORTS, "--no-cache", *options],
        cwd=checkout,
        env=os.environ | {"PYTHONPATH": str(checkout)},
        capture_output=True,
        text=True,
        check=False,
    )


def shown(imported):
    """The name of an imported module in a report, which knows other packages as a whole."""
    package = imported.split(".")[0]
    return imported if package in CONTRACTS["root_packages"] else package


def test_the_package_keeps_every_contract(checkout):
    run = lint_imports(checkout)
    assert run.returncode == 0, run.stdout
    assert f"Contracts: {len(CONTRACTS['contracts'])} kept, 0 broken." in run.stdout


@pytest.mark.parametrize("contract", [contract["id"] for contract in CONTRACTS["contracts"]])
def test_a_contract_refuses_what_it_forbids(checkout, contract):
    forbidden_imports = FORBIDDEN_IMPORTS[contract]
    before = {
        checkout / importer: (checkout / importer).read_text() for importer, _ in forbidden_imports
    }
    try:
        for importer, imported in forbidden_imports:
            with (checkout / importer).open("a") as module:
                module.write(f"\nimport {imported}\n")
        run = lint_imports(checkout, "--contract", contract)
    finally:
        for module, text in before.items():
            module.write_text(text)
    assert run.returncode == 1
    assert "Contracts: 0 kept, 1 broken." in run.stdout
    for importer, imported in forbidden_imports:
        name = importer.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        assert f"{name} -> {shown(imported)} " in run.stdout


def test_a_new_module_must_be_given_a_layer(checkout):
    module = checkout / "stack_apikeys" / "unplaced.py"
    module.write_text("")
    try:
        run = lint_imports(checkout, "--contract", "layers")
    finally:
        module.unlink()
    assert run.returncode == 1
    assert "stack_apikeys.unplaced" in run.stdout
