"""An application on the host of a Django site: who signs in to or out of either, does so of both."""

import pytest
from playwright.sync_api import expect


@pytest.fixture
def react(visit):
    """A page of the application that has been open since before anybody signed in."""
    page = visit("/")
    expect(page.get_by_text("Nobody is signed in")).to_be_visible()
    return page


@pytest.fixture
def django(react, demo, manager):
    """A page of Django's in the same browser, in which its own form has signed somebody in."""
    page = react.context.new_page()
    page.goto(f"{demo.base_url}/accounts/login/")
    page.get_by_label("E-mail address").fill(manager.email)
    page.get_by_label("Password").fill(manager.password)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/account/")
    expect(react.get_by_text(f"Signed in as {manager.email}")).to_be_visible()
    return page


def test_who_signs_in_to_django_uses_the_hooks_of_react(django, react, site):
    react.goto(f"{site}/account#api-keys")
    expect(react.get_by_role("button", name="Create API Key")).to_be_visible()


def test_who_signs_out_in_react_is_signed_out_of_django(django, react):
    react.get_by_role("button", name="Sign out").click()
    expect(react.get_by_text("Nobody is signed in")).to_be_visible()
    django.reload()
    expect(django.get_by_role("heading", name="Sign in")).to_be_visible()


def test_who_signs_out_of_django_is_signed_out_of_an_open_page_of_react(django, react):
    django.get_by_role("button", name="Sign out").click()
    expect(react.get_by_text("Nobody is signed in")).to_be_visible()
