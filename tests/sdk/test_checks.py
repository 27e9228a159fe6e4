"""The system checks."""

from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.core.checks import run_checks

from example_project.models import User
from stack_apikeys.adapters import EditableTeamAdapter
from stack_apikeys.sdk.checks import AUTHENTICATION, MIDDLEWARE


def ids():
    return [message.id for message in run_checks(tags=["stack_apikeys"])]


def private_key(curve):
    key = ec.generate_private_key(curve)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def test_the_settings_of_the_tests_pass():
    assert ids() == []


def test_access_token_keys_must_be_private_keys_on_the_right_curve(configure):
    good = private_key(ec.SECP256R1())
    configure(ACCESS_TOKEN_KEYS=[good])
    assert ids() == []
    for wrong in ("nonsense", "", private_key(ec.SECP384R1()), 1, None):
        configure(ACCESS_TOKEN_KEYS=[good, wrong])
        [message] = run_checks(tags=["stack_apikeys"])
        assert message.id == "stack_apikeys_sdk.E001"
        assert "nonsense" not in str(message)


@pytest.mark.parametrize("seconds", [0, 59, 601, 86400])
def test_access_tokens_must_last_as_long_as_the_sdk_accepts(configure, seconds):
    configure(ACCESS_TOKEN_LIFETIME=timedelta(seconds=seconds))
    assert ids() == ["stack_apikeys_sdk.E002"]


def test_sessions_must_last_longer_than_access_tokens(configure):
    configure(SESSION_LIFETIME=timedelta(minutes=10))
    assert ids() == ["stack_apikeys_sdk.E003"]


def test_lifetimes_of_a_wrong_type_are_reported_once(configure):
    configure(SESSION_LIFETIME=30, ACCESS_TOKEN_LIFETIME=600, ACCESS_TOKEN_KEYS="x", SDK_COOKIES=1)
    assert set(ids()) == {"stack_apikeys.E002"}


@pytest.mark.parametrize(
    "name", ["SIGN_IN_RATE", "SIGN_IN_ADDRESS_RATE", "SIGN_IN_STRANGERS_RATE", "SIGN_UP_RATE"]
)
def test_rates_must_be_valid(configure, name):
    configure(**{name: "often"})
    assert ids() == ["stack_apikeys.E009"]
    configure(**{name: None})
    assert ids() == []


def test_cookies_require_their_middleware_after_djangos(configure, settings):
    configure(SDK_COOKIES=True)
    assert ids() == []
    for middleware in ([AUTHENTICATION], [MIDDLEWARE, AUTHENTICATION], [MIDDLEWARE]):
        settings.MIDDLEWARE = middleware
        assert "stack_apikeys_sdk.E004" in ids()
    configure(SDK_COOKIES=False)
    assert "stack_apikeys_sdk.E004" not in ids()


def test_a_sign_up_must_be_able_to_create_a_user(configure, monkeypatch):
    configure(ALLOW_SIGN_UP=True)
    assert ids() == []
    monkeypatch.setattr(User, "REQUIRED_FIELDS", ["email", "date_of_birth"])
    [message] = run_checks(tags=["stack_apikeys"])
    assert message.id == "stack_apikeys_sdk.E005"
    assert "date_of_birth" in message.msg
    configure(ALLOW_SIGN_UP=False)
    assert ids() == []


class HalfAnEditableAdapter(EditableTeamAdapter):
    get_team = teams_of = is_member = has_permission = None
    users_with_permission = display_name = all_teams = members_of = permissions_of = None
    create_team = update_team = add_member = remove_member = None


def test_an_editable_adapter_must_define_every_method(configure):
    configure(TEAM_ADAPTER=f"{__name__}.HalfAnEditableAdapter")
    [message] = (each for each in run_checks(tags=["stack_apikeys"]) if each.id.endswith("E016"))
    assert message.msg.endswith("does not define grant, revoke_permission.")
