"""Password reset by e-mail."""

import re
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth import get_user_model
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend

from stack_apikeys.sdk.models import Session
from stack_apikeys.sdk.users import codes, password_reset, passwords
from stack_apikeys.secret import Secret
from tests.factories import PASSWORD, UserFactory
from tests.parallel import close_connections
from tests.wire import (
    anyone,
    assert_known_error,
    assert_plain_error,
    browser,
    refresh,
    server,
    sign_in,
)

pytestmark = pytest.mark.django_db

PAGE = "http://testserver/handler/password-reset?after=here"
NEW_PASSWORD = "furious green ideas"
SENT = {"success": "maybe, only if user with e-mail exists"}


def ask(email, callback_url=PAGE, *, caller=None, **headers):
    body = {"email": email, "callback_url": callback_url}
    return (caller or anyone()).send("POST", "/auth/password/send-reset-code", body, **headers)


def link_in(message):
    [link] = re.findall(r"^http\S+$", message.body, re.MULTILINE)
    return link


def code_in(message):
    return parse_qs(urlsplit(link_in(message)).query)["code"][0]


def code_for(user):
    ask(user.email)
    return code_in(mail.outbox.pop())


def check(code):
    return anyone().post("/auth/password/reset/check-code", {"code": code})


def reset(code, password=NEW_PASSWORD):
    return anyone().post("/auth/password/reset", {"code": code, "password": password})


def has_password(user, password):
    user.refresh_from_db()
    return user.check_password(password)


# The e-mail -----------------------------------------------------------------------------------


def test_the_e_mail_links_to_the_page_with_a_code(user, configure):
    configure(PROJECT_DISPLAY_NAME="Tom & Sons")
    response = ask(user.email.upper())
    assert (response.status_code, response.json()) == (200, SENT)
    [message] = mail.outbox
    assert message.to == [user.email]
    assert message.subject == "Reset your password at Tom & Sons"
    assert "expires in 3 days" in message.body
    assert link_in(message).startswith("http://testserver/handler/password-reset?after=here&code=")
    [(html, kind)] = message.alternatives
    assert kind == "text/html"
    assert "Tom &amp; Sons" in html
    assert link_in(message).replace("&", "&amp;") in html
    assert message.extra_headers["Auto-Submitted"] == "auto-generated"


def test_the_email_is_in_the_language_of_the_browser(user):
    caller = anyone()
    caller.client.defaults["HTTP_ACCEPT_LANGUAGE"] = "de-AT,de;q=0.9,en;q=0.8"
    ask(user.email, caller=caller)
    [message] = mail.outbox
    assert "3 Tage" in message.body
    assert '<html lang="de' in message.alternatives[0][0]


def test_a_project_can_override_the_templates(user, settings, tmp_path):
    folder = tmp_path / "stack_apikeys_sdk" / "email"
    folder.mkdir(parents=True)
    (folder / "password_reset_subject.txt").write_text("Hello\n{{ user.display_name }}\n")
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path]}]
    ask(user.email)
    assert mail.outbox[0].subject == f"Hello {user.display_name}"


# What the response reveals --------------------------------------------------------------------


def inactive():
    return UserFactory(is_active=False).email


def without_password():
    user = UserFactory()
    user.set_unusable_password()
    user.save()
    return user.email


@pytest.mark.parametrize("email", [lambda: "nobody@example.com", inactive, without_password])
def test_the_response_is_the_same_if_no_e_mail_is_sent(email):
    response = ask(email())
    assert (response.status_code, response.json()) == (200, SENT)
    assert mail.outbox == []


def test_the_user_is_looked_up_after_the_response_is_sent(rf, user, django_assert_num_queries):
    from stack_apikeys.sdk.users.views.passwords import SendResetCodeView

    caller = anyone()
    request = rf.post(
        "/",
        {"email": user.email, "callback_url": PAGE},
        content_type="application/json",
        headers=caller.headers,
    )
    with django_assert_num_queries(0):
        response = SendResetCodeView.as_view()(request).render()
    assert mail.outbox == []
    with django_assert_num_queries(1):
        response.close()
    assert len(mail.outbox) == 1


