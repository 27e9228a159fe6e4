"""Keys whose value was generated beforehand, such as in the environment of a container."""

from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError

from stack_apikeys import keys
from stack_apikeys.models import TeamApiKey, UserApiKey
from stack_apikeys.secret import Secret
from stack_apikeys.verification import get_team, get_user
from tests.factories import TeamFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("wrap", [str, Secret])
def test_a_key_is_created_with_a_given_value(user, wrap):
    key_id = uuid4()
    given = keys.generate(id=key_id, kind="user")
    api_key, value = user.api_keys.create_key(value=wrap(given), id=key_id)
    assert value == given
    assert api_key.pk == key_id
    assert get_user(api_key=given) == user
    assert given not in repr(UserApiKey.objects.values().get())


def test_a_public_key_of_a_team_is_created_with_a_given_value():
    team = TeamFactory()
    given = keys.generate(id=uuid4(), kind="team", is_public=True)
    api_key, _value = team.api_keys.create_key(value=given, is_public=True)
    assert get_team(api_key=given) == team
    assert api_key.is_public


def mistyped(value):
    return value[:-1] + ("0" if value[-1] != "0" else "1")


WRONG = {
    "mistyped": mistyped(keys.generate(id=uuid4(), kind="user")),
    "empty": "",
    "a password": "correct horse battery staple",
    "a team's": keys.generate(id=uuid4(), kind="team"),
    "a public one": keys.generate(id=uuid4(), kind="user", is_public=True),
}


@pytest.mark.parametrize("value", WRONG.values(), ids=WRONG)
def test_a_malformed_value_or_one_of_another_kind_is_refused(user, value):
    with pytest.raises(ValidationError) as caught:
        user.api_keys.create_key(value=value)
    assert list(caught.value.message_dict) == ["value"]
    assert not value or value not in str(caught.value)
    assert not UserApiKey.objects.exists()


def test_a_value_with_another_id_is_refused(user):
    with pytest.raises(ValidationError, match="another id"):
        user.api_keys.create_key(id=uuid4(), value=keys.generate(id=uuid4(), kind="user"))


def test_a_value_cannot_be_used_twice(user):
    value = keys.generate(id=uuid4(), kind="user")
    user.api_keys.create_key(value=value)
    with pytest.raises(ValidationError, match="already") as caught:
        UserFactory().api_keys.create_key(value=value)
    assert list(caught.value.message_dict) == ["value"]
    assert UserApiKey.objects.get().user == user
    assert not TeamApiKey.objects.exists()
