"""Keys in Django admin: found, made, renamed, revoked, and deleted with their owners only."""

import re
import threading
from datetime import timedelta
from html import unescape
from uuid import uuid4

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.contrib.sessions.models import Session
from django.db import connection
from django.db.models.signals import pre_save
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone

from stack_apikeys.conf import conf
from stack_apikeys.models import TeamApiKey, UserApiKey
from stack_apikeys.verification import verify_api_key
from tests.factories import TeamFactory, UserFactory

pytestmark = pytest.mark.django_db

NOW = timezone.now()
TOMORROW = {"expires_at_0": str((NOW + timedelta(days=1)).date()), "expires_at_1": "12:00:00"}


def address(page, *keys, model=UserApiKey):
    return reverse(f"admin:stack_apikeys_{model._meta.model_name}_{page}", args=[*keys])


@pytest.fixture
def client():
    """The browser of a superuser."""
    client = Client()
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    return client


def staff(*permissions):
    """The browser of somebody who may do this much with the keys of users."""
    user = UserFactory(is_staff=True)
    for each in permissions:
        user.user_permissions.add(Permission.objects.get(codename=f"{each}_userapikey"))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def user():
    return UserFactory(email="ada@example.com", display_name="Ada")


@pytest.fixture
def team():
    return TeamFactory(display_name="Analytical Engines")


@pytest.fixture(params=["user", "team"])
def owner(request):
    """Once a user, once a team."""
    return request.getfixturevalue(request.param)


def expire(api_key):
    type(api_key).objects.filter(pk=api_key.pk).update(expires_at=NOW - timedelta(days=1))


def text_of(response):
    return unescape(response.content.decode())


def listed(response):
    """The keys of the list that was shown."""
    return set(response.context["cl"].result_list)


# The list -------------------------------------------------------------------------------------


def test_the_list_shows_each_key_with_its_owner_status_and_mask(client, owner):
    valid, value = owner.api_keys.create_key(description="CI", expires_at=NOW + timedelta(days=9))
    revoked, _value = owner.api_keys.create_key()
    revoked.revoke()
    expired, _value = owner.api_keys.create_key(is_public=True)
    expire(expired)
    page = text_of(client.get(address("changelist", model=type(valid))))
    assert str(owner) in page
    assert "CI" in page
    for api_key, status in [(valid, "valid"), (revoked, "revoked"), (expired, "expired")]:
        assert api_key.masked in page
        assert f'<span class="api-key-status api-key-status-{status}">{status}</span>' in page
    assert value not in page
    assert valid.digest not in page


@pytest.mark.parametrize("factory", [UserFactory, TeamFactory])
@pytest.mark.parametrize("number", [1, 7])
def test_the_list_costs_as_many_queries_for_many_owners_as_for_one(
    client, django_assert_num_queries, factory, number
):
    for owner in factory.create_batch(number):
        api_key, _value = owner.api_keys.create_key()
    # The session, the person, the number of keys, the keys with their owners.
    with django_assert_num_queries(4):
        client.get(address("changelist", model=type(api_key)))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("status=valid", {"valid", "public"}),
        ("status=revoked", {"revoked"}),
        ("status=expired", {"expired"}),
        ("status=nonsense", {"valid", "public", "revoked", "expired"}),
        ("is_public__exact=1", {"public"}),
        ("expires=7", {"public"}),
        ("expires=30", {"public", "valid"}),
        ("expires=never", {"revoked"}),
        ("created_at__gte=2000-01-01T00:00:00Z", {"valid", "public", "revoked", "expired"}),
        ("created_at__lt=2000-01-01T00:00:00Z", set()),
    ],
)
def test_the_list_is_filtered(client, user, query, found):
    user.api_keys.create_key(description="valid", expires_at=NOW + timedelta(days=20))
    user.api_keys.create_key(
        description="public", is_public=True, expires_at=NOW + timedelta(days=2)
    )
    user.api_keys.create_key(description="revoked")[0].revoke()
    expire(user.api_keys.create_key(description="expired")[0])
    response = client.get(f"{address('changelist')}?{query}&_facets=True")
    assert {api_key.description for api_key in listed(response)} == found


