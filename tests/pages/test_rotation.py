"""The page that rotates a key, and what the other pages tell of rotated keys."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from stack_apikeys.models import UserApiKey
from stack_apikeys.pages.dates import long_moment
from stack_apikeys.policy import Policy
from stack_apikeys.reauthentication import SESSION_KEY
from stack_apikeys.verification import get_user, verify_api_key
from tests.factories import PASSWORD
from tests.pages.codes import shown
from tests.pages.lists import get, in_days, row, team_of, text_of
from tests.settings_pages import address, chosen, hidden_fields, make_key
from tests.settings_pages import create as create_key

pytestmark = pytest.mark.django_db


def rotate(client, api_key, **sent):
    team = team_of(api_key.owner)
    return client.post(address("api-key-rotate", api_key, team), {"overlap": "day"} | sent)


class NoRotations(Policy):
    def may_create_key(self, actor, owner, *, api_key=None, number=1):
        return api_key is None


@pytest.mark.parametrize(
    ("overlap", "duration"),
    [("now", timedelta(0)), ("hour", timedelta(hours=1)), ("week", timedelta(days=7))],
)
def test_the_answer_shows_the_value_of_the_successor_once(client, user, owner, overlap, duration):
    api_key, old_value = owner.api_keys.create_key(description="CI")
    answer = rotate(client, api_key, overlap=overlap)
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    successor = verify_api_key(shown(answer))
    assert (successor.rotated_from, successor.created_by) == (api_key, user)
    api_key.refresh_from_db()
    wait = api_key.expires_at - timezone.now()
    assert wait.total_seconds() == pytest.approx(duration.total_seconds(), abs=60)
    works = f"which works until {long_moment(api_key.expires_at)} ."
    assert (works if duration else "which no longer works.") in text_of(answer.text)
    later = client.get(address("api-key", successor, team_of(owner))).text
    assert shown(answer) not in later
    assert old_value not in answer.text


def test_done_leads_to_the_successor(client, user):
    answer = rotate(client, make_key(user))
    successor = user.api_keys.exclude(rotated_from=None).get()
    done = re.search(r"<form[^>]*data-apikeys-guard.*?</form>", answer.text, re.DOTALL)[0]
    action = re.search('action="([^"]*)"', done)[1]
    there = client.post(action, {"done": "1", **hidden_fields(done)})
    assert there.url == address("api-key", successor)
    assert "Key created." in client.get(there.url).text


def test_the_form_says_when_the_key_ends(client, user):
    api_key = make_key(user, expires_at=in_days(2))
    page = client.get(address("api-key-rotate", api_key)).text
    text = text_of(page)
    assert "Rotate “ CI ”?" in text
    assert chosen(page, "overlap") == "day"
    tomorrow = re.escape(f"{timezone.localtime() + timedelta(days=1):%Y-%m-%dT}")
    assert len(re.findall(rf'Both keys work until <time datetime="{tomorrow}', page)) in {1, 2}
    # Not after the end that the key has already.
    assert f"Both keys work until {long_moment(api_key.expires_at)}" in text


def test_no_key_is_rotated_without_a_choice(client, user):
    api_key = make_key(user)
    for overlap in ("", "year"):
        answer = rotate(client, api_key, overlap=overlap)
        assert "<title>Error:" in answer.text
        assert 'href="#id_overlap_0"' in answer.text
    assert user.api_keys.count() == 1


def test_the_keys_page_leads_there_while_the_key_can_be_rotated(client, owner):
    team = team_of(owner)
    api_key = make_key(owner)
    here = address("api-key", api_key, team)
    link = f'href="{address("api-key-rotate", api_key, team, next=here)}"'
    assert link in client.get(here).text
    api_key.rotate(overlap=timedelta(hours=1))
    assert link not in client.get(here).text
    revoked = make_key(owner)
    revoked.revoke()
    page = client.get(address("api-key", revoked, team)).text
    assert address("api-key-rotate", revoked, team) not in page


def test_a_form_that_is_sent_twice_makes_one_successor_and_says_so(client, user):
    api_key = make_key(user)
    first = rotate(client, api_key)
    second = rotate(client, api_key)
    successor = user.api_keys.get(rotated_from=api_key)
    assert "This key has already been rotated" in second.text
    assert "No new key was made." in second.text
    assert address("api-key", successor) in second.text
    assert shown(first) not in second.text
    assert user.api_keys.count() == 2
    assert "No new key was made." not in client.get(address("api-key-rotate", api_key)).text


def test_a_key_that_has_ended_is_not_rotated(client, user):
    revoked, expired = make_key(user), make_key(user, expires_at=in_days(-1))
    revoked.revoke()
    for api_key, text in ((revoked, "is already revoked"), (expired, "has expired")):
        for answer in (client.get(address("api-key-rotate", api_key)), rotate(client, api_key)):
            assert f"This key {text}" in answer.text
            assert 'name="overlap"' not in answer.text
    assert user.api_keys.count() == 2


def test_a_sign_in_long_ago_needs_the_password(client, user, configure):
    configure(REAUTHENTICATE_AFTER_SECONDS=600)
    api_key = make_key(user)
    session = client.session
    session[SESSION_KEY] = 1
    session.save()
    assert 'name="password"' in client.get(address("api-key-rotate", api_key)).text
    assert user.api_keys.count() == 1
    refused = rotate(client, api_key, password="wrong", overlap="week")
    assert "That password is incorrect." in refused.text
    assert chosen(refused.text, "overlap") == "week"
    assert get_user(api_key=shown(rotate(client, api_key, password=PASSWORD))) == user


def test_a_policy_that_refuses_is_told(client, user, configure):
    api_key = make_key(user)
    configure(POLICY=f"{__name__}.NoRotations")
    assert "You are not allowed to create this API key." in rotate(client, api_key).text
    assert user.api_keys.get().expires_at is None


def test_rotations_are_counted_with_creations(client, user, configure):
    configure(CREATE_RATE="1/min")
    api_key = make_key(user)
    create_key(client)
    assert rotate(client, api_key).status_code == 429


def test_the_limit_of_keys_refuses_no_rotation(client, user, configure):
    configure(MAX_VALID_KEYS_PER_OWNER=1)
    assert get_user(api_key=shown(rotate(client, make_key(user)))) == user


def test_keys_of_others_are_not_there(client, team):
    of_other = make_key(team)
    assert client.post(address("api-key-rotate", of_other), {"overlap": "now"}).status_code == 404
    assert team.api_keys.get().expires_at is None


# What the other pages tell -------------------------------------------------------------------------


def test_the_row_of_a_rotated_key_tells_its_end_and_leads_to_its_successor(client, owner):
    team = team_of(owner)
    old = make_key(owner, description="old")
    new, _value = old.rotate(overlap=timedelta(days=7, minutes=1))
    new.rename("new")
    answer = get(client, team)
    assert "Rotated, ends in 1 week" in row(answer, "old").replace("\xa0", " ")
    assert address("api-key", new, team) in answer.text
    owner.api_keys.filter(pk=old.pk).update(expires_at=timezone.now())
    text = row(get(client, team), "old")
    assert "Rotated" in text
    assert "ends in" not in text
    assert "Rotated" not in row(get(client, team), "new")


def test_rotated_keys_cost_the_list_no_query(client, owner, django_assert_num_queries):
    team = team_of(owner)
    keys = [make_key(owner) for _ in range(3)]
    get(client, team)
    with CaptureQueriesContext(connection) as before:
        get(client, team)
    for api_key in keys:
        api_key.rotate(overlap=timedelta(hours=1))
    with django_assert_num_queries(len(before)):
        get(client, team)


def test_the_keys_page_shows_the_family(client, owner):
    team = team_of(owner)
    keys = [make_key(owner)]
    for _ in range(7):
        keys.append(keys[-1].rotate()[0])
    page = client.get(address("api-key", keys[-2], team)).text
    facts = dict(re.findall(r"<dt>(Replace[sd][^<]*)</dt><dd>(.*?)</dd>", page, re.DOTALL))
    assert [*facts] == ["Replaced by", "Replaces"]
    assert address("api-key", keys[-1], team) in facts["Replaced by"]
    links = re.findall('href="([^"?]*)', facts["Replaces"])
    assert links == [address("api-key", each, team) for each in keys[-3:-8:-1]]
    history = text_of(re.search('<ol class="apikeys-history">.*?</ol>', page, re.DOTALL)[0])
    assert "Rotated" in history
    alone = client.get(address("api-key", make_key(owner), team)).text
    assert "Replace" not in alone


def test_a_family_whose_first_key_was_deleted_is_shown(client, user):
    first = make_key(user)
    second, _value = first.rotate()
    UserApiKey.objects.filter(pk=first.pk).delete()
    assert client.get(address("api-key", second)).status_code == 200
