"""The page that creates a key, shows its value once, and creates no second key."""

import re
from html import unescape

import pytest
from django.core.signing import Signer
from django.db import connection
from django.test import Client
from django.views.debug import ExceptionReporter

from stack_apikeys.policy import Policy
from stack_apikeys.verification import get_team, get_user
from tests.factories import UserFactory
from tests.pages.codes import shown, tags
from tests.pages.lists import text_of
from tests.settings_pages import address, create, filled_in, make_key

pytestmark = pytest.mark.django_db

VALUE = re.compile(r"[sp]k_[0-9a-z]{99}")


# Shown once -----------------------------------------------------------------------------------


def test_the_answer_to_the_form_shows_a_key_that_works(client, user):
    answer = create(client, description="Nightly <backup>")
    assert answer.status_code == 200
    value = shown(answer)
    assert get_user(api_key=value) == user
    api_key = user.api_keys.get()
    assert (api_key.description, api_key.created_by) == ("Nightly <backup>", user)
    heading = re.search("<h1.*?</h1>", answer.text, re.DOTALL)[0]
    assert 'Key created: <bdi dir="auto">Nightly &lt;backup&gt;</bdi>' in heading
    assert f'ends in <code dir="ltr">{api_key.last_four}</code>' in answer.text
    assert api_key.expires_at.strftime('datetime="%Y-%m-%dT%H:%M') in answer.text
    assert "no-store" in answer.headers["Cache-Control"]


def test_a_teams_key_works_for_the_team(client, user, team):
    answer = create(client, team)
    assert get_team(api_key=shown(answer)) == team
    assert team.api_keys.get().created_by == user
    assert "Engine room" in answer.text


def test_the_value_stands_in_no_attribute_of_the_page(client):
    answer = create(client)
    attributes = re.findall(r"""=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+))""", tags(answer.text))
    assert len(attributes) > 100
    assert shown(answer) not in str(attributes)


def test_the_value_is_named_for_screen_readers_and_told_to_be_shown_once(client):
    page = create(client).text
    group = re.search(r'<div class="apikeys-secret"[^>]*>', page)[0]
    assert 'role="group" aria-label="API key" aria-describedby="apikeys-once"' in group
    once = re.search(r'id="apikeys-once">(.*?)</p>', page, re.DOTALL)[1]
    assert text_of(once) == (
        "This is the only time you will see this key. Store it in a password manager."
    )


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
    assert re.search(r'<input type="checkbox" required>', form)
    assert 'type="submit" name="done" value="1"' in form
    assert 'method="post"' in form
    action = unescape(re.search('action="([^"]*)"', form)[1])
    next_url = unescape(re.search('name="next" value="([^"]*)"', form)[1])
    # Without a trailing "?", as a GET form would add.
    row = f"/account/?user-status=valid&user-q=a+b#api-key-{api_key.pk}"
    assert client.post(action, {"done": "1", "next": next_url}).url == row
    assert user.api_keys.count() == 1


@pytest.mark.parametrize("next_url", ["https://evil.example/", "//evil.example", ""])
def test_done_leads_to_no_other_site(client, user, next_url):
    answer = client.post(address("api-key-create"), {"done": "1", "next": next_url})
    assert answer.url == address("api-keys")
    assert not user.api_keys.exists()


# Once -----------------------------------------------------------------------------------------


def test_a_form_that_is_sent_twice_makes_one_key_and_says_so(client, user):
    sent = filled_in(client, description="Twice")
    first = client.post(address("api-key-create"), sent)
    second = client.post(address("api-key-create"), sent)
    api_key = user.api_keys.get()
    assert "This key already exists" in second.text
    assert "cannot be shown again" in second.text
    assert f'ends in <code dir="ltr">{api_key.last_four}</code>' in second.text
    assert address("api-key-revoke", api_key) in second.text
    assert shown(first) not in second.text
    assert not VALUE.search(second.text)


def test_the_second_time_needs_no_room_for_another(client, user, settings):
    settings.STACK_APIKEYS = {"MAX_VALID_KEYS_PER_OWNER": 1}
    sent = filled_in(client)
    client.post(address("api-key-create"), sent)
    assert "This key already exists" in client.post(address("api-key-create"), sent).text


class OnlyOneKey(Policy):
    """A project's own policy."""

    def may_create_key(self, actor, owner, *, api_key=None, number=1):
        return not owner.api_keys.exists()


def test_the_second_time_needs_no_permission_for_another(client, user, settings):
    settings.STACK_APIKEYS = {"POLICY": f"{__name__}.OnlyOneKey"}
    sent = filled_in(client)
    client.post(address("api-key-create"), sent)
    assert "This key already exists" in client.post(address("api-key-create"), sent).text
    assert user.api_keys.count() == 1


def test_a_key_that_was_revoked_meanwhile_is_offered_no_revocation(client, user):
    sent = filled_in(client)
    client.post(address("api-key-create"), sent)
    user.api_keys.get().revoke()
    answer = client.post(address("api-key-create"), sent)
    assert "This key already exists" in answer.text
    assert "Revoke this key" not in answer.text


def test_two_forms_make_two_keys(client, user):
    assert shown(create(client)) != shown(create(client))
    assert user.api_keys.count() == 2


def test_nobody_chooses_the_id_of_a_key_or_learns_which_exist(client, user, team):
    """An id that the form did not sign, or that it signed for somebody else, is replaced."""
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
