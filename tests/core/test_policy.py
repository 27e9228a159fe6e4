"""The site's policy: whose keys can be used, and who may create which keys."""

import pytest
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import Permission
from django.core.exceptions import ValidationError

from example_project.models import User
from stack_apikeys import exceptions
from stack_apikeys.adapters import get_team_adapter
from stack_apikeys.models import UserApiKey
from stack_apikeys.policy import Policy, get_policy
from stack_apikeys.teams.adapter import DefaultTeamAdapter
from stack_apikeys.teams.models import Team
from stack_apikeys.verification import get_team, get_user
from tests.factories import TeamFactory, UserFactory
from tests.settings_pages import address, filled_in, make_key
from tests.wire import anyone, assert_known_error, assert_plain_error, browser, server, sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture(params=[0, 60], ids=["uncached", "cached"])
def cached(request, settings):
    settings.STACK_APIKEYS = settings.STACK_APIKEYS | {"VERIFICATION_CACHE_SECONDS": request.param}


@pytest.fixture
def policy(settings):
    settings.STACK_APIKEYS = settings.STACK_APIKEYS | {"POLICY": f"{__name__}.NoGuests"}


@pytest.fixture
def guest():
    return UserFactory(display_name="guest")


class NoGuests(Policy):
    """Guests may not create keys, and nobody may create a key that never expires."""

    def may_create_key(self, actor, owner, *, api_key=None, number=1):
        if api_key is not None and api_key.expires_at is None:
            raise ValidationError("Choose an expiry date.")
        return actor.display_name != "guest"


class StrictBackend(ModelBackend):
    """Refuses users who are called "Banned"."""

    def user_can_authenticate(self, user):
        return super().user_can_authenticate(user) and user.display_name != "Banned"


class NoBanned(Policy):
    """Refuses users and teams that are called "Banned"."""

    def owner_may_act(self, owner):
        return super().owner_may_act(owner) and owner.display_name != "Banned"


# Whether an owner may act --------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_keys_and_sessions_of_a_user_whom_the_backends_refuse_are_refused(cached, settings):
    settings.AUTHENTICATION_BACKENDS = [f"{__name__}.StrictBackend"]
    user = UserFactory()
    _api_key, value = user.api_keys.create_key()
    client = anyone(access_token=sign_in(user)["access_token"])
    url = f"/user-api-keys?user_id={user.pk}"
    assert get_user(api_key=value) == get_user(api_key=value) == user
    assert client.get(url).status_code == 200
    user.display_name = "Banned"
    user.save()
    assert get_user(api_key=value) is None
    assert client.get(url).headers["X-Stack-Known-Error"] == "ACCESS_TOKEN_EXPIRED"


def test_one_backend_that_accepts_a_user_is_enough(settings):
    settings.AUTHENTICATION_BACKENDS = [
        f"{__name__}.StrictBackend",
        "django.contrib.auth.backends.ModelBackend",
    ]
    user = UserFactory(display_name="Banned")
    assert get_user(api_key=user.api_keys.create_key()[1]) == user


@pytest.mark.parametrize(("factory", "get"), [(UserFactory, get_user), (TeamFactory, get_team)])
@pytest.mark.django_db(transaction=True)
def test_the_policy_decides_which_owners_may_act(cached, settings, factory, get):
    settings.STACK_APIKEYS = settings.STACK_APIKEYS | {"POLICY": f"{__name__}.NoBanned"}
    owner = factory()
    _api_key, value = owner.api_keys.create_key()
    assert get(api_key=value) == owner
    owner.display_name = "Banned"
    owner.save()
    assert get(api_key=value) is None
    owner.display_name = "Pardoned"
    owner.save()
    assert get(api_key=value) == owner


@pytest.mark.django_db(transaction=True)
def test_the_policy_is_asked_even_if_the_verification_is_cached(settings, monkeypatch):
    settings.STACK_APIKEYS = settings.STACK_APIKEYS | {"VERIFICATION_CACHE_SECONDS": 60}
    user = UserFactory()
    _api_key, value = user.api_keys.create_key()
    assert get_user(api_key=value) == user
    monkeypatch.setattr(Policy, "owner_may_act", lambda *_args: False)
    assert get_user(api_key=value) is None


class OutOfUse(DefaultTeamAdapter):
    def may_act(self, team):
        return False


def test_keys_of_a_team_that_the_adapter_does_not_let_act_are_refused(settings):
    manager = UserFactory()
    team = TeamFactory(creator=manager)
    _api_key, value = team.api_keys.create_key()
    settings.STACK_APIKEYS = settings.STACK_APIKEYS | {"TEAM_ADAPTER": f"{__name__}.OutOfUse"}
    assert get_team(api_key=value) is None
    client = browser(manager)
    assert client.get(f"/team-api-keys?team_id={team.pk}").status_code == 404
    assert client.client.get(address("api-keys", team=team)).status_code == 404
    body = {"description": "CI", "expires_at_millis": None, "team_id": str(team.pk)}
    details = {"team_id": str(team.pk)}
    assert_known_error(
        server().post("/team-api-keys", body), 404, "TEAM_NOT_FOUND", details=details
    )
    # A server with a secret key sees all keys.
    assert server().get(f"/team-api-keys?team_id={team.pk}").status_code == 200


