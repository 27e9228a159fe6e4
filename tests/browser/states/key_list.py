"""The list of keys, and the calendar beside it."""

from tests.browser import pages
from tests.browser.states.registry import state
from tests.browser.visitor import use_keys
from tests.factories import TeamFactory


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