# Search ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "term",
    [
        "ada@exam",
        "Nightly",
        "{key.last_four}",
        "{key.id}",
        "{key.id.hex}",
        " {key.id.urn} ",
        "{value}",
        "  Bearer {value}\n",
        'curl -H "X-Stack-Api-Key: {value}"',
    ],
)
def test_a_user_key_is_found(client, user, term):
    api_key, value = user.api_keys.create_key(description="Nightly build")
    UserFactory(email="bob@example.com").api_keys.create_key(description="Another")
    response = client.post(
        address("changelist"), {"q": term.format(key=api_key, value=value)}, follow=True
    )
    assert listed(response) == {api_key}
    assert value not in text_of(response)


def test_a_team_key_is_found_by_what_the_adapter_names(client, team):
    api_key, _value = team.api_keys.create_key()
    TeamFactory().api_keys.create_key()
    response = client.post(
        address("changelist", model=TeamApiKey), {"q": "analytical"}, follow=True
    )
    assert listed(response) == {api_key}


def test_a_search_by_id_reads_the_primary_key(client, user, django_assert_num_queries):
    api_key, _value = user.api_keys.create_key()
    with django_assert_num_queries(4) as queries:
        client.get(address("changelist"), {"q": str(api_key.id)})
    assert not any(" LIKE " in query["sql"] for query in queries.captured_queries)


def test_a_pasted_key_never_stands_in_an_address(client, user):
    api_key, value = user.api_keys.create_key()
    sent = {"q": f"the key is {value}"}
    page = address("changelist")
    for response in (client.post(page, sent), client.get(page, sent)):
        assert response.status_code == 302
        assert response["Location"] == f"{page}?q={api_key.id}"
        assert value not in text_of(response)


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize(
    "mistake",
    [
        lambda value: value[:-1],  # cut short
        lambda value: value[:50],  # without its second half
        lambda value: value[5:],  # without its beginning
        lambda value: value.upper(),
        lambda value: value[:9] + "u" + value[10:],
        lambda value: value.replace(conf.MARKER, "000000000"),
    ],
)
def test_a_mistyped_key_is_neither_searched_for_nor_repeated(client, user, method, mistake):
    _api_key, value = user.api_keys.create_key()
    mistyped = mistake(value)
    response = getattr(client, method)(address("changelist"), {"q": f"key {mistyped}"})
    assert response["Location"] == f"{address('changelist')}?"
    page = text_of(client.get(response["Location"]))
    assert "mistyped or not whole" in page
    assert mistyped not in page
    assert mistyped not in client.cookies.output()


def test_a_key_of_the_other_kind_is_said_to_be_one(client, team):
    api_key, value = team.api_keys.create_key()
    response = client.post(address("changelist"), {"q": value}, follow=True)
    assert response.redirect_chain == [(f"{address('changelist')}?q={api_key.id}", 302)]
    assert "Search for it among the team API keys." in text_of(response)
    assert value not in text_of(response)


def test_a_search_keeps_the_filters_and_leaves_the_page(client):
    page = address("changelist")
    response = client.post(f"{page}?status=valid&is_public__exact=1&p=3&q=old", {"q": "new"})
    assert response["Location"] == f"{page}?status=valid&is_public__exact=1&q=new"
    response = client.post(f"{page}?status=valid&q=old", {"q": ""})
    assert response["Location"] == f"{page}?status=valid"


def test_the_search_form_is_sent_by_post_with_a_token(user):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(UserFactory(is_staff=True, is_superuser=True))
    page = text_of(browser.get(address("changelist") + "?q=words"))
    form = page[page.index('<form id="changelist-search"') :].partition("</form>")[0]
    assert 'method="post"' in form
    assert 'value="words"' in form
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', form)[1]
    sent = {"q": "x", "csrfmiddlewaretoken": token}
    assert browser.post(address("changelist"), sent).status_code == 302


# Make -----------------------------------------------------------------------------------------


def new(owner, **fields):
    """What the form of a new key sends."""
    kind = "user" if hasattr(owner, "email") else "team"
    return {kind: str(owner.pk), "description": "CI", "new_id": str(uuid4())} | fields


def model_of(owner):
    return owner.api_keys.model


def value_on(response):
    """The value that a page shows, or None."""
    found = re.search(r"[sp]k_[0-9a-z]{99}", response.content.decode())
    return found and found[0]


