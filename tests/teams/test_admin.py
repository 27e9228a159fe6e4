import pytest
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType

from stack_apikeys.teams import admin
from stack_apikeys.teams.models import Team, TeamMembership
from tests.factories import TeamFactory, UserFactory

pytestmark = pytest.mark.django_db

TEAMS = "/admin/stack_apikeys_teams/team/"
MEMBERSHIPS = "/admin/stack_apikeys_teams/teammembership/"


@pytest.fixture
def site(client):
    client.force_login(UserFactory(email="admin@example.com", is_staff=True, is_superuser=True))
    return client


def inline(prefix, *, existing=(), deleted=(), new=()):
    """The fields of an inline form: its existing rows, some marked as deleted, and new ones."""
    fields = {
        f"{prefix}-TOTAL_FORMS": len(existing) + len(new),
        f"{prefix}-INITIAL_FORMS": len(existing),
    }
    for number, row in enumerate(existing):
        fields[f"{prefix}-{number}-id"] = row.pk
        if row in deleted:
            fields[f"{prefix}-{number}-DELETE"] = "on"
    for number, values in enumerate(new, start=len(existing)):
        fields |= {f"{prefix}-{number}-{name}": value for name, value in values.items()}
    return fields


# Teams ----------------------------------------------------------------------------------------


def test_a_team_made_in_admin_grants_its_members_what_members_get(site):
    user = UserFactory()

    response = site.post(
        f"{TEAMS}add/",
        {"display_name": "Rowing", **inline("memberships", new=[{"user": user.pk}])},
    )

    assert response.status_code == 302
    team = Team.objects.get()
    assert team.display_name == "Rowing"
    assert team.profile_image_url is None
    assert team.permissions_of(user) == ["team_member"]


def test_members_are_added_and_removed_on_the_teams_page_and_the_others_stay_as_they_are(site):
    team, leaving, staying, joining = TeamFactory(), UserFactory(), UserFactory(), UserFactory()
    rows = [
        team.add_member(leaving),
        team.add_member(staying, permission_ids=["$manage_api_keys"]),
    ]

    response = site.post(
        f"{TEAMS}{team.pk}/change/",
        {
            "display_name": "Sailing",
            **inline("memberships", existing=rows, deleted=rows[:1], new=[{"user": joining.pk}]),
        },
    )

    assert response.status_code == 302
    team.refresh_from_db()
    assert team.display_name == "Sailing"
    assert not team.memberships.filter(user=leaving).exists()
    assert team.permissions_of(staying) == ["$manage_api_keys"]
    assert team.permissions_of(joining) == ["team_member"]


def test_a_forged_form_cannot_put_another_user_into_an_existing_membership(site):
    team, member, stranger = TeamFactory(), UserFactory(), UserFactory()
    row = team.add_member(member, permission_ids=["team_admin"])

    site.post(
        f"{TEAMS}{team.pk}/change/",
        {
            "display_name": "Rowing",
            **inline("memberships", existing=[row]),
            "memberships-0-user": stranger.pk,
        },
    )

    assert [each.user for each in team.memberships.all()] == [member]


def test_a_member_who_is_added_again_is_refused(site):
    team, member = TeamFactory(), UserFactory()
    row = team.add_member(member)

    response = site.post(
        f"{TEAMS}{team.pk}/change/",
        {
            "display_name": "Rowing",
            **inline("memberships", existing=[row], new=[{"user": member.pk}]),
        },
    )

    assert response.status_code == 200
    assert 'class="errorlist' in response.text  # what it says depends on the version of Django
    assert team.memberships.count() == 1


def test_the_teams_page_costs_the_same_for_any_number_of_members(site, django_assert_num_queries):
    team = TeamFactory(creator=UserFactory())
    ContentType.objects.get_for_model(Team)  # asked for once in the life of a process
    # The session, the reader, the team, how many members, the members, what they were granted.
    with django_assert_num_queries(6):
        site.get(f"{TEAMS}{team.pk}/change/")
    for _ in range(5):
        team.add_member(UserFactory())

    with django_assert_num_queries(6):
        response = site.get(f"{TEAMS}{team.pk}/change/")

    assert response.text.count("team_member<") == 5 + 1  # with the row for the next one


def test_a_team_of_many_can_still_be_renamed(site, monkeypatch):
    monkeypatch.setattr(admin, "MOST_MEMBERS_ON_PAGE", 2)
    team = TeamFactory()
    for _ in range(3):
        team.add_member(UserFactory())

    page = site.get(f"{TEAMS}{team.pk}/change/")
    site.post(f"{TEAMS}{team.pk}/change/", {"display_name": "Everybody"})

    assert "memberships-TOTAL_FORMS" not in page.text
    assert f'href="{MEMBERSHIPS}?team={team.pk}"' in page.text
    team.refresh_from_db()
    assert team.display_name == "Everybody"
    assert team.memberships.count() == 3


