"""How many bytes the pages cost a visitor."""

import re
from pathlib import Path

import pytest

import stack_apikeys
from tests.pages.lists import get, in_days, team_of
from tests.settings_pages import make_key

pytestmark = pytest.mark.django_db

APP = Path(stack_apikeys.__file__).parent

FILES = ("stack_apikeys.css", "frame.css", "stack_apikeys.js")
"""What ``partials/assets.html`` loads."""


DESCRIPTIONS = (
    "Production worker",
    "CI/CD (GitHub Actions, deploys to production)",
    "Backup of the database, every night at three",
    "Status page",
    "Talk at the spring conference",
    "Trying things out",
    "Old laptop",
    "Load test",
    "Weather widget",
    "First steps",
)


@pytest.fixture
def ten_keys(owner, user):
    """Ten keys in all states."""
    for number, description in enumerate(DESCRIPTIONS):
        expires_at = in_days(90 - 20 * number) if number % 2 else None
        api_key = make_key(owner, description=description, created_by=user, expires_at=expires_at)
        if number == 8:
            api_key.revoke(by=user)


@pytest.mark.usefixtures("ten_keys")
def test_a_list_of_ten_keys_is_less_than_20_kilobytes(client, owner, own_templates):
    answer = get(client, team_of(owner))
    assert answer.text.count("<tr id=") == 10
    assert len(answer.content) < 20_000


@pytest.mark.usefixtures("ten_keys")
def test_an_embedded_list_of_ten_keys_is_less_than_20_kilobytes(client, owner):
    url = f"/teams/{owner.pk}/" if team_of(owner) else "/account/"
    page = client.get(url).text
    [section] = re.findall(r'<section id="(?:user|team)-api-keys".*?</section>', page, re.DOTALL)
    assert section.count("<tr id=") == 10
    assert len(section.encode()) < 20_000


def test_the_style_sheets_and_the_script_are_less_than_30_kilobytes():
    static = APP / "static" / "stack_apikeys"
    assert sum((static / name).stat().st_size for name in FILES) < 30_000
    assets = (APP / "templates/stack_apikeys/partials/assets.html").read_text()
    assert assets.count("{% static ") == len(FILES)
    assert all(f"'stack_apikeys/{name}'" in assets for name in FILES)


def test_all_icons_are_at_most_2_kilobytes():
    icons = APP / "templates/stack_apikeys/partials/icon.html"
    assert icons.stat().st_size <= 2_048
