"""The settings pages: who sees them, what they say, and what they leave unsaid."""

import re
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format

import stack_apikeys
from stack_apikeys import timestamps
from stack_apikeys.models import TeamApiKey, UserApiKey
from stack_apikeys.views import ApiKeyListView
from tests.factories import TeamFactory, UserFactory
from tests.pages import address, make_key

pytestmark = pytest.mark.django_db

PAGES = ["api-keys", "api-keys-csv", "api-key-create"]
PAGES_OF_A_KEY = ["api-key", "api-key-rename", "api-key-revoke"]


@pytest.fixture
def user():
    return UserFactory(display_name="Ada")


@pytest.fixture
def team(user):
    return TeamFactory(display_name="Engine room", creator=user)


@pytest.fixture
def client(client, user):
    client.force_login(user)
    return client


def everything_of(owner):
    return list(owner.api_keys.order_by("pk").values())


def all_pages(user, team):
    for owner, owning_team in ((user, None), (team, team)):
        api_key = make_key(owner)
        yield from (address(page, team=owning_team) for page in PAGES)
        yield from (address(page, api_key, owning_team) for page in PAGES_OF_A_KEY)


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


@pytest.mark.parametrize("team_id", [uuid4(), "me", "x" * 300, "%00", "1"])
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


# The pages of one key -------------------------------------------------------------------------


def test_a_keys_page_tells_all_there_is_to_know(client, user, team):
    api_key = make_key(
        team,
        description="Deploys <b>fast</b>",
        is_public=True,
        created_by=user,
        expires_at=timezone.now() + timedelta(days=90),
    )
    api_key.revoke(by=UserFactory(display_name="Grace"), reason="Leaked")
    page = client.get(address("api-key", api_key, team)).text
    assert "Deploys &lt;b&gt;fast&lt;/b&gt;" in page
    for text in (
        api_key.masked,
        str(api_key.pk),
        "Engine room",
        "Public",
        "Revoked",
        "Grace",
        "Leaked",
    ):
        assert text in page
    assert api_key.expires_at.strftime('datetime="%Y-%m-%dT%H:%M') in page
    assert "UTC" in page
    assert reverse("stack_apikeys:team-api-key-revoke", args=[team.pk, api_key.pk]) not in page


def test_renaming_tells_and_leads_back_to_the_keys_row(client, user):
    api_key = make_key(user)
    form = client.get(address("api-key-rename", api_key, next="/account/?user-q=C"))
    assert 'value="CI"' in form.text
    assert 'name="next" value="/account/?user-q=C"' in form.text
    answer = client.post(
        address("api-key-rename", api_key),
        {"description": "Continuous <integration>", "next": "/account/?user-q=C"},
    )
    assert answer.url == f"/account/?user-q=C#api-key-{api_key.pk}"
    api_key.refresh_from_db()
    assert api_key.description == "Continuous <integration>"
    assert "now called “Continuous &lt;integration&gt;”" in client.get(address("api-keys")).text


@pytest.mark.parametrize("description", ["", "   ", "x" * 256, "a\0b"])
def test_what_is_no_description_is_refused_beside_its_field(client, user, description):
    api_key = make_key(user)
    answer = client.post(address("api-key-rename", api_key), {"description": description})
    assert answer.status_code == 200
    field = re.search(r"<input[^>]*name=\"description\"[^>]*>", answer.text)[0]
    assert 'aria-invalid="true"' in field
    assert 'aria-describedby="id_description_error"' in field
    assert 'id="id_description_error"' in answer.text
    assert 'href="#id_description"' in answer.text  # from the summary
    assert "<title>Error:" in answer.text
    api_key.refresh_from_db()
    assert api_key.description == "CI"


def test_revoking_asks_names_the_key_and_needs_the_tick(client, user):
    api_key = make_key(user, description="Nightly backup")
    url = address("api-key-revoke", api_key)
    page = client.get(url).text
    assert "Nightly backup" in page
    assert api_key.masked in page
    assert "This cannot be undone." in page
    refused = client.post(url, {"reason": "No longer needed"})
    assert "Tick this box to revoke the key." in refused.text
    assert 'value="No longer needed"' in refused.text
    api_key.refresh_from_db()
    assert api_key.is_valid()


