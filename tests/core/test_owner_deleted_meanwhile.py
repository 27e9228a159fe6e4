"""Creating a key raises not found if the owner or the creator was deleted in the meantime."""

from contextlib import nullcontext, suppress

import pytest
from django.db import IntegrityError, transaction

from example_project.models import User
from stack_apikeys import exceptions, rights
from stack_apikeys.models import AbstractApiKey, TeamApiKey, UserApiKey
from tests.factories import TeamFactory, UserFactory
from tests.parallel import Meanwhile, elsewhere, in_parallel
from tests.wire import assert_known_error, browser, server

OWNERS = [
    (UserFactory, UserApiKey, exceptions.UserNotFound),
    (TeamFactory, TeamApiKey, exceptions.TeamNotFound),
]


def create(model, owner, **fields):
    model.objects.create_key(**{model.KIND: owner}, **fields)


def create_many(model, owner, **fields):
    model.objects.bulk_create_keys(2, **{model.KIND: owner}, **fields)


def issue_one(model, owner, **fields):
    list(model.objects.issue_keys([owner.pk], **fields))


@pytest.fixture(params=[False, True], ids=["autocommit", "in-a-transaction"])
def around(request, transactional_db):
    """A context without a transaction, and one with a transaction."""
    return transaction.atomic if request.param else nullcontext


@pytest.mark.parametrize(("factory", "model", "not_found"), OWNERS)
@pytest.mark.parametrize("make", [create, create_many, issue_one])
def test_a_deleted_owner_raises_not_found(around, make, factory, model, not_found):
    owner = factory()
    type(owner).objects.filter(pk=owner.pk).delete()
    with pytest.raises(not_found), around():
        make(model, owner)
    assert not model.objects.exists()


@pytest.mark.parametrize(("factory", "model", "_not_found"), OWNERS)
@pytest.mark.parametrize("make", [create, create_many, issue_one])
def test_a_deleted_creator_raises_not_found(around, make, factory, model, _not_found):
    creator = UserFactory()
    owner = factory()
    User.objects.filter(pk=creator.pk).delete()
    with pytest.raises(exceptions.UserNotFound), around():
        make(model, owner, created_by=creator)
    assert not model.objects.exists()


@pytest.mark.parametrize(("factory", "model", "not_found"), OWNERS)
def test_a_deleted_owner_raises_not_found_if_the_number_of_keys_is_limited(
    transactional_db, settings, factory, model, not_found
):
    settings.STACK_APIKEYS = settings.STACK_APIKEYS | {"MAX_VALID_KEYS_PER_OWNER": 1}
    owner, creator = factory(), UserFactory()
    User.objects.filter(pk=creator.pk).delete()
    with pytest.raises(exceptions.UserNotFound):
        create(model, owner, created_by=creator)
    type(owner).objects.filter(pk=owner.pk).delete()
    with pytest.raises(not_found):
        create(model, owner)


@pytest.mark.parametrize(("factory", "model", "not_found"), OWNERS)
def test_the_api_responds_with_not_found(transactional_db, monkeypatch, factory, model, not_found):
    owner = factory()
    clean_columns = model.clean_columns

    def delete_owner(**fields):
        type(owner).objects.filter(pk=owner.pk).delete()
        return clean_columns(**fields)

    monkeypatch.setattr(model, "clean_columns", delete_owner)
    body = {"description": "CI", "expires_at_millis": None, f"{model.KIND}_id": str(owner.pk)}
    response = server().post(f"/{model.KIND}-api-keys", body)
    details = {"team_id": str(owner.pk)} if model is TeamApiKey else None
    assert_known_error(response, 404, not_found.code, details=details)


