"""Sessions and profiles in the admin."""

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from stack_apikeys import timestamps
from stack_apikeys.sdk.models import Profile, Session, TeamMemberProfile
from stack_apikeys.teams.models import Team
from tests.factories import UserFactory
from tests.wire import refresh, sign_in

pytestmark = pytest.mark.django_db

SESSIONS = reverse("admin:stack_apikeys_sdk_session_changelist")


@pytest.fixture
def user():
    return UserFactory(email="ada@example.com")


def one(session):
    return reverse("admin:stack_apikeys_sdk_session_change", args=[session.pk])


def test_staff_can_search_sessions_by_user(admin_client, user):
    sign_in(user)
    sign_in(UserFactory())
    found = admin_client.get(SESSIONS, {"q": "ada"}).context["cl"].result_list
    assert [session.user for session in found] == [user]


def test_the_number_of_queries_does_not_grow_with_the_list(
    admin_client, django_assert_max_num_queries
):
    for _ in range(10):
        sign_in(UserFactory())
    with django_assert_max_num_queries(10):
        assert admin_client.get(SESSIONS).status_code == 200


def test_the_admin_shows_whether_a_session_is_live_but_no_secrets(admin_client, user):
    refresh_token = sign_in(user)["refresh_token"]
    session = Session.objects.get()
    for path in (SESSIONS, one(session)):
        page = admin_client.get(path).content.decode()
        assert "icon-yes" in page
        for secret in (refresh_token, session.digest, session.auth_hash):
            assert secret not in page
    Session.objects.update(expires_at=timestamps.now())
    assert "icon-no" in admin_client.get(one(session)).content.decode()


@pytest.mark.parametrize("hidden", ["digest", "auth_hash"])
def test_staff_cannot_guess_a_hash_by_filters(admin_client, user, hidden):
    sign_in(user)
    for lookup in (hidden, f"{hidden}__startswith"):
        assert admin_client.get(SESSIONS, {lookup: "a"}).status_code == 400


def test_staff_end_sessions(admin_client, user):
    tokens = [sign_in(user)["refresh_token"] for _ in range(3)]
    *ended, kept = reversed(Session.objects.all())
    form = {"action": "delete_selected", "_selected_action": [session.pk for session in ended]}
    page = admin_client.post(SESSIONS, form, follow=True)
    assert "2 sessions were ended." in page.content.decode()
    assert [refresh(token).status_code for token in tokens] == [401, 401, 200]
    admin_client.post(
        reverse("admin:stack_apikeys_sdk_session_delete", args=[kept.pk]), {"post": "yes"}
    )
    assert refresh(tokens[2]).status_code == 401


def test_ending_sessions_requires_the_permission_to_delete(client, user):
    staff = UserFactory(is_staff=True)
    staff.user_permissions.add(
        Permission.objects.get(codename="view_session", content_type__app_label="stack_apikeys_sdk")
    )
    client.force_login(staff)
    sign_in(user)
    assert client.get(SESSIONS).status_code == 200
    client.post(
        SESSIONS, {"action": "delete_selected", "_selected_action": [Session.objects.get().pk]}
    )
    assert Session.objects.exists()


def test_sessions_cannot_be_added_or_changed(admin_client, user):
    sign_in(user)
    session = Session.objects.get()
    assert admin_client.get(reverse("admin:stack_apikeys_sdk_session_add")).status_code == 403
    assert admin_client.post(one(session), {"user": user.pk}).status_code == 403


def test_a_user_with_sessions_and_profiles_can_be_deleted(admin_client, user):
    sign_in(user)
    team = Team.objects.create_team(display_name="Analysts", creator=user)
    Profile.objects.create(user=user, selected_team=team)
    TeamMemberProfile.objects.create(user=user, team=team)
    delete = reverse("admin:example_project_user_delete", args=[user.pk])
    admin_client.post(delete, {"post": "yes"})
    for model in (Session, Profile, TeamMemberProfile):
        assert not model.objects.exists()


@pytest.mark.parametrize("model", ["profile", "teammemberprofile"])
def test_staff_can_edit_profiles(admin_client, user, model):
    team = Team.objects.create_team(display_name="Analysts", creator=user)
    row = {
        "profile": lambda: Profile.objects.create(user=user, display_name="Rude"),
        "teammemberprofile": lambda: TeamMemberProfile.objects.create(
            user=user, team=team, display_name="Rude"
        ),
    }[model]()
    changelist = reverse(f"admin:stack_apikeys_sdk_{model}_changelist")
    assert "Rude" in admin_client.get(changelist, {"q": "ada"}).content.decode()
    form = {"user": user.pk, "team": team.pk, "display_name": "Ada"}
    form |= dict.fromkeys(
        ("client_metadata", "client_read_only_metadata", "server_metadata"), "null"
    )
    change = reverse(f"admin:stack_apikeys_sdk_{model}_change", args=[row.pk])
    assert admin_client.post(change, form).status_code == 302
    row.refresh_from_db()
    assert row.display_name == "Ada"