def test_a_server_creates_no_key_for_a_user_who_may_not_act():
    user = UserFactory(is_active=False)
    body = {"description": "CI", "expires_at_millis": None, "user_id": str(user.pk)}
    assert_known_error(server().post("/user-api-keys", body), 404, "USER_NOT_FOUND")


# Who may create a key ------------------------------------------------------------------------------

EXPIRY = {"expires_at_millis": 4_000_000_000_000}


def test_the_api_refuses_users_whom_the_policy_refuses(policy, guest):
    body = {"description": "CI", "user_id": "me", **EXPIRY}
    sentence = "You are not allowed to create this API key."
    assert_plain_error(browser(guest).post("/user-api-keys", body), 403, sentence)
    assert not guest.api_keys.exists()
    assert browser(UserFactory()).post("/user-api-keys", body).status_code == 200


def test_the_api_responds_with_the_message_of_the_policy(policy):
    body = {"description": "CI", "user_id": "me", "expires_at_millis": None}
    answer = browser(UserFactory()).post("/user-api-keys", body)
    assert_plain_error(answer, 403, "Choose an expiry date.")


def test_the_policy_is_not_asked_about_a_server(policy, guest):
    body = {"description": "CI", "user_id": str(guest.pk), **EXPIRY}
    assert server().post("/user-api-keys", body).status_code == 200


def test_the_pages_offer_no_creation_to_users_whom_the_policy_refuses(policy, guest):
    client = browser(guest).client
    for _ in range(2):
        page = client.get(address("api-keys"))
        assert address("api-key-create") not in page.text
        make_key(guest)
    answer = client.get(address("api-key-create"))
    assert answer.status_code == 403
    assert "You are not allowed to create this API key." in answer.text
    assert 'name="key_id"' not in answer.text
    refused = client.post(address("api-key-create"), {"description": "CI", "expires_in": "30"})
    assert "You are not allowed to create this API key." in refused.text
    assert guest.api_keys.count() == 2


def test_the_form_shows_the_message_of_the_policy(policy):
    user = UserFactory()
    client = browser(user).client
    sent = filled_in(client, expires_in="never")
    answer = client.post(address("api-key-create"), sent)
    assert "Choose an expiry date." in answer.text
    assert client.post(address("api-key-create"), sent | {"expires_in": "30"}).status_code == 200
    assert user.api_keys.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("factory", [UserFactory, TeamFactory])
@pytest.mark.parametrize("create", ["create_key", "bulk_create_keys"])
def test_no_key_is_created_for_an_owner_who_may_not_act(monkeypatch, factory, create):
    owner = factory()
    monkeypatch.setattr(Policy, "owner_may_act", lambda self, owner: False)
    arguments = [] if create == "create_key" else [3]
    with pytest.raises(exceptions.ApiKeyCreationNotAllowed, match="must be active"):
        getattr(owner.api_keys, create)(*arguments)
    assert not owner.api_keys.exists()


@pytest.mark.parametrize("with_actor", [False, True])
def test_a_creation_asks_once_whether_the_owner_may_act(monkeypatch, with_actor):
    user, asked = UserFactory(), []
    monkeypatch.setattr(Policy, "owner_may_act", lambda _self, owner: not asked.append(owner))
    user.api_keys.create_key(actor=user if with_actor else None)
    assert asked == [user]


def test_the_policy_is_asked_about_an_actor(policy, guest):
    user = UserFactory()
    with pytest.raises(exceptions.ApiKeyCreationNotAllowed, match="Choose an expiry date"):
        user.api_keys.create_key(actor=user)
    with pytest.raises(exceptions.ApiKeyCreationNotAllowed):
        guest.api_keys.bulk_create_keys(2, actor=guest)
    api_key, _value = guest.api_keys.create_key(created_by=guest)
    assert api_key.created_by == guest


def test_the_actor_is_recorded_as_the_creator():
    user = UserFactory()
    api_key, _value = user.api_keys.create_key(actor=user)
    assert api_key.created_by == user


# Staff ----------------------------------------------------------------------------------------------

ADD = "/admin/stack_apikeys/userapikey/add/"


def staff_with(*codenames, **fields):
    staff = UserFactory(is_staff=True, **fields)
    names = ["add_userapikey", "view_userapikey", *codenames]
    staff.user_permissions.set(Permission.objects.filter(codename__in=names))
    return staff


