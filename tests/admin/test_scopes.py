"""Scopes in Django admin: chosen for a new key, and only taken away later."""

import re

import pytest

from tests.admin.pages import address, form_errors, model_of, new, staff, text_of, value_on
from tests.scopes import SCOPES

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def named(configure):
    configure(SCOPES=SCOPES)


def ticked(page):
    """The scopes with a checkbox, and whether it is ticked."""
    boxes = re.findall(r'<input type="checkbox" name="scopes"[^>]*>', page)
    return {re.search(' value="([^"]*)"', each)[1]: " checked" in each for each in boxes}


def change(client, api_key, **sent):
    url = address("change", api_key.pk, model=type(api_key))
    return client.post(url, {"description": api_key.description, **sent}, follow=True)


def test_a_new_key_gets_the_scopes_that_were_chosen(client, owner, configure):
    configure(DEFAULT_SCOPES=["orders:read"])
    page = text_of(client.get(address("add", model=model_of(owner))))
    assert ticked(page) == {name: name == "orders:read" for name in SCOPES}
    assert "Read reports (<code" in page
    sent = new(owner, scopes=["reports:*", "admin"])
    assert value_on(client.post(address("add", model=model_of(owner)), sent))
    assert owner.api_keys.get().scopes == ["admin", "reports:*"]


def test_a_new_key_may_have_no_scopes(client, owner, configure):
    configure(DEFAULT_SCOPES=["orders:read"])
    assert value_on(client.post(address("add", model=model_of(owner)), new(owner)))
    assert owner.api_keys.get().scopes == []


def test_without_named_scopes_there_is_nothing_to_choose(client, owner, configure):
    configure(SCOPES={})
    add = address("add", model=model_of(owner))
    assert "scopes" not in text_of(client.get(add))
    assert value_on(client.post(add, new(owner, scopes=["admin"])))
    api_key = owner.api_keys.get()
    assert api_key.scopes is None
    page = client.get(address("change", api_key.pk, model=type(api_key)))
    assert "scopes" not in text_of(page)


def test_a_scope_that_the_project_does_not_name_is_refused(client, owner):
    sent = new(owner, scopes=["reports:delete"])
    errors = form_errors(client.post(address("add", model=model_of(owner)), sent))
    assert [*errors] == ["scopes"]
    assert not owner.api_keys.exists()


def test_staff_grant_what_the_policy_lets_them(client, user, configure):
    configure(POLICY="tests.scopes.NobodyGrantsMoreThanReading")
    add = address("add")
    errors = form_errors(client.post(add, new(user, scopes=["admin"])))
    assert errors == {"__all__": ["You are not allowed to grant the scope admin."]}
    assert not user.api_keys.exists()
    assert value_on(client.post(add, new(user, scopes=["reports:read"])))


def test_scopes_are_taken_away_and_never_added(client, owner):
    api_key, _value = owner.api_keys.create_key(scopes=["reports:*", "orders:read"])
    page = text_of(client.get(address("change", api_key.pk, model=type(api_key))))
    assert ticked(page) == {
        "reports:read": False,
        "reports:write": False,
        "reports:*": True,
        "orders:read": True,
    }
    change(client, api_key, scopes=["reports:read"])
    api_key.refresh_from_db()
    assert api_key.scopes == ["reports:read"]
    page = text_of(change(client, api_key, scopes=["reports:read", "admin"], description="New"))
    assert "is not one of the available choices" in page
    api_key.refresh_from_db()
    assert (api_key.scopes, api_key.description) == (["reports:read"], "")
    change(client, api_key)
    api_key.refresh_from_db()
    assert api_key.scopes == []


def test_renaming_a_key_keeps_scopes_that_the_project_has_removed(client, user, configure):
    api_key, _value = user.api_keys.create_key(scopes=["admin", "orders:read"])
    configure(SCOPES={"admin": "All"})
    change(client, api_key, description="New", scopes=["admin"])
    api_key.refresh_from_db()
    assert (api_key.scopes, api_key.description) == (["admin", "orders:read"], "New")


def test_a_key_from_before_scopes_were_named_is_narrowed_if_it_has_full_access(
    client, user, configure
):
    configure(SCOPES={})
    api_key, _value = user.api_keys.create_key()
    configure(SCOPES=SCOPES)
    url = address("change", api_key.pk)
    page = text_of(client.get(url))
    assert "None" in page
    assert ticked(page) == {}
    configure(SCOPELESS_KEYS="full")
    assert ticked(text_of(client.get(url))) == dict.fromkeys(SCOPES, True)
    change(client, api_key, scopes=[*SCOPES], description="New")
    api_key.refresh_from_db()
    assert (api_key.scopes, api_key.description) == (None, "New")
    change(client, api_key, scopes=["admin"])
    api_key.refresh_from_db()
    assert api_key.scopes == ["admin"]


def test_who_may_only_look_sees_the_scopes(user):
    api_key, _value = user.api_keys.create_key(scopes=["reports:read"])
    client = staff("view")
    page = text_of(client.get(address("change", api_key.pk)))
    assert 'Read reports (<code dir="ltr">reports:read</code>)' in page
    assert ticked(page) == {}
    assert client.post(address("change", api_key.pk), {"scopes": []}).status_code == 403
