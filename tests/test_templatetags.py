"""The sections in pages of a host's own."""

import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth.models import AnonymousUser
from django.template import RequestContext, Template
from django.urls import reverse

from tests.factories import TeamFactory, UserFactory
from tests.pages import address, make_key

pytestmark = pytest.mark.django_db


@pytest.fixture
def user():
    return UserFactory(display_name="Ada")


@pytest.fixture
def team(user):
    return TeamFactory(display_name="Engine room", creator=user)


@pytest.fixture
def render(rf, user):
    """Render a template as the host's page at ``/place/`` does."""

    def render(source, query=None, visitor=user, **context):
        request = rf.get("/place/", query)
        request.user = visitor
        return Template("{% load stack_apikeys %}" + source).render(
            RequestContext(request, context)
        )

    return render


def links(page, text):
    """Where the links with this text lead."""
    found = re.findall(rf'<a [^>]*href="([^"]*)"[^>]*>(?:<[^>]*>)*{text}', page)
    return [unescape(url) for url in found]


def test_a_host_embeds_the_visitors_keys(render, user):
    make_key(user, description="Mine")
    make_key(UserFactory(), description="Not mine")
    page = render("{% user_api_keys %}")
    assert "Mine" in page
    assert "Not mine" not in page
    assert '<h2 class="apikeys-heading" id="user-api-keys-heading">' in page
    assert page.count("stack_apikeys.css") == page.count("stack_apikeys.js") == 1


def test_the_heading_follows_the_hosts(render):
    assert '<h3 class="apikeys-heading"' in render("{% user_api_keys heading_level=3 %}")


def test_a_host_embeds_a_teams_keys(render, team):
    make_key(team, description="Ours")
    page = render("{% team_api_keys team %}", team=team)
    assert "Ours" in page
    assert "Engine room" in page
    assert reverse("stack_apikeys:team-api-key-create", args=[team.pk]) in page


def test_without_the_permission_there_is_a_sentence_in_the_keys_place(render, team):
    member, stranger = UserFactory(), UserFactory()
    team.add_member(member)
    make_key(team, description="Ours")
    for visitor in (member, stranger):
        page = render("{% team_api_keys team %}", team=team, visitor=visitor)
        assert "You may not manage the API keys of this team." in page
        assert "Ours" not in page
        assert "new/" not in page


def test_anonymous_visitors_see_nothing(render, team):
    source = "{% user_api_keys %}{% team_api_keys team %}{% api_keys_sidebar %}"
    assert render(source, team=team, visitor=AnonymousUser()).strip() == ""


@pytest.mark.parametrize("kind", ["user", "team"])
def test_a_kind_that_is_switched_off_leaves_no_trace(render, team, settings, kind):
    settings.STACK_APIKEYS = {f"ALLOW_{kind.upper()}_API_KEYS": False}
    source = {"user": "{% user_api_keys %}", "team": "{% team_api_keys team %}"}[kind]
    assert render(source, team=team).strip() == ""


def test_every_page_leads_back_to_the_hosts(render, user):
    api_key = make_key(user)
    page = render("{% user_api_keys %}", {"tab": "keys", "user-q": "C"})
    back = "/place/?tab=keys&user-q=C#user-api-keys"
    for name, text in (
        ("api-key-create", "Create API key"),
        ("api-key-rename", "Rename"),
        ("api-key-revoke", "Revoke"),
        ("api-key", "CI"),
    ):
        [link] = links(page, rf"\s*{text}\s*<")
        path = address(name, api_key if name != "api-key-create" else None)
        assert urlsplit(link).path == path
        assert parse_qs(urlsplit(link).query) == {"next": [back]}


def test_the_lists_own_addresses_stay_in_the_hosts_page(render, user):
    for number in range(11):
        make_key(user, description=f"Key {number}")
    page = render("{% user_api_keys %}", {"tab": "keys", "page": "7"})
    assert links(page, "Next") == ["/place/?tab=keys&page=7&user-page=2#user-api-keys"]
    assert links(page, "Valid") == ["/place/?tab=keys&page=7&user-status=valid#user-api-keys"]
    form = re.search(r'<form class="apikeys-search".*?</form>', page, re.DOTALL)[0]
    assert 'action="/place/#user-api-keys"' in form
    assert '<input type="hidden" name="tab" value="keys">' in form
    assert '<input type="hidden" name="page" value="7">' in form
    assert 'name="user-q"' in form


def test_several_sections_of_one_page_do_not_meet(render, user, team):
    other = TeamFactory(creator=user)
    for owner in (user, team, other):
        for number in range(11):
            make_key(owner, description=f"{owner} {number:02}")
    page = render(
        "{% user_api_keys %}{% team_api_keys team %}{% team_api_keys other prefix='other' %}",
        {
            "other-sort": "description",
            "other-page": "2",
            "team-q": "Engine room 05",
            "user-rows": "20",
        },
        team=team,
        other=other,
    )
    assert page.count("<tr id=") == 11 + 1 + 1
    assert f"{other} 10" in page
    ids = re.findall(r' id="([^"]*)"', page)
    assert len(ids) == len(set(ids))


def test_a_pasted_key_is_repeated_by_no_link_of_the_section(render, user):
    _api_key, value = user.api_keys.create_key(description="Which one was it?")
    page = render("{% user_api_keys %}", {"user-q": value})
    assert "Which one was it?" in page
    assert value not in page


def test_the_sidebar_stands_in_a_hosts_page_too(render, user, team):
    page = render("{% api_keys_sidebar %}")
    assert links(page, "API keys") == [reverse("stack_apikeys:user-api-keys")]
    assert reverse("stack_apikeys:team-api-keys", args=[team.pk]) in page
    assert "aria-current" not in page


def test_the_example_projects_pages_hold_the_sections(client, user, team):
    make_key(user, description="Of mine")
    make_key(team, description="Of the team")
    client.force_login(user)
    assert "Of mine" in client.get(reverse("account")).text
    assert "Of the team" in client.get(reverse("team", args=[team.pk])).text
    assert client.get(reverse("team", args=[TeamFactory().pk])).status_code == 404
