"""A key is inserted by SQL that is composed once, as Django's ``save()`` would insert it."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.models import F, Value
from django.db.models.functions import Lower
from django.db.models.signals import post_save, pre_save
from django.db.transaction import TransactionManagementError
from django.test.utils import CaptureQueriesContext

from stack_apikeys._database import bulk_insert, insertion
from stack_apikeys.exceptions import TooManyApiKeys
from stack_apikeys.models import TeamApiKey, UserApiKey
from stack_apikeys.verification import verify_api_key
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

ALL = {
    "description": "CI",
    "expires_at": datetime(2030, 1, 2, 3, 4, 5, 678_000, tzinfo=UTC),
    "networks": ["192.0.2.0/24"],
    "rates": ["20/second"],
    "is_public": True,
}


@pytest.fixture
def by_the_orm(monkeypatch):
    """Let Django's ORM insert rows."""
    monkeypatch.setattr("stack_apikeys.models.abstract.insert_row", lambda *_args, **_kw: False)


def insert_of(owner, **fields):
    """Return the only INSERT of a creation."""
    with CaptureQueriesContext(connection) as queries:
        owner.api_keys.create_key(**fields)
    [insert] = [each["sql"] for each in queries if each["sql"].startswith("INSERT")]
    return insert


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("fields", [{}, ALL])
def test_creating_a_key_takes_one_query(owner, fields, django_assert_num_queries):
    for _each in range(2):  # the SQL is composed once
        with django_assert_num_queries(1):
            _api_key, value = owner.api_keys.create_key(**fields)
        assert verify_api_key(value, address="192.0.2.1").owner == owner


@pytest.mark.parametrize("fields", [{}, ALL])
def test_the_row_is_that_which_the_orm_inserts(owner, fields, request):
    creator = UserFactory()
    first, _value = owner.api_keys.create_key(created_by=creator, **fields)
    request.getfixturevalue("by_the_orm")
    second, _value = owner.api_keys.create_key(created_by=creator, **fields)
    differ = {"id", "digest", "last_four", "created_at"}
    rows = owner.api_keys.model.objects.values()
    one, two = rows.get(pk=first.pk), rows.get(pk=second.pk)
    assert one["digest"] != two["digest"]
    for name in one.keys() - differ:
        assert one[name] == two[name], name


def test_columns_that_are_null_are_not_named(user):
    assert "expires_at" not in insert_of(user)
    assert "expires_at" in insert_of(user, expires_at=ALL["expires_at"])


def test_the_models_signals_are_sent(owner):
    sent = []

    def before(sender, instance, raw, using, update_fields, **_kwargs):
        assert instance._state.adding
        sent.append(("before", sender, instance.pk, raw, using, update_fields))

    def after(sender, instance, created, raw, using, update_fields, **_kwargs):
        assert not instance._state.adding
        assert sender.objects.filter(pk=instance.pk).exists()
        sent.append(("after", sender, instance.pk, created, raw, using, update_fields))

    pre_save.connect(before)
    post_save.connect(after)
    try:
        api_key, _value = owner.api_keys.create_key()
    finally:
        pre_save.disconnect(before)
        post_save.disconnect(after)
    model = type(api_key)
    assert sent == [
        ("before", model, api_key.pk, False, "default", None),
        ("after", model, api_key.pk, True, False, "default", None),
    ]
    assert api_key._state.db == "default"


def test_a_receiver_can_change_what_is_stored(user):
    def change(instance, **_kwargs):
        instance.description = "changed"

    pre_save.connect(change, sender=UserApiKey)
    try:
        api_key, _value = user.api_keys.create_key()
    finally:
        pre_save.disconnect(change, sender=UserApiKey)
    assert UserApiKey.objects.get(pk=api_key.pk).description == "changed"


def test_an_id_that_exists_breaks_the_transaction_as_in_django(owner):
    api_key, _value = owner.api_keys.create_key()
    with pytest.raises(IntegrityError), transaction.atomic():
        owner.api_keys.create_key(id=api_key.pk)
    with transaction.atomic():
        with pytest.raises(IntegrityError):
            owner.api_keys.create_key(id=api_key.pk)
        with pytest.raises(TransactionManagementError):
            owner.api_keys.count()
        transaction.set_rollback(True)
    assert owner.api_keys.count() == 1


def test_a_transaction_that_is_rolled_back_leaves_no_key(owner):
    with transaction.atomic():
        owner.api_keys.create_key()
        transaction.set_rollback(True)
    assert not owner.api_keys.exists()


