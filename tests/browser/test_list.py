"""The list, by mouse, with scripts and without."""

import csv
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser import pages


@pytest.fixture
def page(visit, demo_data, javascript):
    page = visit(demo_data.user1, javascript=javascript)
    page.goto(pages.path("api-keys", demo_data.user1))
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


def test_search_finds_and_is_kept_with_a_filter(page):
    page.get_by_label("Search API keys").fill("sensor 1")
    page.get_by_role("button", name="Search").click()
    page.wait_for_url("**/?q=sensor+1")
    expect(page.get_by_role("row")).to_have_count(11)
    page.get_by_role("link", name="Valid").click()
    page.wait_for_url("**status=valid**")
    expect(page.get_by_label("Search API keys")).to_have_value("sensor 1")
    page.get_by_label("Search API keys").fill("sensor 12")
    page.get_by_label("Search API keys").press("Enter")
    page.wait_for_url("**q=sensor+12**")
    assert "status=valid" in page.url
    assert descriptions(page) == ["Sensor 12"]


def test_nothing_found_says_so_and_offers_the_whole_list(page):
    page.get_by_label("Search API keys").fill("nothing like it")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_role("main")).to_contain_text("No API key matches")
    page.get_by_role("link", name="Clear the filters").click()
    expect(page.get_by_role("row")).to_have_count(11)


def test_a_whole_key_is_searched_by_its_end_and_stands_in_no_address(page, demo_data, javascript):
    _api_key, value = demo_data.user1.api_keys.create_key(description="Lost key")
    addresses = []
    page.on("framenavigated", lambda frame: addresses.append(frame.url))
    if javascript:  # without it the server sees the address, and sends the browser to another
        page.on("request", lambda request: addresses.append(request.url))
    page.get_by_label("Search API keys").fill(value)
    page.get_by_role("button", name="Search").click()
    page.wait_for_url(f"**/?q={value[-4:]}")
    assert "Lost key" in descriptions(page)
    assert addresses
    assert not [address for address in addresses if value in address]


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


def test_pages_are_turned_and_made_longer(page):
    pagination = page.get_by_role("navigation", name="Pages")
    seen = descriptions(page)
    pagination.get_by_role("link", name="Next").click()
    page.wait_for_url("**/?page=2")
    seen += descriptions(page)
    pagination.get_by_role("link", name="Page 4").click()
    page.wait_for_url("**/?page=4")
    assert len(descriptions(page)) == 4
    pagination.get_by_role("link", name="Previous").click()
    page.wait_for_url("**/?page=3")
    assert not {*seen} & {*descriptions(page)}
    page.get_by_role("navigation", name="Rows per page").get_by_role("link", name="50").click()
    page.wait_for_url("**/?rows=50")
    expect(page.get_by_role("rowheader")).to_have_count(34)


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
