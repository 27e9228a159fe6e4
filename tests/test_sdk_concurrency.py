"""Backends that change things at the same moment, against the demo on SQLite."""

from concurrent.futures import ThreadPoolExecutor

WORKERS = 8


def test_permissions_granted_at_the_same_moment_are_all_granted(demo):
    def post(path, json):
        return demo.request("POST", f"/api/v1{path}", headers=demo.server_access, json=json)

    def make_member(_number):
        team = {"display_name": "Busy team"}
        team_id = post("/teams", team).json()["id"]
        return team_id, post(f"/team-memberships/{team_id}/{demo['USER2_ID']}", {}).status_code

    def grant(team_id):
        path = f"/team-permissions/{team_id}/{demo['USER2_ID']}/$manage_api_keys"
        return post(path, {}).status_code

    with ThreadPoolExecutor(WORKERS) as pool:
        teams = list(pool.map(make_member, range(3 * WORKERS)))
        grants = list(pool.map(grant, [team_id for team_id, _status in teams]))
    assert {status for _team_id, status in teams} == {201}
    assert set(grants) == {201}
