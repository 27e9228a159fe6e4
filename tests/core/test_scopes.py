"""The scopes of a key: what they grant, which ones a new key gets, and how they are taken away."""

from datetime import datetime

import pytest
from asgiref.sync import async_to_sync
from django.core.exceptions import ValidationError

from stack_apikeys.exceptions import (
    ApiKeyCreationNotAllowed,
    ApiKeyNotFound,
    ScopesCannotBeAdded,
)
from stack_apikeys.models import UserApiKey
from stack_apikeys.verification import verify_api_key
from tests.factories import UserFactory
from tests.parallel import in_parallel
from tests.scopes import ONLY_READING, SCOPES

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def named(configure):
    configure(SCOPES=SCOPES)


@pytest.fixture
def unscoped(user, configure):
    """A key that was created before the project named scopes."""
    configure(SCOPES={})
    api_key, _value = user.api_keys.create_key()
    configure(SCOPES=SCOPES)
    return api_key


# What they grant -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scopes", "granted", "refused"),
    [
        (["reports:read"], ["reports:read"], ["reports:write", "reports:*", "orders:read"]),
        (["reports:*"], ["reports:read", "reports:write", "reports:*"], ["orders:read", "admin"]),
        (["admin"], ["admin"], ["reports:read"]),
        (["orders:read", "admin"], ["orders:read", "admin"], ["orders:items:read"]),
        ([], [], [*SCOPES]),
    ],
)
def test_a_key_has_the_scopes_of_its_list_and_those_they_include(user, scopes, granted, refused):
    api_key, _value = user.api_keys.create_key(scopes=scopes)
    assert [name for name in SCOPES if api_key.has_scopes(name)] == [
        name for name in SCOPES if name in granted
    ]
    assert not any(api_key.has_scopes(name) for name in [*refused, "reports:delete", "reports"])


def test_a_scope_with_a_star_includes_all_levels_below(user, configure):
    configure(SCOPES={"orders:*": "All", **SCOPES})
    api_key, _value = user.api_keys.create_key(scopes=["orders:*"])
    assert api_key.has_scopes("orders:read", "orders:items:read")


def test_a_key_needs_all_of_several_scopes(user):
    api_key, _value = user.api_keys.create_key(scopes=["reports:*", "admin"])
    assert api_key.has_scopes("reports:read", "admin")
    assert not api_key.has_scopes("reports:read", "orders:read")


@pytest.mark.parametrize("cache_seconds", [0, 60])
@pytest.mark.parametrize("left", [{"reports:*": "All"}, {"reports:read": "Read"}, {}])
def test_a_scope_that_the_project_removes_grants_nothing_at_once(
    user, configure, cache_seconds, left
):
    configure(VERIFICATION_CACHE_SECONDS=cache_seconds)
    _api_key, value = user.api_keys.create_key(scopes=["reports:*", "admin"])
    assert verify_api_key(value).has_scopes("reports:read", "admin")
    configure(SCOPES=left)
    assert not verify_api_key(value).has_scopes("reports:read")
    assert not verify_api_key(value).has_scopes("admin")


@pytest.mark.parametrize("setting", ["none", "full"])
def test_a_key_from_before_scopes_were_named_has_what_the_setting_says(
    unscoped, configure, setting
):
    configure(SCOPELESS_KEYS=setting)
    assert unscoped.has_scopes("reports:read", "admin") is (setting == "full")
    assert unscoped.scopes_in_force == (None if setting == "full" else ())


def test_while_no_scopes_are_named_only_keys_with_a_list_are_restricted(unscoped, user, configure):
    scoped, _value = user.api_keys.create_key(scopes=["admin"])
    configure(SCOPES={})
    assert unscoped.has_scopes("admin")
    assert not scoped.has_scopes("admin")


def test_verification_takes_one_query_and_the_scopes_take_none(user, django_assert_num_queries):
    _api_key, value = user.api_keys.create_key(scopes=["reports:*"])
    with django_assert_num_queries(1):
        assert verify_api_key(value).has_scopes("reports:read")


