"""The states that the pages can be in, and how to reach them."""

from datetime import timedelta

from django.contrib.sessions.models import Session

from example_project.demo import USER1_PASSWORD
from tests.browser import pages
from tests.browser.visitor import use_keys
from tests.factories import TeamFactory
from tests.scopes import SCOPES
from tests.usage.test_pages import used

STATES = {}


def state(function):
    STATES[function.__name__.replace("_", "-")] = function
    return function


# The example project --------------------------------------------------------------------------


@state
def home(visitor):
    visitor.page.goto("/")


@state
def home_of_nobody(visitor):
    visitor.page.context.clear_cookies()
    visitor.page.goto("/")


@state
def home_in_arabic(visitor):
    home(visitor)
    visitor.choose_language("العربيّة")


@state
def sign_in(visitor):
    visitor.page.context.clear_cookies()
    visitor.page.goto("/account/")


@state
def sign_in_refused(visitor):
    sign_in(visitor)
    visitor.page.get_by_label("E-mail address").fill("nobody@example.com")
    visitor.page.get_by_label("Password").fill("wrong")
    visitor.submit("Sign in")


@state
def sign_in_with_a_demo_account(visitor):
    visitor.settings.DEBUG = True
    sign_in(visitor)


@state
def account(visitor):
    visitor.page.goto("/account/")


@state
def account_without_keys(visitor):
    visitor.user.api_keys.all().delete()
    visitor.page.goto("/account/")


@state
def team_page(visitor):
    visitor.page.goto(f"/teams/{visitor.team.pk}/")


@state
def team_page_in_arabic(visitor):
    team_page(visitor)
    visitor.choose_language("العربيّة")


@state
def team_page_without_permission(visitor):
    visitor.team.revoke_permission(visitor.user, "team_admin")
    visitor.page.goto(f"/teams/{visitor.team.pk}/")


@state
def page_not_found(visitor):
    visitor.fail("/no-such-page/", 404)


@state
def no_permission(visitor):
    visitor.fail("/forbidden/", 403)


@state
def something_went_wrong(visitor):
    visitor.fail("/broken/", 500)


@state
def form_not_accepted(visitor):
    sign_in(visitor)
    visitor.page.get_by_label("E-mail address").fill("nobody@example.com")
    visitor.page.get_by_label("Password").fill("wrong")
    visitor.page.context.clear_cookies()
    visitor.complaints.expect("the server responded with a status of 403")
    visitor.submit("Sign in")


# The list -------------------------------------------------------------------------------------


@state
def list_of_a_user(visitor):
    visitor.open("api-keys")


@state
def list_of_a_team(visitor):
    visitor.open("api-keys", visitor.team)


@state
def list_on_its_second_page(visitor):
    visitor.open("api-keys", page=2, sort="-expires")


@state
def list_filtered(visitor):
    visitor.open("api-keys", status="revoked")


@state
def list_where_nothing_matches(visitor):
    visitor.open("api-keys", q="no such key")


@state
def list_where_the_search_is_too_long(visitor):
    visitor.open("api-keys", q="long " * 60)


@state
def list_without_keys(visitor):
    visitor.user.api_keys.all().delete()
    visitor.open("api-keys")


@state
def list_of_a_team_without_keys(visitor):
    visitor.open("api-keys", TeamFactory(creator=visitor.user, display_name="Göttingen"))


@state
def list_with_long_words(visitor):
    visitor.team.display_name = "Donaudampfschifffahrtsgesellschaft" * 3
    visitor.team.save()
    visitor.team.api_keys.create_key(description="W" * 200, created_by=visitor.user)
    visitor.open("api-keys", visitor.team)


@state
def list_where_a_part_of_a_key_is_searched(visitor):
    _api_key, value = visitor.user.api_keys.create_key(description="Nightly backup")
    list_of_a_user(visitor)
    pages.search(visitor.page, value[:40])
    visitor.page.get_by_text("No API key matches").wait_for()


@state
def list_of_used_keys(visitor):
    use_keys(visitor.user)
    visitor.open("api-keys")


@state
def list_of_used_keys_of_a_team(visitor):
    use_keys(visitor.team)
    visitor.open("api-keys", visitor.team)


@state
def list_in_the_apps_own_frame(visitor):
    visitor.leave_the_example_project()
    visitor.open("api-keys", visitor.team)


# The calendar ---------------------------------------------------------------------------------


@state
def calendar_of_a_team(visitor):
    visitor.open("api-key-calendar", visitor.team)


@state
def calendar_with_its_address(visitor):
    list_of_a_user(visitor)
    visitor.page.get_by_role("link", name="your calendar").click()
    visitor.submit("Get an address")


@state
def calendar_that_has_an_address(visitor):
    calendar_with_its_address(visitor)
    visitor.page.goto(visitor.page.url)


# A new key ------------------------------------------------------------------------------------


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


# One key --------------------------------------------------------------------------------------


@state
def key(visitor):
    visitor.open("api-key", api_key=visitor.key("Trying things out"))


@state
def key_of_a_team(visitor):
    visitor.open("api-key", visitor.team, visitor.team.api_keys.get(description="Website"))


@state
def key_in_use(visitor):
    use_keys(visitor.user)
    key(visitor)


@state
def key_just_renamed(visitor):
    key(visitor)
    visitor.page.get_by_role("link", name="Rename").click()
    visitor.submit("Rename")


@state
def key_with_scopes(visitor):
    visitor.change_settings(SCOPES=SCOPES)
    scopes = ["reports:*", "orders:read"]
    api_key, _value = visitor.user.api_keys.create_key(description="Reporting", scopes=scopes)
    visitor.open("api-key", api_key=api_key)


@state
def scopes(visitor):
    key_with_scopes(visitor)
    visitor.page.get_by_role("link", name="Take scopes away").click()


