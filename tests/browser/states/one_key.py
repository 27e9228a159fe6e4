"""The page of one key, its renaming and its revocation."""

from tests.browser import pages
from tests.browser.states.registry import state
from tests.browser.visitor import use_keys


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
