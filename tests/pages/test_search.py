"""The search of the list, and that no URL contains a key or a part of one."""

import re
from html import unescape
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest
from django.template import RequestContext, Template
from django.test import Client
from django.views.debug import ExceptionReporter

from stack_apikeys import keys
from stack_apikeys.pages import panels, views
from tests.pages.codes import tags
from tests.pages.lists import get, rows, team_of
from tests.settings_pages import address, make_key

pytestmark = pytest.mark.django_db

SECRET = "0g40r40m30e209185gr38e1w8124gk2gahc5rr34d1p70"


@pytest.fixture
def value(owner):
    """The value of the owner's key "Pasted". It is always the same."""
    value = keys.assemble(
        secret=SECRET,
        id=UUID("0f8fad5b-d9cb-469f-a165-70867728950e"),
        kind="team" if team_of(owner) else "user",
    )
    make_key(owner, description="Pasted", value=value)
    make_key(owner, description="Another")
    return value


def search(client, owner, text, **fields):
    """Submit the search form of the list."""
    return client.post(address("api-keys", team=team_of(owner)), {"q": text, **fields})


def leaks(text):
    """Return whether the text contains more than a few characters of the secret."""
    parts = [SECRET[start : start + 8] for start in range(len(SECRET) - 7)]
    return any(part in text.lower() for part in parts)


# Text that is no key --------------------------------------------------------------------------


def test_a_search_leads_to_an_address_that_can_be_kept(client, owner):
    make_key(owner, description="Backup of a & b")
    make_key(owner, description="Sensor")
    url = address("api-keys", team=team_of(owner))
    answer = search(client, owner, " of a & ")
    assert (answer.status_code, answer.url) == (302, f"{url}?q=of+a+%26")
    assert rows(client.get(answer.url)) == ["Backup of a & b"]


def test_the_form_of_the_list_can_be_submitted(client, owner):
    make_key(owner)
    team = team_of(owner)
    page = get(client, team, q="C", status="valid", sort="-created", rows=20, page=1).text
    form = re.search(r'<form class="apikeys-search".*?</form>', page, re.DOTALL)[0]
    assert f'method="post" action="{address("api-keys", team=team)}"' in form
    assert re.search(r'<input[^>]* type="search" name="q" value="C" maxlength="255"', form)
    next_url = unescape(re.search('name="next" value="([^"]*)"', form)[1])
    answer = search(client, owner, "I", next=next_url)
    assert urlsplit(answer.url).path == address("api-keys", team=team)
    assert parse_qs(urlsplit(answer.url).query) == {
        "q": ["I"],
        "status": ["valid"],
        "sort": ["-created"],
        "rows": ["20"],
    }


def test_a_search_begins_at_the_first_page_and_replaces_the_last_one(client, user):
    for number in range(11):
        make_key(user, description=f"Key {number}")
    page = get(client, q="Key", page=2).text
    next_url = unescape(re.search('name="next" value="([^"]*)"', page)[1])
    assert search(client, user, "Key 1", next=next_url).url == f"{address('api-keys')}?q=Key+1"
    assert search(client, user, "", next=next_url).url == address("api-keys")


def test_an_embedded_lists_search_leads_back_to_its_place(client, owner):
    answer = search(
        client, owner, "a b", next="/account/?tab=keys&x-q=old&q=theirs#x-api-keys", prefix="x"
    )
    assert answer.url == "/account/?tab=keys&q=theirs&x-q=a+b#x-api-keys"


@pytest.mark.parametrize(
    "elsewhere",
    ["https://evil.example/", "//evil.example", "javascript:alert(1)", "/\\evil.example", "\0"],
)
def test_a_search_leads_to_no_other_site(client, owner, elsewhere):
    answer = search(client, owner, "CI", next=elsewhere)
    assert answer.url == address("api-keys", team=team_of(owner), q="CI")


def test_a_text_of_any_length_is_refused_beside_the_field(client, user):
    make_key(user)
    answer = search(client, user, "word " * 20_000)
    assert len(answer.url) < 500
    assert 'id="api-keys-search-error"' in client.get(answer.url).text


def test_null_characters_are_left_out(client, user):
    assert search(client, user, "a\0b").url == address("api-keys", q="ab")


def test_the_search_needs_a_user(user):
    assert search(Client(), user, SECRET).url == f"/accounts/login/?next={address('api-keys')}"


# Keys -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "pasted",
    ["{}", " {}\n", "Authorization: Bearer {}", "STACK_API_KEY={}", "a key {}"],
)
def test_a_pasted_key_is_found_by_its_last_four_characters(client, owner, value, pasted):
    answer = search(client, owner, pasted.format(value))
    assert answer.url == address("api-keys", team=team_of(owner), q=value[-4:])
    assert rows(client.get(answer.url)) == ["Pasted"]


@pytest.mark.parametrize(
    "damaged",
    [lambda value: value[30:], lambda value: value[:9] + "\n" + value[9:]],
    ids=["without its beginning", "in two lines"],
)
def test_a_key_whose_end_is_whole_is_found_too(client, owner, value, damaged):
    answer = search(client, owner, damaged(value))
    assert answer.url == address("api-keys", team=team_of(owner), q=value[-4:])


