"""The settings that limit new keys hold at every door through which a key can be created or renamed.

Only `issue_keys` creates keys regardless of them, which is for the project's own code.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest
from asgiref.sync import async_to_sync
from django.core.management import CommandError
from django.urls import reverse
from django.utils import timezone

from stack_apikeys import timestamps
from stack_apikeys.exceptions import (
    ExpiryTooLate,
    FieldNotAllowed,
    TooManyApiKeys,
)
from tests.admin.pages import new
from tests.command import run
from tests.factories import UserFactory
from tests.settings_pages import address, filled_in, is_created
from tests.wire import browser, new_key, server

pytestmark = pytest.mark.django_db

MAX = timedelta(days=90)


@dataclass
class Wish:
    """A key that somebody wants."""

    description: str = "CI"
    days: int | None = 30

    @property
    def expires_at(self) -> datetime | None:
        return None if self.days is None else timezone.now() + timedelta(self.days)

    @property
    def millis(self) -> int | None:
        return None if self.days is None else timestamps.to_millis(self.expires_at)


@pytest.fixture
def manager(owner, kind):
    if kind == "user":
        return owner
    person = UserFactory()
    owner.add_member(person, permission_ids=["$manage_api_keys"])
    return person


@pytest.fixture
def owner(kind, request):
    return request.getfixturevalue(kind)


# The doors. Each returns what is said about a key that is not created, or None if it is created.


def python(owner, manager, wish, **fields):
    fields |= {"description": wish.description, "expires_at": wish.expires_at}
    try:
        owner.api_keys.create_key(**fields)
    except (FieldNotAllowed, TooManyApiKeys) as error:
        return f"{getattr(error, 'field', '')} {error}"


def python_for_a_person(owner, manager, wish):
    return python(owner, manager, wish, actor=manager)


def asynchronous_python(owner, manager, wish):
    create = async_to_sync(owner.api_keys.acreate_key)
    try:
        create(description=wish.description, expires_at=wish.expires_at)
    except (FieldNotAllowed, TooManyApiKeys) as error:
        return f"{getattr(error, 'field', '')} {error}"


def in_bulk(owner, manager, wish):
    try:
        owner.api_keys.bulk_create_keys(1, description=wish.description, expires_at=wish.expires_at)
    except (FieldNotAllowed, TooManyApiKeys) as error:
        return f"{getattr(error, 'field', '')} {error}"


def over_http(caller, owner, wish):
    kind = owner.api_keys.model.KIND
    body = new_key(kind, owner, description=wish.description, expires_at_millis=wish.millis)
    answer = caller.post(f"/{kind}-api-keys", body)
    assert answer.status_code in {200, 400}
    return None if answer.status_code == 200 else answer.text


def by_a_client(owner, manager, wish):
    return over_http(browser(manager), owner, wish)


def by_a_server(owner, manager, wish):
    return over_http(server(), owner, wish)


def in_the_pages(owner, manager, wish):
    client = browser(manager).client
    team = owner if owner != manager else None
    expires_in = "never" if wish.days is None else "custom"
    changes = {"description": wish.description, "expires_in": expires_in}
    if wish.days is not None:
        changes["expires_on"] = str(timezone.localdate(wish.expires_at))
    answer = client.post(
        address("api-key-create", team=team), filled_in(client, team=team, **changes)
    )
    assert answer.status_code == 200
    return None if is_created(answer) else answer.text


def in_admin(owner, manager, wish):
    client = browser(UserFactory(is_staff=True, is_superuser=True)).client
    fields = {"description": wish.description}
    if wish.days is not None:
        fields |= {"expires_at_0": f"{wish.expires_at:%Y-%m-%d}", "expires_at_1": "00:00:00"}
    url = reverse(f"admin:stack_apikeys_{owner.api_keys.model._meta.model_name}_add")
    answer = client.post(url, new(owner, **fields))
    assert answer.status_code == 200
    return None if "api-key-value" in answer.text else answer.text


def by_the_command(owner, manager, wish):
    arguments = [f"--{owner.api_keys.model.KIND}", str(owner.pk), "--description", wish.description]
    if wish.days is not None:
        arguments += ["--expires", f"{wish.days}d"]
    try:
        run("create", *arguments)
    except CommandError as error:
        return str(error)


DOORS = [
    python,
    python_for_a_person,
    asynchronous_python,
    in_bulk,
    by_a_client,
    by_a_server,
    in_the_pages,
    in_admin,
    by_the_command,
]
OVER_HTTP = [by_a_client, by_a_server]
each_door = pytest.mark.parametrize("door", DOORS, ids=lambda door: door.__name__)

THE_KEY = Wish()


@each_door
def test_a_key_that_the_settings_allow_is_created(door, owner, manager, configure):
    configure(MAX_LIFETIME=MAX, UNIQUE_DESCRIPTIONS=True, MAX_VALID_KEYS_PER_OWNER=2)
    owner.api_keys.create_key(description="Another", expires_at=THE_KEY.expires_at)
    assert door(owner, manager, THE_KEY) is None
    assert owner.api_keys.filter(description="CI").count() == 1


@each_door
@pytest.mark.parametrize(
    ("allowed", "days"), [({"MAX_LIFETIME": MAX}, 92), ({"MAX_LIFETIME": timedelta(hours=2)}, 2)]
)
def test_no_key_lives_longer_than_allowed(door, owner, manager, configure, allowed, days):
    configure(**allowed)
    said = door(owner, manager, replace(THE_KEY, days=days))
    assert "The key must expire by " in said or " or an earlier date." in said
    if door in OVER_HTTP:
        assert said.startswith("body.expires_at_millis: ")
    assert not owner.api_keys.exists()


@each_door
@pytest.mark.parametrize("without_expiry", [{"MAX_LIFETIME": MAX}, {"MAX_LIFETIME": None}])
def test_no_key_lives_for_ever_unless_that_is_allowed(
    door, owner, manager, configure, without_expiry
):
    refused = {"ALLOW_KEYS_WITHOUT_EXPIRY": False} if not without_expiry["MAX_LIFETIME"] else {}
    configure(**without_expiry, **refused)
    said = door(owner, manager, replace(THE_KEY, days=None))
    assert "A key that never expires is not allowed." in said or "available choices" in said
    if door in OVER_HTTP:
        assert said.startswith("body.expires_at_millis: ")
    assert not owner.api_keys.exists()
    configure(**without_expiry, ALLOW_KEYS_WITHOUT_EXPIRY=True)
    assert door(owner, manager, replace(THE_KEY, days=None)) is None
    assert owner.api_keys.get().expires_at is None


@each_door
def test_no_description_is_used_twice_unless_that_is_allowed(door, owner, manager, configure):
    configure(UNIQUE_DESCRIPTIONS=True)
    api_key, _value = owner.api_keys.create_key(description="ci")
    said = door(owner, manager, THE_KEY)
    assert "Another valid key has this description." in said
    if door in OVER_HTTP:
        assert said.startswith("body.description: ")
    assert owner.api_keys.get() == api_key
    api_key.revoke()
    assert door(owner, manager, THE_KEY) is None


@each_door
def test_no_owner_has_more_keys_than_allowed(door, owner, manager, configure):
    configure(MAX_VALID_KEYS_PER_OWNER=1)
    api_key, _value = owner.api_keys.create_key()
    assert "The limit of valid API keys (1) has been reached." in door(owner, manager, THE_KEY)
    assert owner.api_keys.get() == api_key


def test_the_projects_own_code_issues_keys_regardless_of_the_settings(owner, configure):
    configure(MAX_LIFETIME=MAX, UNIQUE_DESCRIPTIONS=True, MAX_VALID_KEYS_PER_OWNER=1)
    for _ in range(2):
        list(owner.api_keys.model.objects.issue_keys([owner.pk], description="CI"))
    assert owner.api_keys.valid().filter(expires_at=None, description="CI").count() == 2


# Renaming ----------------------------------------------------------------------------------------


def rename_in_python(api_key, manager, description):
    try:
        api_key.rename(description)
    except FieldNotAllowed as error:
        return f"{error.field} {error}"


def rename_over_http(caller, api_key, description):
    url = f"/{api_key.KIND}-api-keys/{api_key.pk}"
    answer = caller.patch(url, {"description": description, "revoked": True})
    assert answer.status_code in {200, 400}
    return None if answer.status_code == 200 else answer.text


def rename_by_a_client(api_key, manager, description):
    return rename_over_http(browser(manager), api_key, description)


def rename_by_a_server(api_key, manager, description):
    return rename_over_http(server(), api_key, description)


def rename_in_the_pages(api_key, manager, description):
    team = api_key.owner if api_key.KIND == "team" else None
    url = address("api-key-rename", api_key, team=team)
    answer = browser(manager).client.post(url, {"description": description})
    return None if answer.status_code == 302 else answer.text


def rename_in_admin(api_key, manager, description):
    client = browser(UserFactory(is_staff=True, is_superuser=True)).client
    name = f"admin:stack_apikeys_{api_key._meta.model_name}_change"
    answer = client.post(reverse(name, args=[api_key.pk]), {"description": description})
    return None if answer.status_code == 302 else answer.text


RENAMING = [
    rename_in_python,
    rename_by_a_client,
    rename_by_a_server,
    rename_in_the_pages,
    rename_in_admin,
]


@pytest.mark.parametrize("door", RENAMING, ids=lambda door: door.__name__)
def test_no_key_is_renamed_to_a_description_that_is_used(door, owner, manager, configure):
    configure(UNIQUE_DESCRIPTIONS=True)
    owner.api_keys.create_key(description="Production")
    api_key, _value = owner.api_keys.create_key(description="CI")
    said = door(api_key, manager, "production")
    assert "Another valid key has this description." in said
    api_key.refresh_from_db()
    assert (api_key.description, api_key.status) == ("CI", "valid")
    assert door(api_key, manager, "CI") is None


# Rotation ----------------------------------------------------------------------------------------


def rotate_in_python(api_key, manager):
    api_key.rotate(actor=manager)


def rotate_over_http(caller, api_key):
    url = f"/{api_key.KIND}-api-keys/{api_key.pk}/rotate"
    return caller.post(url, {"overlap_millis": 0}).text


def rotate_by_a_client(api_key, manager):
    return rotate_over_http(browser(manager), api_key)


def rotate_by_a_server(api_key, manager):
    return rotate_over_http(server(), api_key)


def rotate_in_the_pages(api_key, manager):
    team = api_key.owner if api_key.KIND == "team" else None
    url = address("api-key-rotate", api_key, team=team)
    return browser(manager).client.post(url, {"overlap": "now"}).text


def rotate_in_admin(api_key, manager):
    client = browser(UserFactory(is_staff=True, is_superuser=True)).client
    name = f"admin:stack_apikeys_{api_key._meta.model_name}_rotate"
    return client.post(reverse(name, args=[api_key.pk]), {"overlap": "now"}).text


def rotate_by_the_command(api_key, manager):
    try:
        run("rotate", str(api_key.pk))
    except CommandError as error:
        return str(error)


ROTATIONS = [
    rotate_in_python,
    rotate_by_a_client,
    rotate_by_a_server,
    rotate_in_the_pages,
    rotate_in_admin,
    rotate_by_the_command,
]
each_rotation = pytest.mark.parametrize("door", ROTATIONS, ids=lambda door: door.__name__)


@each_rotation
@pytest.mark.parametrize("days", [None, 365, 30])
def test_a_rotated_key_lives_no_longer_than_allowed(door, owner, manager, configure, days):
    api_key, _value = owner.api_keys.create_key(expires_at=Wish(days=days).expires_at)
    configure(MAX_LIFETIME=MAX, UNIQUE_DESCRIPTIONS=True)
    door(api_key, manager)
    successor = owner.api_keys.get(rotated_from=api_key)
    lifetime = successor.expires_at - successor.created_at
    assert abs(lifetime - min(MAX, timedelta(days or 90))) < timedelta(minutes=5)


@each_rotation
def test_a_rotation_gives_a_key_a_year_if_it_may_not_live_for_ever(door, owner, manager, configure):
    api_key, _value = owner.api_keys.create_key()
    configure(ALLOW_KEYS_WITHOUT_EXPIRY=False)
    door(api_key, manager)
    successor = owner.api_keys.get(rotated_from=api_key)
    lifetime = successor.expires_at - successor.created_at
    assert abs(lifetime - timedelta(days=365)) < timedelta(minutes=5)


def test_an_expiry_that_a_rotation_asks_for_is_as_that_of_a_new_key(owner, kind, configure):
    api_key, _value = owner.api_keys.create_key()
    configure(MAX_LIFETIME=MAX)
    with pytest.raises(ExpiryTooLate):
        api_key.rotate(expires_at=Wish(days=92).expires_at)
    body = {"overlap_millis": 0, "expires_at_millis": Wish(days=92).millis}
    answer = server().post(f"/{kind}-api-keys/{api_key.pk}/rotate", body)
    assert answer.status_code == 400
    assert answer.text.startswith("body.expires_at_millis: The key must expire by ")
    assert owner.api_keys.get() == api_key
