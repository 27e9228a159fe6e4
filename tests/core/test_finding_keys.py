"""The settings pages and Django admin find a key by its id or its masked value."""

import pytest
from django.urls import reverse

from stack_apikeys.models import UserApiKey
from tests.factories import UserFactory
from tests.settings_pages import address

pytestmark = pytest.mark.django_db


@pytest.fixture
def user():
    return UserFactory(is_staff=True, is_superuser=True)


@pytest.fixture
def made(user):
    """A secret and a public key with different last four characters, among others."""
    user.api_keys.bulk_create_keys(3, description="other")
    secret, public = (
        user.api_keys.create_key(description=name, is_public=name == "public")[0]
        for name in ("secret", "public")
    )
    for api_key, end in ((secret, "ab12"), (public, "cd34")):
        user.api_keys.filter(pk=api_key.pk).update(last_four=end)
        api_key.refresh_from_db()
    user.api_keys.filter(description="other").update(last_four="zzzz")
    return secret, public


FORMS = {
    "masked": lambda key: key.masked,
    "with three dots": lambda key: key.masked.replace("…", "..."),
    "in upper case": lambda key: key.masked.upper(),
    "in whitespace": lambda key: f" {key.masked} ",
    "masked without prefix": lambda key: f"…{key.last_four}",
    "last four": lambda key: key.last_four,
    "id": lambda key: str(key.pk),
    "id without hyphens": lambda key: key.pk.hex,
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_the_settings_pages_find_a_key(client, user, made, form):
    client.force_login(user)
    for api_key in made:
        page = client.get(address("api-keys", q=form(api_key)))
        assert list(page.context["listing"].page) == [api_key]


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_the_admin_finds_a_key(client, user, made, form):
    client.force_login(user)
    for api_key in made:
        page = client.get(
            reverse("admin:stack_apikeys_userapikey_changelist"), {"q": form(api_key)}
        )
        assert list(page.context["cl"].result_list) == [api_key]


def test_the_prefix_of_a_public_key_does_not_find_a_secret_key(user, made):
    secret, _public = made
    assert not UserApiKey.objects.all().search(f"pk_…{secret.last_four}").exists()


def test_an_id_in_a_description_is_found(user, made):
    secret, public = made
    public.rename(f"successor of {secret.pk}")
    assert {*UserApiKey.objects.all().search(str(secret.pk))} == {secret, public}


@pytest.mark.parametrize("lookup", ["digest", "digest__startswith", "digest__regex"])
def test_the_admin_does_not_find_keys_by_their_digest(client, user, made, lookup):
    client.force_login(user)
    page = reverse("admin:stack_apikeys_userapikey_changelist")
    assert client.get(page, {lookup: made[0].digest[0]}).status_code == 400
    assert client.get(page, {"user": user.pk}).status_code == 200