def test_a_failing_mail_server_does_not_change_the_response_and_is_logged(
    user, monkeypatch, caplog
):
    monkeypatch.setattr(EmailBackend, "send_messages", refuse)
    assert ask(user.email).json() == SENT
    [record] = caplog.records
    assert record.getMessage() == (
        f"The e-mail 'password_reset' for the user {user.pk} could not be sent: OSError."
    )
    assert record.exc_info is None


def refuse(_backend, messages):
    raise OSError(messages[0].body)


# The code -------------------------------------------------------------------------------------


def test_a_code_sets_a_new_password_once_and_ends_all_sessions(user):
    elsewhere, django = sign_in(user), browser(user)
    code = code_for(user)
    assert check(code).json() == {"is_code_valid": True}
    assert reset(code).json() == {"success": True}
    assert has_password(user, NEW_PASSWORD)
    assert not Session.objects.exists()
    assert refresh(elsewhere["refresh_token"]).json()["code"] == (
        "REFRESH_TOKEN_NOT_FOUND_OR_EXPIRED"
    )
    assert django.get("/users/me").json()["code"] == "CANNOT_GET_OWN_USER_WITHOUT_USER"
    for response in (check(code), reset(code, "another good one")):
        assert_known_error(
            response,
            409,
            "VERIFICATION_CODE_ALREADY_USED",
            "The verification link has already been used.",
        )
    assert has_password(user, NEW_PASSWORD)


def test_a_reset_ends_the_django_session_of_the_browser(user):
    caller = browser(user)
    code = code_for(user)
    response = caller.client.post(
        "/api/v1/auth/password/reset",
        {"code": code, "password": NEW_PASSWORD},
        content_type="application/json",
        headers=caller.headers,
    )
    assert response.status_code == 200
    assert caller.get("/users/me").json()["code"] == "CANNOT_GET_OWN_USER_WITHOUT_USER"


def test_a_code_becomes_invalid_when_the_password_changes(user):
    code = code_for(user)
    user.set_password("something else")
    user.save()
    assert_known_error(reset(code), 409, "VERIFICATION_CODE_ALREADY_USED")
    assert has_password(user, "something else")


def test_an_expired_code_is_refused(user, settings, monkeypatch):
    code = code_for(user)
    moment = time.time() + settings.PASSWORD_RESET_TIMEOUT + 2
    monkeypatch.setattr("django.core.signing.time.time", lambda: moment)
    for response in (check(code), reset(code)):
        assert_known_error(
            response, 400, "VERIFICATION_CODE_EXPIRED", "The verification code has expired."
        )
    assert has_password(user, PASSWORD)


def test_other_codes_are_refused(user):
    code = code_for(user)
    token = password_reset._token_generator.make_token(user)
    bad_codes = [
        "",
        "x",
        "\u00e4:\u2603:x",
        f"{code}x",
        code[1:],
        token,
        codes.issue(user, purpose="email-verification", fingerprint=token).reveal(),
    ]
    for bad_code in bad_codes:
        for response in (check(bad_code), reset(bad_code)):
            assert_known_error(
                response,
                404,
                "VERIFICATION_CODE_NOT_FOUND",
                "The verification code does not exist for this project.",
            )
    assert has_password(user, PASSWORD)


def test_a_code_becomes_invalid_with_its_user(user):
    code = code_for(user)
    get_user_model().objects.update(is_active=False)
    assert_known_error(reset(code), 404, "VERIFICATION_CODE_NOT_FOUND")
    user.delete()
    assert_known_error(reset(code), 404, "VERIFICATION_CODE_NOT_FOUND")


def test_a_code_stays_valid_after_an_invalid_password(user):
    code = code_for(user)
    assert_known_error(
        reset(code, "short"),
        400,
        "PASSWORD_TOO_SHORT",
        "Password too short. Minimum length is 8.",
        {"min_length": 8},
    )
    response = reset(code, "password")
    assert response.json()["code"] == "PASSWORD_REQUIREMENTS_NOT_MET"
    assert "too common" in response.json()["error"]
    assert has_password(user, PASSWORD)
    assert reset(code).status_code == 200


