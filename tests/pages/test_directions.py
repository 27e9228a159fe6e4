"""Text of either writing direction, and text that reverses what follows it."""

import re

import pytest

from stack_apikeys.bidi import isolate
from tests.factories import TeamFactory, UserFactory
from tests.pages.lists import get, in_days, table_rows
from tests.settings_pages import address, create, filled_in, make_key

pytestmark = pytest.mark.django_db

OVERRIDE, POP = "\u202e", "\u202c"

HOSTILE = f"exe.{OVERRIDE}gpj"
HEBREW = "מפתח"


@pytest.fixture
def team(user):
    return TeamFactory(display_name=f"{HOSTILE} team", creator=user)


def main(page):
    return page[page.index("<main") : page.index("</main>")]


def outside_of_isolation(page):
    """Return the places with a name or a description that may change the order of other text."""
    page = re.sub(r'<bdi dir="auto">[^<\u202e]*</bdi>', "", main(page))
    page = re.sub(r"<blockquote>.*?</blockquote>", "", page)
    page = re.sub(r'<input[^>]* name="(?:description|next)"[^>]*>', "", page)
    page = page.replace(isolate(f"{HOSTILE} team"), "")
    page = re.sub('aria-label="Select \u2068[^"\u2069\u202e]*\u2069[^"]*"', "", page)
    return [page[max(0, at.start() - 80) : at.end()] for at in re.finditer(r"exe\.", page)]


def pages_of(client, owner, team):
    """Yield every page that names the owner's keys, their creators and the owner."""
    person = UserFactory(display_name=f"{HOSTILE} person")
    if team:
        team.add_member(person)
    api_key = make_key(owner, description=HOSTILE, created_by=person, expires_at=in_days(3))
    gone = make_key(owner, description=HOSTILE, created_by=person)
    gone.revoke(by=person, reason=HOSTILE)
    yield get(client, team)
    for each in (api_key, gone):
        for name in ("api-key", "api-key-rename", "api-key-revoke"):
            yield client.get(address(name, each, team))
    yield client.get(address("api-key-create", team=team))
    sent = filled_in(client, team, description=HOSTILE)
    for _twice in range(2):
        yield client.post(address("api-key-create", team=team), sent)
    yield client.post(address("api-key-revoke", api_key, team), {})
    yield client.post(address("api-keys-revoke", team=team), {"key": [api_key.pk, gone.pk]})


@pytest.mark.parametrize("kind", ["user", "team"])
def test_what_people_typed_is_isolated_on_every_page(client, user, team, kind):
    team = team if kind == "team" else None
    pages = [answer.text for answer in pages_of(client, team or user, team)]
    assert sum("exe." in main(page) for page in pages) == len(pages) - (not team)
    for page in pages:
        assert outside_of_isolation(page) == []


@pytest.mark.parametrize("kind", ["user", "team"])
def test_no_title_contains_a_character_that_reverses_it(client, user, team, kind):
    team = team if kind == "team" else None
    for answer in pages_of(client, team or user, team):
        title = re.search("<title>(.*?)</title>", answer.text, re.DOTALL)[1]
        assert OVERRIDE not in title
        assert title.count("\u2068") == title.count("\u2069")


def test_a_title_isolates_the_description_and_the_team(client, user, team):
    page = client.get(address("api-key", make_key(team, description=HEBREW), team)).text
    title = re.search("<title>(.*?)</title>", page, re.DOTALL)[1]
    assert title == f"\u2068{HEBREW}\u2069 · \u2068exe.gpj team\u2069"


def test_a_row_isolates_each_place_of_the_description(client, owner):
    make_key(owner, description=f"{HEBREW} <b>")
    [html] = table_rows(get(client, owner if owner._meta.model_name == "team" else None).text)
    assert html.count(f'<bdi dir="auto">{HEBREW} &lt;b&gt;</bdi>') == 1
    assert html.count(f'<bdi dir="auto">{HEBREW} &lt;b&gt; (sk_…') == 2  # the two actions


def test_codes_are_read_from_left_to_right_on_a_page_from_right_to_left(client, user):
    make_key(user)
    client.cookies["django_language"] = "he"
    page = get(client).text
    assert '<html lang="he" dir="rtl">' in page
    pages = page + create(client).text
    codes = re.findall("<code[^>]*>", pages)
    assert len(codes) > 5
    with_direction = [each for each in codes if 'dir="ltr"' in each]
    # Those in an example have the direction of the block; the header is a word of a sentence.
    assert len(codes) - len(with_direction) == pages.count('<pre dir="ltr"') + 1
