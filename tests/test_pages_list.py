"""The list of keys: what it shows, its search, filters, order and pages, at any size."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from stack_apikeys.models import TeamApiKey, UserApiKey
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
def client(client, user):
    client.force_login(user)
    return client


def in_days(days):
    return timezone.now() + timedelta(days=days)


def make_keys_in_every_state(owner):
    """Oldest first; the description says what each is."""
    for number, (description, expires_at, is_revoked) in enumerate(
        [
            ("revoked", None, True),
            ("revoked and expired", in_days(-1), True),
            ("forever", None, False),
            ("expired", in_days(-1), False),
            ("next week", in_days(6.9), False),
            ("in eight days", in_days(8), False),
        ]
    ):
        api_key = make_key(owner, description=description, expires_at=expires_at)
        if is_revoked:
            api_key.revoke()
        owner.api_keys.filter(pk=api_key.pk).update(created_at=in_days(number - 100))


def rows(answer):
    """The descriptions in the table, in order."""
    cells = re.findall(
        r'<th scope="row" role="rowheader"><a[^>]*>(.*?)</a>', answer.text, re.DOTALL
    )
    return [unescape(cell).strip() for cell in cells]


def row(answer, description):
    """All that the table says of the key with this description, without the tags."""
    for each in re.findall(r"<tr id=.*?</tr>", answer.text, re.DOTALL):
        texts = [text.strip() for text in re.split(r"<[^>]*>", each) if text.strip()]
        if unescape(texts[0]) == description:
            return " ".join(texts[1:])
    raise AssertionError(description)


def get(client, team=None, **query):
    return client.get(address("api-keys", team=team, **query))


# What a row says ------------------------------------------------------------------------------


def test_every_state_has_a_word(client, user):
    make_keys_in_every_state(user)
    page = get(client)
    assert "Valid" in row(page, "forever")
    assert "Never" in row(page, "forever")
    assert "Valid" in row(page, "in eight days")
    assert "Expires soon" in row(page, "next week")
    assert "in 6 days" in row(page, "next week")
    assert "Expired" in row(page, "expired")
    assert "Revoked" in row(page, "revoked")
    assert "Revoked" in row(page, "revoked and expired")
    assert "Expired" not in row(page, "revoked and expired")


def test_a_key_in_its_last_hours_says_so(client, user):
    make_key(user, description="Nearly over", expires_at=in_days(0.5))
    assert "in less than a day" in row(get(client), "Nearly over")


def test_only_valid_keys_can_be_revoked_and_each_action_names_its_key(client, user):
    make_keys_in_every_state(user)
    page = get(client)
    for api_key in user.api_keys.all():
        text = row(page, api_key.description)
        assert f"Rename {api_key}" in text
        assert (f"Revoke {api_key}" in text) == api_key.is_valid()


def test_a_row_shows_the_ends_of_the_key_and_whether_it_is_public(client, user):
    api_key = make_key(user, description="For a page", is_public=True)
    text = row(get(client), "For a page")
    assert f"pk_…{api_key.last_four}" in text
    assert "Public" in text


def test_a_key_without_a_description_has_a_link_too(client, user):
    make_key(user, description="")
    assert rows(get(client)) == ["No description"]


def test_a_teams_list_says_who_made_a_key_and_who_has_left(client, user, team):
    member, former = UserFactory(display_name="Grace"), UserFactory(display_name="Grete")
    team.add_member(member)
    for creator in (user, member, former, None):
        make_key(team, description=f"by {creator}", created_by=creator)
    page = get(client, team)
    assert "left the team" not in row(page, "by Ada")
    assert "Grace" in row(page, "by Grace")
    assert "left the team" not in row(page, "by Grace")
    assert "Grete left the team" in row(page, "by Grete")
    assert "unknown" in row(page, "by None")


def test_dates_are_machine_readable_and_name_their_zone(client, user):
    make_key(user, expires_at=in_days(90))
    page = get(client).text
    times = re.findall(r'<time datetime="[-0-9T:.]+\+00:00" title="[^"]+ UTC">', page)
    assert len(times) == 2


# Empty ----------------------------------------------------------------------------------------


def test_without_keys_there_is_an_invitation_and_no_controls(client):
    page = get(client).text
    assert "No API keys yet" in page
    assert page.count(address("api-key-create")) == 1
    assert 'role="search"' not in page
    assert "<table" not in page


@pytest.mark.parametrize("query", [{"q": "nothing like this"}, {"status": "revoked"}])
def test_where_nothing_matches_the_filters_can_be_cleared(client, user, query):
    make_key(user)
    page = get(client, **query, sort="created")
    assert "No API key matches" in page.text
    assert f'href="{address("api-keys", sort="created")}"' in page.text
    assert 'role="search"' in page.text


# Search and filter ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (
            "",
            {"forever", "next week", "in eight days", "expired", "revoked", "revoked and expired"},
        ),
        ("valid", {"forever", "next week", "in eight days"}),
        ("expiring", {"next week"}),
        ("expired", {"expired"}),
        ("revoked", {"revoked", "revoked and expired"}),
        (
            "bogus",
            {"forever", "next week", "in eight days", "expired", "revoked", "revoked and expired"},
        ),
    ],
)
def test_the_list_can_be_cut_to_one_state(client, user, status, expected):
    make_keys_in_every_state(user)
    assert set(rows(get(client, status=status))) == expected


def test_each_state_tells_how_many_there_are_of_what_was_searched(client, user):
    make_keys_in_every_state(user)
    nav = re.search(r'<nav class="apikeys-states".*?</nav>', get(client, q="e").text, re.DOTALL)[0]
    assert (
        " ".join(re.sub(r"<[^>]*>", " ", nav).split())
        == "All 6 Valid 3 Expires soon 1 Expired 1 Revoked 2"
    )


def test_the_search_finds_descriptions_in_any_case_and_the_ends_of_keys(client, user):
    deploy, backup = make_key(user, description="Deploy 100%"), make_key(user, description="Backup")
    assert rows(get(client, q="dEPLOY")) == ["Deploy 100%"]
    assert rows(get(client, q="0%")) == ["Deploy 100%"]
    assert rows(get(client, q=backup.last_four)) == ["Backup"]
    assert rows(get(client, q="%")) == ["Deploy 100%"]
    assert deploy.masked in get(client, q=deploy.last_four).text


@pytest.mark.parametrize("q", ["x" * 256, "a\0b"])
def test_a_search_that_cannot_be_made_says_why(client, user, q):
    make_key(user)
    answer = get(client, q=q)
    assert answer.status_code == 200
    assert 'id="api-keys-search-error"' in answer.text
    assert 'aria-describedby="api-keys-search-error"' in answer.text
    assert rows(answer) == ["CI"]


def test_a_pasted_key_is_found_by_its_end_and_stays_in_no_address(client, user):
    api_key, value = user.api_keys.create_key(description="Which one was it?")
    answer = get(client, q=f" {value} ", sort="created")
    assert answer.url == address("api-keys", q=api_key.last_four, sort="created")
    assert rows(client.get(answer.url)) == ["Which one was it?"]


# Order ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        (
            "",
            ["in eight days", "next week", "forever", "expired", "revoked and expired", "revoked"],
        ),
        (
            "status",
            ["in eight days", "next week", "forever", "expired", "revoked and expired", "revoked"],
        ),
        (
            "-status",
            ["revoked and expired", "revoked", "expired", "in eight days", "next week", "forever"],
        ),
        (
            "created",
            ["revoked", "revoked and expired", "forever", "expired", "next week", "in eight days"],
        ),
        (
            "-created",
            ["in eight days", "next week", "expired", "forever", "revoked and expired", "revoked"],
        ),
        (
            "description",
            ["expired", "forever", "in eight days", "next week", "revoked", "revoked and expired"],
        ),
        (
            "-description",
            ["revoked and expired", "revoked", "next week", "in eight days", "forever", "expired"],
        ),
        (
            "expires",
            ["revoked and expired", "expired", "next week", "in eight days", "forever", "revoked"],
        ),
        (
            "-expires",
            ["forever", "revoked", "in eight days", "next week", "expired", "revoked and expired"],
        ),
        (
            "digest",
            ["in eight days", "next week", "forever", "expired", "revoked and expired", "revoked"],
        ),
    ],
)
def test_the_list_can_be_sorted_by_its_columns(client, user, sort, expected):
    make_keys_in_every_state(user)
    # The two that were made to expire at the same time stand in an order of their own.
    user.api_keys.filter(description="revoked and expired").update(expires_at=in_days(-2))
    assert rows(get(client, sort=sort)) == expected


def test_letters_of_either_case_sort_together(client, user):
    for description in ("beta", "Alpha", "Gamma"):
        make_key(user, description=description)
    assert rows(get(client, sort="description")) == ["Alpha", "beta", "Gamma"]


def test_the_sorted_column_says_so_and_a_second_click_turns_it_round(client, user):
    make_key(user)
    assert "aria-sort" not in get(client).text
    page = get(client, sort="description", q="C").text
    assert re.findall(r'aria-sort="(\w+)"><a href="([^"]*)">(\w+)<', page) == [
        ("ascending", f"{address('api-keys')}?q=C&amp;sort=-description", "Description")
    ]
    turned = get(client, sort="-description").text
    assert 'aria-sort="descending"><a href="/settings/api-keys/?sort=description">' in turned
    assert '<a href="/settings/api-keys/?sort=-created">Created' in turned


# Pages ----------------------------------------------------------------------------------------


def make_many(model, owner, count):
    fields = {model.KIND: owner}
    now = timezone.now()
    model.objects.bulk_create(
        model(
            description=f"Key {number:05}",
            digest="0" * 64,
            last_four="0000",
            created_at=now - timedelta(minutes=number),
            expires_at=now + timedelta(days=number - 5000) if number % 3 == 1 else None,
            created_by=owner if model is UserApiKey else None,
            **fields,
        )
        for number in range(count)
    )


def test_a_page_holds_as_many_rows_as_was_asked_for(client, user):
    make_many(UserApiKey, user, 60)
    assert len(rows(get(client))) == 10
    for count in (10, 20, 30, 40, 50):
        assert len(rows(get(client, rows=count))) == count
    for nonsense in ("7", "1000", "-1", "many", ""):
        assert len(rows(get(client, rows=nonsense))) == 10


def test_the_pages_lead_through_all_keys_and_keep_the_rest_of_the_address(client, user):
    make_many(UserApiKey, user, 23)
    seen, url = [], address("api-keys", q="Key", sort="description", unrelated="1")
    while url:
        answer = client.get(url)
        seen += rows(answer)
        link = re.search(r'<a rel="next" href="([^"]*)"', answer.text)
        url = link and unescape(link[1])
        assert url is None or ("unrelated=1" in url and "q=Key" in url)
    assert seen == [f"Key {number:05}" for number in range(23)]
    assert "21\N{EN DASH}23 of 23" in answer.text


@pytest.mark.parametrize(
    ("page", "shown"), [("2", "2"), ("99", "3"), ("0", "3"), ("-1", "3"), ("x", "1"), ("", "1")]
)
def test_a_page_that_does_not_exist_is_the_nearest_that_does(client, user, page, shown):
    make_many(UserApiKey, user, 23)
    answer = get(client, page=page)
    assert re.findall(r'aria-current="page"><span[^>]*>Page </span>(\d)', answer.text) == [shown]


@pytest.mark.parametrize("rows_per_page", [10, 50])
@pytest.mark.parametrize("count", [1, 10_000])
def test_the_list_costs_the_same_at_any_size(
    client, user, count, rows_per_page, django_assert_num_queries
):
    make_many(UserApiKey, user, count)
    with django_assert_num_queries(5):  # the session, the person, the counts, the rows, the teams
        answer = get(client, q="key", status="valid", sort="-expires", rows=rows_per_page, page=3)
    assert len(rows(answer)) == min(rows_per_page, count)


@pytest.mark.parametrize("count", [1, 10_000])
def test_a_teams_list_costs_the_same_at_any_size(
    client, user, team, count, django_assert_num_queries
):
    make_many(TeamApiKey, team, count)
    team.api_keys.update(created_by=user)
    # As above, and: the team, the permission, which of the makers are members.
    with django_assert_num_queries(8):
        get(client, team, rows=50)


def test_no_more_than_a_page_of_rows_is_read(client, user):
    make_many(UserApiKey, user, 500)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        get(client, rows=20)
    of_keys = [each["sql"] for each in queries if "digest" in each["sql"]]
    assert len(of_keys) == 1
    assert "LIMIT 20" in of_keys[0]