@state
def scopes_taken_away(visitor):
    scopes(visitor)
    visitor.page.get_by_label("Read orders").uncheck()
    visitor.submit("Save")


@state
def key_with_networks(visitor):
    visitor.key("Status page").set_networks(["192.0.2.0/24", "2001:db8:aaaa:bbbb::/64"])
    visitor.open("api-key", api_key=visitor.key("Status page"))


@state
def networks(visitor):
    key_with_networks(visitor)
    visitor.page.get_by_role("link", name="Change networks").click()


@state
def networks_with_errors(visitor):
    visitor.change_settings(REAUTHENTICATE_AFTER_SECONDS=0)
    networks(visitor)
    visitor.page.get_by_label("Networks").fill("192.0.2.1/24")
    visitor.submit("Save")


@state
def networks_changed(visitor):
    networks(visitor)
    visitor.submit("Save")


@state
def key_revoked(visitor):
    visitor.open("api-key", api_key=visitor.key("Weather widget"))


@state
def rename(visitor):
    visitor.open("api-key-rename", api_key=visitor.key("Status page"))


@state
def rename_with_errors(visitor):
    rename(visitor)
    visitor.page.get_by_label("Description").fill("")
    visitor.submit("Rename")


@state
def renamed(visitor):
    rename(visitor)
    visitor.submit("Rename")


@state
def rotate(visitor):
    visitor.open("api-key-rotate", api_key=visitor.key("Status page"))


@state
def rotate_with_errors(visitor):
    visitor.change_settings(REAUTHENTICATE_AFTER_SECONDS=0)
    rotate(visitor)
    visitor.page.get_by_text("In 7 days").click()
    visitor.submit("Rotate key")


@state
def rotated(visitor):
    rotate(visitor)
    visitor.submit("Rotate key")
    visitor.page.get_by_text("which works until").wait_for()


@state
def rotate_what_was_rotated_meanwhile(visitor):
    rotate(visitor)
    visitor.key("Status page").rotate(overlap=timedelta(hours=1))
    visitor.submit("Rotate key")


@state
def list_with_rotated_keys(visitor):
    visitor.key("Status page").rotate(overlap=timedelta(hours=5, minutes=1))
    visitor.key("Trying things out").rotate()
    visitor.open("api-keys")


@state
def key_rotated(visitor):
    api_key = visitor.key("Status page")
    for _ in range(2):
        api_key = api_key.rotate(overlap=timedelta(hours=5))[0]
    visitor.open("api-key", api_key=api_key.rotated_from)


@state
def key_still_used_after_rotation(visitor):
    api_key = visitor.key("Status page")
    successor, _value = api_key.rotate()
    used(api_key, timedelta(minutes=1), accepted=0, expired=1234)
    visitor.open("api-key", api_key=successor)


def rename_to_what_another_key_is_called(visitor):
    visitor.change_settings(UNIQUE_DESCRIPTIONS=True)
    rename(visitor)
    visitor.page.get_by_label("Description").fill("Trying things out")
    visitor.submit("Rename")


@state
def revoke(visitor):
    visitor.open("api-key-revoke", api_key=visitor.key("Status page"))


@state
def revoke_what_is_in_use(visitor):
    use_keys(visitor.user)
    revoke(visitor)


@state
def revoked_and_so_elsewhere_in_the_list(visitor):
    active = pages.path("api-keys", visitor.user, status="valid")
    visitor.open("api-key-revoke", api_key=visitor.key("Trying things out"), next=active)
    visitor.page.get_by_label("I understand").check()
    visitor.submit("Revoke key")
    visitor.page.get_by_text("The key is now in another part of the list.").wait_for()


@state
def revoke_with_errors(visitor):
    visitor.change_settings(REAUTHENTICATE_AFTER_SECONDS=0)
    revoke(visitor)
    visitor.submit("Revoke key")


@state
def revoke_what_is_revoked(visitor):
    visitor.open("api-key-revoke", api_key=visitor.key("Weather widget"))


@state
def revoke_what_was_revoked_meanwhile(visitor):
    revoke(visitor)
    visitor.key("Status page").revoke()
    visitor.page.get_by_label("Reason").fill("W" * 200)
    visitor.submit("Revoke key")


# Several keys ---------------------------------------------------------------------------------


@state
def list_with_ticked_keys(visitor):
    visitor.open("api-keys")
    for description in ("Status page", "Trying things out"):
        visitor.page.get_by_label(f"Select {description}").check()


@state
def list_of_used_keys_of_a_team_with_all_ticked(visitor):
    list_of_used_keys_of_a_team(visitor)
    visitor.page.get_by_label("Select all on this page").check()


@state
def revoke_several(visitor):
    use_keys(visitor.user)
    list_with_ticked_keys(visitor)
    visitor.submit("Revoke selected…")


@state
def revoke_several_with_errors(visitor):
    visitor.change_settings(REAUTHENTICATE_AFTER_SECONDS=0)
    list_with_ticked_keys(visitor)
    visitor.submit("Revoke selected…")
    visitor.submit("Revoke keys")


@state
def revoked_several(visitor):
    list_with_ticked_keys(visitor)
    visitor.submit("Revoke selected…")
    visitor.key("Status page").revoke()
    visitor.page.get_by_label("I understand").check()
    visitor.submit("Revoke keys")
    visitor.page.get_by_text("1 key was revoked.").wait_for()


@state
def revoke_several_that_were_revoked_meanwhile(visitor):
    list_with_ticked_keys(visitor)
    visitor.submit("Revoke selected…")
    visitor.user.api_keys.all().revoke()
    visitor.page.get_by_label("Reason").fill("W" * 200)
    visitor.submit("Revoke keys")
