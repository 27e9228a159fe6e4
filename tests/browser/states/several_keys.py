"""The revocation of several keys at once."""

from tests.browser.states.key_list import list_of_used_keys_of_a_team
from tests.browser.states.registry import state
from tests.browser.visitor import use_keys


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