@pytest.mark.django_db(transaction=True)
def test_changing_the_list_of_one_verification_gives_the_next_nothing(user, configure):
    configure(VERIFICATION_CACHE_SECONDS=60)
    _api_key, value = user.api_keys.create_key(scopes=["orders:read"])
    for _verification in range(3):
        api_key = verify_api_key(value)
        assert api_key.scopes == ["orders:read"]
        api_key.scopes.append("admin")


# Those of a new key -----------------------------------------------------------------------------


def new_keys(user, **fields):
    """A key made in each of the ways in which a program makes keys."""
    primary_keys = [
        user.api_keys.create_key(**fields)[0].pk,
        user.api_keys.bulk_create_keys(1, **fields)[0][0].pk,
        next(UserApiKey.objects.issue_keys([user.pk], **fields))[1],
        async_to_sync(user.api_keys.acreate_key)(**fields)[0].pk,
    ]
    return [UserApiKey.objects.get(pk=primary_key) for primary_key in primary_keys]


@pytest.mark.parametrize("default", [(), ["reports:read", "orders:read"]])
def test_a_key_that_is_created_without_scopes_gets_the_default(user, configure, default):
    configure(DEFAULT_SCOPES=default)
    assert all(set(each.scopes) == {*default} for each in new_keys(user))


def test_an_empty_list_is_not_the_default(user, configure):
    configure(DEFAULT_SCOPES=["reports:read"])
    assert [each.scopes for each in new_keys(user, scopes=[])] == [[]] * 4


def test_without_named_scopes_a_key_stores_none(user, configure):
    configure(SCOPES={}, DEFAULT_SCOPES=["reports:read"])
    assert [each.scopes for each in new_keys(user)] == [None] * 4


@pytest.mark.parametrize("scopes", [["reports:delete"], ["orders:*"], ["admin", "reports"]])
def test_a_scope_that_the_project_does_not_name_is_refused_and_nothing_is_stored(user, scopes):
    for create in (
        user.api_keys.create_key,
        lambda **fields: user.api_keys.bulk_create_keys(1, **fields),
        lambda **fields: UserApiKey.objects.issue_keys([user.pk], **fields),
    ):
        with pytest.raises(ValidationError, match="There is no scope") as refused:
            create(scopes=scopes)
        assert [*refused.value.message_dict] == ["scopes"]
    assert not UserApiKey.objects.exists()


def test_the_default_leaves_out_what_the_creator_may_not_grant(owner, configure):
    configure(**ONLY_READING, DEFAULT_SCOPES=["reports:read", "reports:write", "admin"])
    actor = UserFactory()
    if hasattr(owner, "add_member"):
        owner.add_member(actor, permission_ids=["$manage_api_keys"])
    else:
        actor = owner
    api_key, _value = owner.api_keys.create_key(actor=actor)
    assert api_key.scopes == ["reports:read"]
    [(of_many, _value)] = owner.api_keys.bulk_create_keys(1, actor=actor)
    assert of_many.scopes == ["reports:read"]


def test_the_policy_may_grant_all_that_a_scope_includes(user, configure):
    configure(**ONLY_READING)
    api_key, _value = user.api_keys.create_key(actor=user, scopes=["orders:items:read"])
    assert api_key.has_scopes("orders:items:read")
    for scopes in (["reports:*"], ["reports:read", "admin"]):
        with pytest.raises(ApiKeyCreationNotAllowed, match="not allowed to grant the scope"):
            user.api_keys.create_key(actor=user, scopes=scopes)
    assert user.api_keys.count() == 1


# Taken away --------------------------------------------------------------------------------------


def test_scopes_are_taken_away(user):
    api_key, value = user.api_keys.create_key(scopes=["reports:*", "admin"])
    api_key.narrow_scopes(["reports:read"])
    assert api_key.scopes == verify_api_key(value).scopes == ["reports:read"]
    async_to_sync(api_key.anarrow_scopes)([])
    assert verify_api_key(value).scopes == []


