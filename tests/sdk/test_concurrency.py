"""Simultaneous changes, which SQLite serializes."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.db import connection

from tests.factories import PASSWORD, UserFactory
from tests.wire import anyone, sign_in

WORKERS = 8


def test_permissions_granted_at_the_same_time_are_all_granted(demo):
    def post(path, json):
        return demo.request("POST", f"/api/v1{path}", headers=demo.server_access, json=json)

    def make_team(_number):
        return post("/teams", {"display_name": "Busy team"}).json()["id"]

    def join(team_id):
        return post(f"/team-memberships/{team_id}/{demo['USER2_ID']}", {}).status_code

    def grant(team_id):
        path = f"/team-permissions/{team_id}/{demo['USER2_ID']}/$manage_api_keys"
        return post(path, {}).status_code

    with ThreadPoolExecutor(WORKERS) as pool:
        team_ids = list(pool.map(make_team, range(3 * WORKERS)))
        answers = [*pool.map(join, team_ids), *pool.map(grant, team_ids)]
    assert set(answers) == {201}


class WatchfulHasher(MD5PasswordHasher):
    """Record whether passwords are hashed inside a transaction."""

    algorithm = "watchful"
    in_transactions = []

    def encode(self, password, salt):
        self.in_transactions.append(connection.in_atomic_block)
        return super().encode(password, salt)


@pytest.mark.django_db(transaction=True)
def test_passwords_are_not_hashed_inside_a_transaction(settings, monkeypatch):
    settings.PASSWORD_HASHERS = [f"{__name__}.{WatchfulHasher.__name__}"]
    caller = anyone(access_token=sign_in(UserFactory())["access_token"])
    monkeypatch.setattr(WatchfulHasher, "in_transactions", [])
    body = {"old_password": PASSWORD, "new_password": "staple battery horse correct"}
    assert caller.post("/auth/password/update", body).status_code == 200
    assert set(WatchfulHasher.in_transactions) == {False}
