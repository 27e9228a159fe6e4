"""System checks of the settings for reminders."""

import pytest

from stack_apikeys.reminders import checks


def ids():
    return [message.id for message in checks.check_reminders()]


def test_the_defaults_are_right(configure):
    assert ids() == []


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"NOTICES": {"deleted": True}}, ["E002"]),
        ({"NOTICES": {"created": "no"}}, ["E002"]),
        ({"NOTICES": {"created": False}}, []),
        ({"NOTICES": None}, []),  # a check of all settings reports the type
        ({"REMINDER_DAYS": [0]}, ["E003"]),
        ({"REMINDER_DAYS": [366]}, ["E003"]),
        ({"REMINDER_DAYS": [True]}, ["E003"]),
        ({"REMINDER_DAYS": ["7"]}, ["E003"]),
        ({"REMINDER_DAYS": []}, []),
        ({"REMINDER_DAYS": 7}, []),
        ({"SITE_URL": "https://www.example.com"}, []),
        ({"SITE_URL": "http://[::1]:8000/"}, []),
        ({"SITE_URL": "www.example.com"}, ["E004"]),
        ({"SITE_URL": "https://www.example.com/keys"}, ["E004"]),
        ({"SITE_URL": "javascript:alert(1)"}, ["E004"]),
        ({"SITE_URL": "https://[::1"}, ["E004"]),
        ({"SITE_URL": None}, []),
    ],
)
def test_wrong_values_are_reported(configure, values, expected):
    configure(**values)
    assert ids() == [f"stack_apikeys_reminders.{each}" for each in expected]


def test_a_missing_library_is_reported(monkeypatch):
    monkeypatch.setattr(checks, "find_spec", lambda _name: None)
    [message] = checks.check_reminders()
    assert message.id == "stack_apikeys_reminders.E001"
    assert "django-stack-apikeys[reminders]" in message.hint