@pytest.mark.parametrize("scopes", [["orders:read"], ["reports:*"], ["reports:read", "admin"]])
def test_scopes_are_never_added(user, scopes):
    api_key, _value = user.api_keys.create_key(scopes=["reports:read", "reports:write"])
    with pytest.raises(ScopesCannotBeAdded) as refused:
        api_key.narrow_scopes(scopes)
    assert refused.value.params["scope"] in scopes
    api_key.refresh_from_db()
    assert api_key.scopes == ["reports:read", "reports:write"]


@pytest.mark.parametrize("scopes", [["reports:delete"], ["two words"], "admin", None, [7]])
def test_what_are_no_scopes_is_refused(user, scopes):
    api_key, _value = user.api_keys.create_key(scopes=["admin"])
    with pytest.raises(ValidationError) as refused:
        api_key.narrow_scopes(scopes)
    assert [*refused.value.message_dict] == ["scopes"]
    api_key.refresh_from_db()
    assert api_key.scopes == ["admin"]


def test_a_scope_that_was_removed_from_the_settings_is_not_revived(user, configure):
    api_key, _value = user.api_keys.create_key(scopes=["reports:*", "orders:read"])
    configure(SCOPES={"reports:read": "Read reports", "orders:read": "Read orders"})
    with pytest.raises(ScopesCannotBeAdded):
        api_key.narrow_scopes(["reports:read"])
    api_key.narrow_scopes(["orders:read"])
    configure(SCOPES=SCOPES)
    assert not api_key.has_scopes("reports:read")


def test_a_key_from_before_scopes_were_named_is_narrowed_only_if_it_has_full_access(
    unscoped, configure
):
    with pytest.raises(ScopesCannotBeAdded):
        unscoped.narrow_scopes(["reports:read"])
    configure(SCOPELESS_KEYS="full")
    unscoped.narrow_scopes(["reports:read"])
    assert unscoped.has_scopes("reports:read")
    assert not unscoped.has_scopes("admin")


def test_the_scopes_of_a_deleted_key_are_not_found(user):
    api_key, _value = user.api_keys.create_key(scopes=["admin"])
    UserApiKey.objects.all().delete()
    with pytest.raises(ApiKeyNotFound):
        api_key.narrow_scopes([])


def test_saving_a_row_that_was_read_earlier_gives_no_scope_back(user):
    api_key, _value = user.api_keys.create_key(scopes=["admin", "orders:read"])
    stale = UserApiKey.objects.get()
    api_key.narrow_scopes(["orders:read"])
    api_key.description = "new"
    api_key.save()
    stale.save()
    assert UserApiKey.objects.get().scopes == ["orders:read"]


def test_a_save_cannot_write_scopes(user):
    api_key, _value = user.api_keys.create_key(scopes=["orders:read"])
    with pytest.raises(ValueError, match="narrow_scopes"):
        api_key.save(update_fields=["scopes"])
    api_key.scopes = ["admin"]
    with pytest.raises(ValueError, match="narrow_scopes"):
        api_key.save()
    api_key.refresh_from_db()
    api_key.expires_at = datetime.fromisoformat("2100-01-01T00:00+00:00")
    api_key.save()
    assert UserApiKey.objects.get().scopes == ["orders:read"]


@pytest.mark.django_db(transaction=True)
def test_of_two_concurrent_narrowings_none_gives_back_what_the_other_has_taken(shared_database):
    api_key, _value = UserFactory().api_keys.create_key(scopes=["admin", "orders:read"])

    def narrow(scope):
        try:
            UserApiKey.objects.get(pk=api_key.pk).narrow_scopes([scope])
        except ScopesCannotBeAdded:
            return None
        return scope

    done = in_parallel(lambda: narrow("admin"), lambda: narrow("orders:read"))
    [winner] = filter(None, done)
    assert UserApiKey.objects.get().scopes == [winner]
