"""No secret is kept, nothing for others or for long, and at no cost."""

import pytest

from stack_apikeys.pages import drafts
from tests.factories import PASSWORD, UserFactory
from tests.pages.drafts.forms import CREATE, NOTICE, lose
from tests.settings_pages import address, field_value, make_key, sign_in

pytestmark = pytest.mark.django_db


def test_nobody_else_sees_what_was_typed(client, user, team):
    other = UserFactory()
    if team:
        team.add_member(other, permission_ids=["team_admin"])
    url = address("api-key-create", team=team)
    lose(client, url, CREATE)
    sign_in(client, other)
    page = client.get(url).text
    assert NOTICE not in page
    assert "Nightly" not in page
    assert field_value(page, "description") == ""
    assert drafts.SESSION_KEY not in client.session


def test_a_secret_is_not_kept(client, user, team):
    _api_key, value = (team or user).api_keys.create_key(description="Other")
    url = address("api-key-create", team=team)
    lose(client, url, CREATE | {"description": f"of {value}", "password": PASSWORD})
    [draft] = client.session[drafts.SESSION_KEY]
    assert set(draft["typed"]) == {"key_id", "expires_in", "expires_on"}
    assert value not in str(draft)
    assert PASSWORD not in str(draft)
    sign_in(client, user)
    page = client.get(url).text
    assert NOTICE in page
    assert value not in page


def test_a_text_that_no_form_accepts_is_not_kept(client, user):
    lose(
        client, address("api-key-create"), CREATE | {"description": "x" * (drafts.LONGEST_TEXT + 1)}
    )
    [draft] = client.session[drafts.SESSION_KEY]
    assert "description" not in draft["typed"]


def test_a_draft_is_kept_for_an_hour(client, user, monkeypatch):
    url = address("api-key-create")
    lose(client, url, CREATE)
    sign_in(client, user)
    session = client.session
    [draft] = session[drafts.SESSION_KEY]
    session[drafts.SESSION_KEY] = [draft | {"kept_at": draft["kept_at"] - 3600}]
    session.save()
    assert NOTICE not in client.get(url).text
    assert drafts.SESSION_KEY not in client.session


@pytest.mark.parametrize(
    ("page", "number"), [("api-key-create", 3), ("api-key-rename", 4), ("api-key-revoke", 4)]
)
def test_drafts_cost_no_query_of_a_user_who_stays_signed_in(
    client, user, django_assert_num_queries, page, number
):
    url = address(page, None if page == "api-key-create" else make_key(user))
    with django_assert_num_queries(number):
        client.get(url)
