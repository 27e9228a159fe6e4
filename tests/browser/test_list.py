"""The list of keys, with and without JavaScript."""

import csv
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser import pages


@pytest.fixture
def page(visit, demo_data, javascript):
    """The list of a user who has keys in every state."""
    page = visit(demo_data.user1, javascript=javascript)
    page.goto(pages.path("api-keys", demo_data.user1))
    return page


@pytest.fixture
def long_list(visit, demo_data, javascript):
    """The list of a user who has three pages of keys."""
    page = visit(demo_data.user2, javascript=javascript)
    page.goto(pages.path("api-keys", demo_data.user2))
    return page


def descriptions(page):
    return page.get_by_role("rowheader").all_inner_texts()


def footer(page):
    return page.get_by_text(" of ").first


def test_a_filter_stands_in_the_address_and_back_undoes_it(page):
    page.get_by_role("link", name="Revoked 2").click()
    page.wait_for_url("**/?status=revoked")
    assert sorted(descriptions(page)) == ["First steps", "Weather widget"]
    expect(page.get_by_role("link", name="Revoked 2")).to_have_attribute("aria-current", "true")
    page.get_by_role("link", name="Expired 2").click()
    page.wait_for_url("**/?status=expired")
    page.go_back()
    assert sorted(descriptions(page)) == ["First steps", "Weather widget"]
    page.go_back()
    expect(page.get_by_role("row")).to_have_count(11)


def test_keys_that_expire_soon_are_a_part_of_the_active_ones(page):
    states = page.get_by_role("navigation", name="Status")
    expect(states.get_by_role("listitem")).to_have_text(
        ["Active 8 2 expire soon", "Expired 2", "Revoked 2", "All 12"]
    )
    states.get_by_role("link", name="2 expire soon").click()
    page.wait_for_url("**/?status=expiring")
    assert descriptions(page) == ["Trying things out", "Talk at the spring conference"]
    expect(states.get_by_role("link", name="2 expire soon")).to_have_attribute(
        "aria-current", "true"
    )


def test_search_finds_and_is_kept_with_a_filter(long_list):
    page = long_list
    pages.search(page, "station 1")
    page.wait_for_url("**/?q=station+1")
    expect(page.get_by_role("row")).to_have_count(11)
    states = page.get_by_role("navigation", name="Status")
    states.get_by_role("link", name="Active").click()
    page.wait_for_url("**status=valid**")
    expect(page.get_by_label("Search API keys")).to_have_value("station 1")
    page.get_by_label("Search API keys").fill("station 12")
    page.get_by_label("Search API keys").press("Enter")
    page.wait_for_url("**q=station+12**")
    assert "status=valid" in page.url
    assert descriptions(page) == ["Weather station 12"]


def test_nothing_found_says_so_and_offers_the_whole_list(page):
    pages.search(page, "nothing like it")
    expect(page.get_by_role("main")).to_contain_text("No API key matches")
    page.get_by_role("link", name="Clear the filters").click()
    expect(page.get_by_role("row")).to_have_count(11)
    assert page.url.endswith("/api-keys/")


