"""Two people, or two tabs, change the same key: the second one learns what happened."""

import re
from html import unescape

import pytest

from stack_apikeys.pages.dates import time_tag
from stack_apikeys.pages.views import ApiKeyRevokeView
from stack_apikeys.policy import Policy
from tests.factories import TeamFactory, UserFactory
from tests.settings_pages import (
    address,
    chosen,
    field_value,
    filled_in,
    hidden_fields,
    is_created,
    make_key,
    sign_in,
    was_signed_out,
)

pytestmark = pytest.mark.django_db

NOT_SAVED = "Your reason was not saved."

REVOKED = "Revoked. Anything that uses this key no longer works."

REFUSED = "You are not allowed to create this API key."

CREATE = {"description": "Nightly <backup>", "expires_in": "7"}


@pytest.fixture(params=["user", "team"])
def team(request, user):
    """The team whose key is revoked, or None for a key of the user."""
    return TeamFactory(creator=user) if request.param == "team" else None


@pytest.fixture
def api_key(user, team):
    return make_key(team or user, description="<Website>")


@pytest.fixture
def url(api_key, team):
    return address("api-key-revoke", api_key, team)


@pytest.fixture
def ada():
    return UserFactory(display_name="Ada Lovelace")


def revoke(client, url, reason, **changes):
    return client.post(url, {"reason": reason, "understood": "on", **changes})


def notice(answer):
    """Return the text that has the focus, without the tags but for the one of a time."""
    shown = re.search(r'<p[^>]* role="alert"[^>]* autofocus>(.*?)</p>', answer.text, re.DOTALL)
    return " ".join(re.sub("</?bdi[^>]*>", "", unescape(shown[1])).split())


def told(api_key, by=None):
    """Return what the page says about the first revocation."""
    who = f" by {by.display_name}" if by else ""
    return f"It was revoked{who} on {time_tag(api_key.manually_revoked_at)}."


def assert_told(answer, text, reason=""):
    """Check the page: it says the text, and shows a reason so that it can be copied."""
    assert answer.status_code == 200
    assert notice(answer) == text
    field = re.search(r'<input[^>]*id="apikeys-unsaved-reason"[^>]*>', answer.text)
    assert bool(field) == bool(reason)
    if field:
        assert f'value="{reason}"' in field[0]
        assert "readonly" in field[0]
        assert '<label for="apikeys-unsaved-reason">Your reason</label>' in answer.text
    assert 'name="understood"' not in answer.text
    assert "<title>Revoke API key" in answer.text
    assert '<h1 class="apikeys-heading">This key is already revoked</h1>' in answer.text


def test_the_second_person_learns_who_was_first_and_keeps_their_reason(
    client, team, ada, api_key, url
):
    api_key.revoke(by=ada, reason="Rotated")
    first = told(api_key, by=ada)
    assert_told(revoke(client, url, "It leaked"), f"{first} {NOT_SAVED}", "It leaked")
    assert_told(revoke(client, url, ""), first)
    api_key.refresh_from_db()
    assert (api_key.revoked_by, api_key.revoked_reason) == (ada, "Rotated")
    assert REVOKED not in client.get(address("api-keys", team=team)).text


def test_without_the_tick_or_with_an_error_nothing_is_lost_either(client, ada, api_key, url):
    api_key.revoke(by=ada)
    first = f"{told(api_key, by=ada)} {NOT_SAVED}"
    assert_told(client.post(url, {"reason": "It leaked"}), first, "It leaked")
    assert_told(revoke(client, url, "x" * 256), first, "x" * 256)


def test_a_reason_is_shown_as_text(client, ada, api_key, url):
    api_key.revoke(by=ada)
    assert 'value="&lt;b&gt; &quot;x&quot;"' in revoke(client, url, '<b> "x"').text


@pytest.mark.parametrize("first", ["nobody", "the same person"])
def test_no_name_is_given_of_nobody_or_the_person_themselves(client, user, api_key, url, first):
    api_key.revoke(by=None if first == "nobody" else user, reason="Rotated")
    assert_told(revoke(client, url, "It leaked"), f"{told(api_key)} {NOT_SAVED}", "It leaked")


@pytest.mark.parametrize("reason", ["It leaked", ""])
def test_the_same_person_with_the_same_reason_has_succeeded(client, user, api_key, url, reason):
    for _tab in range(2):
        answer = revoke(client, url, reason)
        assert answer.url.endswith(f"#api-key-{api_key.pk}")
        assert client.get(answer.url).text.count(REVOKED) == 1
    api_key.refresh_from_db()
    assert (api_key.revoked_by, api_key.revoked_reason) == (user, reason)


def test_the_same_reason_of_somebody_else_is_no_success(client, ada, api_key, url):
    api_key.revoke(by=ada, reason="It leaked")
    assert_told(revoke(client, url, "It leaked"), told(api_key, by=ada))


def test_a_revocation_during_the_request_is_told_too(client, ada, api_key, url, monkeypatch):
    def be_second(self, *args, hold_rights=ApiKeyRevokeView.hold_rights):
        type(api_key).objects.get(pk=api_key.pk).revoke(by=ada)
        return hold_rights(self, *args)

    monkeypatch.setattr(ApiKeyRevokeView, "hold_rights", be_second)
    answer = revoke(client, url, "It leaked")
    api_key.refresh_from_db()
    assert_told(answer, f"{told(api_key, by=ada)} {NOT_SAVED}", "It leaked")


def test_the_last_of_two_names_wins(client, user, team, api_key):
    url = address("api-key-rename", api_key, team)
    for description in ("First", "Second"):
        assert client.post(url, {"description": description}).status_code == 302
    api_key.refresh_from_db()
    assert api_key.description == "Second"


# The right to create keys is withdrawn while the form is open ----------------------------------


class NoCreation(Policy):
    """Nobody may create keys."""

    def may_create_key(self, user, owner, *, api_key=None, number=1):
        return False


@pytest.fixture
def withdraw(settings):
    """A function that withdraws the right to create keys."""

    def change():
        settings.STACK_APIKEYS = {**settings.STACK_APIKEYS, "POLICY": f"{__name__}.NoCreation"}

    return change


def assert_refused(answer):
    """Check the page: it says the refusal once, and shows what was typed."""
    assert answer.text.count(REFUSED) == 1
    assert field_value(answer.text, "description") == "Nightly <backup>"
    assert chosen(answer.text, "expires_in") == "7"


def test_whoever_must_not_create_a_key_any_more_keeps_what_was_typed(
    client, user, team, withdraw, settings
):
    url = address("api-key-create", team=team)
    sent = filled_in(client, team, **CREATE)
    before = settings.STACK_APIKEYS
    withdraw()
    refused = client.post(url, sent)
    assert_refused(refused)
    incomplete = client.post(url, sent | {"description": ""})
    assert REFUSED in incomplete.text
    assert chosen(incomplete.text, "expires_in") == "7"
    assert not (team or user).api_keys.exists()
    settings.STACK_APIKEYS = before
    assert is_created(client.post(url, hidden_fields(refused.text) | CREATE))


def test_a_right_that_is_withdrawn_until_the_next_sign_in_loses_nothing_either(
    client, user, team, withdraw
):
    url = address("api-key-create", team=team)
    sent = hidden_fields(client.get(url).text) | CREATE
    was_signed_out(client)
    client.post(url, sent)
    withdraw()
    page = client.get(sign_in(client, user, url).url)
    assert page.status_code == 403
    assert_refused(page)
    assert "had to sign in again" not in page.text
    again = client.get(url)
    assert REFUSED in again.text
    assert field_value(again.text, "description") is None
