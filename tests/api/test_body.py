"""How the body of a request is read."""

import pytest
from django.test import Client

from tests.wire import assert_known_error, browser, server

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "body", [b"{", b"{'a': 1}", b'{"a": NaN}', b"\xff\xfe\xff", b"[" * 100_000]
)
def test_a_body_that_is_no_json_is_told_before_who_is_asking(body):
    message = "Invalid JSON in request body"
    response = Client().post("/api/v1/user-api-keys", body, content_type="application/json")
    assert_known_error(response, 400, "BODY_PARSING_ERROR", message, {"message": message})


def test_an_unknown_content_type_is_told():
    message = "Unknown content type in request body: application/xml"
    response = Client().post("/api/v1/user-api-keys", b"<a/>", content_type="application/xml; a=b")
    assert_known_error(response, 400, "BODY_PARSING_ERROR", message, {"message": message})


def test_a_body_that_is_too_large_is_told(settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    response = Client().post("/api/v1/user-api-keys", b" " * 1001, content_type="application/json")
    assert response.json()["error"] == "The request body is too large"


@pytest.mark.parametrize(
    "content_type", ["application/json; charset=rot13", "application/json;charset=UTF-8"]
)
def test_parameters_of_the_content_type_are_ignored(content_type, user):
    body = b'{"user_id": "%s", "description": "\xc3\xbc", "expires_at_millis": null}'
    response = server().client.generic(
        "POST",
        "/api/v1/user-api-keys",
        body % str(user.pk).encode(),
        content_type=content_type,
        headers=server().headers,
    )
    assert response.json()["description"] == "ü"


@pytest.mark.parametrize("charset", ["latin-1", "utf-16", "rot13", "nonsense"])
def test_a_forms_charset_does_not_matter_to_a_page_of_ours(charset, user):
    response = browser(user).client.generic(
        "POST",
        "/api/v1/user-api-keys",
        "user_id=me&description=%C3%BC&expires_at_millis=0",
        content_type=f"application/x-www-form-urlencoded; charset={charset}",
        headers=browser().headers,
    )
    assert response.json()["description"] == "ü"


def test_a_form_is_a_body_too(user):
    response = server().client.post(
        "/api/v1/user-api-keys",
        f"user_id={user.pk}&description=CI%20%26%20CD&expires_at_millis=1790000000000&is_public=true",
        content_type="application/x-www-form-urlencoded",
        headers=server().headers,
    )
    assert response.status_code == 200
    api_key = user.api_keys.get()
    assert (api_key.description, api_key.is_public) == ("CI & CD", True)


def test_a_get_has_no_body_whatever_it_sends(user):
    response = server().send("GET", f"/user-api-keys?user_id={user.pk}", b"{")
    assert response.status_code == 200
