"""Rights that are withdrawn while a request uses them."""

from functools import partial
from itertools import product

import pytest
from django.contrib.auth.models import Permission
from django.contrib.sessions.models import Session as DjangoSession
from django.db import connections

from example_project.models import User
from stack_apikeys import rights
from stack_apikeys.models import AbstractApiKey, TeamApiKey, UserApiKey
from stack_apikeys.sdk.models import Session
from stack_apikeys.teams.models import Team, TeamMembership, TeamPermission
from tests.factories import TeamFactory, UserFactory
from tests.parallel import Meanwhile, elsewhere
from tests.settings_pages import address, filled_in, make_key
from tests.wire import browser, person

pytestmark = pytest.mark.usefixtures("shared_database")


@pytest.fixture
def manager():
    return UserFactory()


@pytest.fixture
def team(manager):
    return TeamFactory(creator=manager)


@pytest.fixture
def api_key(team):
    return make_key(team, description="before")


# What a user does, and through which interface ---------------------------------------------------------------


class Api:
    """The HTTP API with an access token."""

    def __init__(self, manager, team):
        self.caller = person(manager)
        self.team = team

    def create(self, api_key):
        body = {"description": "CI", "expires_at_millis": None, "team_id": str(self.team.pk)}
        return self.caller.post("/team-api-keys", body)

    def rename(self, api_key):
        return self.caller.patch(f"/team-api-keys/{api_key.pk}", {"description": "after"})

    def revoke(self, api_key):
        return self.caller.patch(f"/team-api-keys/{api_key.pk}", {"revoked": True})

    def rotate(self, api_key):
        return self.caller.post(f"/team-api-keys/{api_key.pk}/rotate", {"overlap_millis": 0})


class ApiOfPage(Api):
    """The HTTP API with a Django session."""

    def __init__(self, manager, team):
        self.caller = browser(manager)
        self.team = team


class Pages:
    """The settings pages."""

    def __init__(self, manager, team):
        self.client = browser(manager).client
        self.team = team
        self.sent = filled_in(self.client, team=team)

    def create(self, api_key):
        return self.client.post(address("api-key-create", team=self.team), self.sent)

    def rename(self, api_key):
        url = address("api-key-rename", api_key, team=self.team)
        return self.client.post(url, {"description": "after"})

    def revoke(self, api_key):
        return self.client.post(
            address("api-key-revoke", api_key, team=self.team), {"understood": "on"}
        )

    def rotate(self, api_key):
        url = address("api-key-rotate", api_key, team=self.team)
        return self.client.post(url, {"overlap": "now"})


@pytest.fixture(params=[Api, ApiOfPage, Pages])
def interface(request, manager, team):
    return request.param(manager, team)


# How the right is withdrawn -----------------------------------------------------------------------


def take_permission_back(manager, team):
    team.revoke_permission(manager, "team_admin")


def delete_permissions(manager, team):
    TeamPermission.objects.filter(membership__user=manager).delete()


def remove_member(manager, team):
    team.remove_member(manager)


def delete_memberships(manager, team):
    TeamMembership.objects.filter(user=manager).delete()


def deactivate(manager, team):
    User.objects.filter(pk=manager.pk).update(is_active=False)


def change_password(manager, team):
    manager.set_password("another")
    manager.save(update_fields=["password"])


def end_sessions(manager, team):
    Session.objects.all().delete()
    DjangoSession.objects.all().delete()


WITHDRAWALS = [
    take_permission_back,
    delete_permissions,
    remove_member,
    delete_memberships,
    deactivate,
    change_password,
    end_sessions,
]


def at_the_locks(monkeypatch, task):
    """Run the task after the request was authorized, just before it takes its locks."""
    begin = rights._begin

    def begin_late(*args):
        monkeypatch.setattr(rights, "_begin", begin)
        elsewhere(task)
        return begin(*args)

    monkeypatch.setattr(rights, "_begin", begin_late)


def at_the_change(monkeypatch, name, task):
    """Begin the task when the request has its locks and is about to write."""
    meanwhile = Meanwhile(task)
    change = getattr(AbstractApiKey, name)
    ended_at_once = []

    def change_late(self, *args, **kwargs):
        monkeypatch.setattr(AbstractApiKey, name, change)
        ended_at_once.append(meanwhile.begin())
        return change(self, *args, **kwargs)

    monkeypatch.setattr(AbstractApiKey, name, change_late)
    return meanwhile, ended_at_once


def is_refused(response):
    """Return True if the response has an error status or redirects to the sign-in page."""
    if response.status_code == 302:
        return "/login/?next=" in response["Location"]
    return response.status_code in {401, 403, 404}


@pytest.mark.parametrize(
    ("action", "withdraw"),
    [
        *(("create", withdraw) for withdraw in WITHDRAWALS),
        *product(["rename", "revoke", "rotate"], [take_permission_back, end_sessions]),
    ],
)
def test_a_change_is_refused_after_the_right_was_withdrawn(
    interface, action, withdraw, manager, team, api_key, monkeypatch
):
    at_the_locks(monkeypatch, partial(withdraw, manager, team))
    assert is_refused(getattr(interface, action)(api_key))
    [stored] = TeamApiKey.objects.all()
    assert stored.is_valid()
    assert stored.description == "before"


def test_several_keys_are_not_revoked_after_the_right_was_withdrawn(
    manager, team, api_key, monkeypatch
):
    interface = Pages(manager, team)
    sent = {"keys": f"{api_key.pk} {make_key(team).pk}", "understood": "on"}
    at_the_locks(monkeypatch, partial(take_permission_back, manager, team))
    assert is_refused(interface.client.post(address("api-keys-revoke", team=team), sent))
    assert team.api_keys.valid().count() == 2


