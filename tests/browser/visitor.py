"""The user who visits the pages in the tests of their states."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import stack_apikeys
from example_project.models import User
from stack_apikeys.teams.models import Team
from tests.browser import pages
from tests.browser.complaints import Complaints
from tests.usage.test_pages import mark, used

OWN_TEMPLATES = Path(stack_apikeys.__file__).parent / "templates"


@dataclass
class Visitor:
    """The demo's first user, who has keys in every state, and a page in the browser."""

    page: Any
    settings: Any
    complaints: Complaints
    user: User
    team: Team

    def key(self, description):
        return self.user.api_keys.get(description=description)

    def open(self, name, owner=None, api_key=None, **query):
        self.page.goto(pages.path(name, owner or self.user, api_key, **query))

    def button(self, name):
        return self.page.get_by_role("main").get_by_role("button", name=name, exact=True)

    def submit(self, name):
        """Press the button of a form, and wait for the next page."""
        with self.page.expect_navigation():
            self.button(name).click()

    def change_settings(self, **changes):
        self.settings.STACK_APIKEYS = {**self.settings.STACK_APIKEYS, **changes}

    def choose_language(self, name):
        """Use the form at the foot of the example project's pages."""
        here = self.page.url
        self.page.get_by_label("Language").select_option(label=name)
        with self.page.expect_navigation():
            self.page.get_by_role("button", name="Change language").click()
        assert self.page.url == here

    def fail(self, path, status):
        """Open a page whose response has this status, with a view that fails if need be."""
        self.settings.ROOT_URLCONF = "tests.browser.failing_urls"
        self.complaints.expect(f"the server responded with a status of {status}")
        assert self.page.goto(path).status == status

    def leave_the_example_project(self):
        """Use the app's templates as in a project that overrides none of them."""
        [engine] = self.settings.TEMPLATES
        self.settings.TEMPLATES = [{**engine, "DIRS": [OWN_TEMPLATES]}]
        self.complaints.expect("/favicon.ico")  # the app does not have one


def use_keys(owner):
    """Store requests of the last weeks with most of the owner's keys, fewer on two days a week.

    Each third key was used in an unusual way.
    """
    for number, api_key in enumerate(owner.api_keys.order_by("created_at")):
        if number % 3 == 2:
            mark(api_key, 1)
        for days in range(28, -1, -1) if number % 4 else ():
            of_the_day = 2 if days % 7 < 2 else 12 + days * 37 % 11
            used(
                api_key,
                timedelta(days=days, hours=number),
                accepted=number * of_the_day,
                secret=days % 3,
            )
