"""The example project: its users, its pages, its protected views, its settings."""

import os
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import IntegrityError, transaction
from django.http import HttpResponse
from django.urls import reverse

import example_project.settings
from example_project.csp import content_security_policy
from example_project.models import User
from stack_apikeys.teams.models import Team
from tests.factories import PASSWORD, UserFactory

SETTINGS = Path(example_project.settings.__file__)

SECRETS = {
    "SECRET_KEY": "k1Zf7Qm4Xw9Rb2Ty6Vn3Ls8Hc5Jd0Pg1Ua7Ke4Mo9Bi2Dx6Fq3Wz",
    "STACK_PUBLISHABLE_CLIENT_KEY": "pck_tjk3wpvhc20xs9dkmz4b6f1ar8nq5ye7",
    "STACK_SECRET_SERVER_KEY": "ssk_qw8f0m5zt4e7ynx2c9vh6r3dgk1pb0sj,ssk_8d1k6b3x0p5w2s9g4n7cmh3vt6yqz2fr",
    "STACK_SUPER_SECRET_ADMIN_KEY": "sak_n5g2y8k1r4t7w0c3f6j9m2q5xz8bd1hv",
    "STACK_APIKEYS_PEPPERS": (
        "1=v7Hq2Zr9Lk4Xw8Bn3Tf6Yc1Sd5Gj0Pm==,2=Jd5Ys1Pc7Gm0Ux4Ea9Ko2Rw8Vb3Nt6Z=="
    ),
}


def read_settings():
    return runpy.run_path(str(SETTINGS))


@pytest.fixture
def production(monkeypatch):
    monkeypatch.setenv("DEBUG", "False")
    monkeypatch.setenv("ALLOWED_HOSTS", "keys.example.com")
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)


# Users ----------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_an_address_is_the_same_in_any_case(client):
    user = User.objects.create_user(" Ada@Example.COM ", PASSWORD)
    assert user.email == "ada@example.com"
    assert client.login(email="ADA@example.com", password=PASSWORD)
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create_user("ada@EXAMPLE.com")


@pytest.mark.django_db
def test_no_address_gets_round_the_lower_case(admin_client):
    UserFactory(email="ada@example.com")
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.bulk_create([User(email="ADA@example.com")])

    form = {"email": "ADA@example.com", "usable_password": "false"}
    answer = admin_client.post(reverse("admin:example_project_user_add"), form)
    assert "A user with this e-mail address already exists." in answer.text


@pytest.mark.django_db
def test_a_user_needs_an_address():
    with pytest.raises(ValueError, match="e-mail"):
        User.objects.create_user("")


@pytest.mark.django_db
def test_staff_make_and_find_users(admin_client):
    password = "a long enough one"
    form = {
        "email": "grace@example.com",
        "display_name": "Grace",
        "usable_password": "true",
        "password1": password,
        "password2": password,
    }
    added = admin_client.post(reverse("admin:example_project_user_add"), form)
    user = User.objects.get(email="grace@example.com")
    change_page = reverse("admin:example_project_user_change", args=[user.pk])
    assert added.url == change_page
    assert user.check_password(password)
    assert "grace@example.com" in admin_client.get(change_page).text
    found = admin_client.get(reverse("admin:example_project_user_changelist"), {"q": "grac"})
    assert list(found.context["cl"].result_list) == [user]


# Pages ----------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_person_signs_in_and_out(client):
    user = UserFactory(display_name="Ada")
    form = {"username": user.email, "password": PASSWORD}
    answer = client.post("/accounts/login/", form, follow=True)
    assert answer.redirect_chain == [("/account/", 302)]
    assert "Ada" in answer.text
    assert answer.context["user"] == user
    answer = client.post("/accounts/logout/", follow=True)
    assert not answer.context["user"].is_authenticated


@pytest.mark.django_db
def test_a_wrong_password_is_told_on_the_page(client):
    user = UserFactory()
    form = {"username": user.email, "password": "wrong"}
    answer = client.post("/accounts/login/", form)
    assert answer.status_code == 200
    assert "errorlist" in answer.text
    assert user.email in answer.text


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/", "/accounts/login/"])
def test_pages_load_nothing_from_another_host(client, path):
    loaded = re.findall(r'(?:src|href|action)="([^"]*)"', client.get(path).text)
    assert loaded
    assert all(re.match(r"/(?!/)|#", address) for address in loaded)


