"""The template tags, in a page of a project."""

import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth.models import AnonymousUser
from django.template import RequestContext, Template
from django.urls import reverse

from tests.factories import TeamFactory, UserFactory
from tests.pages.lists import in_days, text_of
from tests.settings_pages import address, make_key

pytestmark = pytest.mark.django_db


@pytest.fixture
def render(rf, user):
    """A function that renders a template as the page at ``/place/``."""

    def render(source, query=None, visitor=user, **context):
        request = rf.get("/place/", query)
        request.user = visitor
        return Template("{% load stack_apikeys %}" + source).render(
            RequestContext(request, context)
        )

    return render


def links(page, text):
    """Return the URLs of the links whose text begins with this."""
    found = re.findall(r'<a [^>]*?href="([^"]*)"[^>]*>(.*?)</a>', page, re.DOTALL)
    return [unescape(url) for url, html in found if text_of(html).startswith(text)]


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
        assert (
            "have permission to manage this team\N{RIGHT SINGLE QUOTATION MARK}s API keys." in page
        )
        assert "Ask a team admin." in page
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
        ("api-key-rename", "Rename CI"),
        ("api-key-revoke", "Revoke CI"),
        ("api-key", "CI"),
    ):
        [link] = links(page, text)
        path = address(name, api_key if name != "api-key-create" else None)
        assert urlsplit(link).path == path
        assert parse_qs(urlsplit(link).query) == {"next": [back]}


def test_the_lists_own_addresses_stay_in_the_hosts_page(render, user):
    for number in range(11):
        make_key(user, description=f"Key {number}")
    page = render("{% user_api_keys %}", {"tab": "keys", "page": "7"})
    assert links(page, "Next") == ["/place/?tab=keys&page=7&user-page=2#user-api-keys"]
    assert links(page, "Active") == ["/place/?tab=keys&page=7&user-status=valid#user-api-keys"]
    search = re.search(r'<form class="apikeys-search".*?</form>', page, re.DOTALL)[0]
    assert f'method="post" action="{address("api-keys")}"' in search
    assert 'name="next" value="/place/?tab=keys&amp;page=7#user-api-keys"' in search
    assert '<input type="hidden" name="prefix" value="user">' in search
    order = re.search(r'<form class="apikeys-order".*?</form>', page, re.DOTALL)[0]
    assert 'method="get" action="/place/#user-api-keys"' in order
    assert '<input type="hidden" name="tab" value="keys">' in order
    assert '<input type="hidden" name="page" value="7">' in order
    assert 'name="user-sort"' in order


def test_several_sections_of_one_page_do_not_meet(render, user, team):
    other = TeamFactory(creator=user)
    for owner in (user, team, other):
        for number in range(11):
            make_key(owner, description=f"{owner} {number:02}", expires_at=in_days(3))
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


def test_the_sidebar_stands_in_a_hosts_page_too(render, user, team):
    page = render("{% api_keys_sidebar %}")
    assert links(page, "API keys") == [reverse("stack_apikeys:user-api-keys")]
    assert reverse("stack_apikeys:team-api-keys", args=[team.pk]) in page
    assert "aria-current" not in page


def test_the_example_projects_pages_hold_the_sections(client, user, team):
    make_key(user, description="Of mine")
    make_key(team, description="Of the team")
    assert "Of mine" in client.get(reverse("account")).text
    assert "Of the team" in client.get(reverse("team", args=[team.pk])).text
    assert client.get(reverse("team", args=[TeamFactory().pk])).status_code == 404


# The sidebar ---------------------------------------------------------------------------------


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
        with django_assert_num_queries(3):  # the session, the user, the teams
            client.get(address("api-key-create"))
        for _team in range(5):
            TeamFactory(creator=user)
