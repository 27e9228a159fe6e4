"""Who may open the settings pages, and which requests they accept."""

import re
from urllib.parse import quote

import pytest
from django.test import Client
from django.urls import reverse

from stack_apikeys.models import TeamApiKey, UserApiKey
from stack_apikeys.pages.views import ApiKeyListView
from tests.factories import TeamFactory, UserFactory
from tests.settings_pages import PAGES, PAGES_OF_A_KEY, address, all_pages, make_key

pytestmark = pytest.mark.django_db


def everything_of(owner):
    return list(owner.api_keys.order_by("pk").values())


# Who sees them --------------------------------------------------------------------------------


def test_every_page_opens_for_the_people_who_manage_the_keys(client, user, team):
    for url in all_pages(user, team):
        assert client.get(url).status_code == 200, url


def test_anonymous_visitors_are_sent_to_sign_in_and_come_back(user, team):
    for url in all_pages(user, team):
        answer = Client().get(url)
        assert answer.status_code == 302
        assert answer.url == f"{reverse('login')}?next={quote(url)}"


def test_a_member_without_the_permission_finds_no_team_page(client, user):
    foreign = TeamFactory()
    foreign.add_member(user)
    api_key = make_key(foreign)
    before = everything_of(foreign)
    for page in PAGES:
        assert client.get(address(page, team=foreign)).status_code == 404
        assert client.post(address(page, team=foreign)).status_code == 404
    for page in PAGES_OF_A_KEY:
        assert client.get(address(page, api_key, foreign)).status_code == 404
        answer = client.post(
            address(page, api_key, foreign), {"description": "mine", "understood": "on"}
        )
        assert answer.status_code == 404
    assert everything_of(foreign) == before


@pytest.mark.parametrize(
    "team_id", ["1d1c9c0b-6a39-4b3c-9a0e-0d0b8f6c2f11", "me", "x" * 300, "%00", "1"]
)
def test_a_team_that_does_not_exist_is_no_different(client, team_id):
    assert client.get(f"/settings/teams/{team_id}/api-keys/").status_code == 404


def test_nobody_reaches_a_key_through_another_owner(client, user, team):
    other = UserFactory()
    foreign, teams, own = make_key(other), make_key(team), make_key(user)
    for api_key, owning_team in ((foreign, None), (teams, None), (own, team)):
        for page in PAGES_OF_A_KEY:
            url = address(page, api_key, owning_team)
            sent = {"description": "mine", "understood": "on"}
            assert client.get(url).status_code == 404
            assert client.post(url, sent).status_code in {404, 405}
    assert {
        *UserApiKey.objects.values_list("description"),
        *TeamApiKey.objects.values_list("description"),
    } == {("CI",)}
    assert not UserApiKey.objects.revoked().exists()
    assert not TeamApiKey.objects.revoked().exists()


def test_a_list_shows_no_key_of_anyone_else(client, user, team):
    make_key(UserFactory(), description="Of somebody else")
    make_key(team, description="Of the team")
    make_key(user, description="Of mine")
    page = client.get(address("api-keys")).text
    assert "Of mine" in page
    assert "Of the team" not in page
    assert "Of somebody else" not in page


@pytest.mark.parametrize("kind", ["user", "team"])
def test_pages_of_keys_that_are_switched_off_do_not_exist(client, user, team, settings, kind):
    urls = list(all_pages(user, team))
    settings.STACK_APIKEYS = {f"ALLOW_{kind.upper()}_API_KEYS": False}
    for url in urls:
        is_off = ("/teams/" in url) == (kind == "team")
        assert client.get(url).status_code == (404 if is_off else 200), url
    page = client.get(address("api-keys", team=None if kind == "team" else team)).text
    assert (reverse("stack_apikeys:user-api-keys") + '"' in page) == (kind == "team")
    assert (f"/teams/{team.pk}/" in page) == (kind == "user")


def test_who_came_by_a_key_manages_none(rf, user):
    request = rf.get("/")
    request.user, request.auth = user, make_key(user)
    assert ApiKeyListView.as_view(model=UserApiKey)(request).status_code == 302


def test_a_deactivated_person_has_no_pages(client, user):
    user.is_active = False
    user.save()
    assert client.get(address("api-keys")).status_code == 302


# What requests may do -------------------------------------------------------------------------


def test_no_get_changes_anything(client, user, team):
    urls = list(all_pages(user, team))
    before = everything_of(user), everything_of(team)
    for url in urls:
        client.get(url, {"description": "mine", "understood": "on", "expires_in": "7"})
        client.head(url)
    assert (everything_of(user), everything_of(team)) == before


def test_forms_are_submitted_by_post_only(client, user):
    api_key = make_key(user)
    for url in (
        address("api-key-create"),
        address("api-key-rename", api_key),
        address("api-key-revoke", api_key),
    ):
        for method in (client.put, client.patch, client.delete):
            assert method(url).status_code == 405


def test_every_form_needs_its_csrf_token(user):
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)
    api_key = make_key(user)
    before = everything_of(user)
    sent = {"description": "mine", "understood": "on", "expires_in": "7"}
    for url in (
        address("api-key-create"),
        address("api-key-rename", api_key),
        address("api-key-revoke", api_key),
    ):
        assert client.post(url, sent).status_code == 403
    assert everything_of(user) == before


def test_no_page_is_kept_framed_or_told_of(client, user, team, settings):
    settings.MIDDLEWARE = [
        each
        for each in settings.MIDDLEWARE
        if "csp" not in each and "clickjacking" not in each and "SecurityMiddleware" not in each
    ]
    for url in [*all_pages(user, team)]:
        headers = client.get(url).headers
        assert headers["Content-Security-Policy"] == "frame-ancestors 'none'"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert {"no-store", "private"} <= set(headers["Cache-Control"].split(", "))


def test_the_hosts_own_policy_stays_whole(client):
    assert client.get(address("api-keys")).headers["Content-Security-Policy"] == (
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )


def test_no_page_needs_an_inline_script_or_style(client, user, team):
    for url in all_pages(user, team):
        answer = client.get(url)
        if "html" in answer.headers["Content-Type"]:
            assert not re.search(r"<style|\sstyle=|<script(?![^>]*\ssrc=)|\son\w+=", answer.text)
            assert not re.search(r"""(?:src|href|action)=["'](?:https?:)?//""", answer.text)


@pytest.mark.parametrize(
    "elsewhere",
    ["https://evil.example/", "//evil.example", "javascript:alert(1)", "/\\evil.example", "\0"],
)
def test_the_way_back_never_leads_to_another_site(client, user, elsewhere):
    api_key = make_key(user)
    page = client.get(address("api-key-rename", api_key, next=elsewhere)).text
    assert "evil" not in page
    assert "javascript" not in page
    answer = client.post(
        address("api-key-rename", api_key), {"description": "x", "next": elsewhere}
    )
    assert answer.url.startswith(reverse("stack_apikeys:user-api-keys"))
