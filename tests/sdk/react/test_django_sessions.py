"""An application on the host of a Django site: who signs in to or out of either, does so of both."""

import pytest
from playwright.sync_api import expect


@pytest.fixture
def django(visit, demo, manager):
    """A page of Django's, in which its own form has signed somebody in."""
    page = visit(f"{demo.base_url}/accounts/login/")
    page.get_by_label("E-mail address").fill(manager.email)
    page.get_by_label("Password").fill(manager.password)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/account/")
    return page


@pytest.fixture
def react(django, site, manager):
    """A page of the application, in the same browser."""
    page = django.context.new_page()
    page.goto(site)
    expect(page.get_by_text(f"Signed in as {manager.email}")).to_be_visible()
    return page


def test_who_signs_in_to_django_uses_the_hooks_of_react(react, site, manager):
    page = react
    page.goto(f"{site}/account#api-keys")
    expect(page.get_by_role("button", name="Create API Key")).to_be_visible()


def test_who_signs_out_in_react_is_signed_out_of_django(react, django):
    react.get_by_role("button", name="Sign out").click()
    expect(react.get_by_text("Nobody is signed in")).to_be_visible()
    django.reload()
    expect(django.get_by_role("heading", name="Sign in")).to_be_visible()


def test_who_signs_out_of_django_is_signed_out_of_an_open_page_of_react(react, django):
    django.get_by_role("button", name="Sign out").click()
    django.wait_for_url(lambda url: "account" not in url)
    expect(react.get_by_text("Nobody is signed in")).to_be_visible()


def test_who_signs_in_to_django_is_signed_in_to_an_open_page_of_react(visit, demo, manager):
    react = visit("/")
    expect(react.get_by_text("Nobody is signed in")).to_be_visible()
    django = react.context.new_page()
    django.goto(f"{demo.base_url}/accounts/login/")
    django.get_by_label("E-mail address").fill(manager.email)
    django.get_by_label("Password").fill(manager.password)
    django.get_by_role("main").get_by_role("button", name="Sign in").click()
    expect(react.get_by_text(f"Signed in as {manager.email}")).to_be_visible()