def test_an_expression_is_inserted_by_the_orm(user):
    api_key = UserApiKey(user=user, digest="d", last_four="abcd", description=Lower(Value("CI")))
    api_key.save(force_insert=True)
    assert UserApiKey.objects.get(pk=api_key.pk).description == "ci"
    other = UserApiKey(user=user, digest="d", last_four="abcd", description=F("digest"))
    with pytest.raises(ValueError, match="to insert"):
        other.save()


def test_a_row_of_a_fixture_is_inserted_by_the_orm(user, monkeypatch):
    monkeypatch.setattr("stack_apikeys.models.abstract.insert_row", pytest.fail)
    UserApiKey(user=user, digest="d", last_four="abcd").save_base(raw=True, force_insert=True)
    assert user.api_keys.count() == 1


def test_a_backend_that_executes_inserts_itself_does_so(user, monkeypatch):
    executed = []
    compilers = connection.ops.compiler

    class OwnCompiler(compilers("SQLInsertCompiler")):
        def execute_sql(self, returning_fields=None):
            executed.append(self.query.model)
            return super().execute_sql(returning_fields)

    def compiler(name):
        return OwnCompiler if name == "SQLInsertCompiler" else compilers(name)

    monkeypatch.setattr(connection.ops, "compiler", compiler)
    insertion._compile.cache_clear()
    user.api_keys.create_key()
    insertion._compile.cache_clear()
    assert executed == [UserApiKey]


def test_the_statement_is_wrapped_like_any_other(user):
    seen = []

    def wrap(execute, sql, params, many, context):
        seen.append((sql.split()[0], many, context["connection"].alias))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(wrap):
        user.api_keys.create_key()
    assert ("INSERT", False, "default") in seen


@pytest.mark.parametrize("name", ["scopes", "networks", "rates"])
def test_a_list_of_a_key_may_be_any_iterable(user, configure, name):
    items = {"scopes": ["a:read", "b:read"], "networks": ["192.0.2.0/24"], "rates": ["20/second"]}
    configure(SCOPES=dict.fromkeys(items["scopes"], "A scope"))
    for made in (
        user.api_keys.create_key(**{name: iter(items[name])})[0],
        user.api_keys.bulk_create_keys(1, **{name: dict.fromkeys(items[name]).keys()})[0][0],
    ):
        assert getattr(UserApiKey.objects.get(pk=made.pk), name) == items[name]
    for wrong in (dict.fromkeys(items[name], 1), items[name][0], 7, iter([7])):
        with pytest.raises(ValidationError) as refused:
            user.api_keys.create_key(**{name: wrong})
        assert [*refused.value.message_dict] == [name]


# Many at once ---------------------------------------------------------------------------------


@pytest.mark.parametrize("model", [UserApiKey, TeamApiKey])
def test_a_violated_constraint_in_bulk_is_djangos_error(model, request, monkeypatch):
    owner = request.getfixturevalue(model.KIND)
    same_id = uuid4()
    monkeypatch.setattr("stack_apikeys.keys.uuid4", lambda: same_id)
    with pytest.raises(IntegrityError), transaction.atomic():
        owner.api_keys.bulk_create_keys(2)
    with pytest.raises(IntegrityError), transaction.atomic():
        list(model.objects.issue_keys([owner.pk, owner.pk]))
    assert not model.objects.exists()


@pytest.mark.postgresql
def test_many_rows_are_inserted_without_copy(user, monkeypatch):
    monkeypatch.setattr(bulk_insert, "hasattr", lambda *_args: False, raising=False)
    monkeypatch.setattr(bulk_insert, "_ROWS_OF_PSYCOPG2", 2)
    with CaptureQueriesContext(connection) as queries:
        made = user.api_keys.bulk_create_keys(5, **ALL)
    assert sum(each["sql"].startswith("INSERT") for each in queries) == 3
    assert {api_key for api_key, _value in made} == {*UserApiKey.objects.all()}


def test_a_refused_policy_makes_no_more_than_one_key(user, configure, monkeypatch):
    configure(MAX_VALID_KEYS_PER_OWNER=1)
    made = []

    def generate(**arguments):
        made.append(arguments["id"])
        return f"sk_{'0' * 99}"

    monkeypatch.setattr("stack_apikeys.keys.generate", generate)
    with pytest.raises(TooManyApiKeys):
        user.api_keys.bulk_create_keys(1_000)
    assert len(made) == 1
