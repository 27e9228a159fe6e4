"""The use of keys in Django admin, light and dark, wide and narrow, checked by axe."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from stack_apikeys.usage.models import KeyNetwork, UnusualUse
from tests.admin.pages import address
from tests.browser.admin_faults import faults_of
from tests.factories import UserFactory
from tests.settings_pages import make_key
from tests.usage.test_pages import used

OF_DJANGO = [
    ("link-in-text-block", ".breadcrumbs a"),
    ("target-size", "#changelist-filter a, #changelist-form thead a"),
]
"""Violations in Django's own markup: rules, and the elements that violate them."""


@pytest.fixture
def api_key(user):
    """A key that was used in each of the last 20 hours, and in an unusual way."""
    api_key = make_key(user, description="Nightly backup")
    for hours in reversed(range(20)):
        used(api_key, timedelta(hours=hours), accepted=30 + hours % 7 * 5, revoked=hours % 3 * 4)
    now = timezone.now()
    for network in ("192.0.2.0/24", "2001:db8:1::/48"):
        UnusualUse.objects.create(
            key_id=api_key.pk, kind="user", rule="network", moment=now, about=network
        )
        KeyNetwork.objects.create(
            key_id=api_key.pk, network=network, first_seen_at=now, last_seen_at=now
        )
    return api_key


PAGES = {
    "list": lambda _api_key: address("changelist"),
    "key": lambda api_key: f"{address('change', api_key.pk)}?period=hours",
    "site": lambda _api_key: reverse("admin:stack_apikeys_usage_keyusage_changelist"),
    "unusual": lambda _api_key: reverse("admin:stack_apikeys_usage_unusualuse_changelist"),
}


@pytest.mark.parametrize("name", PAGES)
def test_everybody_can_read_the_page(visit, complaints, api_key, name):
    complaints.expect("/favicon.ico")  # the admin of the example project has none
    page = visit(UserFactory(is_staff=True, is_superuser=True))
    page.goto(PAGES[name](api_key))
    if name == "site":
        title, chart = (
            page.locator(each).bounding_box() for each in ("#content h1", ".apikeys-chart")
        )
        assert chart["y"] > title["y"] + title["height"]
        assert chart["width"] > 600
    assert not faults_of(page, f"usage-{name}", exceptions=OF_DJANGO)
