"""The pages check CSRF tokens themselves, and show the form again if the check fails."""

import re

import pytest
from django.contrib.sessions.models import Session
from django.http import HttpResponse
from django.middleware.csrf import rotate_token
from django.test import Client
from django.urls import reverse

from stack_apikeys.pages import drafts
from tests.factories import PASSWORD, TeamFactory, UserFactory
from tests.settings_pages import (
    address,
    chosen,
    field_value,
    hidden_fields,
    is_created,
    make_key,
    was_signed_out,
)

pytestmark = pytest.mark.django_db

HERE = {"Origin": "http://testserver"}

MESSAGE = "Nothing was changed. Please submit it again."

MIDDLEWARE = "django.middleware.csrf.CsrfViewMiddleware"

TYPED = {
    "api-key-create": {"description": "Nightly <backup>", "expires_in": "7"},
    "api-key-rename": {"description": "Renamed"},
    "api-key-revoke": {"reason": "It leaked", "understood": "on"},
}


@pytest.fixture(params=["user", "team"])
def team(request, user):
    """The team whose pages are opened, or None for the pages of the user."""
    return TeamFactory(creator=user) if request.param == "team" else None


@pytest.fixture
def owner(user, team):
    return team or user


@pytest.fixture
def api_key(owner):
    return make_key(owner)


@pytest.fixture(params=TYPED)
def page(request):
    return request.param


@pytest.fixture
def url(page, api_key, team):
    return address(page, None if page == "api-key-create" else api_key, team)


def strict(user):
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)
    return client


@pytest.fixture
def client(user):
    """A client whose CSRF tokens are checked, which is logged in as ``user``."""
    return strict(user)


def rows(owner):
    return [*owner.api_keys.order_by("pk").values()]


def filled_in(client, url, page):
    fields = hidden_fields(client.get(url).text)
    assert "csrfmiddlewaretoken" in fields
    return fields | TYPED[page]


def submit(client, url, fields, **headers):
    return client.post(url, fields, headers=HERE | headers)


def sign_in_again(client, user):
    """Sign in in another tab, which gives the browser a new CSRF token."""
    visitor = Client()
    login = reverse("login")
    visitor.get(login)
    visitor.post(login, {"username": user.email, "password": PASSWORD})
    client.cookies.update(visitor.cookies)


def is_done(page, owner, answer):
    """Whether the response says that the submission had an effect, and it had."""
    if page == "api-key-create":
        return is_created(answer) and owner.api_keys.count() == 2
    api_key = owner.api_keys.get()
    field = {"api-key-rename": "description", "api-key-revoke": "revoked_reason"}[page]
    return answer.status_code == 302 and getattr(api_key, field) in TYPED[page].values()


# A person's own form --------------------------------------------------------------------------


def test_a_form_with_its_token_is_accepted(client, owner, page, url):
    assert is_done(page, owner, submit(client, url, filled_in(client, url, page)))


def test_after_another_sign_in_the_form_is_shown_again_with_what_was_typed(
    client, user, owner, page, url
):
    before = rows(owner)
    fields = filled_in(client, url, page)
    sign_in_again(client, user)
    answer = submit(client, url, fields)
    assert answer.status_code == 403
    assert rows(owner) == before
    assert re.search(rf'role="alert"[^>]*>\s*<p>[^<]*{MESSAGE}</p>\s*</div>', answer.text)
    assert answer.text.count(" autofocus") == 1
    assert "<title>Error: " in answer.text
    [typed] = {"description", "reason"} & {*TYPED[page]}
    assert field_value(answer.text, typed) == TYPED[page][typed]
    assert not re.search(r'type="checkbox"[^>]* checked', answer.text)
    assert chosen(answer.text, "expires_in") == TYPED[page].get("expires_in")
    again = hidden_fields(answer.text)
    assert again.get("key_id") == fields.get("key_id")
    assert is_done(page, owner, submit(client, url, again | TYPED[page]))


@pytest.mark.parametrize("token", ["", "x", "a" * 32, "a" * 64, "a" * 63 + "é"])
def test_a_wrong_token_changes_nothing(client, owner, page, url, token):
    before = rows(owner)
    fields = filled_in(client, url, page) | {"csrfmiddlewaretoken": token}
    answer = submit(client, url, fields)
    assert answer.status_code == 403
    assert MESSAGE in answer.text
    assert rows(owner) == before


