"""A new key: the form, and the page that shows its value."""

from datetime import timedelta

from django.contrib.sessions.models import Session

from example_project.demo import USER1_PASSWORD
from tests.browser import pages
from tests.browser.states.registry import state
from tests.scopes import SCOPES


@state
def create(visitor):
    visitor.open("api-key-create")


@state
def create_for_a_team(visitor):
    visitor.open("api-key-create", visitor.team)


@state
def create_with_a_date(visitor):
    visitor.open("api-key-create")
    visitor.page.get_by_text("Date", exact=True).click()


@state
def create_without_expiry(visitor):
    visitor.open("api-key-create")
    visitor.page.get_by_text("Never", exact=True).click()


@state
def create_with_scopes(visitor):
    visitor.change_settings(SCOPES=SCOPES)
    visitor.open("api-key-create")
    visitor.page.get_by_label("Read reports").check()


@state
def create_with_a_shortcut_to_scopes(visitor):
    create_with_scopes(visitor)
    visitor.page.get_by_text("Read only", exact=True).click()


@state
def create_without_scopes(visitor):
    visitor.change_settings(SCOPES=SCOPES)
    visitor.open("api-key-create")
    visitor.page.get_by_label("Description").fill("Nightly backup")
    visitor.submit("Create API key")


@state
def create_for_a_short_time_at_most(visitor):
    visitor.change_settings(MAX_LIFETIME=timedelta(days=14))
    visitor.open("api-key-create")


@state
def create_with_networks(visitor):
    visitor.open("api-key-create")
    visitor.page.get_by_label("Description").fill("Nightly backup")
    visitor.page.get_by_text("Limit where the key can be used").click()
    visitor.page.get_by_label("Networks").fill("192.0.2.0/24, nowhere")
    visitor.submit("Create API key")


@state
def create_with_errors(visitor):
    create_with_a_date(visitor)
    visitor.submit("Create API key")


@state
def create_after_a_long_time(visitor):
    visitor.change_settings(REAUTHENTICATE_AFTER_SECONDS=0)
    visitor.open("api-key-create")
    visitor.page.get_by_label("Your password").fill("wrong")
    visitor.submit("Create API key")


@state
def create_one_too_many(visitor):
    visitor.change_settings(MAX_VALID_KEYS_PER_OWNER=3)
    visitor.open("api-key-create")
    visitor.page.get_by_label("Description").fill("Nightly backup")
    visitor.submit("Create API key")


@state
def create_after_signing_in_again(visitor):
    visitor.open("api-key-create")
    visitor.page.get_by_label("Description").fill("Nightly backup")
    Session.objects.all().delete()
    visitor.submit("Create API key")
    visitor.page.get_by_label("E-mail address").fill(visitor.user.email)
    visitor.page.get_by_label("Password").fill(USER1_PASSWORD)
    visitor.submit("Sign in")


@state
def create_after_signing_in_elsewhere(visitor):
    visitor.complaints.expect("the server responded with a status of 403")
    visitor.open("api-key-create")
    visitor.page.get_by_label("Description").fill("Nightly backup")
    visitor.page.context.clear_cookies(name="csrftoken")
    visitor.submit("Create API key")


@state
def created(visitor):
    pages.create(visitor.page, visitor.user)


@state
def created_for_a_team(visitor):
    pages.create(visitor.page, visitor.team, "W" * 200)


@state
def created_and_copied(visitor):
    created(visitor)
    visitor.button("Copy").first.click()
    visitor.button("Copied").wait_for()


@state
def created_and_tried(visitor):
    created(visitor)
    visitor.page.get_by_text("Try it").click()


@state
def created_in_the_apps_own_frame(visitor):
    visitor.leave_the_example_project()
    created(visitor)


@state
def created_before(visitor):
    created(visitor)
    visitor.page.on("dialog", lambda dialog: dialog.accept())
    visitor.page.reload()


@state
def list_with_the_new_key(visitor):
    created(visitor)
    with visitor.page.expect_navigation():
        pages.finish(visitor.page)