def test_django_5_sends_the_same_policy_as_django_6(client, rf):
    answer = content_security_policy(lambda _request: HttpResponse())(rf.get("/"))
    policy = client.get("/no-such-page").headers["Content-Security-Policy"]
    assert answer.headers["Content-Security-Policy"] == policy
    assert "'unsafe-inline'" not in policy


def test_production_asks_for_the_password_again_after_an_hour(request):
    assert read_settings()["STACK_APIKEYS"]["REAUTHENTICATE_AFTER_SECONDS"] is None
    request.getfixturevalue("production")
    assert read_settings()["STACK_APIKEYS"]["REAUTHENTICATE_AFTER_SECONDS"] == 60 * 60


# Protected views ------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_users_key_opens_the_users_view(client):
    user = UserFactory()
    _api_key, value = user.api_keys.create_key()
    answer = client.get("/api/protected", headers={"X-Stack-Api-Key": value})
    assert answer.json() == {"userId": str(user.pk), "email": user.email}


@pytest.mark.django_db
def test_a_teams_key_opens_the_teams_view(client):
    team = Team.objects.create(display_name="Engines")
    _api_key, value = team.api_keys.create_key()
    answer = client.post("/api/team-protected", headers={"X-Stack-Api-Key": value})
    assert answer.json() == {"teamId": str(team.pk), "teamName": "Engines"}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("method", "path", "kind"),
    [("GET", "/api/protected", "user"), ("POST", "/api/team-protected", "team")],
)
def test_nothing_else_opens_them(client, method, path, kind):
    user = UserFactory()
    owner = Team.objects.create(display_name="Engines") if kind == "user" else user
    _api_key, other_kinds_value = owner.api_keys.create_key()
    client.force_login(user)
    for headers in ({}, {"X-Stack-Api-Key": "garbage"}, {"X-Stack-Api-Key": other_kinds_value}):
        answer = client.generic(method, path, headers=headers)
        assert answer.status_code == 401
        assert answer["WWW-Authenticate"]


# Settings -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SECRETS)
def test_each_secret_must_be_given_where_debug_is_off(production, monkeypatch, name):
    monkeypatch.setenv(name, "")
    with pytest.raises(ImproperlyConfigured, match=f"{name} in the environment"):
        read_settings()


def test_several_keys_and_peppers_may_be_given(production):
    configured = read_settings()["STACK_APIKEYS"]
    assert configured["SECRET_SERVER_KEYS"] == SECRETS["STACK_SECRET_SERVER_KEY"].split(",")
    assert configured["PEPPERS"] == {
        1: "v7Hq2Zr9Lk4Xw8Bn3Tf6Yc1Sd5Gj0Pm==",
        2: "Jd5Ys1Pc7Gm0Ux4Ea9Ko2Rw8Vb3Nt6Z==",
    }


@pytest.mark.parametrize("peppers", ["hush", "=hush", "first=hush", "1=", "1=hush,hush"])
def test_a_malformed_pepper_is_named_and_not_shown(production, monkeypatch, peppers):
    monkeypatch.setenv("STACK_APIKEYS_PEPPERS", peppers)
    with pytest.raises(ImproperlyConfigured, match="STACK_APIKEYS_PEPPERS") as error:
        read_settings()
    assert "hush" not in str(error.value)


def test_a_header_is_believed_only_where_a_proxy_is_said_to_set_it(production, monkeypatch):
    assert "SECURE_PROXY_SSL_HEADER" not in read_settings()
    monkeypatch.setenv("TRUST_X_FORWARDED_PROTO", "True")
    assert read_settings()["SECURE_PROXY_SSL_HEADER"] == ("HTTP_X_FORWARDED_PROTO", "https")


def test_djangos_checks_for_deployment_find_nothing_in_production(production, monkeypatch):
    monkeypatch.setenv("CACHE_URL", "redis://127.0.0.1:6379/1")
    check = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level=DEBUG"],
        cwd=SETTINGS.parent.parent,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "example_project.settings"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert check.returncode == 0, check.stdout + check.stderr