@pytest.mark.parametrize("button", ["_save", "_addanother", "_continue", "_popup"])
def test_a_new_key_is_shown_in_the_answer_and_nowhere_else(client, owner, button):
    response = client.post(
        address("add", model=model_of(owner)), new(owner, **TOMORROW) | {button: "1"}
    )
    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]
    value = value_on(response)
    api_key = verify_api_key(value)
    assert api_key.owner == owner
    assert api_key.description == "CI"
    assert not api_key.is_public
    assert api_key.expires_at > NOW
    assert str(api_key.created_by_id) == client.session["_auth_user_id"]
    assert f'<input type="text" id="api-key-value" value="{value}" readonly' in text_of(response)
    assert '<label for="api-key-value"' in text_of(response)
    assert "<script>" not in text_of(response)

    log = LogEntry.objects.get()
    assert log.is_addition()
    assert log.object_id == str(api_key.pk)
    assert log.object_repr == f"CI ({api_key.masked})"
    assert value not in client.cookies.output()
    assert all(value not in str(session.get_decoded()) for session in Session.objects.all())
    for page in ("changelist", "change", "history"):
        shown = client.get(
            address(page, *([] if page == "changelist" else [api_key.pk]), model=type(api_key))
        )
        assert value not in text_of(shown)
        assert api_key.digest not in text_of(shown)


def test_a_public_key_can_be_made(client, user):
    response = client.post(address("add"), new(user, is_public="on"))
    assert value_on(response).startswith("pk_")


def test_the_form_of_a_new_key_has_no_buttons_that_would_lose_it(client):
    page = text_of(client.get(address("add")))
    assert 'name="_save"' in page
    assert 'name="_addanother"' not in page
    assert 'name="_continue"' not in page


def test_the_owner_of_a_new_key_is_not_chosen_from_a_list(client, django_assert_num_queries):
    UserFactory.create_batch(3)
    TeamFactory.create_batch(3)
    for model in (UserApiKey, TeamApiKey):
        client.get(address("add", model=model))  # Django keeps the content type that it reads
        # The session and the person; nothing else is read.
        with django_assert_num_queries(2):
            client.get(address("add", model=model))


def test_every_form_has_another_id(client):
    ids = {client.get(address("add")).context["adminform"].form["new_id"].value() for _ in "ab"}
    assert len(ids) == 2


def test_a_form_that_is_sent_twice_makes_one_key(client, user):
    sent = new(user)
    client.post(address("add"), sent)
    again = client.post(address("add"), sent)
    assert user.api_keys.count() == 1
    assert value_on(again) is None
    assert f"the key {user.api_keys.get().masked} was made then" in text_of(again)
    assert LogEntry.objects.count() == 1


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_a_form_that_is_sent_twice_at_once_makes_one_key(client, user):
    sent = new(user)

    def the_other_was_quicker(sender, instance, **kwargs):
        def insert():
            UserApiKey.objects.bulk_create([UserApiKey(id=sent["new_id"], user=user)])
            connection.close()

        pre_save.disconnect(the_other_was_quicker, sender=UserApiKey)
        other = threading.Thread(target=insert)
        other.start()
        other.join()

    pre_save.connect(the_other_was_quicker, sender=UserApiKey)
    response = client.post(address("add"), sent)
    assert "cannot be shown again" in text_of(response)
    assert user.api_keys.count() == 1
    assert not LogEntry.objects.exists()


def form_errors(response):
    assert response.status_code == 200
    assert value_on(response) is None
    return response.context["adminform"].form.errors


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"user": ""}, "user"),
        ({"user": "nobody"}, "user"),
        ({"user": str(uuid4())}, "user"),
        ({"description": "x" * 256}, "description"),
        ({"description": "nul \0"}, "description"),
        ({"expires_at_0": "2020-01-01", "expires_at_1": "00:00"}, "expires_at"),
        ({"expires_at_0": "9999-12-31", "expires_at_1": "23:59"}, "expires_at"),
        ({"expires_at_0": "tomorrow", "expires_at_1": ""}, "expires_at"),
        ({"new_id": ""}, "new_id"),
        ({"new_id": "mine"}, "new_id"),
    ],
)
def test_a_form_with_a_mistake_names_the_field_and_makes_nothing(client, user, fields, name):
    errors = form_errors(client.post(address("add"), new(user) | fields))
    assert list(errors) == [name]
    assert not UserApiKey.objects.exists()


