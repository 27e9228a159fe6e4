"""The scopes and the networks of one key."""

from tests.browser.states.registry import state
from tests.scopes import SCOPES


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
