"""The templates: in the app's own frame, and in the base template of a project."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.http import HttpResponse
from django.template import engines
from django.urls import include, path
from django.utils import translation

import stack_apikeys
from stack_apikeys import timestamps
from stack_apikeys.pages.dates import short_date
from tests.factories import TeamFactory
from tests.pages.lists import text_of
from tests.settings_pages import address, all_pages, create, make_key

pytestmark = pytest.mark.django_db

TEMPLATES = Path(stack_apikeys.__file__).parent / "templates" / "stack_apikeys"

PUBLIC_BLOCKS = {"title", "extra_head", "content", "sidebar"}
"""The blocks that the documentation names for a base template."""

NAVIGATION = '<nav id="host-navigation">Menu</nav>'

# As django-allauth's `allauth/layouts/base.html` has them.
ALLAUTH = f"""<!DOCTYPE html>
<html>
  <head>
    <title>{{% block head_title %}}{{% endblock head_title %}}</title>
    {{% block extra_head %}}{{% endblock extra_head %}}
  </head>
  <body>
    {{% block body %}}
      {NAVIGATION}
      {{% block content %}}{{% endblock content %}}
    {{% endblock body %}}
    {{% block extra_body %}}<footer id="host-footer"></footer>{{% endblock extra_body %}}
  </body>
</html>"""

# The starter page of Bootstrap's documentation, with blocks as many projects name them.
BOOTSTRAP = f"""<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>{{% block title %}}Host{{% endblock %}}</title>
    <link href="/static/bootstrap.min.css" rel="stylesheet">
    {{% block extra_head %}}{{% endblock %}}
  </head>
  <body class="bg-body-tertiary">
    {{% block header %}}{NAVIGATION}{{% endblock %}}
    <div class="container">
      {{% block heading %}}<h1 id="host-heading">Host</h1>{{% endblock %}}
      {{% block back %}}<a id="host-back" href="/">Back</a>{{% endblock %}}
      {{% block messages %}}{{% endblock %}}
      <main>{{% block body %}}{{% block content %}}{{% endblock %}}{{% endblock %}}</main>
    </div>
    {{% block footer %}}<footer id="host-footer"></footer>{{% endblock %}}
  </body>
</html>"""

MAPPED = """{% extends "host.html" %}
{% block head_title %}{% block title %}{% endblock %}{% endblock %}"""

WITHOUT_BLOCKS = f"""{{% load stack_apikeys %}}<!doctype html>
<html>
  <head><title>Host</title></head>
  <body>{NAVIGATION}<main>{{% user_api_keys %}}</main></body>
</html>"""

BASES = {
    "allauth": (ALLAUTH, MAPPED),
    "bootstrap": (BOOTSTRAP, '{% extends "host.html" %}'),
}


def without_blocks(request):
    return HttpResponse(engines["django"].get_template("host.html").render({}, request))


urlpatterns = [
    path("settings/", include("stack_apikeys.urls")),
    path("host/", without_blocks),
]


@pytest.fixture
def use_templates(settings, tmp_path):
    """A function that adds templates of a project, which are found before the app's."""
    settings.ROOT_URLCONF = __name__
    [engine] = settings.TEMPLATES
    settings.TEMPLATES = [{**engine, "DIRS": [tmp_path]}]

    def use_templates(**templates):
        for name, text in templates.items():
            file = tmp_path / f"{name.replace('__', '/')}.html"
            file.parent.mkdir(exist_ok=True)
            file.write_text(text)

    return use_templates


@pytest.mark.parametrize("base", BASES)
def test_every_page_stands_in_the_hosts_base_template(client, user, use_templates, base):
    host, extension = BASES[base]
    use_templates(host=host, stack_apikeys__base=extension)
    team = TeamFactory(creator=user)
    pages = {
        address("api-keys"): ("API keys", "API keys"),
        address("api-key-create"): ("Create API key", "Create API key"),
        address("api-key", make_key(user, description="Mine")): ("\u2068Mine\u2069", "Mine"),
        address("api-key-rename", make_key(user)): ("Rename API key", "Rename API key"),
        address("api-key-revoke", make_key(user)): ("Revoke API key", "Revoke “ CI ”?"),
        address("api-keys", team=team): ("API keys", f"{team} · API keys"),
    }
    for url, (title, heading) in pages.items():
        page = client.get(url).text
        assert page.count(NAVIGATION) == 1
        assert re.findall(' id="(host-[^"]+)"', page) == re.findall(' id="(host-[^"]+)"', host)
        assert re.search(rf"<title>{title} · .+</title>", page)
        assert 'href="/static/stack_apikeys/stack_apikeys.css"' in page.split("</head>")[0]
        shown = re.search(r'<h1 class="apikeys-heading"[^>]*>(.*?)</h1>', page, re.DOTALL)[1]
        assert text_of(shown) == heading
    created = create(client).text
    assert NAVIGATION in created
    assert 'id="apikeys-value"' in created


def test_a_page_without_blocks_embeds_the_section(client, user, use_templates):
    make_key(user, description="Nightly backup")
    use_templates(host=WITHOUT_BLOCKS)
    page = client.get("/host/").text
    assert NAVIGATION in page
    assert "Nightly backup" in page
    assert "stack_apikeys/stack_apikeys.css" in page


def test_only_the_documented_blocks_have_names_that_a_host_may_use_too():
    sources = "".join(template.read_text() for template in TEMPLATES.rglob("*.html"))
    names = set(re.findall(r"{% block (\w+) %}", sources))
    assert {name for name in names if not name.startswith("apikeys_")} == PUBLIC_BLOCKS


# The app's own frame ---------------------------------------------------------------------------


def test_our_own_templates_has_its_landmarks_in_order(client, user, team, own_templates):
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
            r"<title>\s*\S.* · (?:Account settings|\u2068Engine room\u2069)</title>",
            answer.text,
            re.DOTALL,
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
        assert short_date(api_key.expires_at) in page