def test_no_more_keys_are_made_than_the_settings_allow(client, user, settings):
    settings.STACK_APIKEYS = settings.STACK_APIKEYS | {"MAX_VALID_KEYS_PER_OWNER": 1}
    assert value_on(client.post(address("add"), new(user)))
    errors = form_errors(client.post(address("add"), new(user)))
    assert "at most 1 valid API keys" in str(errors)
    assert user.api_keys.count() == 1


@pytest.mark.parametrize("kind", ["user", "team"])
def test_no_key_is_made_of_a_kind_that_is_switched_off(client, request, settings, kind):
    owner = request.getfixturevalue(kind)
    settings.STACK_APIKEYS = settings.STACK_APIKEYS | {f"ALLOW_{kind.upper()}_API_KEYS": False}
    errors = form_errors(client.post(address("add", model=model_of(owner)), new(owner)))
    assert f"{kind.capitalize()} API keys are not enabled" in str(errors)
    assert not owner.api_keys.exists()


# Change ---------------------------------------------------------------------------------------


def test_only_the_description_of_a_key_changes(client, user):
    api_key, _value = user.api_keys.create_key(description="old")
    before = UserApiKey.objects.filter(pk=api_key.pk).values().get()
    sent = new(UserFactory(), description="new", is_public="on", last_four="0000", **TOMORROW)
    response = client.post(address("change", api_key.pk), sent)
    assert response.status_code == 302
    assert UserApiKey.objects.filter(pk=api_key.pk).values().get() == before | {
        "description": "new"
    }


def test_renaming_a_key_does_not_undo_a_revocation(client, user):
    api_key, _value = user.api_keys.create_key()
    api_key.revoke(reason="lost")
    client.post(address("change", api_key.pk), {"description": "new"})
    api_key.refresh_from_db()
    assert api_key.description == "new"
    assert api_key.revoked_reason == "lost"


def test_the_page_of_a_key_shows_all_but_its_digest(client, owner):
    api_key, value = owner.api_keys.create_key(created_by=UserFactory(display_name="Maker"))
    api_key.revoke(by=UserFactory(display_name="Revoker"), reason="It was lost")
    page = text_of(client.get(address("change", api_key.pk, model=type(api_key))))
    for shown in ("Maker", "Revoker", "It was lost", api_key.masked, str(api_key.id), str(owner)):
        assert shown in page
    assert api_key.digest not in page
    assert value not in page
    assert page.count("<textarea") == 0
    assert re.findall(r'<input type="text" name="(\w+)"', page) == ["description"]


# Revoke ---------------------------------------------------------------------------------------


def test_the_button_asks_and_then_revokes(client, owner):
    api_key, _value = owner.api_keys.create_key()
    page = address("revoke", api_key.pk, model=type(api_key))
    change = address("change", api_key.pk, model=type(api_key))
    assert page in text_of(client.get(change))
    assert api_key.masked in text_of(client.get(page))
    response = client.post(page, {"revoke": "yes", "reason": "It was lost"})
    assert response["Location"] == change
    api_key.refresh_from_db()
    assert api_key.status == "revoked"
    assert api_key.revoked_reason == "It was lost"
    assert str(api_key.revoked_by_id) == client.session["_auth_user_id"]
    log = LogEntry.objects.get()
    assert (log.object_id, log.change_message) == (str(api_key.pk), "Revoked.")
    assert page not in text_of(client.get(change))


def test_a_key_that_is_revoked_already_is_left_as_it_is(client, user):
    api_key, _value = user.api_keys.create_key()
    api_key.revoke(reason="first")
    page = address("revoke", api_key.pk)
    for response in (client.get(page), client.post(page, {"revoke": "yes", "reason": "second"})):
        assert response["Location"] == address("change", api_key.pk)
    api_key.refresh_from_db()
    assert api_key.revoked_reason == "first"
    assert not LogEntry.objects.exists()


def test_no_key_is_revoked_without_confirmation_or_with_too_long_a_reason(client, user):
    api_key, _value = user.api_keys.create_key()
    page = address("revoke", api_key.pk)
    assert client.post(page, {"reason": "lost"}).status_code == 200
    response = client.post(page, {"revoke": "yes", "reason": "x" * 256})
    assert "at most 255 characters" in text_of(response)
    api_key.refresh_from_db()
    assert api_key.is_valid()


