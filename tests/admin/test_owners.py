"""The keys of an owner are found by the name that the list shows."""

import pytest
from django.contrib import admin
from django.contrib.auth import models as auth
from django.db import models
from django.db.models import CharField

from example_project.models import User
from stack_apikeys.admin import owners
from stack_apikeys.models import UserApiKey
from stack_apikeys.owner_names import fields_of_name
from stack_apikeys.teams.models import Team
from tests.admin.pages import address, listed, model_of, staff
from tests.factories import TeamFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def lovelace():
    return UserFactory(display_name="Ada Lovelace", email="countess@example.com")


@pytest.fixture(autouse=True)
def others():
    for owner in (UserFactory(display_name="Grace Hopper"), TeamFactory(display_name="Compilers")):
        owner.api_keys.create_key(description="Nightly build")


def search(browser, term, model=UserApiKey):
    return listed(browser.post(address("changelist", model=model), {"q": term}, follow=True))


@pytest.mark.parametrize(
    "term",
    [
        "Ada",
        "ada lovelace",
        "Lovelace Ada",
        "  Lovelace,  Ada (countess@example.com) ",
        '"Ada Lovelace"',
        "countess@",
        "lovelace nightly",  # the owner, and the description
    ],
)
def test_a_users_keys_are_found_by_name_and_address(client, lovelace, term):
    api_key, _value = lovelace.api_keys.create_key(description="Nightly build")
    assert search(client, term) == {api_key}


@pytest.mark.parametrize("term", ["Ada Hopper", "Ada weekly", '"Lovelace Ada"', "zz", "%", "\\"])
def test_each_word_must_match(client, lovelace, term):
    lovelace.api_keys.create_key(description="Nightly build")
    assert search(client, term) == set()


def test_a_name_may_contain_quotation_marks(client):
    user = UserFactory(display_name='O\'Brien "Bob" B\\b')
    api_key, _value = user.api_keys.create_key()
    for term in (str(user), '"O\'Brien \\"Bob"', "B\\b"):
        assert search(client, term) == {api_key}


def test_an_owner_is_found_by_what_the_list_shows(client, owner):
    api_key, _value = owner.api_keys.create_key()
    assert search(client, str(owner), model_of(owner)) == {api_key}


def test_a_search_looks_the_owners_up_before_their_keys(
    client, lovelace, django_assert_num_queries
):
    api_key, _value = lovelace.api_keys.create_key()
    # Beside the five of the list, one for the newest keys, and one for each of the words.
    with django_assert_num_queries(8) as queries:
        response = client.get(address("changelist"), {"q": "Ada Lovelace"})
    assert listed(response) == {api_key}
    [count] = [each["sql"] for each in queries.captured_queries if "COUNT" in each["sql"]]
    assert User._meta.db_table not in count


def test_a_search_of_very_many_words_takes_few_queries(client, lovelace, django_assert_num_queries):
    api_key, _value = lovelace.api_keys.create_key()
    with django_assert_num_queries(6 + owners.MOST_WORDS):
        response = client.get(address("changelist"), {"q": "Ada Lovelace " * 20})
    assert listed(response) == {api_key}


def test_a_word_that_matches_very_many_owners_finds_all_their_keys(client, owner, monkeypatch):
    monkeypatch.setattr(owners, "MOST_OWNERS", 1)
    factory = {"user": UserFactory, "team": TeamFactory}[model_of(owner).KIND]
    twin = factory(display_name=owner.display_name)
    found = {each.api_keys.create_key()[0] for each in (owner, twin)}
    assert search(client, str(owner), model_of(owner)) == found


def test_staff_search_other_fields_of_users_only_if_they_may_view_users(client, monkeypatch):
    user = UserFactory(display_name="Ada")
    api_key, _value = user.api_keys.create_key()
    monkeypatch.setattr(type(admin.site.get_model_admin(User)), "search_fields", ["^id"])
    assert search(client, str(user.pk)[:13]) == {api_key}
    assert search(staff("view"), str(user.pk)[:13]) == set()
    assert search(staff("view"), "Ada") == {api_key}


def test_the_fields_that_make_up_a_name_are_found_out(settings):
    assert fields_of_name(User) == {"email", "display_name"}
    assert fields_of_name(Team) == {"display_name"}
    settings.AUTH_USER_MODEL = "auth.User"
    assert fields_of_name(auth.User) == {"username", "email", "first_name", "last_name"}


class Encrypted(CharField):
    def get_lookup(self, lookup_name):
        return None if lookup_name == "icontains" else super().get_lookup(lookup_name)


class Guild(models.Model):
    """A team of a project, whose name has several parts, some of which cannot be searched."""

    town = models.CharField(max_length=100)
    craft = models.TextField()
    motto = models.CharField(max_length=100)
    seal = Encrypted(max_length=100)
    head = models.ForeignKey(User, models.CASCADE)

    class Meta:
        managed = False
        app_label = "tests"

    def __str__(self):
        return (
            f"{self.craft.title()} of {self.town[:10]} ({self.seal})" if self.town else self.motto
        )


class Nameless(Guild):
    class Meta:
        proxy = True
        app_label = "tests"

    def __str__(self):
        return self.head.email


def test_the_fields_of_any_team_model_are_found_out():
    assert fields_of_name(Guild) == {"craft", "town", "motto", "display_name"}


def test_a_name_from_another_table_is_left_to_the_adapter():
    assert fields_of_name(Nameless) == {"display_name"}
