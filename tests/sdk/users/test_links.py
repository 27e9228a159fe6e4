"""The links in e-mails."""

import pytest
from django.core.checks import run_checks
from django.test import RequestFactory

from stack_apikeys.sdk.users import links
from stack_apikeys.sdk.users.exceptions import RedirectUrlNotWhitelisted
from stack_apikeys.secret import Secret


@pytest.fixture
def trust(settings):
    def trust(*origins):
        settings.STACK_APIKEYS = settings.STACK_APIKEYS | {"TRUSTED_ORIGINS": origins}

    return trust


def is_trusted(url, **environment):
    try:
        links.require_trusted(RequestFactory().get("/", **environment), url)
    except RedirectUrlNotWhitelisted:
        return False
    return True


@pytest.mark.parametrize(
    "url",
    [
        "https://app.example.com",
        "https://app.example.com/handler/password-reset?after=%2F#top",
        "HTTPS://APP.example.com:443/",
        "http://other.example.com:8080/",
    ],
)
def test_links_to_trusted_origins_are_allowed(trust, url):
    trust("https://App.example.com:443", "http://other.example.com:8080")
    assert is_trusted(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://app.example.com/",
        "https://app.example.com:8443/",
        "https://app.example.com.evil.example/",
        "https://evil.example/https://app.example.com/",
        "https://app.example.com@evil.example/",
        "https://evil.example\\@app.example.com/",
        "https://user:password@app.example.com/",
        "https:app.example.com/",
        "//app.example.com/",
        "/handler/password-reset",
        "javascript://app.example.com/%0aalert(1)",
        "https://app.example.com:443443443/",
        "https://localhost/",
        "http://127.0.0.1:3000/",
    ],
)
def test_links_to_other_origins_are_refused(trust, url):
    trust("https://app.example.com")
    assert not is_trusted(url)


def test_the_origin_of_the_api_is_trusted_unless_every_host_is_allowed(settings):
    assert is_trusted("http://testserver/handler/password-reset")
    assert not is_trusted("https://testserver/")
    assert is_trusted("https://testserver/", HTTP_HOST="testserver", **{"wsgi.url_scheme": "https"})
    settings.ALLOWED_HOSTS = ["*"]
    assert not is_trusted("http://testserver/handler/password-reset")
    assert not is_trusted("http://evil.example/", HTTP_HOST="evil.example")


def test_localhost_is_trusted_while_debug_is_on(settings):
    urls = [
        "http://localhost:3000/x",
        "http://app.localhost/",
        "http://127.0.0.1:5173/",
        "http://[::1]:3000/",
    ]
    assert not any(map(is_trusted, urls))
    settings.DEBUG = True
    assert all(map(is_trusted, urls))
    assert not is_trusted("http://localhost.evil.example/")


@pytest.mark.parametrize(
    ("url", "link"),
    [
        ("https://a.example", "https://a.example?code=x%3Ay"),
        ("https://a.example/?code=old&after=%2Fp&empty=", "/?after=%2Fp&empty=&code=x%3Ay"),
        ("https://a.example/p#top", "/p?code=x%3Ay#top"),
    ],
)
def test_the_code_is_in_the_query_but_not_in_the_repr(url, link):
    made = links.with_code(url, Secret("x:y"))
    assert made == (link if link.startswith("https") else f"https://a.example{link}")
    assert "x%3Ay" not in repr(made)


@pytest.mark.parametrize(
    "origin", ["app.example.com", "https://*.example.com", "https://app.example.com/path", "", 1]
)
def test_the_check_reports_values_that_are_not_origins(trust, origin):
    trust("https://good.example.com", origin)
    checks = run_checks(tags=["stack_apikeys"])
    [error] = [check for check in checks if check.id == "stack_apikeys_sdk.E006"]
    assert repr(origin) in error.msg


def test_the_check_accepts_origins(trust):
    trust("https://app.example.com", "http://localhost:3000")
    assert "stack_apikeys_sdk.E006" not in {each.id for each in run_checks(tags=["stack_apikeys"])}
