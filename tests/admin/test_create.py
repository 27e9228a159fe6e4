"""Keys are created in Django admin, and shown once."""

import threading
from uuid import UUID, uuid4

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.db.models.signals import pre_save

from stack_apikeys.models import TeamApiKey, UserApiKey
from stack_apikeys.verification import verify_api_key
from tests.admin.pages import NOW, TOMORROW, address, form_errors, model_of, new, text_of, value_on
from tests.factories import TeamFactory, UserFactory
from tests.parallel import close_connections

pytestmark = pytest.mark.django_db


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
    assert text_of(response).count(value) == 1
    assert f">{value}</textarea>" in text_of(response)
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


def test_the_page_with_a_new_key_says_which_it_is_and_how_to_keep_it(client, owner):
    sent = new(owner, description="Nightly backup", is_public="on", **TOMORROW)
    response = client.post(address("add", model=model_of(owner)), sent)
    page = text_of(response)
    api_key = owner.api_keys.get()
    assert "This is the only time you will see this key. Store it in a password manager." in page
    assert f'<dd><bdi dir="auto">{owner}</bdi></dd>' in page
    assert '<dd><bdi dir="auto">Nightly backup</bdi></dd>' in page
    assert f'<time datetime="{api_key.expires_at.isoformat()}">' in page
    assert f'<dt>Ends in</dt><dd><code translate="no">{api_key.last_four}</code></dd>' in page
    assert "<dt>Public</dt><dd>Yes</dd>" in page


def test_the_page_with_a_key_that_never_expires_says_so(client, user):
    page = text_of(client.post(address("add"), new(user, description="")))
    assert "<dt>Expires</dt><dd>Never</dd>" in page
    assert "<dt>Description</dt><dd>No description</dd>" in page
    assert "<dt>Public</dt>" not in page


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
    assert f"the key {user.api_keys.get().masked}." in text_of(again)
    assert LogEntry.objects.count() == 1


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_a_form_that_is_sent_twice_at_once_makes_one_key(client, user):
    sent = new(user)

    def the_other_was_quicker(sender, instance, **kwargs):
        def insert():
            UserApiKey.objects.create_key(id=UUID(sent["new_id"]), user=user)
            close_connections()

        pre_save.disconnect(the_other_was_quicker, sender=UserApiKey)
        other = threading.Thread(target=insert)
        other.start()
        other.join()

    pre_save.connect(the_other_was_quicker, sender=UserApiKey)
    response = client.post(address("add"), sent)
    assert "cannot be shown again" in text_of(response)
    assert user.api_keys.count() == 1
    assert not LogEntry.objects.exists()


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


def test_a_key_is_made_with_networks_and_rates(client, owner):
    sent = new(owner, networks="192.0.2.0/24, 2001:db8::/32", rates="20/second")
    response = client.post(address("add", model=model_of(owner)), sent)
    assert value_on(response)
    api_key = owner.api_keys.get()
    assert (api_key.networks, api_key.rates) == (["192.0.2.0/24", "2001:db8::/32"], ["20/second"])


def test_the_form_offers_no_key_for_ever_if_that_is_not_allowed(client, configure):
    text = "Leave empty for a key that never expires."
    assert text in text_of(client.get(address("add")))
    configure(ALLOW_KEYS_WITHOUT_EXPIRY=False)
    page = text_of(client.get(address("add")))
    assert text not in page
    assert "A key that never expires is not allowed." in page
    too_late = {"expires_at_0": "9999-12-31", "expires_at_1": "23:59"}
    response = client.post(address("add"), new(UserFactory(), **too_late))
    assert form_errors(response)["expires_at"] == ["Choose an earlier date."]


def test_no_more_keys_are_made_than_the_settings_allow(client, user, settings):
    settings.STACK_APIKEYS = settings.STACK_APIKEYS | {"MAX_VALID_KEYS_PER_OWNER": 1}
    assert value_on(client.post(address("add"), new(user)))
    errors = form_errors(client.post(address("add"), new(user)))
    assert "The limit of valid API keys (1)" in str(errors)
    assert user.api_keys.count() == 1


@pytest.mark.parametrize("kind", ["user", "team"])
def test_no_key_is_made_of_a_kind_that_is_switched_off(client, request, settings, kind):
    owner = request.getfixturevalue(kind)
    settings.STACK_APIKEYS = settings.STACK_APIKEYS | {f"ALLOW_{kind.upper()}_API_KEYS": False}
    errors = form_errors(client.post(address("add", model=model_of(owner)), new(owner)))
    assert f"{kind.capitalize()} API keys are not enabled" in str(errors)
    assert not owner.api_keys.exists()