@pytest.mark.parametrize("query", ["rowi", "{team.pk}", "{team.pk.hex:.3}", "{team.pk!s:.8}"])
def test_a_team_is_searched_by_its_name_and_its_id(site, query):
    team = TeamFactory(id="0f8fad5b-d9cb-469f-a165-70867728950e", display_name="Rowing")
    TeamFactory(id="6ba7b810-9dad-41d1-80b4-00c04fd430c8", display_name="Sailing")
    team.refresh_from_db()

    response = site.get(TEAMS, {"q": query.format(team=team)})

    assert "Rowing" in response.text
    assert "Sailing" not in response.text


def test_nobody_edits_teams_without_djangos_permission(client):
    team, member, reader = TeamFactory(), UserFactory(), UserFactory(is_staff=True)
    row = team.add_member(member)
    reader.user_permissions.set(
        Permission.objects.filter(codename__in=["view_team", "view_teammembership"])
    )
    client.force_login(reader)

    page = client.get(f"{TEAMS}{team.pk}/change/")
    refused = client.post(
        f"{TEAMS}{team.pk}/change/",
        {"display_name": "Mine", **inline("memberships", existing=[row], deleted=[row])},
    )

    assert "team_member" in page.text
    assert refused.status_code == 403
    assert team.memberships.count() == 1


# Memberships ----------------------------------------------------------------------------------


def test_a_membership_made_in_admin_grants_what_members_get(site):
    user, team = UserFactory(), TeamFactory()

    response = site.post(f"{MEMBERSHIPS}add/", {"user": user.pk, "team": team.pk})

    assert response.status_code == 302
    assert team.permissions_of(user) == ["team_member"]


def test_permissions_are_granted_and_revoked_on_the_memberships_page(site):
    user, team = UserFactory(), TeamFactory()
    membership = team.add_member(user, permission_ids=["team_member", "$update_team"])
    rows = list(membership.permissions.all())

    response = site.post(
        f"{MEMBERSHIPS}{membership.pk}/change/",
        inline(
            "permissions",
            existing=rows,
            deleted=rows[1:],
            new=[{"permission_id": "$manage_api_keys"}],
        ),
    )

    assert response.status_code == 302
    assert team.permissions_of(user) == ["$manage_api_keys", "$update_team"]


def test_only_what_exists_can_be_granted(site, settings):
    settings.STACK_APIKEYS = {"TEAM_ROLES": {"auditor": ["$read_members"]}}
    team = TeamFactory()
    membership = team.add_member(UserFactory(), permission_ids=[])
    page = f"{MEMBERSHIPS}{membership.pk}/change/"

    offered = site.get(page).text
    response = site.post(
        page, inline("permissions", new=[{"permission_id": "root"}, {"permission_id": "auditor"}])
    )

    assert '<option value="auditor">' in offered
    assert '<option value="$manage_api_keys">' in offered
    assert "root is not one of the available choices" in response.text
    assert not membership.permissions.exists()


def test_a_permission_that_no_longer_exists_stays_what_it_is_until_it_is_deleted(site, settings):
    settings.STACK_APIKEYS = {"TEAM_ROLES": {"auditor": ["$read_members"]}}
    user, team = UserFactory(), TeamFactory()
    membership = team.add_member(user, permission_ids=["auditor"])
    rows = list(membership.permissions.all())
    page = f"{MEMBERSHIPS}{membership.pk}/change/"
    settings.STACK_APIKEYS = {}

    site.post(page, inline("permissions", existing=rows))
    assert team.permissions_of(user) == ["auditor"]

    site.post(page, inline("permissions", existing=rows, deleted=rows))
    assert team.permissions_of(user) == []


def test_who_is_in_which_team_does_not_change(site):
    user, team, other = UserFactory(), TeamFactory(), TeamFactory()
    membership = team.add_member(user)

    site.post(
        f"{MEMBERSHIPS}{membership.pk}/change/",
        {
            "team": other.pk,
            "user": UserFactory().pk,
            **inline("permissions", existing=list(membership.permissions.all())),
        },
    )

    membership.refresh_from_db()
    assert (membership.team, membership.user) == (team, user)


def test_the_list_of_memberships_costs_the_same_for_any_number(site, django_assert_num_queries):
    team = TeamFactory(creator=UserFactory())
    for _ in range(5):
        team.add_member(UserFactory())

    # The session, the reader, two counts, the memberships, what they were granted.
    with django_assert_num_queries(6):
        response = site.get(MEMBERSHIPS)

    assert response.text.count("team_member<") == 5


@pytest.mark.parametrize("query", ["ada@example", "rowing"])
def test_a_membership_is_searched_by_its_user_and_its_team(site, query):
    TeamFactory(display_name="Rowing").add_member(UserFactory(email="ada@example.com"))
    TeamFactory(display_name="Sailing").add_member(UserFactory(email="bob@example.com"))

    response = site.get(MEMBERSHIPS, {"q": query})

    assert list(response.context["cl"].result_list) == [
        TeamMembership.objects.get(user__email="ada@example.com")
    ]


@pytest.mark.parametrize("page", [f"{TEAMS}add/", f"{MEMBERSHIPS}add/"])
def test_a_form_does_not_load_all_users(site, page):
    user = UserFactory()

    assert user.email not in site.get(page).text