def test_revoking_ends_the_key_for_good(client, user):
    api_key = make_key(user)
    url = address("api-key-revoke", api_key)
    answer = client.post(url, {"understood": "on", "reason": "No longer needed"})
    assert answer.url == f"{reverse('stack_apikeys:user-api-keys')}#api-key-{api_key.pk}"
    api_key.refresh_from_db()
    assert (api_key.status, api_key.revoked_by, api_key.revoked_reason) == (
        "revoked",
        user,
        "No longer needed",
    )
    first = api_key.manually_revoked_at
    assert f"The key “{api_key}” was revoked." in client.get(answer.url).text
    client.post(url, {"understood": "on", "reason": "Again"})
    api_key.refresh_from_db()
    assert (api_key.manually_revoked_at, api_key.revoked_reason) == (first, "No longer needed")
    assert "This key was revoked already." in client.get(url).text


def test_a_key_that_goes_while_its_form_is_open_is_404(client, user, monkeypatch):
    api_key = make_key(user)
    clean = UserApiKey._meta.get_field("description").clean

    def delete_first(value, instance):
        UserApiKey.objects.all().delete()
        return clean(value, instance)

    monkeypatch.setattr(UserApiKey._meta.get_field("description"), "clean", delete_first)
    answer = client.post(address("api-key-rename", api_key), {"description": "Too late"})
    assert answer.status_code == 404


# The frame ------------------------------------------------------------------------------------


def sidebar(page):
    nav = re.search(r'<nav class="apikeys-sidebar".*?</nav>', page, re.DOTALL)[0]
    return re.findall(r'<a href="([^"]*)"(?: aria-current="(\w+)")?>', nav)


def test_the_sidebar_holds_the_hosts_pages_the_keys_and_the_teams_one_manages(
    client, user, team, settings
):
    second = TeamFactory(creator=user)
    TeamFactory().add_member(user)
    TeamFactory()
    settings.STACK_APIKEYS = {"SIDEBAR_ITEMS": [("Profile", "account")]}
    own = reverse("stack_apikeys:user-api-keys")
    first, other = (
        reverse("stack_apikeys:team-api-keys", args=[each.pk]) for each in (team, second)
    )
    assert sidebar(client.get(own).text) == [
        ("/account/", ""),
        (own, "page"),
        (first, ""),
        (other, ""),
    ]
    assert sidebar(client.get(first).text) == [
        ("/account/", ""),
        (own, ""),
        (first, "page"),
        (other, ""),
    ]
    assert sidebar(client.get(f"{other}new/").text)[3] == (other, "true")


def test_the_sidebar_costs_the_same_for_any_number_of_teams(
    client, user, django_assert_num_queries
):
    TeamFactory(creator=user)
    client.get(address("api-key-create"))
    for _count in range(2):
        with django_assert_num_queries(3):  # the session, the person, the teams
            client.get(address("api-key-create"))
        for _team in range(5):
            TeamFactory(creator=user)


@pytest.fixture
def own_frame(settings):
    """The pages as a host sees them that overrides no template."""
    ours = Path(stack_apikeys.__file__).parent / "templates"
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [ours]}]


def test_our_own_frame_has_its_landmarks_in_order(client, user, team, own_frame):
    for url in all_pages(user, team):
        answer = client.get(url)
        if "html" not in answer.headers["Content-Type"]:
            continue
        assert re.findall(
            r"<(?:a class=\"apikeys-skip\"|nav class=\"apikeys-sidebar|main|h1)", answer.text
        ) == [
            '<a class="apikeys-skip"',
            '<nav class="apikeys-sidebar',
            "<main",
            "<h1",
        ]
        assert answer.text.count("<h1") == 1
        assert '<html lang="en' in answer.text
        assert re.search(
            r"<title>\s*\S.* · (?:Account settings|Engine room)</title>", answer.text, re.DOTALL
        )


def test_every_page_has_a_title_of_its_own(client, user, team):
    pages = [client.get(url).text for url in all_pages(user, team) if "csv" not in url]
    titles = {" ".join(re.search(r"<title>([^<]*)</title>", page)[1].split()) for page in pages}
    assert len(titles) == len(pages)


def test_dates_and_words_follow_the_visitors_language(client, user):
    make_key(user, expires_at=timestamps.now() + timedelta(days=90))
    page = client.get(address("api-keys"), headers={"accept-language": "de"}).text
    assert '<html lang="de"' in page
    api_key = user.api_keys.get()
    with translation.override("de"):
        assert date_format(api_key.expires_at) in page
