"""The rotation of one key."""

from datetime import timedelta

from tests.browser.states.registry import state
from tests.usage.test_pages import used


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
