"""Django's own methods that create rows raise an error that names `create_key`."""

import pytest
from django.db import IntegrityError, transaction
from django.forms import inlineformset_factory

from stack_apikeys.models import TeamApiKey, UserApiKey
from tests.factories import TeamFactory, UserFactory

pytestmark = pytest.mark.django_db


def by_formset(owner, keys):
    name = keys.model.KIND
    make = inlineformset_factory(type(owner), keys.model, fields=["description"], fk_name=name)
    prefix = make.get_default_prefix()
    data = {
        f"{prefix}-TOTAL_FORMS": "1",
        f"{prefix}-INITIAL_FORMS": "0",
        f"{prefix}-0-description": "CI",
    }
    formset = make(data, instance=owner)
    assert formset.is_valid()
    formset.save()


WAYS = {
    "create by owner": lambda _owner, keys: keys.create(description="CI"),
    "create": lambda owner, keys: keys.model.objects.create(**{keys.model.KIND: owner}),
    "get_or_create": lambda _owner, keys: keys.get_or_create(description="CI"),
    "update_or_create": lambda _owner, keys: keys.update_or_create(description="CI"),
    "bulk_create": lambda owner, keys: keys.bulk_create([keys.model(**{keys.model.KIND: owner})]),
    "save": lambda owner, keys: keys.model(**{keys.model.KIND: owner}).save(),
    "inline formset": by_formset,
}


@pytest.mark.parametrize("make", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("factory", [UserFactory, TeamFactory])
def test_a_row_without_a_digest_is_not_saved(factory, make):
    owner = factory()
    with pytest.raises(ValueError, match=r"create_key\(\)"):
        make(owner, owner.api_keys)
    assert not owner.api_keys.exists()


def test_a_digest_cannot_be_emptied_later():
    api_key, _value = UserFactory().api_keys.create_key()
    api_key.digest = ""
    with pytest.raises(ValueError, match=r"create_key\(\)"):
        api_key.save()


@pytest.mark.parametrize("model", [UserApiKey, TeamApiKey])
def test_the_database_refuses_a_row_without_a_digest(model):
    owner = {"user": UserFactory, "team": TeamFactory}[model.KIND]()
    owner.api_keys.create_key()
    with (
        pytest.raises(IntegrityError, match=f"{model.KIND}apikey_has_a_digest"),
        transaction.atomic(),
    ):
        model.objects.update(digest="")


def test_a_row_that_was_read_without_its_digest_is_saved():
    UserFactory().api_keys.create_key()
    api_key = UserApiKey.objects.defer("digest").get()
    api_key.description = "renamed"
    api_key.save()
    assert len(UserApiKey.objects.get(description="renamed").digest) == 64
