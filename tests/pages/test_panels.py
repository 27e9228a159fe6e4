"""What other apps show in the pages."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone, translation
from django.utils.html import format_html
from django.utils.translation import gettext, gettext_lazy

from stack_apikeys.pages import panels
from stack_apikeys.pages.panels import Column, Event, Panel
from stack_apikeys.pages.section import Section
from tests.pages.lists import get, make_many, row, rows, team_of, text_of
from tests.settings_pages import address, make_key

pytestmark = pytest.mark.django_db


class UsagePanel(Panel):
    """What an app that counts requests may show."""

    def overview(self, listing):
        section, request = listing.section, listing.request
        return format_html("<p>Requests of {} to {}</p>", section.owner_name, request.path)

    def column(self, api_keys):
        used = {each.pk: format_html("<b>{}</b>", "today <1>") for each in api_keys[::2]}
        return Column(gettext_lazy("Status"), used)  # a word that is in the catalogs

    def details(self, request, api_key):
        return format_html("<p>Chart of {}</p>", api_key.description)

    def use(self, api_key):
        return format_html("Used by <em>{}</em> addresses.", 3)

    def history(self, api_key):
        yield Event(timezone.now() + timedelta(days=2), "Rotation", note="By <cron>")
        yield Event(api_key.created_at - timedelta(days=1), "Requested by Grace <G>")


class PlainPanel(Panel):
    """Strings that nobody has made safe."""

    def overview(self, listing):
        return "<script>overview</script>"

    def column(self, api_keys):
        return Column(
            "<script>heading</script>",
            dict.fromkeys((each.pk for each in api_keys), "<script>cell</script>"),
        )

    def details(self, request, api_key):
        return "<script>details</script>"

    def use(self, api_key):
        return "<script>use</script>"

    def history(self, api_key):
        yield Event(
            timezone.now(),
            "<script>text</script>",
            note="<script>note</script>",
        )


class QueryingPanel(Panel):
    """A panel with one query for each place."""

    def overview(self, listing):
        return str(listing.section.api_keys().count())

    def column(self, api_keys):
        model = type(api_keys[0])
        found = model.objects.filter(pk__in=[each.pk for each in api_keys])
        return Column("Queried", {each.pk: "yes" for each in found})


@pytest.fixture
def register():
    """A function that registers a panel until the test ends."""
    registered = []

    def register(panel):
        panels.register(panel)
        registered.append(panel)
        return panel

    yield register
    for panel in registered:
        panels.unregister(panel)


@pytest.fixture
def usage(register):
    return register(UsagePanel())


def headings(page):
    """Return the headings of the table's columns."""
    head = re.search("<thead.*?</thead>", page, re.DOTALL)[0]
    return [text_of(each) for each in re.findall("<th .*?</th>", head, re.DOTALL)]


OWN_HEADINGS = ["Select", "Description", "Created", "Status", "Key", "Expires", "Actions"]


# Where it appears -----------------------------------------------------------------------------


def test_without_panels_there_is_nothing_of_them(client, owner):
    team = team_of(owner)
    api_key = make_key(owner)
    assert panels.registered() == ()
    assert headings(get(client, team).text) == OWN_HEADINGS
    for name in ("api-key", "api-key-revoke"):
        assert client.get(address(name, api_key, team)).status_code == 200


@pytest.mark.usefixtures("usage")
def test_an_overview_stands_above_the_list(client, owner):
    team = team_of(owner)
    make_key(owner)
    page = get(client, team).text
    overview = f"<p>Requests of {owner} to {address('api-keys', team=team)}</p>"
    assert page.index(overview) < page.index("<table")


@pytest.mark.usefixtures("usage")
def test_a_footer_stands_below_the_list(client, user, register):
    class FooterPanel(Panel):
        def footer(self, listing):
            return "<footer>"

    register(FooterPanel())
    make_key(user)
    page = get(client).text
    assert page.index("</table>") < page.index("&lt;footer&gt;")


def test_an_empty_list_has_no_overview(client):
    assert "Requests of" not in get(client).text


@pytest.mark.usefixtures("usage")
def test_a_column_stands_before_the_expiry(client, owner):
    team = team_of(owner)
    make_key(owner, description="Idle")
    make_key(owner, description="Busy")
    answer = get(client, team, sort="description")
    assert headings(answer.text) == [*OWN_HEADINGS[:5], "Status", *OWN_HEADINGS[5:]]
    assert rows(answer) == ["Busy", "Idle"]
    assert re.search(r"sk_…\w{4} today <1> Never expires", row(answer, "Busy"))
    assert re.search(r"sk_…\w{4} Never expires", row(answer, "Idle"))
    # What a phone shows in the place of the heading.
    assert (
        '<td role="cell" class="apikeys-added" data-label="Status"><b>today &lt;1&gt;</b></td>'
        in answer.text
    )
    assert '<td role="cell" class="apikeys-added" data-label="Status"></td>' in answer.text