def test_a_token_without_its_cookie_changes_nothing(client, owner, page, url):
    before = rows(owner)
    fields = filled_in(client, url, page)
    del client.cookies["csrftoken"]
    answer = submit(client, url, fields)
    assert answer.status_code == 403
    assert rows(owner) == before
    assert is_done(page, owner, submit(client, url, hidden_fields(answer.text) | TYPED[page]))


def test_a_password_is_neither_checked_nor_shown(client, user, settings):
    settings.STACK_APIKEYS = {**settings.STACK_APIKEYS, "REAUTHENTICATE_AFTER_SECONDS": 0}
    url = address("api-key-create")
    fields = filled_in(client, url, "api-key-create") | {"password": PASSWORD}
    answer = submit(client, url, fields | {"csrfmiddlewaretoken": "x"})
    assert 'name="password"' in answer.text
    assert PASSWORD not in answer.text
    assert "incorrect" not in answer.text
    assert not user.api_keys.exists()


def test_the_form_of_somebody_else_is_not_shown(client, user, page, team, owner, url):
    """Another user has signed in in another tab, who manages the same team."""
    fields = filled_in(client, url, page)
    other = UserFactory()
    if team:
        team.add_member(other, permission_ids=["team_admin"])
    sign_in_again(client, other)
    answer = submit(client, url, fields)
    assert not {*TYPED[page].values()} & {
        field_value(answer.text, name) for name in ("description", "reason")
    }
    assert answer.status_code == (403 if team or page == "api-key-create" else 404)
    assert not other.api_keys.exists()


def test_without_the_middleware_the_pages_check_as_well(user, owner, page, url, settings):
    settings.MIDDLEWARE = [each for each in settings.MIDDLEWARE if each != MIDDLEWARE]
    client = strict(user)
    before = rows(owner)
    fields = filled_in(client, url, page)
    assert submit(client, url, fields | {"csrfmiddlewaretoken": "x"}).status_code == 403
    assert rows(owner) == before
    assert is_done(page, owner, submit(client, url, fields))


def test_tokens_in_sessions_are_checked_and_a_lost_one_loses_no_text(user, settings):
    settings.CSRF_USE_SESSIONS = True
    client = strict(user)
    url = address("api-key-create")
    fields = filled_in(client, url, "api-key-create")
    assert submit(client, url, fields | {"csrfmiddlewaretoken": "x"}).status_code == 403
    was_signed_out(client)
    assert submit(client, url, fields).url.startswith(reverse("login"))
    client.force_login(user)
    page = client.get(url).text
    assert field_value(page, "description") == "Nightly <backup>"
    assert is_created(submit(client, url, hidden_fields(page) | TYPED["api-key-create"]))
    assert user.api_keys.count() == 1


def test_a_token_that_changes_during_the_request_stays_changed(user, settings):
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, f"{__name__}.rotating"]
    client = strict(user)
    client.get(address("api-key-create"))
    before = client.cookies["csrftoken"].value
    client.get(address("api-key-create"))
    assert client.cookies["csrftoken"].value != before


def rotating(get_response):
    """A middleware that signs users in, as some do by a header."""

    def middleware(request):
        rotate_token(request)
        return get_response(request)

    return middleware


# What changes nothing -------------------------------------------------------------------------


@pytest.fixture(params=["with the middleware", "without the middleware"])
def middleware(request, settings):
    if request.param == "without the middleware":
        settings.MIDDLEWARE = [each for each in settings.MIDDLEWARE if each != MIDDLEWARE]


@pytest.mark.usefixtures("middleware")
def test_a_search_needs_no_token(user, team, owner, caplog):
    client = strict(user)
    _api_key, value = owner.api_keys.create_key(description="CI")
    url = address("api-keys", team=team)
    assert client.post(url, {"q": "CI"}).url == f"{url}?q=CI"
    assert client.post(url, {"q": value[:20]}).status_code == 200
    assert "Forbidden" not in caplog.text


@pytest.mark.usefixtures("middleware")
def test_leaving_the_page_that_shows_a_key_needs_no_token(user, team, owner, caplog):
    client = strict(user)
    url = address("api-key-create", team=team)
    created = submit(client, url, filled_in(client, url, "api-key-create"))
    answer = client.post(url, {"next": hidden_fields(created.text)["next"], "done": "1"})
    assert answer.url == f"{address('api-keys', team=team)}#api-key-{owner.api_keys.get().pk}"
    assert "Forbidden" not in caplog.text