def test_a_code_stays_valid_while_its_secret_key_is_a_fallback(user, settings):
    code = code_for(user)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another one"
    assert reset(code).status_code == 200


def test_of_two_requests_that_have_checked_the_code_one_sets_the_password(user):
    code = Secret(code_for(user))
    first, second = password_reset.check(code), password_reset.check(code)
    assert passwords.replace_password(first, new=Secret("the first new password"))
    assert not passwords.replace_password(second, new=Secret("the second new password"))
    assert has_password(user, "the first new password")


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_of_two_simultaneous_requests_one_sets_the_password(user):
    code = Secret(code_for(user))
    barrier = Barrier(2)

    def use(password):
        try:
            user_of_code = password_reset.check(code)
            barrier.wait()
            return passwords.replace_password(user_of_code, new=Secret(password))
        finally:
            close_connections()

    new_passwords = ["the first new password", "the second new password"]
    with ThreadPoolExecutor(2) as pool:
        won = dict(zip(new_passwords, pool.map(use, new_passwords), strict=True))
    assert sorted(won.values()) == [False, True]
    assert has_password(user, next(password for password in won if won[password]))


# Limits and settings --------------------------------------------------------------------------


def test_e_mails_are_limited_by_network_address(configure):
    configure(EMAIL_RATE="2/day")
    for number in range(2):
        assert ask(f"nobody{number}@example.com").status_code == 200
    response = ask("nobody@example.com")
    assert response.status_code == 429
    assert int(response["Retry-After"]) <= 10


@pytest.mark.parametrize("exists", [True, False])
def test_e_mails_are_limited_by_recipient(configure, user, exists):
    configure(EMAIL_RECIPIENT_RATE="2/day")
    email = user.email if exists else "nobody@example.com"
    for number in range(3):
        caller = anyone()
        caller.client.defaults["REMOTE_ADDR"] = f"203.0.113.{number}"
        response = ask(email.upper() if number else email, caller=caller)
    assert response.status_code == 429
    assert len(mail.outbox) == (2 if exists else 0)


def test_links_to_other_origins_are_refused(user, configure):
    response = ask(user.email, "https://evil.example/handler/password-reset")
    assert_known_error(response, 400, "REDIRECT_URL_NOT_WHITELISTED")
    assert mail.outbox == []
    configure(TRUSTED_ORIGINS=["https://app.example.com"])
    assert ask(user.email, "https://app.example.com/reset").status_code == 200
    assert link_in(mail.outbox[0]).startswith("https://app.example.com/reset?code=")


@pytest.mark.parametrize("callback_url", ["/reset", "https://a.example/ read this", "ftp://a"])
def test_an_invalid_callback_url_is_refused(user, callback_url):
    response = ask(user.email, callback_url)
    assert response.json()["code"] == "SCHEMA_ERROR"
    assert "body.callback_url must be a valid URL" in response.json()["error"]


def test_passwords_cannot_be_reset_if_password_sign_in_is_off(user, configure):
    code = code_for(user)
    configure(ALLOW_PASSWORD_SIGN_IN=False)
    for response in (ask(user.email), check(code), reset(code)):
        assert_known_error(response, 400, "PASSWORD_AUTHENTICATION_NOT_ENABLED")
    assert mail.outbox == []


def test_a_setting_disables_it(user, configure):
    code = code_for(user)
    configure(PASSWORD_RESET_BY_EMAIL=False)
    for response in (ask(user.email), check(code), reset(code)):
        assert_plain_error(response, 400, "Password reset is not enabled for this project.")
    assert mail.outbox == []
    assert has_password(user, PASSWORD)


def test_a_server_can_request_a_reset(user):
    assert ask(user.email, caller=server()).json() == SENT
    assert len(mail.outbox) == 1