@pytest.mark.parametrize(
    ("make_interface", "action", "change", "withdraw"),
    [
        *((Api, "create", "save", withdraw) for withdraw in WITHDRAWALS),
        (ApiOfPage, "create", "save", end_sessions),
        *((Api, "rotate", "save", withdraw) for withdraw in (take_permission_back, remove_member)),
        (Pages, "rotate", "save", end_sessions),
        (Pages, "rename", "rename", take_permission_back),
        (ApiOfPage, "rename", "rename", end_sessions),
    ],
)
def test_withdrawing_a_right_waits_for_a_change_that_uses_it(
    make_interface, action, change, withdraw, manager, team, api_key, monkeypatch
):
    interface = make_interface(manager, team)
    seen = []

    def withdraw_and_look():
        withdraw(manager, team)
        seen.append((TeamApiKey.objects.count(), TeamApiKey.objects.get(pk=api_key.pk).description))

    meanwhile, ended_at_once = at_the_change(monkeypatch, change, withdraw_and_look)
    assert not is_refused(getattr(interface, action)(api_key))
    meanwhile.result()
    assert ended_at_once == [False]
    assert seen == [(1, "after") if action == "rename" else (2, "before")]


def test_no_key_is_created_for_a_team_that_was_deleted(
    interface, manager, team, api_key, monkeypatch
):
    at_the_locks(monkeypatch, lambda: Team.objects.get(pk=team.pk).delete())
    assert interface.create(api_key).status_code == 404
    assert not TeamApiKey.objects.exists()


def test_deleting_a_team_waits_for_a_creation_and_deletes_the_new_key(
    manager, team, api_key, monkeypatch
):
    interface = Pages(manager, team)
    meanwhile, ended_at_once = at_the_change(
        monkeypatch, "save", lambda: Team.objects.get(pk=team.pk).delete()
    )
    assert interface.create(api_key).status_code == 200
    meanwhile.result()
    assert ended_at_once == [False]
    assert not Team.objects.exists()
    assert not TeamApiKey.objects.exists()


def test_deleting_a_team_waits_for_a_rotation_and_deletes_the_successor(
    interface, team, api_key, monkeypatch
):
    meanwhile, ended_at_once = at_the_change(
        monkeypatch, "save", lambda: Team.objects.get(pk=team.pk).delete()
    )
    assert interface.rotate(api_key).status_code == 200
    meanwhile.result()
    assert ended_at_once == [False]
    assert not TeamApiKey.objects.exists()


def test_no_key_is_created_by_a_user_who_was_deleted(interface, manager, api_key, monkeypatch):
    at_the_locks(monkeypatch, lambda: User.objects.filter(pk=manager.pk).delete())
    assert is_refused(interface.create(api_key))
    assert TeamApiKey.objects.count() == 1


# Django admin --------------------------------------------------------------------------------------


@pytest.fixture
def staff():
    staff = UserFactory(is_staff=True)
    names = ["add_userapikey", "change_userapikey", "view_userapikey"]
    staff.user_permissions.set(Permission.objects.filter(codename__in=names))
    return staff


def admin_form(owner):
    return {
        "user": str(owner.pk),
        "description": "Made by staff",
        "new_id": "11111111-2222-4333-8444-555555555555",
    }


def dismiss(staff):
    User.objects.filter(pk=staff.pk).update(is_staff=False)


def take_permissions(staff):
    staff.user_permissions.clear()


@pytest.mark.parametrize("withdraw", [dismiss, take_permissions])
@pytest.mark.parametrize("action", ["create", "rename", "revoke", "rotate"])
def test_the_admin_refuses_a_change_after_the_permission_was_withdrawn(
    staff, withdraw, action, monkeypatch
):
    client = browser(staff).client
    user = UserFactory()
    api_key = make_key(user, description="before")
    at_the_locks(monkeypatch, lambda: withdraw(staff))
    url, sent = {
        "create": ("/admin/stack_apikeys/userapikey/add/", admin_form(user)),
        "rename": (
            f"/admin/stack_apikeys/userapikey/{api_key.pk}/change/",
            {"description": "after"},
        ),
        "revoke": (
            f"/admin/stack_apikeys/userapikey/{api_key.pk}/revoke/",
            {"revoke": "1", "reason": ""},
        ),
        "rotate": (
            f"/admin/stack_apikeys/userapikey/{api_key.pk}/rotate/",
            {"overlap": "now"},
        ),
    }[action]
    assert client.post(url, sent).status_code == 403
    [stored] = UserApiKey.objects.all()
    assert (stored.is_valid(), stored.description) == (True, "before")


@pytest.mark.parametrize("withdraw", [dismiss, take_permissions])
def test_withdrawing_a_permission_waits_for_a_creation_in_the_admin(staff, withdraw, monkeypatch):
    client = browser(staff).client
    meanwhile, ended_at_once = at_the_change(monkeypatch, "save", lambda: withdraw(staff))
    response = client.post("/admin/stack_apikeys/userapikey/add/", admin_form(staff))
    assert response.status_code == 200
    meanwhile.result()
    assert ended_at_once == [False]
    assert staff.api_keys.count() == 1


def test_other_threads_see_the_rows_of_the_test():
    assert elsewhere(User.objects.count) == 0
    UserFactory()
    assert elsewhere(User.objects.count) == 1
    assert connections["default"].in_atomic_block is False
