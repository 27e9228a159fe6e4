"""Every language that ships is complete, and compiled as it stands."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import global_settings, settings
from django.test import Client
from django.utils import translation

import example_project
import stack_apikeys
from stack_apikeys.exceptions import ApiKeyRevoked
from tests.factories import UserFactory
from tests.requirements import require_program

PACKAGES = [Path(module.__file__).parent for module in (stack_apikeys, example_project)]


def languages(package):
    return sorted(path.name for path in (package / "locale").iterdir())


every_catalog = pytest.mark.parametrize(
    ("package", "language"),
    [
        pytest.param(package, language, id=f"{package.name}-{language}")
        for package in PACKAGES
        for language in languages(package)
    ],
)


def catalog(package, language):
    return package / "locale" / language / "LC_MESSAGES" / "django.po"


@pytest.fixture(scope="module")
def extracted(tmp_path_factory):
    """Copies of the packages whose catalogs know all messages of today's code."""
    require_program("msgmerge")
    copies = tmp_path_factory.mktemp("translations")
    for package in PACKAGES:
        copy = shutil.copytree(package, copies / package.name)
        locales = [f"--locale={language}" for language in languages(package)]
        subprocess.run(
            [
                sys.executable,
                "-m",
                "django",
                "makemessages",
                *locales,
                "--no-wrap",
                "--no-location",
            ],
            cwd=copy,
            env={
                name: text for name, text in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"
            },
            check=True,
            capture_output=True,
            timeout=600,
        )
    return copies


def messages(catalog: Path, *choice: str) -> str:
    command = ["msgattrib", *choice, "--no-wrap", str(catalog)]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=600).stdout


@every_catalog
def test_django_offers_every_language_that_ships(package, language):
    """Django ignores the catalog of a language that is not in ``LANGUAGES``."""
    assert translation.to_language(language) in dict(global_settings.LANGUAGES)


def test_the_example_project_speaks_every_language_that_it_offers():
    offered = {translation.to_locale(code) for code, _name in settings.LANGUAGES}
    assert offered == {"en", *languages(PACKAGES[1])}


@every_catalog
def test_no_message_is_untranslated_or_fuzzy(package, language, extracted):
    current = catalog(extracted / package.name, language)
    assert messages(current, "--untranslated", "--no-obsolete") == ""
    assert messages(current, "--only-fuzzy", "--no-obsolete") == ""


@every_catalog
def test_no_catalog_keeps_a_message_that_is_gone(package, language, extracted):
    assert messages(catalog(extracted / package.name, language), "--only-obsolete") == ""


@every_catalog
def test_what_is_compiled_is_what_is_written(package, language, tmp_path):
    msgfmt = require_program("msgfmt")
    written = catalog(package, language)
    compiled = tmp_path / "django.mo"
    command = [msgfmt, "--check", "--check-format", "-o", str(compiled), str(written)]
    subprocess.run(command, check=True, timeout=600)
    assert compiled.read_bytes() == written.with_suffix(".mo").read_bytes()


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("de", "Der API-Schlüssel wurde widerrufen."),
        ("zh-hans", "API 密钥已撤销。"),
    ],
)
def test_errors_speak_the_callers_language(language, sentence):
    with translation.override(language):
        assert ApiKeyRevoked().translated_message == sentence


@pytest.mark.django_db
def test_the_pages_speak_the_visitors_language():
    client = Client(headers={"Accept-Language": "de"})
    client.force_login(UserFactory())
    page = client.get("/settings/api-keys/", follow=True).content.decode()
    assert "API-Schlüssel erstellen" in page
    assert '<html lang="de"' in page
