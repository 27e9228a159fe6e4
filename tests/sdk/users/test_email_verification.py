"""Verification of an e-mail address."""

import re
import time
from unittest.mock import Mock
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db.models import BooleanField

from example_project.models import User
from stack_apikeys.sdk.models import Profile
from stack_apikeys.sdk.users import accounts as users
from tests.factories import UserFactory
from tests.wire import anyone, assert_known_error, assert_plain_error, person, server

pytestmark = pytest.mark.django_db

PAGE = {"callback_url": "http://testserver/handler/email-verification"}


def channel_of(user):
    [channel] = server().get(f"/contact-channels?user_id={user.pk}").json()["items"]
    return channel


def send(user, *, caller=None, **body):
    path = f"/contact-channels/me/{channel_of(user)['id']}/send-verification-code"
    return (caller or person(user)).post(path, PAGE | body)


def code_for(user):
    assert send(user).json() == {"success": True}
    [link] = re.findall(r"^http\S+$", mail.outbox.pop().body, re.MULTILINE)
    return parse_qs(urlsplit(link).query)["code"][0]


def check(code):
    return anyone().post("/contact-channels/verify/check-code", {"code": code})


def verify(code):
    return anyone().post("/contact-channels/verify", {"code": code})


def is_verified(user):
    caller = server()
    return caller.get(f"/users/{user.pk}").json()["primary_email_verified"]


def test_the_email_verifies_the_address(user):
    assert send(user).json() == {"success": True}
    [message] = mail.outbox
    assert (message.to, message.subject) == (
        [user.email],
        "Verify your e-mail address at testserver",
    )
    assert user.email not in message.body.partition("code=")[2]
    code = code_for(user)
    assert check(code).json() == {"is_code_valid": True}
    assert not is_verified(user)
    assert verify(code).json() == {"success": True}
    assert is_verified(user)
    assert channel_of(user)["is_verified"] is True
    assert person(user).get("/users/me").json()["primary_email_verified"] is True


def test_the_address_can_be_named_instead_of_the_channel(user):
    path = "/contact-channels/send-verification-code"
    assert person(user).post(path, PAGE | {"email": user.email}).json() == {"success": True}
    assert len(mail.outbox) == 1
    assert_known_error(
        person(user).post(path, PAGE | {"email": "other@example.com"}),
        400,
        "EMAIL_IS_NOT_PRIMARY_EMAIL",
        details={"email": "other@example.com", "primary_email": user.email},
    )
    response = anyone().post(path, PAGE | {"email": user.email})
    assert_known_error(response, 401, "USER_AUTHENTICATION_REQUIRED")


def test_an_address_can_be_verified_once(user):
    code = code_for(user)
    verify(code)
    for response in (check(code), verify(code)):
        assert_known_error(response, 409, "VERIFICATION_CODE_ALREADY_USED")
    assert_known_error(send(user), 409, "EMAIL_ALREADY_VERIFIED", "The e-mail is already verified.")


def test_a_changed_address_is_not_verified_and_old_codes_are_refused(user):
    code, spare = code_for(user), code_for(user)
    verify(code)
    User.objects.filter(pk=user.pk).update(email="new@example.com")
    assert not is_verified(user)
    assert_known_error(verify(spare), 404, "VERIFICATION_CODE_NOT_FOUND")
    assert not is_verified(user)


def test_an_address_that_changes_during_the_request_is_not_verified(user, monkeypatch):
    from stack_apikeys.sdk.users import email_verification

    code, check_code = code_for(user), email_verification.check

    def change_after_check(code):
        account = check_code(code)
        User.objects.filter(pk=user.pk).update(email="new@example.com")
        return account

    monkeypatch.setattr(email_verification, "check", change_after_check)
    assert_known_error(verify(code), 404, "VERIFICATION_CODE_NOT_FOUND")
    assert not Profile.objects.exclude(verified_email="").exists()


def test_an_expired_code_is_refused(user, settings, monkeypatch):
    code = code_for(user)
    moment = time.time() + settings.PASSWORD_RESET_TIMEOUT + 2
    monkeypatch.setattr("django.core.signing.time.time", lambda: moment)
    assert_known_error(verify(code), 400, "VERIFICATION_CODE_EXPIRED")
    assert_known_error(check(code), 400, "VERIFICATION_CODE_EXPIRED")


@pytest.mark.parametrize("code", ["", "x", "a:b:c"])
def test_other_codes_are_refused(code):
    for response in (verify(code), check(code)):
        assert_known_error(response, 404, "VERIFICATION_CODE_NOT_FOUND")


def test_clients_cannot_send_codes_for_others(user):
    response = person(UserFactory()).post(
        f"/contact-channels/{user.pk}/{channel_of(user)['id']}/send-verification-code", PAGE
    )
    assert_plain_error(response, 403, "Client can only access their own user")
    assert mail.outbox == []


def test_an_unknown_channel_is_not_found(user):
    response = person(user).post("/contact-channels/me/unknown/send-verification-code", PAGE)
    assert_plain_error(response, 404, "Contact channel not found")


def test_links_to_other_origins_are_refused(user):
    response = send(user, callback_url="https://evil.example/")
    assert_known_error(response, 400, "REDIRECT_URL_NOT_WHITELISTED")
    assert mail.outbox == []


def test_e_mails_are_limited_by_recipient(user, configure):
    configure(EMAIL_RECIPIENT_RATE="2/day")
    caller = person(user)
    assert [send(user, caller=caller).status_code for _ in range(3)] == [200, 200, 429]


def test_a_failing_mail_server_is_reported(user, monkeypatch):
    monkeypatch.setattr(EmailBackend, "send_messages", Mock(side_effect=OSError))
    assert_plain_error(send(user), 503, "The e-mail could not be sent. Try again later.")


def test_a_setting_disables_it(user, configure):
    code = code_for(user)
    configure(VERIFICATION_BY_EMAIL=False)
    for response in (send(user), check(code), verify(code)):
        assert_plain_error(response, 400, "E-mail verification is not enabled for this project.")


# Fields of the user model ---------------------------------------------------------------------


def test_a_property_of_the_user_model_overrides_the_profile(user, monkeypatch):
    monkeypatch.setattr(User, "email_verified", property(lambda _user: True), raising=False)
    assert is_verified(user)
    monkeypatch.setattr(User, "email_verified", property(lambda _user: False))
    response = send(user)
    assert_plain_error(response, 400, "E-mail verification is not enabled for this project.")


def test_verification_sets_the_field_of_the_user_model(user, monkeypatch):
    monkeypatch.setattr(users, "EMAIL_VERIFIED", "is_staff")
    monkeypatch.setitem(users.USER_FIELDS, "is_staff", (BooleanField,))
    assert not is_verified(user)
    verify(code_for(user))
    user.refresh_from_db()
    assert user.is_staff is True
    assert is_verified(user)
    assert not Profile.objects.exclude(verified_email="").exists()
