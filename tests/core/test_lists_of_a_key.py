"""What a key stores as lists: its scopes, its networks and its rates."""

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction

from stack_apikeys.models import UserApiKey
from stack_apikeys.networks import contain

pytestmark = pytest.mark.django_db

LISTS = {
    "scopes": ["reports:read", "orders:*"],
    "networks": ["2001:db8::/32", "192.0.2.7", "::ffff:10.0.0.0/104"],
    "rates": ["20/second"],
}
STORED = {
    "scopes": ["orders:*", "reports:read"],
    "networks": ["10.0.0.0/8", "192.0.2.7/32", "2001:db8::/32"],
    "rates": ["20/second"],
}
WRONG = [
    ("scopes", "reports:read"),
    ("scopes", ["two words"]),
    ("scopes", ["*:read"]),
    ("scopes", [7]),
    ("scopes", [f"s{number}" for number in range(101)]),
    ("networks", []),
    ("networks", "192.0.2.0/24"),
    ("networks", ["192.0.2.1/24"]),
    ("networks", ["fe80::1%eth0"]),
    ("networks", ["example.com"]),
    ("networks", [f"192.0.2.{number}" for number in range(51)]),
    ("rates", ["often"]),
]


def test_a_key_stores_its_lists_in_one_form(user, configure):
    configure(SCOPES=dict.fromkeys(LISTS["scopes"], "A scope"))
    api_key, _value = user.api_keys.create_key(**LISTS)
    [(of_many, _its_value)] = user.api_keys.bulk_create_keys(1, **LISTS)
    [(_owner, issued, _value)] = UserApiKey.objects.issue_keys([user.pk], **LISTS)
    for primary_key in (api_key.pk, of_many.pk, issued):
        stored = UserApiKey.objects.get(pk=primary_key)
        assert {name: getattr(stored, name) for name in LISTS} == STORED


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_a_malformed_list_is_refused_with_its_name_and_stores_nothing(user, name, value):
    with pytest.raises(ValidationError) as refused:
        user.api_keys.create_key(**{name: value})
    assert [*refused.value.message_dict] == [name]
    api_key, _value = user.api_keys.create_key()
    setattr(api_key, name, value)
    with pytest.raises(ValidationError):
        api_key.save()
    with pytest.raises(ValidationError), transaction.atomic():
        UserApiKey.objects.update(**{name: value})
    assert UserApiKey.objects.filter(**{f"{name}__isnull": False}).count() == 0


@pytest.mark.parametrize(
    ("address", "is_inside"),
    [
        ("192.0.2.7", True),
        ("192.0.2.8", False),
        ("::ffff:192.0.2.7", True),
        ("10.255.0.1", True),
        ("2001:db8:1::1", True),
        ("2001:db9::1", False),
        ("", False),
        ("unix:", False),
    ],
)
def test_networks_contain_addresses_of_both_versions(address, is_inside):
    assert contain(STORED["networks"], address) is is_inside


def test_deleting_a_key_clears_the_link_of_its_successor(user):
    old, _value = user.api_keys.create_key()
    new, _value = user.api_keys.create_key()
    newest, _value = user.api_keys.create_key()
    UserApiKey.objects.filter(pk=new.pk).update(rotated_from=old)
    UserApiKey.objects.filter(pk=newest.pk).update(rotated_from=new)
    old.delete()
    new.refresh_from_db()
    assert new.rotated_from is None
    UserApiKey.objects.filter(pk=new.pk).delete()
    newest.refresh_from_db()
    assert newest.rotated_from is None


@pytest.mark.parametrize("name", ["networks", "rates"])
def test_a_form_does_not_take_commas_for_no_restriction(name):
    field = UserApiKey._meta.get_field(name).formfield()
    assert field.clean(" ") is None
    with pytest.raises(ValidationError):
        field.clean(" , ")
