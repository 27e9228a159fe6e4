"""How the tests reach the pages of Django admin, and what they read there."""

import re
from datetime import timedelta
from html import unescape
from uuid import uuid4

from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from stack_apikeys.models import UserApiKey
from tests.factories import UserFactory

NOW = timezone.now()
TOMORROW = {"expires_at_0": str((NOW + timedelta(days=1)).date()), "expires_at_1": "12:00:00"}


def address(page, *keys, model=UserApiKey):
    return reverse(f"admin:stack_apikeys_{model._meta.model_name}_{page}", args=[*keys])


def staff(*permissions):
    """The browser of somebody who may do this much with the keys of users."""
    user = UserFactory(is_staff=True)
    for each in permissions:
        user.user_permissions.add(Permission.objects.get(codename=f"{each}_userapikey"))
    client = Client()
    client.force_login(user)
    return client


def expire(api_key):
    type(api_key).objects.filter(pk=api_key.pk).update(expires_at=NOW - timedelta(days=1))


def text_of(response):
    return unescape(response.content.decode())


def listed(response):
    """The keys of the list that was shown."""
    return set(response.context["cl"].result_list)


def new(owner, **fields):
    """What the form of a new key sends."""
    kind = "user" if hasattr(owner, "email") else "team"
    return {kind: str(owner.pk), "description": "CI", "new_id": str(uuid4())} | fields


def model_of(owner):
    return owner.api_keys.model


def value_on(response):
    """The value that a page shows, or None."""
    found = re.search(r"[sp]k_[0-9a-z]{99}", response.content.decode())
    return found and found[0]


def answer_to(response):
    """What the form that asks for confirmation sends, with a reason."""
    hidden = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', text_of(response))
    sent = {"revoke": "yes", "reason": "spring cleaning"}
    for name, value in hidden:
        sent.setdefault(name, []).append(value)
    return sent


def form_errors(response):
    assert response.status_code == 200
    assert value_on(response) is None
    return response.context["adminform"].form.errors
