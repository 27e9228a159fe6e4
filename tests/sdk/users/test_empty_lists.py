"""Lists about users that are always empty."""

from uuid import uuid4

import pytest

from tests.factories import UserFactory
from tests.wire import anyone, assert_known_error, assert_plain_error, person, server

pytestmark = pytest.mark.django_db
NOTHING = {"items": [], "is_paginated": False}
LISTS = {
    "permissions": "/project-permissions?recursive=true&user_id={}",
    "providers": "/oauth-providers?user_id={}",
    "accounts": "/connected-accounts/{}",
    "notifications": "/emails/notification-preference/{}",
}


@pytest.fixture(params=LISTS.values(), ids=LISTS)
def path(request):
    return request.param


def test_clients_and_servers_get_an_empty_list(path, user):
    for caller, user_id in ((person(user), "me"), (person(user), user.pk), (server(), user.pk)):
        response = caller.get(path.format(user_id))
        assert (response.status_code, response.json()) == (200, NOTHING)


def test_clients_cannot_name_another_user(path, user):
    response = person(UserFactory()).get(path.format(user.pk))
    assert_plain_error(response, 403, "Client can only access their own user")
    response = anyone().get(path.format(user.pk))
    assert_known_error(response, 401, "USER_AUTHENTICATION_REQUIRED")
    assert_known_error(server().get(path.format(uuid4())), 404, "USER_NOT_FOUND")


@pytest.mark.parametrize("path", ["/project-permissions", "/oauth-providers"])
def test_only_a_server_may_omit_the_user(path, user):
    assert server().get(path).json() == NOTHING
    assert person(user).get(path).status_code == 403
    assert anyone().get(path).status_code == 401