PARTS = {
    "without its end": lambda value: value[:-1],
    "first half": lambda value: value[:51],
    "the first characters": lambda value: value[:24],
    "secret alone": lambda value: value[3:48],
    "second half of the secret": lambda value: value[24:48],
    "middle of the secret": lambda value: value[15:35],
    "upper case": lambda value: value.upper(),
    "a part in upper case": lambda value: value[10:40].upper(),
    "in a sentence": lambda value: f"the key {value[:60]} is old",
    "in quotation marks": lambda value: f'"{value}"',
    "in JSON": lambda value: f'{{"key": "{value}"}}',
    "in a header": lambda value: f"X-Stack-Api-Key: {value};",
    "with a null character": lambda value: f"{value[:20]}\0{value[20:40]}",
    "twice, the second time without its end": lambda value: f"{value} {value[:40]}",
    "after much text": lambda value: "word " * 58 + value[:40],
    "in much text": lambda value: value[3:48] + " word" * 20_000,
    "many times": lambda value: f"{value} " * 9 + ".",
}


@pytest.mark.parametrize("part", PARTS.values(), ids=PARTS)
def test_a_part_of_a_key_is_searched_for_and_is_in_no_part_of_the_page(client, owner, value, part):
    place = {"next": "/account/?user-status=valid#user-api-keys", "prefix": "user"}
    for fields in ({}, place):
        answer = search(client, owner, part(value), **fields)
        assert answer.status_code == 200
        assert "No API key matches" in answer.text
        assert not leaks(answer.text)
        assert not leaks(str(answer.headers) + str(answer.cookies) + str(client.session.items()))


def test_a_description_that_contains_such_a_part_is_found(client, owner):
    make_key(owner, description=f"build {SECRET[:20]}")
    make_key(owner, description="Another")
    answer = search(client, owner, SECRET[:20])
    assert rows(answer) == [f"build {SECRET[:20]}"]
    assert not leaks(tags(re.sub('aria-label="[^"]*"', "", answer.text)))  # which is text, too


@pytest.mark.parametrize("part", PARTS.values(), ids=PARTS)
def test_an_address_with_a_part_of_a_key_leads_to_one_without(client, owner, value, part):
    url = address("api-keys", team=team_of(owner))
    answer = client.get(url, {"q": part(value), "sort": "created"})
    assert answer.url == f"{url}?sort=created"


@pytest.mark.parametrize("around", ["{}", " {} "])
def test_an_address_with_a_key_leads_to_one_with_its_last_four_characters(
    client, owner, value, around
):
    team = team_of(owner)
    answer = get(client, team, q=around.format(value), sort="created")
    assert answer.url == address("api-keys", team=team, q=value[-4:], sort="created")
    assert rows(client.get(answer.url)) == ["Pasted"]


def test_what_is_logged_of_such_an_address_contains_no_key(client, owner, value):
    path = address("api-keys", team=team_of(owner), q=value)
    answer = client.get(path, REQUEST_URI=path)
    request = answer.wsgi_request
    assert not leaks(request.get_full_path() + str(request.META) + str(request.GET))
    for shape in (value[:60], f"Bearer {value}"):
        answer = get(client, team_of(owner), q=shape)
        assert not leaks(answer.wsgi_request.get_full_path())


@pytest.mark.parametrize("part", [lambda value: value, *PARTS.values()], ids=["whole", *PARTS])
def test_a_page_with_embedded_lists_repeats_no_part_of_a_key_in_its_address(
    rf, user, team, value, part
):
    make_key(team)
    query = {"user-q": part(value), "team-q": part(value), "x": f"key {value}", "tab": "keys"}
    request = rf.get("/place/", query)
    request.user = user
    source = "{% load stack_apikeys %}{% user_api_keys %}{% team_api_keys team %}"
    page = Template(source).render(RequestContext(request, {"team": team}))
    assert not leaks(page)
    assert "tab=keys" in page


def test_an_address_of_which_nothing_is_left_has_no_question_mark(rf, user):
    make_key(user)
    request = rf.get("/place/", {"x": f"sk_{SECRET}"})
    request.user = user
    page = Template("{% load stack_apikeys %}{% user_api_keys %}").render(RequestContext(request))
    assert '"/place/#user-api-keys"' in page
    assert "/place/?#" not in page


def test_an_embedded_list_keeps_the_last_four_characters_in_all_its_links(rf, user):
    for number in range(11):
        make_key(user, description=f"Key {number} 0000")
    [_api_key, value] = user.api_keys.create_key(description="Pasted")
    request = rf.get("/place/", {"user-q": value, "user-rows": "20"})
    request.user = user
    page = Template("{% load stack_apikeys %}{% user_api_keys %}").render(RequestContext(request))
    assert "Pasted" in page
    assert re.search(rf'name="user-q" value="{value[-4:]}"', page)
    for url in re.findall(r'href="(/place/[^"]*)"', page):
        assert parse_qs(urlsplit(unescape(url)).query).get("user-q") in ([value[-4:]], None)


@pytest.mark.parametrize(("module", "name"), [(panels, "registered"), (views, "Listing")])
def test_the_report_of_an_error_in_the_results_shows_no_part_of_a_key(
    client, user, monkeypatch, module, name
):
    def fail(*args, **kwargs):
        raise RuntimeError("broken")

    make_key(user)
    url = address("api-keys")
    monkeypatch.setattr(module, name, fail)
    client.raise_request_exception = False
    answer = client.post(url, {"q": SECRET[:20]})
    report = ExceptionReporter(answer.wsgi_request, *answer.exc_info)
    for text in (report.get_traceback_html(), report.get_traceback_text()):
        assert "broken" in text
        assert not leaks(text)
