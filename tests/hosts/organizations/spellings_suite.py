"""However an account is spelled, it has one count of wrong passwords.

Django's own users have a name and an address apart, and the database decides what is equal.
"""

import json

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.db import connection

from stack_apikeys.limits import Limit
from stack_apikeys.sdk.users.lookup import find_account

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery staple"

SAME_EVERYWHERE = [
    "istas@example.com",
    "ISTAS@example.com",
    "istas",
    " istas@example.com\t",
    "istas ",
]

# Dotless i and long s have plain letters for upper case, by which PostgreSQL compares. MariaDB
# compares without case, accents and blanks at the end.
SAME_ON = {
    "sqlite": [],
    "postgresql": ["\u0131stas@example.com", "i\u017ftas@example.com", "ISTA\u017f@EXAMPLE.COM"],
    "mysql": ["ISTAS", "ístas", "istás@example.com", "istas   "],
}


@pytest.fixture(autouse=True)
def new_window(monkeypatch):
    cache.clear()
    monkeypatch.setattr(Limit, "timer", staticmethod(lambda: 1_800_000_030))


@pytest.fixture
def user():
    return User.objects.create_user("istas", "istas@example.com", PASSWORD)


@pytest.fixture
def sign_in(client):
    def with_name(name, password="wrong"):
        return client.post(
            "/api/v1/auth/password/sign-in",
            json.dumps({"email": name, "password": password}),
            content_type="application/json",
            headers={"x-stack-project-id": "internal", "x-stack-access-type": "client"},
        )

    return with_name


def spellings():
    return [*SAME_EVERYWHERE, *SAME_ON[connection.vendor]]


def test_spellings_that_reach_an_account_share_its_count(user, sign_in):
    for name in spellings():
        cache.clear()
        assert [sign_in(name).status_code for _ in range(5)] == [400] * 5
        for other in spellings():
            assert sign_in(other).status_code == 429, (name, other)


def test_guesses_are_as_many_whatever_the_spellings(user, sign_in):
    names = spellings()
    statuses = [sign_in(names[number % len(names)]).status_code for number in range(20)]
    assert statuses == [400] * 5 + [429] * 15


def test_the_limit_for_strangers_counts_the_account_too(user, sign_in, settings):
    settings.STACK_APIKEYS = settings.STACK_APIKEYS | {
        "SIGN_IN_RATE": None,
        "SIGN_IN_STRANGERS_RATE": "2/hour",
    }
    names = spellings()
    statuses = [sign_in(names[number % len(names)]).status_code for number in range(10)]
    assert statuses == [400] * 5 + [429] * 5  # two, and the three that each address is left


@pytest.mark.parametrize(
    "other", [" nobody@example.com", "NOBODY@example.com", "nobödy@example.com"]
)
def test_spellings_of_no_account_share_a_count_too(sign_in, other):
    assert [sign_in("nobody@example.com").status_code for _ in range(5)] == [400] * 5
    assert sign_in(other).status_code == 429


def test_a_name_that_differs_in_case_is_limited_alike_whether_there_is_an_account(user, sign_in):
    for name in ("istas", "nobody"):
        cache.clear()
        assert [sign_in(name).status_code for _ in range(5)] == [400] * 5
        assert sign_in(name.upper()).status_code == 429
        assert sign_in(f" {name}").status_code == 429


def test_the_account_is_found_by_its_address_or_its_name(user, django_assert_num_queries):
    for name in ("istas@example.com", "ISTAS@example.com", "istas", "nobody"):
        with django_assert_num_queries(2):
            assert find_account(name) == (None if name == "nobody" else user)


def test_an_address_of_two_accounts_is_nobodys(user):
    User.objects.create_user("other", "istas@example.com", PASSWORD)
    assert find_account("istas@example.com") is None
    assert find_account("istas") == user


def test_right_passwords_by_any_spelling_are_not_counted(user, sign_in):
    for name in ("istas@example.com", "istas") * 4:
        assert sign_in(name, PASSWORD).status_code == 200
    assert [sign_in("istas").status_code for _ in range(6)] == [400] * 5 + [429]