@pytest.mark.parametrize("key", ["6ba7b810-9dad-41d1-80b4-00c04fd430c8", "nonsense"])
def test_a_key_that_does_not_exist_cannot_be_revoked(client, key):
    assert client.get(address("revoke", key)).status_code == 404
    assert client.post(address("revoke", key), {"revoke": "yes"}).status_code == 404


def answer_to(response):
    """What the form that asks for confirmation sends, with a reason."""
    hidden = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', text_of(response))
    sent = {"revoke": "yes", "reason": "spring cleaning"}
    for name, value in hidden:
        sent.setdefault(name, []).append(value)
    return sent


def test_the_action_asks_and_then_revokes_what_was_selected(client, user):
    selected = [user.api_keys.create_key()[0] for _ in range(2)]
    revoked, _value = user.api_keys.create_key()
    revoked.revoke(reason="first")
    left, _value = user.api_keys.create_key()
    page = address("changelist") + "?user=" + str(user.pk)
    ids = [str(api_key.pk) for api_key in (*selected, revoked)]
    question = client.post(page, {"action": "revoke_selected", "_selected_action": ids, "index": 0})
    assert "Revoke these 2 keys?" in text_of(question)
    assert user.api_keys.valid().count() == 3
    response = client.post(page, answer_to(question), follow=True)
    assert response.redirect_chain == [(page, 302)]
    assert "2 keys were revoked." in text_of(response)
    for api_key in (*selected, revoked, left):
        api_key.refresh_from_db()
    assert {api_key.revoked_reason for api_key in selected} == {"spring cleaning"}
    assert revoked.revoked_reason == "first"
    assert left.is_valid()
    assert {log.object_id for log in LogEntry.objects.all()} == {str(key.pk) for key in selected}


def test_the_action_revokes_all_that_the_list_has_and_no_more(client, user):
    for number in range(3):
        user.api_keys.create_key(description=f"old {number}")
    left, _value = user.api_keys.create_key(description="new")
    page = address("changelist") + "?q=old"
    one = str(user.api_keys.first().pk)
    sent = {"action": "revoke_selected", "_selected_action": one, "index": 0, "select_across": 1}
    question = client.post(page, sent)
    assert "Revoke these 3 keys?" in text_of(question)
    client.post(page, answer_to(question))
    assert user.api_keys.revoked().count() == 3
    left.refresh_from_db()
    assert left.is_valid()


def test_a_long_reason_is_asked_for_again_by_the_action(client, user):
    api_key, _value = user.api_keys.create_key()
    sent = {"action": "revoke_selected", "_selected_action": str(api_key.pk), "revoke": "yes"}
    again = client.post(address("changelist"), sent | {"reason": "x" * 256})
    assert "at most 255 characters" in text_of(again)
    client.post(address("changelist"), answer_to(again))
    assert user.api_keys.revoked().count() == 1


def test_a_key_that_is_deleted_meanwhile_does_not_keep_the_others(client, user):
    going, staying = (user.api_keys.create_key()[0] for _ in range(2))

    def delete_first(execute, sql, parameters, many, context):
        if sql.startswith("UPDATE") and UserApiKey._meta.db_table in sql:
            context["connection"].execute_wrappers.remove(delete_first)
            UserApiKey.objects.filter(pk=going.pk).delete()
            context["connection"].execute_wrappers.append(delete_first)
        return execute(sql, parameters, many, context)

    ids = [str(going.pk), str(staying.pk)]
    sent = {"action": "revoke_selected", "_selected_action": ids, "revoke": "yes"}
    with connection.execute_wrapper(delete_first):
        response = client.post(address("changelist"), sent, follow=True)
    assert "1 key was revoked." in text_of(response)
    staying.refresh_from_db()
    assert staying.status == "revoked"
    assert LogEntry.objects.get().object_id == str(staying.pk)


def test_the_question_before_many_keys_are_revoked_costs_the_same(
    client, django_assert_num_queries
):
    ids = [str(user.api_keys.create_key()[0].pk) for user in UserFactory.create_batch(5)]
    sent = {"action": "revoke_selected", "_selected_action": ids, "index": 0}
    with django_assert_num_queries(5):
        client.post(address("changelist"), sent)


# Permissions ----------------------------------------------------------------------------------


