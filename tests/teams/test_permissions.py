import pytest

from stack_apikeys.conf import conf
from stack_apikeys.exceptions import PermissionNotFound
from stack_apikeys.teams import permissions

SYSTEM_PERMISSIONS = [
    "$update_team",
    "$delete_team",
    "$read_members",
    "$remove_members",
    "$invite_members",
    "$manage_api_keys",
]


def test_an_administrator_may_do_everything_and_a_member_little():
    everything = {"team_admin", *SYSTEM_PERMISSIONS}
    assert permissions.contained_in(["team_admin"]) == everything - {"$invite_members"}
    assert permissions.contained_in(["team_member"]) == {"team_member", "$read_members"}


def test_a_host_that_handles_invitations_lets_its_roles_invite(settings):
    settings.STACK_APIKEYS = {"TEAM_ROLES": {"team_member": ["$read_members", "$invite_members"]}}
    permissions.require_known(["$invite_members"])
    assert permissions.containing("$invite_members") == {"$invite_members", "team_member"}


def test_whoever_joins_does_not_manage_keys_and_whoever_creates_does():
    assert "$manage_api_keys" not in permissions.contained_in(conf.TEAM_MEMBER_PERMISSIONS)
    assert "$manage_api_keys" in permissions.contained_in(conf.TEAM_CREATOR_PERMISSIONS)


def test_a_hosts_roles_contain_roles_at_any_depth(settings):
    settings.STACK_APIKEYS = {
        "TEAM_ROLES": {
            "export_reports": [],
            "auditor": ["export_reports", "team_member"],
            "owner": ["auditor", "$manage_api_keys"],
        }
    }

    assert permissions.contained_in(["owner"]) == {
        "owner",
        "auditor",
        "export_reports",
        "team_member",
        "$read_members",
        "$manage_api_keys",
    }
    assert permissions.containing("$read_members") == {
        "$read_members",
        "team_member",
        "team_admin",
        "auditor",
        "owner",
    }
    assert permissions.containing("export_reports") == {"export_reports", "auditor", "owner"}


def test_a_hosts_role_takes_the_place_of_a_built_in_one(settings):
    settings.STACK_APIKEYS = {"TEAM_ROLES": {"team_member": ["$update_team"]}}

    assert permissions.contained_in(["team_member"]) == {"team_member", "$update_team"}
    assert permissions.containing("$read_members") == {"$read_members", "team_admin"}


def test_roles_that_contain_each_other_end(settings):
    settings.STACK_APIKEYS = {
        "TEAM_ROLES": {"chicken": ["egg", "chicken"], "egg": ["chicken", "$update_team"]}
    }

    assert permissions.contained_in(["egg"]) == {"egg", "chicken", "$update_team"}
    assert permissions.containing("$update_team") == {
        "$update_team",
        "team_admin",
        "egg",
        "chicken",
    }


def test_what_can_be_granted_is_a_system_permission_or_a_role(settings):
    settings.STACK_APIKEYS = {"TEAM_ROLES": {"export_reports": []}}

    permissions.require_known([*SYSTEM_PERMISSIONS, "team_admin", "team_member", "export_reports"])
    with pytest.raises(PermissionNotFound) as caught:
        permissions.require_known(["$read_members", "$manage_api_key"])

    assert caught.value.code == "PERMISSION_NOT_FOUND"
    assert caught.value.status == 404
    assert caught.value.details == {"permission_id": "$manage_api_key"}
