import pytest

from tests.factories import UserFactory


@pytest.fixture
def owner(kind, request):
    return request.getfixturevalue(kind)


@pytest.fixture
def manager(owner, kind):
    """The user who manages the owner's keys: the owner, or a member with the permission."""
    if kind == "user":
        return owner
    person = UserFactory()
    owner.add_member(person, permission_ids=["$manage_api_keys"])
    return person


@pytest.fixture
def endpoint(kind):
    return f"/{kind}-api-keys"
