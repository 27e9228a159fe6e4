"""Every language that ships is complete, and compiled as it stands."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.test import Client
from django.utils import translation

import stack_apikeys
from stack_apikeys.exceptions import ApiKeyRevoked
from tests.factories import UserFactory
from tests.requirements import require_program

PACKAGE = Path(stack_apikeys.__file__).parent
LANGUAGES = sorted(path.name for path in (PACKAGE / "locale").iterdir())


@pytest.fixture(scope="module")
def extracted(tmp_path_factory):
    """A copy of the package whose catalogues know all messages of today's code."""
    require_program("msgmerge")
    copy = tmp_path_factory.mktemp("translations") / "stack_apikeys"
    shutil.copytree(PACKAGE, copy)
    locales = [f"--locale={language}" for language in LANGUAGES]
    subprocess.run(
        [sys.executable, "-m", "django", "makemessages", *locales, "--no-wrap", "--no-location"],
        cwd=copy,
        env={name: text for name, text in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"},
        check=True,
        capture_output=True,
        timeout=120,
    )
    return copy / "locale"


def messages(catalogue: Path, *choice: str) -> str:
    command = ["msgattrib", *choice, "--no-obsolete", "--no-wrap", str(catalogue)]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout


def test_twelve_languages_ship_beside_english():
    assert LANGUAGES == [
        "de",
        "es",
        "fr",
        "it",
        "ja",
        "ko",
        "pl",
        "pt_BR",
        "ru",
        "tr",
        "zh_Hans",
        "zh_Hant",
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_message_is_untranslated_or_fuzzy(language, extracted):
    catalogue = extracted / language / "LC_MESSAGES" / "django.po"
    assert messages(catalogue, "--untranslated") == ""
    assert messages(catalogue, "--only-fuzzy") == ""


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_compiled_is_what_is_written(language, tmp_path):
    msgfmt = require_program("msgfmt")
    catalogue = PACKAGE / "locale" / language / "LC_MESSAGES" / "django.po"
    compiled = tmp_path / "django.mo"
    command = [msgfmt, "--check", "--check-format", "-o", str(compiled), str(catalogue)]
    subprocess.run(command, check=True, timeout=60)
    assert compiled.read_bytes() == catalogue.with_suffix(".mo").read_bytes()


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
