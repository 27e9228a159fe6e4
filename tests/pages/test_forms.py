"""The forms of the settings pages: what they refuse, and when a new key expires."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.http import QueryDict
from django.utils import timezone

from stack_apikeys.pages.forms import CreateApiKeyForm
from tests.pages.lists import text_of
from tests.settings_pages import address, create, filled_in, make_key

pytestmark = pytest.mark.django_db


# What is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "field", "error"),
    [
        ({"description": ""}, "description", "Enter a description."),
        ({"description": "x" * 256}, "description", "at most 255 characters"),
        ({"description": "a\0b"}, "description", "Null characters"),
        ({"expires_in": "8"}, "expires_in", "not one of the available choices"),
        ({"expires_in": ""}, "expires_in", "required"),
        ({"expires_in": "custom"}, "expires_on", "Choose a date."),
        ({"expires_in": "custom", "expires_on": "2020-01-01"}, "expires_on", "later date"),
        ({"expires_in": "custom", "expires_on": "tomorrow"}, "expires_on", "valid date"),
        ({"expires_in": "custom", "expires_on": "9999-12-31"}, "expires_on", "earlier date"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_what_was_typed_kept(
    client, user, changes, field, error
):
    answer = create(client, **{"description": "Typed <before>", **changes})
    assert not user.api_keys.exists()
    control = re.search(rf'<input[^>]*name="{field}"[^>]*>', answer.text)[0]
    assert 'aria-invalid="true"' in control
    # Radio buttons are described together.
    fieldset = re.search(r"<fieldset[^>]*>", answer.text)[0]
    described = fieldset if 'type="radio"' in control else control
    assert f"id_{field}_error" in re.search(r'aria-describedby="([^"]*)"', described)[1]
    said = re.search(rf'<ul[^>]*id="id_{field}_error".*?</ul>', answer.text, re.DOTALL)[0]
    assert error in said
    summary = re.search(r'role="alert".*?</ul>', answer.text, re.DOTALL)[0]
    linked = re.search(r'href="#([^"]+)"', summary)[1]
    assert f' id="{linked}"' in control
    if "description" not in changes:
        assert 'value="Typed &lt;before&gt;"' in answer.text


def test_a_form_with_errors_still_makes_one_key(client, user):
    sent = filled_in(client, description="")
    page = client.post(address("api-key-create"), sent).text
    assert f'name="key_id" value="{sent["key_id"]}"' in page


@pytest.mark.parametrize(
    ("limit", "users", "teams"),
    [
        (1, "You can have only one active key.", "The team can have only one active key."),
        (5, "You can have up to 5 active keys.", "The team can have up to 5 active keys."),
    ],
)
def test_the_page_tells_how_many_keys_there_can_be(client, team, settings, limit, users, teams):
    settings.STACK_APIKEYS = {"MAX_VALID_KEYS_PER_OWNER": limit}
    assert users in client.get(address("api-key-create")).text
    assert teams in client.get(address("api-key-create", team=team)).text


def test_the_limit_is_told_and_nothing_is_lost(client, user, settings):
    make_key(user)
    settings.STACK_APIKEYS = {"MAX_VALID_KEYS_PER_OWNER": 1}
    answer = create(client, description="One too many")
    assert "The limit of valid API keys (1) has been reached." in answer.text
    assert 'value="One too many"' in answer.text
    assert user.api_keys.count() == 1


# When it expires ------------------------------------------------------------------------------


@pytest.mark.parametrize("days", [1, 7, 30, 90, 365])
def test_a_key_lives_as_long_as_was_chosen(client, user, days):
    before = timezone.now()
    create(client, expires_in=str(days), expires_on="nonsense")
    expires_at = user.api_keys.get().expires_at
    assert timedelta(days=days) - timedelta(milliseconds=1) <= expires_at - before
    assert expires_at - timezone.now() <= timedelta(days=days)


def test_a_key_may_never_expire(client, user):
    create(client, expires_in="never")
    assert user.api_keys.get().expires_at is None


def form_in(zone, user, rf, **changes):
    request = rf.post("/")
    request.user, request.session = user, {}
    data = QueryDict(mutable=True)
    data.update({"description": "CI", "expires_in": "custom", **changes})
    with timezone.override(zone):
        form = CreateApiKeyForm(data, request=request, owner=user)
        form.full_clean()
    return form


def test_a_chosen_day_counts_to_its_end_in_the_visitors_time_zone(user, rf):
    form = form_in(ZoneInfo("America/New_York"), user, rf, expires_on="2041-07-01")
    assert form.cleaned_data["expires_at"] == datetime(2041, 7, 2, 3, 59, 59, tzinfo=UTC)
    assert "(EDT)" in str(form["expires_on"].help_text) or "(EST)" in str(
        form["expires_on"].help_text
    )


def test_today_is_not_over_yet_and_yesterday_is(user, rf):
    for zone in ("Pacific/Kiritimati", "Etc/GMT+12"):
        with timezone.override(ZoneInfo(zone)):
            today = timezone.localdate()
        assert form_in(ZoneInfo(zone), user, rf, expires_on=today.isoformat()).is_valid()
        yesterday = today - timedelta(days=1)
        form = form_in(ZoneInfo(zone), user, rf, expires_on=yesterday.isoformat())
        assert form.has_error("expires_on")
        assert form["expires_on"].field.widget.attrs["min"] == today.isoformat()


def choices(page):
    """Return the text beside each radio button, by its value."""
    return {
        re.search('value="([^"]*)"', each)[1]: text_of(each.split("<div", 1)[0])
        for each in page.split('<div class="apikeys-choice">')[1:]
    }


def test_each_choice_tells_the_moment_that_it_leads_to(client, monkeypatch):
    now = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: now)
    page = client.get(address("api-key-create")).text
    said = choices(page)
    assert [*said] == ["1", "7", "30", "90", "365", "never", "custom"]
    for value, duration in (("1", "1 day"), ("30", "30 days"), ("365", "1 year")):
        then = now + timedelta(days=int(value))
        moment = f"{then:%A} {then.day} {then:%B %Y, %H:%M} UTC"
        assert said[value] == f"{duration} Expires {moment} ."
    assert said["never"] == "Never The key works until you revoke it."
    assert said["custom"] == "Date"
    assert re.findall(r'type="radio"[^>]* value="(\d+)"[^>]* checked', page) == ["30"]