@pytest.mark.usefixtures("usage")
def test_the_heading_of_a_column_is_translated(client, user):
    make_key(user)
    page = client.get(address("api-keys"), headers={"accept-language": "fr"}).text
    with translation.override("fr"):
        heading = gettext("Status")
    assert heading != "Status"
    assert f'<td role="cell" class="apikeys-added" data-label="{heading}">' in page


@pytest.mark.usefixtures("usage")
def test_details_and_history_stand_on_the_keys_page(client, owner):
    api_key = make_key(owner, description="Sensor <7>")
    page = client.get(address("api-key", api_key, team_of(owner))).text
    details = page.index("<p>Chart of Sensor &lt;7&gt;</p>")
    assert page.index('<dl class="apikeys-facts">') < details < page.index("apikeys-history")
    listed = re.search(r'<ol class="apikeys-history">(.*?)</ol>', page, re.DOTALL)[1]
    requested, created, rotation = map(text_of, re.findall("<li.*?</li>", listed, re.DOTALL))
    assert requested.startswith("Requested by Grace <G> ")
    assert created.startswith("Created ")
    assert rotation.startswith("Rotation ")
    assert rotation.endswith("By <cron>")
    assert "apikeys-to-come" in listed.rpartition("<li")[2]


@pytest.mark.usefixtures("usage")
def test_the_use_of_a_key_stands_beside_the_button_that_revokes_it(client, owner):
    url = address("api-key-revoke", make_key(owner), team_of(owner))
    for page in (client.get(url).text, client.post(url, {}).text):
        buttons = re.findall(r'<div class="apikeys-buttons">(.*?)</div>', page, re.DOTALL)[-1]
        assert text_of(buttons) == "Revoke key Cancel Used by 3 addresses."


def test_an_embedded_list_has_the_panels_too(client, user, usage):
    make_key(user)
    page = client.get("/account/").text
    assert f"<p>Requests of {user} to /account/</p>" in page
    assert 'data-label="Status"><b>today' in page


def test_a_panel_gets_what_it_is_about(client, owner, register):
    class Asking(Panel):
        def overview(self, listing):
            asked.append((listing.request.user, listing.section))
            return ""

        def column(self, api_keys):
            asked.append([each.description for each in api_keys])

    asked = []
    register(Asking())
    make_many(type(make_key(owner)), owner, 11)
    get(client, team_of(owner), sort="description")
    [(user, section), listed] = asked
    assert isinstance(section, Section)
    assert (section.owner, section.actor, user) == (owner, user, user)
    assert listed == ["CI", *(f"Key {number:05}" for number in range(9))]


# Several panels, and what they must not do ----------------------------------------------------


def test_panels_appear_in_the_order_in_which_they_were_registered(client, user, register):
    first, second = register(UsagePanel()), register(QueryingPanel())
    assert panels.registered() == (first, second)
    make_key(user)
    assert headings(get(client).text)[5:7] == ["Status", "Queried"]


def test_a_panel_that_was_unregistered_is_not_shown(client, user, usage, register):
    panel = register(QueryingPanel())
    panels.unregister(panel)
    panels.unregister(usage)
    make_key(user)
    assert headings(get(client).text) == OWN_HEADINGS
    with pytest.raises(ValueError, match="not in list"):
        panels.unregister(panel)
    panels.register(usage)
    panels.register(panel)  # as the fixtures expect


def test_a_panel_that_overrides_nothing_shows_nothing(client, owner, register):
    team = team_of(owner)
    api_key = make_key(owner)
    urls = [address("api-keys", team=team), address("api-key", api_key, team)]
    before = [text_of(client.get(url).text) for url in urls]
    register(Panel())
    assert [text_of(client.get(url).text) for url in urls] == before


def test_text_that_is_not_marked_as_safe_is_escaped(client, owner, register):
    register(PlainPanel())
    team = team_of(owner)
    api_key = make_key(owner)
    pages = (
        (get(client, team).text, ["overview", "heading", "cell"]),
        (client.get(address("api-key", api_key, team)).text, ["details", "text", "note"]),
        (client.get(address("api-key-revoke", api_key, team)).text, ["use"]),
    )
    for page, names in pages:
        for name in names:
            assert f"&lt;script&gt;{name}&lt;/script&gt;" in page
            assert f"<script>{name}" not in page


@pytest.mark.parametrize("count", [1, 50])
def test_the_list_asks_each_panel_once(client, user, register, count, django_assert_num_queries):
    register(QueryingPanel())
    make_many(type(make_key(user)), user, count)
    with django_assert_num_queries(8):  # two more than without the panel
        assert get(client, rows=50).text.count('data-label="Queried">yes') == min(count + 1, 50)