def test_staff_who_may_only_look_can_only_look(user):
    api_key, _value = user.api_keys.create_key()
    before = list(UserApiKey.objects.values())
    browser = staff("view")
    assert listed(browser.get(address("changelist"))) == {api_key}
    assert address("revoke", api_key.pk) not in text_of(browser.get(address("change", api_key.pk)))
    assert browser.get(address("add")).status_code == 403
    assert browser.post(address("add"), new(user)).status_code == 403
    assert browser.get(address("revoke", api_key.pk)).status_code == 403
    assert browser.post(address("revoke", api_key.pk), {"revoke": "yes"}).status_code == 403
    assert browser.post(address("change", api_key.pk), {"description": "x"}).status_code == 403
    sent = {"action": "revoke_selected", "_selected_action": str(api_key.pk), "revoke": "yes"}
    browser.post(address("changelist"), sent)
    assert list(UserApiKey.objects.values()) == before


def test_staff_who_may_only_add_see_the_new_key_and_no_other_page(user):
    browser = staff("add")
    response = browser.post(address("add"), new(user))
    assert verify_api_key(value_on(response)).user == user
    assert "Details of this key" not in text_of(response)
    assert browser.get(address("changelist")).status_code == 403


def test_strangers_see_nothing(user):
    api_key, _value = user.api_keys.create_key()
    for browser in (Client(), staff()):
        for page in (address("changelist"), address("add"), address("revoke", api_key.pk)):
            assert browser.get(page).status_code in {302, 403}
            assert browser.post(page, {"revoke": "yes"} | new(user)).status_code in {302, 403}
    api_key.refresh_from_db()
    assert api_key.is_valid()
    assert user.api_keys.count() == 1


@override_settings(STACK_APIKEYS={"ADMIN_CAN_DELETE": True})
def test_looking_changes_nothing(client, user):
    api_key, _value = user.api_keys.create_key()
    before = list(UserApiKey.objects.values())
    for page in ("change", "revoke", "delete", "history"):
        query = {"revoke": "yes", "reason": "lost", "post": "yes", "description": "x"}
        assert client.get(address(page, api_key.pk), query).status_code == 200
    client.get(address("add"), new(user))
    client.get(address("changelist"), {"action": "revoke_selected", "_selected_action": api_key.pk})
    assert list(UserApiKey.objects.values()) == before
    assert not LogEntry.objects.exists()


# Delete ---------------------------------------------------------------------------------------


def test_keys_are_not_deleted_here(client, owner):
    api_key, _value = owner.api_keys.create_key()
    model = type(api_key)
    page = address("delete", api_key.pk, model=model)
    assert page not in text_of(client.get(address("change", api_key.pk, model=model)))
    assert "delete_selected" not in text_of(client.get(address("changelist", model=model)))
    assert client.get(page).status_code == 403
    assert client.post(page, {"post": "yes"}).status_code == 403
    sent = {"action": "delete_selected", "_selected_action": str(api_key.pk), "post": "yes"}
    client.post(address("changelist", model=model), sent)
    assert model.objects.filter(pk=api_key.pk).exists()


@override_settings(STACK_APIKEYS={"ADMIN_CAN_DELETE": True})
def test_keys_are_deleted_where_the_settings_allow_it(client, owner):
    first, second = (owner.api_keys.create_key()[0] for _ in range(2))
    model = type(first)
    page = address("delete", first.pk, model=model)
    assert page in text_of(client.get(address("change", first.pk, model=model)))
    client.post(page, {"post": "yes"})
    sent = {"action": "delete_selected", "_selected_action": str(second.pk), "post": "yes"}
    client.post(address("changelist", model=model), sent)
    assert not owner.api_keys.exists()
    assert staff("view", "change").post(page, {"post": "yes"}).status_code == 403


def test_an_owner_is_deleted_with_the_keys(client, owner):
    owner.api_keys.create_key()
    page = reverse(
        f"admin:{owner._meta.app_label}_{owner._meta.model_name}_delete", args=[owner.pk]
    )
    assert "doesn't have permission" not in text_of(client.get(page))
    client.post(page, {"post": "yes"})
    assert not type(owner).objects.filter(pk=owner.pk).exists()
    assert not UserApiKey.objects.exists()
    assert not TeamApiKey.objects.exists()