PASTED = {
    "whole": lambda value: value,
    "in a line": lambda value: f" export KEY={value} ",
    "first half": lambda value: value[: len(value) // 2],
    "second half": lambda value: value[len(value) // 2 :],
}


@pytest.fixture(params=["page of a user", "page of a team", "user in a page", "team in a page"])
def owner_and_place(request, demo_data):
    """An owner, and the URL of a page with the owner's keys: the app's or the host's."""
    user, team = demo_data.user1, demo_data.team
    return {
        "page of a user": (user, pages.path("api-keys", user)),
        "page of a team": (team, pages.path("api-keys", team)),
        "user in a page": (user, "/account/"),
        "team in a page": (team, f"/teams/{team.pk}/"),
    }[request.param]


def test_a_pasted_key_stands_in_no_address(visit, demo_data, owner_and_place, javascript):
    owner, place = owner_and_place
    api_key, value = owner.api_keys.create_key(description="Lost key")
    page = visit(demo_data.user1, javascript=javascript)
    seen = []
    page.on("framenavigated", lambda frame: seen.append(frame.url))
    page.on("request", lambda request: seen.extend([request.url, request.headers.get("referer")]))
    for part, paste in PASTED.items():
        page.goto(place)
        pages.search(page, paste(value))
        if part == "first half":
            expect(page.get_by_role("main")).to_contain_text("No API key matches")
        else:
            page.wait_for_url(f"**q={value[-4:]}*")
            assert "Lost key" in descriptions(page)
        seen += page.evaluate("[...document.links].map((link) => link.href)")
        page.get_by_role("link", name="Expired").click()
        page.wait_for_url("**status=expired*")
    secret = value[: value.index(api_key.pk.hex)]
    pieces = {secret[start : start + 12] for start in range(3, len(secret) - 12)}
    pieces |= {paste(value) for paste in PASTED.values()}
    assert [text for text in seen if text and any(piece in text for piece in pieces)] == []


def test_the_table_says_how_it_is_sorted(page):
    heads = page.get_by_role("columnheader")
    orders = heads.evaluate_all("(all) => all.map((head) => [head.innerText, head.ariaSort])")
    assert [order for order in orders if order[1]] == [["Status", "ascending"]]


@pytest.mark.parametrize("width", [1280, 390])
def test_accessible_names_are_words(page, width):
    page.set_viewport_size({"width": width, "height": 800})
    tree = page.get_by_role("main").aria_snapshot()
    names = re.findall(r'- \w+ "(.*)"', tree)
    assert "Valid" in names
    assert [name for name in names if re.search("[←→↑↓↕•●·✓]", name)] == []


def test_a_click_on_a_column_sorts_and_another_turns_round(page):
    head = page.get_by_role("columnheader", name="Description")
    head.get_by_role("link").click()
    page.wait_for_url("**/?sort=description")
    expect(head).to_have_attribute("aria-sort", "ascending")
    first = descriptions(page)
    assert first == sorted(first, key=str.lower)
    head.get_by_role("link").click()
    page.wait_for_url("**/?sort=-description")
    expect(head).to_have_attribute("aria-sort", "descending")
    assert descriptions(page)[0] == "Weather widget"
    page.go_back()
    assert descriptions(page) == first


def test_pages_are_turned_and_made_longer(long_list):
    page = long_list
    pagination = page.get_by_role("navigation", name="Pages")
    seen = descriptions(page)
    pagination.get_by_role("link", name="Next").click()
    page.wait_for_url("**/?page=2")
    seen += descriptions(page)
    pagination.get_by_role("link", name="Page 3").click()
    page.wait_for_url("**/?page=3")
    assert len(descriptions(page)) == 4
    assert not {*seen} & {*descriptions(page)}
    pagination.get_by_role("link", name="Previous").click()
    page.wait_for_url("**/?page=2")
    assert {*descriptions(page)} < {*seen}
    page.get_by_role("navigation", name="Rows per page").get_by_role("link", name="50").click()
    page.wait_for_url("**/?rows=50")
    expect(page.get_by_role("rowheader")).to_have_count(24)


def test_who_has_no_keys_is_shown_the_way_to_one(visit, user, owner, javascript):
    page = visit(user, javascript=javascript)
    page.goto(pages.path("api-keys", owner))
    main = page.get_by_role("main")
    expect(main).to_contain_text("No API keys yet")
    expect(main.get_by_role("search")).to_have_count(0)
    expect(main.get_by_role("table")).to_have_count(0)
    main.get_by_role("link", name="Create API key").click()
    expect(pages.heading(page)).to_have_text("Create API key")


def test_the_file_holds_what_the_list_shows(page):
    page.get_by_role("link", name="Revoked 2").click()
    page.wait_for_url("**/?status=revoked")
    with page.expect_download() as download:
        page.get_by_role("link", name="Export CSV").click()
    assert download.value.suggested_filename.endswith(".csv")
    text = Path(download.value.path()).read_text(encoding="utf-8-sig")
    rows = [*csv.DictReader(text.splitlines())]
    assert [row["Description"] for row in rows] == descriptions(page)
    assert {row["Status"] for row in rows} == {"Revoked"}


def test_in_a_page_of_the_host_the_list_keeps_its_place(visit, demo_data, javascript):
    page = visit(demo_data.user1, javascript=javascript)
    page.goto("/account/")
    page.get_by_role("link", name="Expired 2").click()
    page.wait_for_url("**/account/?user-status=expired#user-api-keys")
    assert sorted(descriptions(page)) == ["Load test", "Old laptop"]
