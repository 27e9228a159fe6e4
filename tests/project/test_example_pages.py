"""The example project's own pages: what they say, to whom, and in which language."""

import re
from html.parser import HTMLParser

import pytest
from django.conf.locale import LANG_INFO
from django.test import Client
from django.urls import reverse

from example_project.demo import ADMIN, USER1, USER2, create_demo
from example_project.models import User
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

SIGN_IN = "/accounts/login/"


class Words(HTMLParser):
    """The texts of a page, without names, code and what stack_apikeys shows in it."""

    def __init__(self, page):
        super().__init__()
        self.texts = set()
        self._left_out = []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        if self._left_out:
            self._left_out += [tag] if tag == self._left_out[0] else []
        elif tag in {"bdi", "code", "option", "pre"} or values.get("class", "")[:7] == "apikeys":
            self._left_out = [tag]
        elif values.get("aria-label"):
            self.texts.add(values["aria-label"])

    def handle_endtag(self, tag):
        if self._left_out and tag == self._left_out[0]:
            self._left_out.pop()

    def handle_data(self, text):
        if text.strip() and not self._left_out:
            self.texts.add(text.strip())


@pytest.fixture
def demo():
    return create_demo()


def sign_in_forms(page):
    """The hidden fields of each form that signs in as one of the demo's accounts."""
    forms = re.findall(r"<form.*?</form>", page, re.DOTALL)
    fields = [
        dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', form))
        for form in forms
    ]
    return [form for form in fields if "password" in form]


# The demo's accounts --------------------------------------------------------------------------


def test_in_development_the_sign_in_page_lists_the_demos_accounts(client, demo, settings):
    settings.DEBUG = True
    page = client.get(SIGN_IN).text
    for account in (USER1, USER2, ADMIN):
        for text in (account.display_name, account.role, account.email, account.password):
            assert f">{text}<" in page


def test_a_click_signs_in_as_one_of_them_and_leads_to_the_page_asked_for(demo, settings):
    settings.DEBUG = True
    account_page = reverse("account")
    for number, user in enumerate([demo.user1, demo.user2, demo.admin]):
        client = Client(enforce_csrf_checks=True)
        page = client.get(account_page, follow=True)
        answer = client.post(SIGN_IN, sign_in_forms(page.text)[number])
        assert answer.url == account_page
        assert client.get(answer.url).context["user"] == user


def test_where_debug_is_off_nobody_reads_their_passwords(client, demo):
    page = client.get(SIGN_IN).text
    assert sign_in_forms(page) == []
    assert USER1.password not in page


def test_accounts_that_nobody_can_sign_in_with_are_not_listed(client, settings):
    settings.DEBUG = True
    UserFactory(email="somebody@example.com")
    assert "Demo accounts" not in client.get(SIGN_IN).text
    create_demo()
    User.objects.filter(email=USER2.email).update(is_active=False)
    listed = [form["username"] for form in sign_in_forms(client.get(SIGN_IN).text)]
    assert listed == [USER1.email, ADMIN.email]


# Account and team -----------------------------------------------------------------------------


def test_the_members_of_a_team_see_who_manages_its_keys(client, demo):
    for user in (demo.user1, demo.user2):
        client.force_login(user)
        page = client.get(reverse("team", args=[demo.team.pk])).text
        [managers] = re.findall(r"<li>(?:(?!</li>).)*Manages API keys.*?</li>", page, re.DOTALL)
        assert "Ada Lovelace" in managers
        assert ("(you)" in managers) == (user == demo.user1)


@pytest.mark.parametrize("user", ["user1", "user2"])
def test_no_heading_of_a_page_repeats_another(client, demo, user):
    client.force_login(getattr(demo, user))
    for path in (reverse("account"), reverse("team", args=[demo.team.pk])):
        headings = re.findall(r"<h(\d)[^>]*>(.*?)</h\d>", client.get(path).text)
        assert [level for level, _text in headings].count("1") == 1
        assert len({text for _level, text in headings}) == len(headings)


# Languages ------------------------------------------------------------------------------------


def test_every_language_is_offered_by_its_own_name(client, settings):
    offered = re.findall(
        r'<option value="([^"]*)" lang="([^"]*)"( selected)?>([^<]*)<', client.get("/").text
    )
    assert [code for code, *_rest in offered] == [code for code, _name in settings.LANGUAGES]
    assert [code for code, _lang, selected, _name in offered if selected] == ["en"]
    for code, lang, _selected, name in offered:
        assert lang == code
        assert name.lower() == LANG_INFO[code]["name_local"].lower()


def test_a_visitor_chooses_a_language_and_stays_on_the_page(demo):
    client = Client(enforce_csrf_checks=True)
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', client.get(SIGN_IN).text)[1]
    chosen = {"csrfmiddlewaretoken": token, "language": "ar"}
    here = f"http://testserver{SIGN_IN}?next=/account/"
    answer = client.post(reverse("set_language"), chosen, headers={"Referer": here}, follow=True)
    assert answer.redirect_chain == [(here, 302)]
    assert '<html lang="ar" dir="rtl">' in answer.text
    assert "تسجيل الدخول" in answer.text


@pytest.mark.parametrize("language", ["ar", "de"])
@pytest.mark.parametrize(
    ("user", "path"),
    [
        (None, "/"),
        (None, SIGN_IN),
        (None, "/no-such-page/"),
        ("admin", "/"),
        ("user1", "/account/"),
        ("user1", "/teams/3e9d7c52-8b0f-4a6d-b1c4-7f25a0e86d93/"),
        ("user2", "/teams/3e9d7c52-8b0f-4a6d-b1c4-7f25a0e86d93/"),
    ],
)
def test_no_sentence_stays_english(client, demo, settings, language, user, path):
    settings.DEBUG = path == SIGN_IN  # so that the page lists the accounts
    if user:
        client.force_login(getattr(demo, user))
    english, other = (
        Words(client.get(path, headers={"Accept-Language": code}).text).texts
        for code in ("en", language)
    )
    assert len(english) > 4
    assert [text for text in english & other if " " in text and text != str(demo.team)] == []


# Errors ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "status", "heading"),
    [
        ("/no-such-page/", 404, "Seite nicht gefunden"),
        ("/forbidden/", 403, "Keine Berechtigung"),
        ("/broken/", 500, "Etwas ist schiefgegangen"),
    ],
)
def test_errors_have_pages_that_ask_nothing_of_the_database(
    settings, path, status, heading, django_assert_num_queries
):
    settings.ROOT_URLCONF = "tests.browser.failing_urls"
    client = Client(raise_request_exception=False, headers={"Accept-Language": "de"})
    client.force_login(UserFactory())
    with django_assert_num_queries(0):
        answer = client.get(path)
    assert answer.status_code == status
    assert f"<h1>{heading}</h1>" in answer.text
    assert "<form" not in answer.text


def test_a_form_without_its_token_is_refused_in_plain_words():
    client = Client(enforce_csrf_checks=True, headers={"Accept-Language": "de"})
    answer = client.post(SIGN_IN, {"username": "ada@example.com", "password": "secret"})
    assert answer.status_code == 403
    assert "<h1>Das Formular wurde nicht angenommen</h1>" in answer.text