def test_the_form_of_the_admin_shows_an_error(shared_database, monkeypatch):
    user = UserFactory()
    client = browser(UserFactory(is_staff=True, is_superuser=True)).client
    begin = rights._begin

    def begin_late(*args):
        elsewhere(User.objects.filter(pk=user.pk).delete)
        return begin(*args)

    monkeypatch.setattr(rights, "_begin", begin_late)
    sent = {
        "user": str(user.pk),
        "description": "CI",
        "new_id": "11111111-2222-4333-8444-555555555555",
    }
    response = client.post("/admin/stack_apikeys/userapikey/add/", sent)
    assert response.status_code == 200
    assert response.context["errors"]
    assert not UserApiKey.objects.exists()


@pytest.mark.parametrize(("factory", "model", "_not_found"), OWNERS)
def test_a_deletion_waits_for_a_transaction_that_has_created_a_key(
    shared_database, monkeypatch, factory, model, _not_found
):
    owner = factory()
    meanwhile = Meanwhile(lambda: type(owner).objects.filter(pk=owner.pk).delete())
    save = AbstractApiKey.save

    def save_late(self, *args, **kwargs):
        assert not meanwhile.begin()
        return save(self, *args, **kwargs)

    monkeypatch.setattr(AbstractApiKey, "save", save_late)
    with transaction.atomic():
        create(model, owner)
    # Django may have collected the owner's keys before, and then violates the foreign key.
    with suppress(IntegrityError):
        meanwhile.result()
    assert model.objects.count() == type(owner).objects.filter(pk=owner.pk).count()


# MAX_VALID_KEYS_PER_OWNER --------------------------------------------------------------------------

LIMIT = 3


@pytest.fixture
def limited(settings):
    settings.STACK_APIKEYS = settings.STACK_APIKEYS | {"MAX_VALID_KEYS_PER_OWNER": LIMIT}


def attempt(task):
    def run():
        try:
            task()
        except exceptions.TooManyApiKeys:
            return 0
        return 1

    return run


@pytest.mark.parametrize(("factory", "model", "_not_found"), OWNERS)
@pytest.mark.parametrize("make", [create, create_many])
def test_concurrent_creations_do_not_exceed_the_limit(
    shared_database, limited, make, factory, model, _not_found
):
    owner = factory()
    made = in_parallel(*[attempt(lambda: make(model, owner))] * 20)
    assert sum(made) == (LIMIT if make is create else LIMIT // 2)
    assert model.objects.valid().count() == (LIMIT if make is create else LIMIT // 2 * 2)


def test_concurrent_creations_by_different_interfaces_do_not_exceed_the_limit(
    shared_database, limited
):
    user = UserFactory(is_staff=True, is_superuser=True)
    body = {"description": "CI", "expires_at_millis": None, "user_id": str(user.pk)}
    page = {"description": "CI", "expires_in": "30"}

    callers = [browser(user) for _ in range(15)]
    tasks = []
    for number, caller in enumerate(callers):
        tasks.append(
            [
                lambda caller=caller: caller.post("/user-api-keys", body),
                lambda caller=caller: caller.client.post("/settings/api-keys/new/", page),
                lambda caller=caller, number=number: caller.client.post(
                    "/admin/stack_apikeys/userapikey/add/",
                    {
                        "user": str(user.pk),
                        "description": "CI",
                        "new_id": f"11111111-2222-4333-8444-{number:012}",
                    },
                ),
            ][number % 3]
        )
    answers = in_parallel(*tasks)
    assert {answer.status_code for answer in answers} <= {200, 400}
    assert user.api_keys.valid().count() == LIMIT


@pytest.mark.parametrize("is_bulk", [False, True])
def test_a_deleted_revoker_raises_not_found(around, is_bulk):
    api_key, _value = UserFactory().api_keys.create_key()
    staff = UserFactory()
    User.objects.filter(pk=staff.pk).delete()
    rows = UserApiKey.objects.filter(pk=api_key.pk)
    with pytest.raises(exceptions.UserNotFound), around():
        (rows if is_bulk else api_key).revoke(by=staff)
    assert UserApiKey.objects.get().is_valid()
