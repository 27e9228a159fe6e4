"""What a host relies on whose teams are ours with one column more.

Run by ``tests/test_clubs.py`` in a process of its own, because these are other settings.
"""

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import connection

from stack_apikeys.adapters import MANAGE_API_KEYS, get_team_adapter
from stack_apikeys.exceptions import TeamMembershipAlreadyExists
from stack_apikeys.models import TeamApiKey
from stack_apikeys.verification import get_team
from tests.factories import UserFactory
from tests.hosts.clubs.models import Club

pytestmark = pytest.mark.django_db


def test_a_club_is_a_team_with_members_permissions_and_keys():
    creator, member = UserFactory(), UserFactory()
    club = Club.objects.create_team(display_name="Rowing", city="Bergen", creator=creator)
    club.add_member(member)
    with pytest.raises(TeamMembershipAlreadyExists):
        club.add_member(member)

    adapter = get_team_adapter()
    assert adapter.get_team(str(club.pk)) == club
    assert list(adapter.teams_of(member)) == [club]
    assert adapter.has_permission(creator, club, MANAGE_API_KEYS)
    assert list(adapter.users_with_permission(club, MANAGE_API_KEYS)) == [creator]
    assert not adapter.has_permission(member, club, MANAGE_API_KEYS)

    _api_key, value = club.api_keys.create_key(created_by=creator)
    assert get_team(api_key=value) == club
    assert get_team(api_key=value).city == "Bergen"
    club.delete()
    assert not TeamApiKey.objects.exists()


def test_the_further_column_is_validated_too():
    with pytest.raises(ValidationError) as caught:
        Club.objects.create_team(display_name="Rowing", city="x" * 101)

    assert list(caught.value.message_dict) == ["city"]


def test_there_is_no_table_for_the_team_that_was_replaced():
    assert "stack_apikeys_teams_team" not in connection.introspection.table_names()


def test_nothing_is_wrong_with_this_host():
    call_command("check", fail_level="WARNING")


def test_clubs_and_their_members_are_managed_in_admin(client):
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    member = UserFactory(email="ada@example.com")
    club = Club.objects.create_team(display_name="Rowing", city="Bergen", creator=member)

    assert "Bergen" in client.get(f"/admin/clubs/club/{club.pk}/change/").text
    memberships = client.get("/admin/stack_apikeys_teams/teammembership/?q=rowing").text
    assert "team_admin" in memberships
    assert client.get("/admin/stack_apikeys_teams/team/").status_code == 404
