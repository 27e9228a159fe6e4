"""At every door, people grant only the scopes that the policy lets them grant."""

import pytest
from django.test import Client

from stack_apikeys.exceptions import ApiKeyCreationNotAllowed
from tests.admin.pages import address as admin_address
from tests.admin.pages import model_of, new, value_on
from tests.factories import UserFactory
from tests.scopes import SCOPES
from tests.settings_pages import create, is_created
from tests.wire import browser, new_key, person

pytestmark = pytest.mark.django_db


def client_of(user):
    client = Client()
    client.force_login(user)
    return client


def by_python(owner, actor, scopes):
    owner.api_keys.create_key(actor=actor, scopes=scopes)


def by_python_at_once(owner, actor, scopes):
    owner.api_keys.bulk_create_keys(2, actor=actor, scopes=scopes)


def over_http(owner, actor, scopes, client_for=browser):
    kind = owner.api_keys.model.KIND
    client = client_for(actor)
    answer = client.post(f"/{kind}-api-keys", new_key(kind, owner, scopes=scopes))
    assert answer.status_code in {200, 403}


def over_http_with_a_token(owner, actor, scopes):
    over_http(owner, actor, scopes, person)


def in_the_pages(owner, actor, scopes):
    team = None if owner == actor else owner
    sent = {"scope_choice": "chosen", "scopes": scopes}
    answer = create(client_of(actor), team, **sent)
    assert is_created(answer) == owner.api_keys.exists()


def in_admin(owner, actor, scopes):
    actor.is_staff = actor.is_superuser = True
    actor.save()
    model = model_of(owner)
    answer = client_of(actor).post(admin_address("add", model=model), new(owner, scopes=scopes))
    assert answer.status_code == 200
    assert bool(value_on(answer)) == owner.api_keys.exists()


DOORS = [by_python, by_python_at_once, over_http, over_http_with_a_token, in_the_pages, in_admin]


@pytest.fixture
def actor(owner):
    """The user who manages the owner's keys."""
    if not hasattr(owner, "add_member"):
        return owner
    member = UserFactory()
    owner.add_member(member, permission_ids=["$manage_api_keys"])
    return member


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(
    ("scopes", "is_allowed"),
    [
        (["reports:read"], True),
        (["reports:write"], False),
        (["reports:*"], False),
        (["reports:read", "admin"], False),
    ],
)
def test_people_grant_what_the_policy_lets_them(owner, actor, door, scopes, is_allowed, configure):
    configure(SCOPES=SCOPES, POLICY="tests.scopes.NobodyGrantsMoreThanReading")
    try:
        door(owner, actor, scopes)
    except ApiKeyCreationNotAllowed:
        assert not is_allowed
    assert owner.api_keys.exists() is is_allowed
    assert all(each.scopes == scopes for each in owner.api_keys.all())


@pytest.mark.parametrize("door", DOORS)
def test_by_default_people_grant_all_scopes(owner, actor, door, configure):
    configure(SCOPES=SCOPES)
    door(owner, actor, ["admin", "reports:*"])
    assert {tuple(each.scopes) for each in owner.api_keys.all()} == {("admin", "reports:*")}