def test_whoever_leaves_a_page_creates_renames_and_revokes_nothing(client, owner, page, url):
    before = rows(owner)
    fields = filled_in(client, url, page) | {"csrfmiddlewaretoken": "x", "done": "1"}
    answer = submit(client, url, fields)
    assert answer.status_code == (302 if page == "api-key-create" else 403)
    assert rows(owner) == before


def test_a_search_and_leaving_lead_to_no_other_site(client, user):
    for name, sent in (("api-keys", {"q": "CI"}), ("api-key-create", {"done": "1"})):
        answer = client.post(address(name), sent | {"next": "https://evil.example/"})
        assert answer.url.partition("?")[0] == address("api-keys")


# Another site ---------------------------------------------------------------------------------


def test_another_site_cannot_even_choose_what_a_form_shows(client, owner, page, url):
    """Without the signed field, nothing that was sent is in the form."""
    before = rows(owner)
    answer = client.post(url, TYPED[page] | {"next": "/evil/"})
    assert answer.status_code == 403
    assert rows(owner) == before
    assert "Nightly" not in answer.text
    assert "Renamed" not in answer.text
    assert "leaked" not in answer.text
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert "no-store" in answer.headers["Cache-Control"]


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://evil.testserver"])
def test_a_request_from_another_site_gets_the_projects_page(client, owner, page, url, origin):
    """Even if it has the right token. Developers read there how they should configure a proxy."""
    before = rows(owner)
    answer = submit(client, url, filled_in(client, url, page), Origin=origin)
    assert answer.status_code == 403
    assert "The form was not accepted" in answer.text
    assert drafts.FIELD not in answer.text
    assert rows(owner) == before


def test_a_request_without_an_origin_is_shown_its_form_again(client, owner, page, url):
    """Old browsers and some proxies leave the header out: the token alone decides."""
    before = rows(owner)
    fields = filled_in(client, url, page)
    answer = client.post(url, fields | {"csrfmiddlewaretoken": "x"})
    assert answer.status_code == 403
    assert MESSAGE in answer.text
    assert rows(owner) == before
    assert is_done(page, owner, client.post(url, fields))


def test_a_projects_own_page_is_used(client, settings):
    settings.CSRF_FAILURE_VIEW = f"{__name__}.own_page"
    url = address("api-key-create")
    assert submit(client, url, {}, Origin="https://evil.example").text == "Ours: Origin checking"


def own_page(request, reason=""):
    return HttpResponse(f"Ours: {reason[:15]}", status=403)


def test_a_page_without_a_form_gets_the_projects_page(client, user, api_key, team):
    answer = client.post(address("api-key", api_key, team))
    assert answer.status_code == 403
    assert "The form was not accepted" in answer.text


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_other_unsafe_methods_are_checked_too(client, owner, url, method):
    before = rows(owner)
    assert getattr(client, method)(url).status_code == 403
    assert rows(owner) == before


def test_an_anonymous_request_is_sent_to_sign_in_and_nothing_else(url, page):
    for token in ("", "x" * 32):
        visitor = Client(enforce_csrf_checks=True)
        answer = submit(visitor, url, TYPED[page] | {"csrfmiddlewaretoken": token})
        assert answer.status_code == 302
        assert answer.url.startswith(reverse("login"))
        assert "sessionid" not in answer.cookies
    assert not Session.objects.exists()


# The log --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({}, "CSRF token from POST incorrect."),
        ({"Origin": "https://evil.example"}, "Origin checking failed - https://evil.example"),
    ],
)
def test_a_failure_is_logged_once_as_django_does(client, caplog, headers, reason):
    url = address("api-key-create")
    fields = filled_in(client, url, "api-key-create") | {"csrfmiddlewaretoken": "a" * 64}
    caplog.clear()
    submit(client, url, fields, **headers)
    [record] = caplog.records
    assert (record.name, record.levelname) == ("django.security.csrf", "WARNING")
    assert record.status_code == 403
    assert record.getMessage().startswith(f"Forbidden ({reason}")
    assert record.getMessage().endswith(f": {url}")


def test_no_key_is_logged(client, user, caplog):
    _api_key, value = user.api_keys.create_key(description="CI")
    client.post(address("api-key-create"), headers={"Origin": f"https://{value}.example"})
    assert "Forbidden" in caplog.text
    assert value not in caplog.text