def add(staff, owner):
    new_id = "11111111-2222-4333-8444-555555555555"
    sent = {"user": str(owner.pk), "description": "CI", "new_id": new_id}
    return browser(staff).client.post(ADD, sent)


def superuser():
    return UserFactory(is_staff=True, is_superuser=True)


def user_with_a_permission():
    user = UserFactory()
    user.user_permissions.set(Permission.objects.filter(codename="delete_user"))
    return user


@pytest.mark.parametrize("make_owner", [superuser, user_with_a_permission])
def test_staff_create_no_key_for_owners_with_more_permissions(make_owner):
    owner = make_owner()
    answer = add(staff_with(), owner)
    assert answer.status_code == 200
    assert "You are not allowed to create this API key." in answer.content.decode()
    assert not owner.api_keys.exists()


@pytest.mark.parametrize("make_owner", [superuser, user_with_a_permission])
def test_staff_with_a_permission_create_keys_for_owners_with_more_permissions(make_owner):
    owner = make_owner()
    staff = staff_with("create_key_for_others")
    add(staff, owner)
    assert owner.api_keys.get().created_by == staff


def test_staff_create_keys_for_owners_without_more_permissions():
    staff, user, equal = staff_with("delete_user"), UserFactory(), user_with_a_permission()
    for owner in (staff, user):
        UserApiKey.objects.all().delete()
        add(staff, owner)
        assert owner.api_keys.count() == 1
    assert get_policy().may_act_for(staff, equal)
    assert not get_policy().may_act_for(user, staff)


def test_staff_create_a_teams_key_only_where_they_manage_its_keys():
    staff = staff_with("add_teamapikey")
    mine, other = TeamFactory(creator=staff), TeamFactory()
    for team, number in [(other, 0), (mine, 1)]:
        new_id = f"11111111-2222-4333-8444-{number:012}"
        sent = {"team": str(team.pk), "description": "CI", "new_id": new_id}
        browser(staff).client.post("/admin/stack_apikeys/teamapikey/add/", sent)
        assert team.api_keys.count() == number


def test_staff_create_no_key_for_a_user_who_may_not_act():
    user = UserFactory(is_active=False)
    add(superuser(), user)
    assert not user.api_keys.exists()


# Impersonation --------------------------------------------------------------------------------------


class Impersonation(Policy):
    """Staff can use the site as another user. The session has their own name."""

    def acting_user(self, request):
        name = request.session.get("really")
        return User.objects.get(display_name=name) if name else request.user

    def may_create_key(self, actor, owner, *, api_key=None, number=1):
        return actor == owner or isinstance(owner, Team)


def test_staff_who_impersonate_a_user_create_no_key_for_them(settings):
    settings.STACK_APIKEYS = settings.STACK_APIKEYS | {"POLICY": f"{__name__}.Impersonation"}
    root = UserFactory(display_name="Root", is_superuser=True)
    user = UserFactory()
    caller = browser(user)
    session = caller.client.session
    session["really"] = "Root"
    session.save()
    body = {"description": "CI", "user_id": "me", **EXPIRY}
    assert caller.post("/user-api-keys", body).status_code == 403
    assert address("api-key-create") not in caller.client.get(address("api-keys")).text
    team = TeamFactory(creator=user)
    body = {"description": "CI", "team_id": str(team.pk), **EXPIRY}
    assert caller.post("/team-api-keys", body).status_code == 200
    [api_key] = team.api_keys.all()
    assert api_key.created_by == root
    caller.patch(f"/team-api-keys/{api_key.pk}", {"revoked": True})
    api_key.refresh_from_db()
    assert api_key.revoked_by == root


def test_a_changed_setting_changes_the_adapter(settings):
    assert type(get_team_adapter()) is DefaultTeamAdapter
    settings.STACK_APIKEYS = settings.STACK_APIKEYS | {"TEAM_ADAPTER": f"{__name__}.OutOfUse"}
    assert type(get_team_adapter()) is OutOfUse


@pytest.mark.parametrize("can_delete", [False, True])
def test_staff_who_may_delete_users_may_delete_users_with_keys_but_no_single_key(
    settings, can_delete
):
    settings.STACK_APIKEYS = settings.STACK_APIKEYS | {"ADMIN_CAN_DELETE": can_delete}
    user = UserFactory()
    api_key = make_key(user)
    client = browser(staff_with("delete_user", "view_user")).client
    key = f"/admin/stack_apikeys/userapikey/{api_key.pk}"
    assert client.post(f"{key}/delete/", {"post": "yes"}).status_code == 403
    assert f"{key}/delete/" not in client.get(f"{key}/change/").text
    client.post(f"/admin/example_project/user/{user.pk}/delete/", {"post": "yes"})
    assert not User.objects.filter(pk=user.pk).exists()
