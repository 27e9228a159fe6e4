"""A project's own team adapter."""

import pytest
from django.contrib.auth.models import Group, User
from django.db import transaction

from stack_apikeys.adapters import EditableTeamAdapter, TeamAdapter, get_team_adapter, lock_rows
from tests.factories import UserFactory


class Incomplete(TeamAdapter[Group, User]):
    def get_team(self, team_id):
        return None


@pytest.mark.parametrize("adapter", [TeamAdapter, EditableTeamAdapter, Incomplete])
def test_an_adapter_that_lacks_a_method_cannot_be_instantiated(adapter, settings):
    with pytest.raises(TypeError, match="teams_of"):
        adapter()
    settings.STACK_APIKEYS = settings.STACK_APIKEYS | {"TEAM_ADAPTER": f"{__name__}.Incomplete"}
    with pytest.raises(TypeError, match="teams_of"):
        get_team_adapter()


@pytest.mark.django_db
def test_lock_rows_returns_the_rows():
    users = UserFactory.create_batch(3)
    rows = type(users[0]).objects.filter(pk__in=[user.pk for user in users[:2]])
    with transaction.atomic():
        assert {*lock_rows(rows)} == {*users[:2]}
