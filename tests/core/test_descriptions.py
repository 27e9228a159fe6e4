"""With ``UNIQUE_DESCRIPTIONS``, the valid keys of an owner have different descriptions."""

from datetime import timedelta

import pytest
from django.utils import timezone

from stack_apikeys.exceptions import ApiKeyNotFound, DescriptionNotUnique
from stack_apikeys.models import UserApiKey
from tests.factories import TeamFactory, UserFactory
from tests.parallel import in_parallel

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def unique(configure):
    configure(UNIQUE_DESCRIPTIONS=True)


def test_owners_do_not_share_their_descriptions():
    for owner in (UserFactory(), UserFactory(), TeamFactory()):
        owner.api_keys.create_key(description="CI")


def test_only_valid_keys_are_compared(owner):
    yesterday = timezone.now() - timedelta(days=1)
    owner.api_keys.create_key(description="CI", expires_at=yesterday)
    revoked, _value = owner.api_keys.create_key(description="CI")
    revoked.revoke()
    owner.api_keys.create_key(description="CI")
    revoked.rename("ci")  # it is not valid
    with pytest.raises(DescriptionNotUnique):
        owner.api_keys.create_key(description="Ci")


def test_keys_without_a_description_are_not_compared(owner):
    owner.api_keys.bulk_create_keys(2)
    api_key, _value = owner.api_keys.create_key(description="CI")
    api_key.rename("")
    assert owner.api_keys.filter(description="").count() == 3


def test_spaces_around_a_description_make_no_difference(owner):
    owner.api_keys.create_key(description=" CI")
    other, _value = owner.api_keys.create_key(description="Other ")
    for description in ("CI", " ci  ", "CI "):
        with pytest.raises(DescriptionNotUnique):
            owner.api_keys.create_key(description=description)
        with pytest.raises(DescriptionNotUnique):
            other.rename(description)
    other.rename("Other")
    for _number in range(2):
        owner.api_keys.create_key(description="  ")  # as none


def test_several_keys_at_once_would_have_the_same_description(owner):
    with pytest.raises(DescriptionNotUnique):
        owner.api_keys.bulk_create_keys(2, description="CI")
    assert not owner.api_keys.exists()


def test_a_rotated_key_does_not_count_and_can_be_renamed(owner):
    old, _value = owner.api_keys.create_key(description="CI")
    new, _value = old.rotate(overlap=timedelta(hours=1))
    old.rename("CI (old)")
    old.rename("CI")
    new.rename("CI")
    with pytest.raises(DescriptionNotUnique):
        owner.api_keys.create_key(description="CI")
    new.revoke()
    owner.api_keys.create_key(description="CI")


def test_the_description_as_it_is_in_another_case_is_no_clash(owner):
    api_key, _value = owner.api_keys.create_key(description="ci")
    api_key.rename("CI")
    assert owner.api_keys.get().description == "CI"


def test_a_key_that_was_deleted_meanwhile_is_not_found(user):
    api_key, _value = user.api_keys.create_key()
    stale = UserApiKey.objects.get()
    api_key.delete()
    with pytest.raises(ApiKeyNotFound):
        stale.rename("CI")


@pytest.mark.parametrize("factory", [UserFactory, TeamFactory])
@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_one_gets_the_description(shared_database, factory):
    owner = factory()

    def attempt(task):
        def run():
            try:
                task()
            except DescriptionNotUnique:
                return False
            return True

        return run

    def create():
        factory._meta.model.objects.get(pk=owner.pk).api_keys.create_key(description="CI")

    other, _value = owner.api_keys.create_key(description="Other")

    def rename():
        type(other).objects.get(pk=other.pk).rename("CI")

    for tasks in ([create, create], [create, rename]):
        owner.api_keys.filter(description="CI").revoke()
        assert sorted(in_parallel(*map(attempt, tasks))) == [False, True]
        assert owner.api_keys.valid().filter(description="CI").count() == 1
