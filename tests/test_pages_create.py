"""A new key on the pages: what may be asked for, and that it is shown once and nowhere else."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from zoneinfo import ZoneInfo

import pytest
from django.core.signing import Signer
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.utils import timezone
from django.views.debug import ExceptionReporter

from stack_apikeys.forms import CreateApiKeyForm
from stack_apikeys.verification import get_team, get_user
from tests.factories import TeamFactory, UserFactory
from tests.pages import address, filled_in, make_key

pytestmark = pytest.mark.django_db

VALUE = re.compile(r"[sp]k_[0-9a-z]{99}")


@pytest.fixture
def user():
    return UserFactory(display_name="Ada")


@pytest.fixture
def team(user):
    return TeamFactory(display_name="Engine room", creator=user)


@pytest.fixture
def client(client, user):
    client.force_login(user)
    return client


def create(client, team=None, **changes):
    return client.post(address("api-key-create", team=team), filled_in(client, team, **changes))


def shown(answer):
    """The value in its field."""
    return re.search(r'<textarea id="apikeys-value"[^>]*>(.*?)</textarea>', answer.text)[1]


# Shown once -----------------------------------------------------------------------------------


def test_the_answer_to_the_form_shows_a_key_that_works(client, user):
    answer = create(client, description="Nightly <backup>")
    assert answer.status_code == 200
    value = shown(answer)
    assert get_user(api_key=value) == user
    api_key = user.api_keys.get()
    assert (api_key.description, api_key.created_by) == ("Nightly <backup>", user)
    assert "Nightly &lt;backup&gt;" in answer.text
    assert api_key.expires_at.strftime('datetime="%Y-%m-%dT%H:%M') in answer.text
    assert "no-store" in answer.headers["Cache-Control"]


def test_a_teams_key_works_for_the_team(client, user, team):
    answer = create(client, team)
    assert get_team(api_key=shown(answer)) == team
    assert team.api_keys.get().created_by == user
    assert "Engine room" in answer.text


@pytest.mark.parametrize(
    ("headers", "line"),
    [
        (["X-Stack-Api-Key"], "X-Stack-Api-Key: sk_"),
        (["X-Api-Key", "Authorization"], "X-Api-Key: sk_"),
        (["Authorization"], "Authorization: Bearer sk_"),
    ],
)
def test_the_line_to_try_the_key_with_can_be_pasted(client, settings, headers, line):
    settings.STACK_APIKEYS = {**settings.STACK_APIKEYS, "HEADERS": headers}
    answer = create(client)
    request = unescape(
        re.search(r'<textarea id="apikeys-curl"[^>]*>(.*?)</textarea>', answer.text)[1]
    )
    assert request == f'curl http://testserver/api/protected -H "{line[:-3]}{shown(answer)}"'


def test_the_value_stands_in_no_attribute_of_the_page(client):
    answer = create(client)
    attributes = re.findall(r'="([^"]*)"', re.sub(r"<textarea.*?</textarea>", "", answer.text))
    assert not any(shown(answer) in attribute for attribute in attributes)


def test_the_value_is_in_no_session_cookie_message_row_or_later_page(client, user):
    answer = create(client)
    value = shown(answer)
    assert value not in str(answer.cookies) + str(answer.headers)
    assert value not in str(dict(client.session.items()))
    assert not hasattr(answer, "context_data")
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            assert value not in str(cursor.fetchall())
    api_key = user.api_keys.get()
    for page in ("api-keys", "api-keys-csv"):
        later = client.get(address(page))
        assert value not in (later.getvalue().decode() if later.streaming else later.text)
    for page in ("api-key", "api-key-rename", "api-key-revoke"):
        assert value not in client.get(address(page, api_key)).text


def test_the_value_is_not_in_the_report_of_an_error_in_its_page(
    client, rf, user, settings, tmp_path
):
    frame = tmp_path / "stack_apikeys" / "frame.html"
    frame.parent.mkdir()
    frame.write_text('{% block content %}{% endblock %}{% include "no-such.html" %}')
    base = frame.with_name("base.html")
    base.write_text('{% extends "stack_apikeys/frame.html" %}')
    sent = filled_in(client)
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path]}]
    with pytest.raises(Exception, match="no-such") as caught:
        client.post(address("api-key-create"), sent)
    error = caught.value
    report = ExceptionReporter(rf.post("/"), type(error), error, error.__traceback__)
    html = report.get_traceback_html()
    assert user.api_keys.get().pk.hex not in "".join(VALUE.findall(html))
    assert not VALUE.search(html)


def test_done_needs_the_tick_and_leads_back_to_where_one_came_from(client, user):
    answer = create(client, next="/account/?user-status=valid&user-q=a+b#user-api-keys")
    api_key = user.api_keys.get()
    form = re.search(r"<form[^>]*data-apikeys-guard.*?</form>", answer.text, re.DOTALL)[0]
    assert f'method="get" action="/account/#api-key-{api_key.pk}"' in form
    assert '<input type="hidden" name="user-status" value="valid">' in form
    assert '<input type="hidden" name="user-q" value="a b">' in form
    assert re.search(r'<input type="checkbox" required>', form)


# Once -----------------------------------------------------------------------------------------


def test_a_form_that_is_sent_twice_makes_one_key_and_says_so(client, user):
    sent = filled_in(client, description="Twice")
    first = client.post(address("api-key-create"), sent)
    second = client.post(address("api-key-create"), sent)
    api_key = user.api_keys.get()
    assert "This key exists already" in second.text
    assert "cannot be shown again" in second.text
    assert api_key.masked in second.text
    assert address("api-key-revoke", api_key) in second.text
    assert shown(first) not in second.text
    assert not VALUE.search(second.text)


def test_the_second_time_needs_no_room_for_another(client, user, settings):
    settings.STACK_APIKEYS = {"MAX_VALID_KEYS_PER_OWNER": 1}
    sent = filled_in(client)
    client.post(address("api-key-create"), sent)
    assert "This key exists already" in client.post(address("api-key-create"), sent).text


def test_a_key_that_was_revoked_meanwhile_is_offered_no_revocation(client, user):
    sent = filled_in(client)
    client.post(address("api-key-create"), sent)
    user.api_keys.get().revoke()
    answer = client.post(address("api-key-create"), sent)
    assert "This key exists already" in answer.text
    assert "Revoke this key" not in answer.text


def test_two_forms_make_two_keys(client, user):
    assert shown(create(client)) != shown(create(client))
    assert user.api_keys.count() == 2


def test_nobody_chooses_the_id_of_a_key_or_learns_which_exist(client, user, team):
    """Neither by an id of one's own making, nor by a form that was somebody else's."""
    other = UserFactory()
    foreign = make_key(other)
    others_client = Client()
    others_client.force_login(other)
    tokens = [
        str(foreign.pk),
        Signer().sign(str(foreign.pk)),
        filled_in(others_client)["key_id"],
        filled_in(client, team)["key_id"],
        "",
        "x" * 5000,
    ]
    for token in tokens:
        value = shown(create(client, key_id=token))
        assert get_user(api_key=value) == user
        assert foreign.pk.hex not in value
        assert not token or token.split(":")[0].replace("-", "") not in value
    assert other.api_keys.get() == foreign
    assert user.api_keys.count() == len(tokens)


# What is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "field", "error"),
    [
        ({"description": ""}, "description", "Say what the key is for."),
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
    control = re.search(rf'<(?:input|select)[^>]*name="{field}"[^>]*>', answer.text)[0]
    assert 'aria-invalid="true"' in control
    assert f"id_{field}_error" in re.search(r'aria-describedby="([^"]*)"', control)[1]
    said = re.search(rf'<ul[^>]*id="id_{field}_error".*?</ul>', answer.text, re.DOTALL)[0]
    assert error in said
    summary = re.search(r'role="alert".*?</ul>', answer.text, re.DOTALL)[0]
    assert f'href="#id_{field}"' in summary
    if "description" not in changes:
        assert 'value="Typed &lt;before&gt;"' in answer.text


def test_a_form_with_errors_still_makes_one_key(client, user):
    sent = filled_in(client, description="")
    page = client.post(address("api-key-create"), sent).text
    assert f'name="key_id" value="{sent["key_id"]}"' in page


def test_the_limit_is_told_and_nothing_is_lost(client, user, settings):
    make_key(user)
    settings.STACK_APIKEYS = {"MAX_VALID_KEYS_PER_OWNER": 1}
    assert "one valid key at a time" in client.get(address("api-key-create")).text
    answer = create(client, description="One too many")
    assert "There may be at most 1 valid API keys here." in answer.text
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


def test_each_choice_tells_the_day_that_it_leads_to(client):
    page = client.get(address("api-key-create"), headers={"accept-language": "en-gb"}).text
    in_30_days = timezone.now() + timedelta(days=30)
    option = re.search(r'<option value="30" selected>([^<]*)</option>', page)[1]
    assert option == f"30 days ({in_30_days.day} {in_30_days:%b %Y})"
