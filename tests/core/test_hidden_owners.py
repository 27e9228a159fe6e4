"""Keys of users that the default manager of the user model does not return."""

import pytest
from django.db.models import Manager

from example_project.models import User, UserManager
from stack_apikeys.models import UserApiKey
from stack_apikeys.verification import get_user
from stack_apikeys.verification import query as verification_query
from stack_apikeys.verification.query import query_for
from tests.factories import UserFactory
from tests.wire import anyone, sign_in

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(params=[0, 60], ids=["uncached", "cached"])
def cached(request, settings):
    settings.STACK_APIKEYS = settings.STACK_APIKEYS | {"VERIFICATION_CACHE_SECONDS": request.param}


class Visible(UserManager):
    """Does not return users who are called "Deleted", or any other name in ``hidden``."""

    hidden = "Deleted"

    def get_queryset(self):
        return super().get_queryset().exclude(display_name=self.hidden)


@pytest.fixture
def soft_deletion(monkeypatch):
    manager = Visible()
    manager.model = User
    manager.name = "objects"
    monkeypatch.setitem(vars(User._meta), "default_manager", manager)
    verification_query._queries.clear()
    yield
    verification_query._queries.clear()


def test_a_hidden_users_key_and_session_are_refused(
    soft_deletion, cached, django_assert_num_queries
):
    user = UserFactory()
    _api_key, value = user.api_keys.create_key()
    tokens = sign_in(user)
    with django_assert_num_queries(1):
        assert get_user(api_key=value) == user
    User._base_manager.filter(pk=user.pk).update(display_name="Deleted")
    with django_assert_num_queries(1):
        assert get_user(api_key=value) is None
    listed = anyone(access_token=tokens["access_token"]).get(f"/user-api-keys?user_id={user.pk}")
    assert listed.headers["X-Stack-Known-Error"] == "ACCESS_TOKEN_EXPIRED"
    User._base_manager.filter(pk=user.pk).update(display_name="Back")
    assert get_user(api_key=value) == user


def test_a_manager_may_change_which_users_it_hides(soft_deletion, cached, monkeypatch):
    user = UserFactory(display_name="Ada")
    _api_key, value = user.api_keys.create_key()
    assert get_user(api_key=value) == user
    monkeypatch.setattr(Visible, "hidden", "Ada")
    assert get_user(api_key=value) is None


def all_users(self):
    return Manager.get_queryset(self).order_by("pk")


def test_a_manager_that_hides_nobody_needs_no_further_query(monkeypatch, soft_deletion, cached):
    monkeypatch.setattr(Visible, "get_queryset", all_users)
    user = UserFactory()
    _api_key, value = user.api_keys.create_key()
    assert get_user(api_key=value) == user
    query = query_for(UserApiKey)
    assert query.statement is not None
    assert not query.hides_owners()
